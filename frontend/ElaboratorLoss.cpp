// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loss of a model, or its several losses, and what is known of each.

#include "frontend/Elaborator.h"

#include "runtime/NumberFunctions.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace rondo;

// A loss that is trained alone, or the sum of all, has to depend on the data; one of several may be a penalty.
bool Elaborator::checkLoss(const Node *loss) {
  if (!loss->type.isReal() || !loss->type.shape.empty()) {
    error(loss->loc) << "expected a loss that is one number at each position, found " << spellType(loss->type);
    return false;
  }
  AxisSet others = loss->type.axes & ~batchAxis;
  if (std::optional<AxisIndex> window = graph->info.windowAxis())
    others &= ~setOf(*window);
  if (!others)
    return true;
  const Axis &axis = graph->info.axes[countr_zero(others) - 1];
  error(loss->loc) << "expected a loss that does not vary over axis '" << axis.name << "', found one that does: "
                   << "write mean(.. over " << axis.name << ")";
  return false;
}

// loss a = e weight w
void Elaborator::declareLoss(const BindStmt &bind, Node *node) {
  LossInfo info;
  info.name = bind.targets.front().name.text.str();
  if (bind.weight && !readSchedule(*bind.weight, info.schedule))
    if (std::optional<Number> number = evaluate(*bind.weight))
      info.weight = number->value;
  namedLosses.push_back({bind.targets.front().name, node, std::move(info)});
}

/// What an operator or a function of numbers (runtime/NumberFunctions.h) is on values; that of `square` is a product.
static NodeOp opOf(StringRef name) {
#define RONDO_CASE(op, function, ...)                                                                                  \
  if (name == function)                                                                                                \
    return NodeOp::op;
  RONDO_ELEMENTWISE(RONDO_CASE)
#undef RONDO_CASE
  return StringSwitch<NodeOp>(name)
      .Case("+", NodeOp::Add)
      .Case("-", NodeOp::Subtract)
      .Case("/", NodeOp::Divide)
      .Case("max", NodeOp::Maximum)
      .Case("pow", NodeOp::Power)
      .Default(NodeOp::Multiply);
}

// Null is 1.
Node *Elaborator::makeWeight(const LossInfo &loss, mlir::Location loc) {
  if (loss.schedule.empty())
    return loss.weight == 1 ? nullptr : makeConstant(loss.weight, loc);
  if (!graph->step)
    graph->step = make(NodeOp::Step, {}, loc);
  SmallVector<Node *> values;
  for (const RateTerm &term : loss.schedule) {
    const NumberFunction *function = findNumberFunction(term.name.c_str());
    if (!function) {
      values.push_back(term.name.empty() ? makeConstant(term.number, loc) : graph->step);
      continue;
    }
    SmallVector<Node *> operands(ArrayRef(values).take_back(function->operands));
    values.pop_back_n(operands.size());
    if (term.name == "square")
      operands.push_back(operands.front());
    values.push_back(makeElementwise(opOf(term.name), loc, operands));
  }
  return values.front();
}

// loss = e
Node *Elaborator::findOnlyLoss(const ModelDecl &model) {
  // Its last value: a 'repeat' may have added to it.
  Meaning meaning = frame->entries[*model.loss].meaning;
  if (!meaning)
    return nullptr;
  Node *loss = lower(meaning, model.name.loc);
  std::vector<bool> needed = findNeeded(*graph, loss, std::nullopt);
  for (const Node *part : losses)
    if (!needed[part->id])
      error(part->loc) << "expected a loss that the next value of 'loss' adds to, found one that it leaves out";
  return loss;
}

void Elaborator::finishLoss(const ModelDecl &model) {
  ModelInfo &info = graph->info;
  if (!model.loss && namedLosses.empty()) {
    if (!failed && !info.targets.empty())
      error(model.name.loc) << "expected a binding 'loss = ...' in a model with targets, found none";
    return;
  }
  if (model.loss && !namedLosses.empty()) {
    error(namedLosses.front().name.loc) << "expected one 'loss = ...' or losses that all have names, found both";
    return;
  }
  if (model.loss)
    if (Node *only = findOnlyLoss(model))
      namedLosses.push_back({{"", only->loc}, only, {}});
  for (const NamedLoss &loss : namedLosses) {
    mlir::Location loc = loss.node->loc;
    if (!checkLoss(loss.node))
      return;
    Node *weight = makeWeight(loss.info, loc);
    Node *part = weight ? makeElementwise(NodeOp::Multiply, loc, {weight, loss.node}) : loss.node;
    graph->loss = graph->loss ? makeElementwise(NodeOp::Add, loc, {graph->loss, part}) : part;
    graph->losses.push_back(loss.node);
    graph->weights.push_back(weight);
    info.losses.push_back(loss.info);
  }
  if (graph->loss && !(graph->loss->type.axes & batchAxis))
    error(graph->loss->loc) << "expected a loss that depends on the data, found a constant";
}

/// The output that is given out as the node is, or null.
static const PortInfo *findOutput(const Graph &graph, const Node *node) {
  for (auto [output, info] : zip(graph.outputs, graph.info.outputs))
    if (output == node && node->type.shape == ArrayRef(info.shape))
      return &info;
  return nullptr;
}

// Names the output and the target whose squared error the whole loss is, so that the loss of a single position is
// known.
static void findSquaredError(const Graph &graph, const Node *square, LossInfo &info) {
  if (square->op == NodeOp::Mean)
    square = square->operands[0];
  if (square->op != NodeOp::Multiply || square->operands[0] != square->operands[1] ||
      square->operands[0]->op != NodeOp::Subtract)
    return;
  Node *a = square->operands[0]->operands[0], *b = square->operands[0]->operands[1];
  if (a->op == NodeOp::Target)
    std::swap(a, b);
  // The runtime knows where the positions of the window are, and no others.
  if (a->type.axes != batchAxis && !graph.info.overWindow(a->type.axes))
    return;
  const PortInfo *output = findOutput(graph, a);
  if (b->op != NodeOp::Target || !output || a->type.axes != b->type.axes || a->type.shape != b->type.shape)
    return;
  info.squaredOutput = output->name;
  info.squaredTarget = graph.info.targets[b->index].name;
}

// The accuracy is that of the loss's cross entropy of an output.
static void findAccuracy(const Graph &graph, Node *loss, LossInfo &info) {
  std::vector<bool> needed = findNeeded(graph, loss, std::nullopt);
  for (const auto &node : graph.nodes) {
    if (!needed[node->id] || node->op != NodeOp::CrossEntropy || node->operands[1]->op != NodeOp::Target)
      continue;
    const PortInfo *output = findOutput(graph, node->operands[0]);
    AxisSet axes = node->operands[0]->type.axes;
    if (node->axis)
      axes &= ~setOf(node->axis);
    // The runtime pairs the positions of both, along the window.
    if (!output || axes != node->operands[1]->type.axes || (axes != batchAxis && !graph.info.overWindow(axes)))
      continue;
    info.accuracyLogits = output->name;
    info.accuracyTarget = graph.info.targets[node->operands[1]->index].name;
    return;
  }
}

static void describeLoss(const Graph &graph, Node *loss, LossInfo &info) {
  info.isMasked = graph.info.hasMaskOver(loss->type.axes);
  findSquaredError(graph, loss, info);
  findAccuracy(graph, loss, info);
}

// What the sum adds up, from left to right.
static SmallVector<Node *> findTerms(Node *sum) {
  SmallVector<Node *> terms, open = {sum};
  while (!open.empty()) {
    Node *node = open.pop_back_val();
    if (node->op == NodeOp::Add)
      open.append({node->operands[1], node->operands[0]});
    else
      terms.push_back(node);
  }
  return terms;
}

// A term is named after the output that it is the error of, with the target where there are several of one output, and
// else by its place in the sum. No output's name has a dot.
static void nameTerms(MutableArrayRef<LossInfo> terms) {
  StringMap<unsigned> ofOutput, ofBoth;
  auto outputOf = [](const LossInfo &term) {
    return term.accuracyLogits.empty() ? term.squaredOutput : term.accuracyLogits;
  };
  auto bothOf = [&](const LossInfo &term) {
    return outputOf(term) + "." + (term.accuracyLogits.empty() ? term.squaredTarget : term.accuracyTarget);
  };
  for (const LossInfo &term : terms) {
    ++ofOutput[outputOf(term)];
    ++ofBoth[bothOf(term)];
  }
  for (auto [i, term] : enumerate(terms)) {
    if (outputOf(term).empty() || ofBoth[bothOf(term)] > 1)
      term.name = ("term." + Twine(i + 1)).str();
    else
      term.name = ofOutput[outputOf(term)] > 1 ? bothOf(term) : outputOf(term);
  }
}

void Elaborator::describeLosses() {
  ModelInfo &info = graph->info;
  for (auto [loss, found] : zip(graph->losses, info.losses))
    describeLoss(*graph, loss, found);
  graph->reported = graph->losses;
  info.reported = info.losses;
  if (info.losses.size() != 1 || !info.losses.front().name.empty())
    return;
  SmallVector<Node *> terms = findTerms(graph->losses.front());
  if (terms.size() == 1)
    return;
  graph->reported.assign(terms.begin(), terms.end());
  info.reported.assign(terms.size(), {});
  for (auto [term, found] : zip(terms, info.reported))
    describeLoss(*graph, term, found);
  nameTerms(info.reported);
}

// Finite differences of the loss see through a `stop`, so that they say nothing of the parameters before it.
void Elaborator::findStopped() {
  if (stops.empty() || !graph->loss)
    return;
  std::vector<bool> needed = findNeeded(*graph, graph->loss, /*training=*/true), before;
  SmallVector<Node *> roots;
  for (const Node *stop : stops)
    if (needed[stop->id])
      roots.push_back(stop->operands[0]);
  // A state in the body of a scan is what its equation says, for which it may be needed itself.
  for (size_t known = SIZE_MAX; known != roots.size();) {
    known = roots.size();
    before = findNeeded(*graph, roots, /*training=*/true);
    for (const auto &node : graph->nodes) {
      if (node->op != NodeOp::State || !before[node->id])
        continue;
      const ScanState &state = *node->region->states[node->index];
      for (Node *source : {state.after, state.init})
        if (source && !before[source->id])
          roots.push_back(source);
    }
  }
  for (auto [parameter, info] : zip(graph->parameters, graph->info.parameters))
    info.isStopped = before[parameter->id];
}
