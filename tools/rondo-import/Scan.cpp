// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scan: its graph becomes a cell.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo::importer;
using llvm::Twine;
using Kind = Atom::Kind;

namespace rondo::importer {

/// One node's way to a cell and its scan.
class ScanLowering {
public:
  ScanLowering(Lowering &all, const OnnxNode &node) : all(all), node(node) {}

  bool run();

private:
  bool readAttributes();
  bool readInputs();
  bool readStates();
  /// The graph's nodes as statements of the cell.
  bool lowerBody();
  bool writeCell();
  bool defineResults();
  bool refuse(const Twine &words) { return all.refuse(node, words); }

  struct State {
    std::string name, from; // what it begins with; empty is zero
    Value value;            // without its expression
  };

  Lowering &all;
  const OnnxNode &node;
  const OnnxGraph *body = nullptr;
  size_t scanned = 0;
  bool isBackward = false;
  Atom time;
  std::vector<Value> inputs; // over the positions
  std::vector<std::string> arguments;
  std::vector<State> states;
  std::vector<std::string> statements;
  std::vector<Value> results; // at a position
  std::string path, cell, type;
};

bool ScanLowering::readAttributes() {
  if (!all.checkAttributes(node, {"body", "num_scan_inputs", "scan_input_axes", "scan_input_directions",
                                  "scan_output_axes", "scan_output_directions"}))
    return false;
  auto count = all.integer(node, "num_scan_inputs", 0);
  auto graph = node.attributes.find("body");
  if (!count)
    return false;
  if (graph == node.attributes.end() || !graph->second.graph)
    return refuse("expected a graph as attribute 'body'");
  body = graph->second.graph.get();
  if (*count < 1 || *count > static_cast<int64_t>(node.inputs.size()) || body->inputs.size() != node.inputs.size() ||
      body->outputs.size() != node.outputs.size())
    return refuse("expected as many inputs and outputs as its graph has, and at least one to scan");
  scanned = static_cast<size_t>(*count);
  if (body->outputs.size() < body->inputs.size() - scanned)
    return refuse("expected an output of its graph for each state");
  for (const char *name : {"scan_input_axes", "scan_output_axes"}) {
    auto axes = all.integers(node, name, {});
    if (!axes)
      return false;
    if (llvm::any_of(*axes, [](int64_t axis) { return axis != 0; }))
      return refuse("a scan along another dimension than the first one is not covered");
  }
  std::set<int64_t> ways;
  for (const char *name : {"scan_input_directions", "scan_output_directions"}) {
    size_t most =
        llvm::StringRef(name).contains("input") ? scanned : node.outputs.size() - node.inputs.size() + scanned;
    auto directions = all.integers(node, name, Sizes(most, 0));
    if (!directions)
      return false;
    ways.insert(directions->begin(), directions->end());
  }
  if (ways.size() > 1)
    return refuse("a scan in several directions is not covered");
  isBackward = ways.count(1);
  return true;
}

bool ScanLowering::readInputs() {
  for (size_t i = node.inputs.size() - scanned; i < node.inputs.size(); ++i) {
    const Value *value = all.operand(node, i);
    if (!value)
      return false;
    if (value->isConstant() || value->type != Value::Type::Real || value->parts.size() != 1 || value->dims.empty() ||
        value->dims[0].size() != 1)
      return refuse("expected real numbers to scan that the inputs change");
    const Atom &first = value->dims[0][0];
    if (first.kind != Kind::Axis)
      return all.force(node, first, Role::Time, "positions in time");
    if (!inputs.empty() && first.axis != time.axis)
      return refuse("a scan along two axes is not covered");
    time = first;
    // Behind time stand the batch and features: of an input the first one is none of these.
    if (value->dims.size() > 2 && value->dims[1].size() == 1 && value->dims[1][0].kind == Kind::Feature &&
        value->dims[1][0].input >= 0)
      return all.force(node, value->dims[1][0], Role::Batch, "the batch");
    inputs.push_back(*value);
  }
  return true;
}

bool ScanLowering::readStates() {
  for (size_t i = 0; i + scanned < node.inputs.size(); ++i) {
    const Value *first = all.operand(node, i);
    if (!first)
      return false;
    State state;
    state.value = *first;
    state.value.input = -1;
    if (first->isConstant()) {
      const Constant &array = *first->constant;
      if (!array.isReal() || array.stored() == 0 || !array.isSame() || array.shape.empty() ||
          array.shape.size() + 1 != inputs[0].dims.size() || array.shape.back() < 1)
        return refuse("expected states that begin with one number, or with what the inputs change");
      if (array.reals[0] != 0)
        state.from = spellNumber(array.reals[0]);
      Atom feature;
      feature.kind = Kind::Feature;
      feature.size = array.shape.back();
      state.value = Value();
      state.value.dims.assign(inputs[0].dims.begin() + 1, inputs[0].dims.end());
      state.value.dims.back() = {feature};
      state.value.features = {feature.size};
    } else if (first->type != Value::Type::Real || first->parts.size() != 1) {
      return refuse("expected states of real numbers");
    } else {
      state.from = first->parts.front();
    }
    states.push_back(state);
  }
  return true;
}

bool ScanLowering::lowerBody() {
  std::vector<std::string> outside;
  std::map<std::string, std::string> outputs;
  std::map<std::string, Value> values = all.values;
  std::swap(outside, all.program.statements);
  std::swap(outputs, all.outputNames);
  size_t parameters = all.program.parameters.size();
  bool hasName = !llvm::is_contained(node.outputs, node.name);
  path = all.names.make(hasName ? node.name : "scan_" + node.name);
  for (size_t i = 0; i < body->inputs.size(); ++i) {
    bool isState = i < states.size();
    Value value = isState ? states[i].value : inputs[i - states.size()];
    std::string name = all.names.make(body->inputs[i].name);
    value.parts = {name};
    value.input = -1;
    if (!isState)
      value.dims.erase(value.dims.begin());
    for (Dim &dim : value.dims)
      for (Atom &atom : dim)
        if (atom.kind == Kind::Feature)
          atom.input = -1;
    (isState ? states[i].name : arguments.emplace_back()) = name;
    all.values[body->inputs[i].name] = value;
  }
  if (!all.lowerGraph(*body))
    return false;
  for (const OnnxPort &port : body->outputs) {
    auto place = all.values.find(port.name);
    if (place == all.values.end() || place->second.isConstant() || place->second.parts.size() != 1 ||
        place->second.type != Value::Type::Real)
      return refuse("expected its graph to compute real numbers as output '" + port.name + "'");
    results.push_back(place->second);
  }
  std::swap(outside, all.program.statements);
  std::swap(outputs, all.outputNames);
  std::swap(values, all.values);
  statements = std::move(outside);
  for (size_t i = parameters; i < all.program.parameters.size(); ++i)
    all.program.parameters[i].path = path + "." + all.program.parameters[i].path;
  return true;
}

bool ScanLowering::writeCell() {
  cell = all.names.make(path + "_step");
  cell[0] = static_cast<char>(llvm::toUpper(cell[0]));
  std::string text = "cell " + cell + "(";
  for (size_t i = 0; i < scanned; ++i)
    text += (i ? ", " : "") + arguments[i] + ": " + spellShape(inputs[i].features);
  std::string told = states.empty() ? "" : states[0].name + "'";
  Sizes shape = states.empty() ? Sizes() : states[0].value.features;
  if (results.size() > states.size()) {
    told = results[states.size()].parts.front();
    shape = results[states.size()].features;
  }
  if (results.size() > states.size() + 1) {
    told = "concat(";
    shape = {0};
    for (size_t i = states.size(); i < results.size(); ++i) {
      if (results[i].features.size() != 1)
        return refuse("several outputs of a scan are expected to have features of one dimension");
      told += (i > states.size() ? ", " : "") + results[i].parts.front();
      shape[0] += results[i].features[0];
    }
    told += ")";
  }
  text += ") -> " + spellShape(shape) + " {\n";
  for (const State &state : states)
    text += "  state " + state.name + ": " + spellShape(state.value.features) + "\n";
  for (const std::string &statement : statements)
    text += "  " + statement + "\n";
  for (size_t i = 0; i < states.size(); ++i) {
    Value same;
    if (results[i].features != states[i].value.features || !all.align(node, states[i].value, results[i], same))
      return refuse("expected states that keep their shape " + spellShape(states[i].value.features) + ", found " +
                    spellShape(results[i].features));
    text += "  " + states[i].name + "' = " + results[i].parts.front() + "\n";
  }
  all.program.cells.push_back(text + "  return " + told + "\n}\n");
  return true;
}

bool ScanLowering::defineResults() {
  std::string text = path + " = scan " + cell + "(", from;
  for (size_t i = 0; i < scanned; ++i)
    text += (i ? ", " : "") + inputs[i].parts.front();
  text += ") over " + all.spellAxis(time.axis) + (isBackward ? " backward" : "");
  for (const State &state : states)
    if (!state.from.empty())
      from += (from.empty() ? "" : ", ") + state.name + ": " + state.from;
  all.program.statements.push_back(text + (from.empty() ? "" : " from (" + from + ")"));
  if (isBackward)
    all.readsAlong(time.axis);
  bool readsFinal = llvm::any_of(llvm::ArrayRef<std::string>(node.outputs).take_front(states.size()),
                                 [&](const std::string &name) { return !name.empty() && all.uses.count(name); });
  if (isBackward || readsFinal)
    all.counts(node, time.axis);
  int64_t begin = 0;
  bool isOne = results.size() == states.size() + 1;
  for (size_t i = 0; i < results.size(); ++i) {
    Value value = results[i];
    if (i < states.size()) {
      value = states[i].value;
      value.parts = {path + ".final." + states[i].name};
    } else {
      int64_t end = isOne ? 0 : begin + value.features[0];
      value.parts = {isOne ? path : path + "[" + std::to_string(begin) + ":" + std::to_string(end) + "]"};
      value.dims.insert(value.dims.begin(), {time});
      begin = end;
    }
    if (!all.define(node, i, value))
      return false;
  }
  return true;
}

bool ScanLowering::run() {
  return readAttributes() && readInputs() && readStates() && lowerBody() && writeCell() && defineResults();
}

} // namespace rondo::importer

bool Lowering::lowerScan(const OnnxNode &node) { return ScanLowering(*this, node).run(); }
