// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loop: a scan where its iterations read one position of a value after the other, else written out.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::Twine;

namespace rondo::importer {

/// One node's way to a scan, or to the nodes of each iteration.
class LoopLowering {
public:
  LoopLowering(Lowering &all, const OnnxNode &node) : all(all), node(node) {}

  bool run();

private:
  bool readCount();
  bool readBody();
  /// Whether a condition of the graph is true whatever happens.
  bool isTrue(const std::string &name) const;
  /// The nodes that pick a position by the number of the iteration; false where something else reads that number.
  bool findPicks();
  bool lowerAsScan();
  bool writeOut();
  bool refuse(const Twine &words) { return all.refuse(node, words); }

  struct Pick {
    const OnnxNode *gather;
    bool keepsDim; // its dimension remains, of size 1
    int64_t axis;
  };

  Lowering &all;
  const OnnxNode &node;
  const OnnxGraph *body = nullptr;
  int64_t count = 0;
  size_t carried = 0;
  std::vector<Pick> picks;
  std::set<const OnnxNode *> ofNumber; // nodes that only change the number's shape
};

bool LoopLowering::readCount() {
  const Constant *most = all.has(node, 0) ? all.known(node, 0, "a number of iterations") : nullptr;
  if (all.has(node, 0) && !most)
    return false;
  if (!most || most->isReal() || most->stored() != 1)
    return refuse("expected a number of iterations");
  count = most->integers[0];
  if (!all.has(node, 1))
    return true;
  const Constant *first = all.known(node, 1, "a condition");
  if (!first)
    return false;
  if (first->isReal() || first->stored() != 1 || !first->integers[0])
    return refuse("expected a condition that is true");
  return true;
}

bool LoopLowering::isTrue(const std::string &name) const {
  if (name == body->inputs[1].name)
    return true;
  auto known = [](const Constant &array) { return !array.isReal() && array.stored() == 1 && array.integers[0] != 0; };
  if (auto place = body->initializers.find(name); place != body->initializers.end())
    return known(place->second);
  for (const OnnxNode &one : body->nodes)
    if (llvm::is_contained(one.outputs, name)) {
      auto value = one.attributes.find("value");
      if (one.op == "Constant" && value != one.attributes.end() && value->second.array)
        return known(*value->second.array);
      return (one.op == "Identity" || one.op == "Cast") && one.inputs.size() == 1 && one.inputs[0] != name &&
             isTrue(one.inputs[0]);
    }
  auto outer = all.values.find(name);
  return outer != all.values.end() && outer->second.isConstant() && known(*outer->second.constant);
}

bool LoopLowering::readBody() {
  auto graph = node.attributes.find("body");
  if (!all.checkAttributes(node, {"body"}))
    return false;
  if (graph == node.attributes.end() || !graph->second.graph)
    return refuse("expected a graph as attribute 'body'");
  body = graph->second.graph.get();
  carried = node.inputs.size() < 2 ? 0 : node.inputs.size() - 2;
  if (body->inputs.size() != carried + 2 || body->outputs.size() < carried + 1 ||
      body->outputs.size() - 1 < node.outputs.size())
    return refuse("expected a number, a condition and a state for each of its inputs in its graph, and their outputs");
  std::set<std::string> names;
  for (const OnnxNode &one : body->nodes)
    for (const std::string &output : one.outputs)
      if (!output.empty() && !names.insert(output).second)
        return refuse("expected one value '" + output + "' in its graph, found a second");
  if (!isTrue(body->outputs[0].name))
    return refuse("a condition that changes is not covered");
  return true;
}

bool LoopLowering::findPicks() {
  std::map<std::string, bool> numbers = {{body->inputs[0].name, false}}; // and whether they are lists of one
  for (const OnnxNode &one : body->nodes) {
    for (const auto &[name, attribute] : one.attributes)
      if (attribute.graph)
        return false;
    for (size_t i = 0; i < one.inputs.size(); ++i) {
      auto number = numbers.find(one.inputs[i]);
      if (number == numbers.end())
        continue;
      bool isShape = one.op == "Unsqueeze" || one.op == "Identity" || one.op == "Cast";
      if (i == 0 && isShape && !one.outputs.empty() && !(one.op == "Unsqueeze" && number->second)) {
        numbers[one.outputs[0]] = number->second || one.op == "Unsqueeze";
        ofNumber.insert(&one);
        continue;
      }
      auto axis = one.attributes.find("axis");
      if (one.op != "Gather" || i != 1 || one.outputs.size() != 1 || all.values.count(one.inputs[0]) == 0)
        return false;
      picks.push_back({&one, number->second, axis == one.attributes.end() ? 0 : axis->second.integer});
    }
  }
  for (const OnnxPort &port : body->outputs)
    if (numbers.count(port.name))
      return false;
  for (const Pick &pick : picks) {
    const Value &value = all.values.find(pick.gather->inputs[0])->second;
    Sizes shape = value.shape();
    int64_t rank = static_cast<int64_t>(shape.size()), axis = pick.axis < 0 ? pick.axis + rank : pick.axis;
    if (value.isConstant() || axis < 0 || axis >= rank || shape[static_cast<size_t>(axis)] != count)
      return false;
  }
  return !picks.empty();
}

bool LoopLowering::lowerAsScan() {
  auto graph = std::make_shared<OnnxGraph>(*body);
  OnnxNode scan = node;
  scan.op = "Scan";
  scan.inputs.erase(scan.inputs.begin(), scan.inputs.begin() + 2);
  scan.outputs.resize(body->outputs.size() - 1);
  graph->inputs.erase(graph->inputs.begin(), graph->inputs.begin() + 2);
  graph->outputs.erase(graph->outputs.begin());
  graph->nodes.clear();
  for (const OnnxNode &one : body->nodes) {
    auto pick = llvm::find_if(picks, [&](const Pick &pick) { return pick.gather == &one; });
    if (pick == picks.end()) {
      if (!ofNumber.count(&one))
        graph->nodes.push_back(one);
      continue;
    }
    // The positions first, as a scan has them.
    std::string whole = one.inputs[0];
    int64_t rank = static_cast<int64_t>(all.values.find(whole)->second.shape().size());
    int64_t axis = pick->axis < 0 ? pick->axis + rank : pick->axis;
    if (axis != 0) {
      OnnxNode turn;
      turn.op = "Transpose";
      turn.name = node.name;
      turn.inputs = {whole};
      turn.outputs = {one.outputs[0] + "#first"};
      Attribute &order = turn.attributes["perm"];
      order.kind = Attribute::Kind::Integers;
      order.integers = {axis};
      for (int64_t dim = 0; dim < rank; ++dim)
        if (dim != axis)
          order.integers.push_back(dim);
      all.values.erase(turn.outputs[0]);
      if (!all.lowerNode(turn))
        return false;
      whole = turn.outputs[0];
    }
    scan.inputs.push_back(whole);
    OnnxPort port;
    port.name = one.outputs[0] + (pick->keepsDim ? "#slice" : "");
    graph->inputs.push_back(port);
    if (!pick->keepsDim)
      continue;
    OnnxNode keep;
    keep.op = "Unsqueeze";
    keep.name = one.name;
    keep.inputs = {port.name};
    keep.outputs = one.outputs;
    keep.attributes["axes"].kind = Attribute::Kind::Integers;
    keep.attributes["axes"].integers = {axis};
    graph->nodes.push_back(keep);
  }
  Constant truth = Constant::integer({}, {1}); // that it goes on, which its graph may hand on
  truth.type = Constant::Type::Truth;
  all.values[body->inputs[1].name] = Lowering::valueOf(truth);
  all.countUses(*graph); // of copies: what is used by one node of the model is by two now, and never a part of it
  all.copies.push_back(graph);
  scan.attributes.clear();
  scan.attributes["body"].kind = Attribute::Kind::Graph;
  scan.attributes["body"].graph = graph;
  scan.attributes["num_scan_inputs"].integer = static_cast<int64_t>(picks.size());
  return all.lowerScan(scan);
}

/// All names that a graph gives, in it and in the graphs within, with a mark behind them.
static void rename(OnnxGraph &graph, const std::set<std::string> &given, const std::string &mark) {
  auto change = [&](std::string &name) { name += given.count(name) ? mark : ""; };
  for (OnnxNode &one : graph.nodes) {
    for (std::string &name : one.inputs)
      change(name);
    for (std::string &name : one.outputs)
      change(name);
    for (auto &[name, attribute] : one.attributes)
      if (attribute.graph) {
        attribute.graph = std::make_shared<OnnxGraph>(*attribute.graph);
        rename(*attribute.graph, given, mark);
      }
  }
  for (std::vector<OnnxPort> *ports : {&graph.inputs, &graph.outputs})
    for (OnnxPort &port : *ports)
      change(port.name);
  std::map<std::string, Constant> known;
  for (auto &[name, array] : graph.initializers)
    known.emplace(name + (given.count(name) ? mark : ""), std::move(array));
  graph.initializers = std::move(known);
}

static void collect(const OnnxGraph &graph, std::set<std::string> &given) {
  for (const OnnxNode &one : graph.nodes) {
    for (const std::string &name : one.outputs)
      if (!name.empty())
        given.insert(name);
    for (const auto &[name, attribute] : one.attributes)
      if (attribute.graph)
        collect(*attribute.graph, given);
  }
  for (const OnnxPort &port : graph.inputs)
    given.insert(port.name);
  for (const auto &[name, array] : graph.initializers)
    given.insert(name);
}

// Each iteration's nodes by themselves; what is scanned lies side by side.
bool LoopLowering::writeOut() {
  if (isOpen(count) || count < 1 || count > 64)
    return refuse("expected at most 64 iterations, or as many as positions of a value that Gather picks by the "
                  "iteration's number");
  std::set<std::string> given;
  collect(*body, given);
  std::vector<Value> states;
  for (size_t i = 0; i < carried; ++i) {
    const Value *first = all.operand(node, i + 2);
    if (!first)
      return false;
    states.push_back(*first);
  }
  size_t scanned = body->outputs.size() - 1 - carried;
  std::vector<OnnxNode> joins(scanned);
  for (int64_t at = 0; at < count; ++at) {
    std::string mark = "#" + std::to_string(all.copies.size()); // another one than of loops before it
    auto graph = std::make_shared<OnnxGraph>(*body);
    rename(*graph, given, mark);
    all.countUses(*graph);
    all.copies.push_back(graph);
    all.values[graph->inputs[0].name] = Lowering::valueOf(Constant::integer({}, {at}));
    Constant truth = Constant::integer({}, {1});
    truth.type = Constant::Type::Truth;
    all.values[graph->inputs[1].name] = Lowering::valueOf(truth);
    for (size_t i = 0; i < carried; ++i)
      all.values[graph->inputs[i + 2].name] = states[i];
    if (!all.lowerGraph(*graph))
      return false;
    for (size_t i = 1; i < graph->outputs.size(); ++i) {
      const std::string &name = graph->outputs[i].name;
      auto place = all.values.find(name);
      if (place == all.values.end())
        return refuse("output '" + name + "' of its graph is computed by no node");
      if (i <= carried) {
        states[i - 1] = place->second;
        continue;
      }
      OnnxNode keep, &join = joins[i - 1 - carried];
      keep.op = "Unsqueeze";
      keep.name = node.name;
      keep.inputs = {name};
      keep.outputs = {name + "#row"};
      keep.attributes["axes"].kind = Attribute::Kind::Integers;
      keep.attributes["axes"].integers = {0};
      all.values.erase(keep.outputs[0]);
      if (!all.lowerNode(keep))
        return false;
      join.inputs.push_back(keep.outputs[0]);
    }
  }
  for (size_t i = 0; i < carried; ++i)
    if (!all.define(node, i, states[i]))
      return false;
  for (size_t i = 0; i < scanned && carried + i < node.outputs.size(); ++i) {
    joins[i].op = "Concat";
    joins[i].name = node.name;
    joins[i].outputs = {node.outputs[carried + i]};
    joins[i].attributes["axis"].integer = 0;
    if (!joins[i].outputs[0].empty() && !all.lowerNode(joins[i]))
      return false;
  }
  return true;
}

bool LoopLowering::run() {
  if (!readCount() || !readBody())
    return false;
  return findPicks() ? lowerAsScan() : writeOut();
}

} // namespace rondo::importer

bool Lowering::lowerLoop(const OnnxNode &node) { return LoopLowering(*this, node).run(); }
