// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scans: the axes along which they run, and the loops that they are.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

// The axis along which the scan runs: the one that it names, or else the one over which those arguments vary that the
// cell declares without an axis of their own. Of several named ones, which the Resolver has counted, that of the window
// goes first, as only the outermost loop can be carried on; else they keep their order, which changes no value.
bool Elaborator::findLoops(const CallExpr &call, const CellDecl &cell, ArrayRef<Node *> arguments,
                           std::vector<ScanLoop> &loops) {
  AxisSet axes = noAxes;
  for (auto [argument, value] : zip(cell.arguments, arguments))
    axes |= argument.axis ? noAxes : value->type.axes & ~batchAxis;
  auto addNamed = [&](const Identifier &name, bool backward) {
    AxisIndex axis = entryOf(name).axis;
    loops.push_back({axis, backward, static_cast<unsigned>(loops.size())});
    return axis != 0; // else it is in error
  };
  if (call.axis)
    return addNamed(*call.axis, call.backward);
  if (!call.axes.empty()) {
    bool ok = all_of(call.axes, [&](const ScanAxis &axis) { return addNamed(axis.name, axis.backward); });
    std::optional<AxisIndex> window = graph->info.windowAxis();
    auto first = find_if(loops, [&](const ScanLoop &loop) { return loop.axis == window; });
    if (first != loops.end())
      std::rotate(loops.begin(), first, first + 1);
    return ok;
  }
  if (axes == noAxes)
    error(call.loc) << "expected an argument of the scan over the time axis, 'over' and an axis, or 'steps: NUMBER', "
                    << "found none";
  else if (popcount(axes) > 1)
    error(call.loc) << "expected 'over' and an axis after the arguments of the scan, which vary over several";
  else
    loops.push_back({static_cast<AxisIndex>(countr_zero(axes)), call.backward, 0});
  return !loops.empty();
}

// scan C(steps: 20): along an axis without a name, over which no value of the cell's user varies.
bool Elaborator::makeLoopOfSteps(const CellDecl &cell, const Argument &steps, Frame &inner,
                                 std::vector<ScanLoop> &loops) {
  std::optional<int64_t> count = evaluateSize(*steps.value);
  if (!count)
    return false;
  if (!cell.hasStates) {
    error(steps.loc) << "expected a cell with states in a scan of so many steps, found '" << cell.name.text << "'";
    return false;
  }
  Axis axis{"steps"};
  axis.kind = Axis::Kind::Fixed;
  axis.size = *count;
  AxisIndex own = makeLocalAxis(std::move(axis), steps.loc);
  if (!own)
    return false;
  inner.localAxes |= setOf(own);
  loops.push_back({own, /*backward=*/false, /*place=*/0});
  return true;
}

// What the cell returns at the last step: a state's final value, if it is one.
Node *Elaborator::lastOf(Scan &scan, mlir::Location loc) {
  auto same = find_if(scan.states, [&](const auto &state) { return state->after == scan.result; });
  if (same == scan.states.end()) {
    scan.last = reduce(loc, NodeOp::Last, scan.node, scan.axis);
  } else {
    scan.last = make(NodeOp::Final, (*same)->before->type, loc, scan.node);
    scan.last->index = same - scan.states.begin();
  }
  scan.last->scan = &scan;
  return scan.last;
}

// The axes that the cell's state `place` declares.
static AxisSet axesOfState(const CellDecl &cell, unsigned place, ArrayRef<Node *> arguments) {
  AxisSet axes = noAxes;
  for (const StmtPtr &stmt : cell.body) {
    auto *state = dyn_cast<StateStmt>(stmt.get());
    if (!state || place < state->firstState || place >= state->firstState + state->names.size())
      continue;
    for (const Identifier &axis : state->axes)
      for (auto [argument, value] : zip(cell.arguments, arguments))
        if (argument.axis && argument.axis->slot == axis.slot)
          axes |= value->type.axes & ~batchAxis;
  }
  return axes;
}

// Over which axes the scan is lifted: those of its arguments and initial values, without those along which it runs and
// those that the cell declares for an argument or a state. None after an error.
std::optional<AxisSet> Elaborator::findLiftedAxes(const CellDecl &cell, const Frame &inner,
                                                  ArrayRef<Node *> arguments) {
  AxisSet scanned = noAxes, lifted = batchAxis;
  for (const ScanLoop &loop : inner.loops)
    scanned |= setOf(loop.axis);
  for (auto [argument, value] : zip(cell.arguments, arguments))
    if (!argument.axis)
      lifted |= value->type.axes & ~scanned;
  for (const auto &[place, initial] : inner.initials) {
    if (AxisSet both = initial.node->type.axes & scanned) {
      error(initial.loc) << "expected an initial value that does not vary over axis '"
                         << graph->info.axes[countr_zero(both) - 1].name
                         << "', along which the scan runs, found one that does";
      return std::nullopt;
    }
    lifted |= initial.node->type.axes & ~axesOfState(cell, place, arguments);
  }
  for (auto [argument, value] : zip(cell.arguments, arguments)) {
    AxisSet both = argument.axis ? value->type.axes & lifted & ~batchAxis & ~scanned : noAxes;
    if (!both)
      continue;
    auto diagnostic = error(*inner.use) << "expected argument '" << argument.name.text
                                        << "' over an axis over which nothing else of the scan varies, found "
                                        << spellAxes(both);
    diagnostic.attachNote(argument.axis->loc) << "its axis is named here";
    return std::nullopt;
  }
  return lifted;
}

Node *Elaborator::scanCell(const CallExpr &call, const CellDecl &cell, ArrayRef<Number> sizes, Frame &inner,
                           std::vector<Node *> arguments) {
  std::optional<AxisSet> lifted = findLiftedAxes(cell, inner, arguments);
  if (!lifted)
    return nullptr;
  for (auto [i, loop] : enumerate(inner.loops)) {
    graph->scans.push_back(std::make_unique<Scan>());
    Scan *scan = loop.scan = graph->scans.back().get();
    scan->path = inner.statePath;
    scan->parent = inner.scan;
    scan->axis = loop.axis;
    scan->axes = *lifted;
    for (const ScanLoop &within : ArrayRef(inner.loops).drop_front(i + 1))
      scan->axes |= setOf(within.axis);
    scan->backward = loop.backward;
    scan->dimensions = inner.loops.size() - i;
    inner.scan = scan;
    for (Node *&argument : arguments)
      argument = makePosition(argument, scan, call.loc);
  }
  Node *result = expandCell(cell, sizes, inner, arguments);
  for (size_t i = inner.loops.size(); i-- && result;)
    result = closeScan(*inner.loops[i].scan, i ? inner.loops[i - 1].scan : nullptr, result, call.loc);
  return result && findArgument(call, ArgumentRole::Steps) ? lastOf(*result->scan, call.loc) : result;
}

// cumsum(x over T): a scan of one state, which is what it returns
Node *Elaborator::callCumulativeSum(const CallExpr &call, Node *operand, AxisIndex axis) {
  StringRef binding = frame->binding;
  std::string path = joinPath(binding.empty() ? frame->statePath : joinPath(frame->statePath, binding), "sum");
  graph->scans.push_back(std::make_unique<Scan>());
  Scan *scan = graph->scans.back().get();
  scan->path = path;
  scan->parent = frame->scan;
  scan->axis = axis;
  scan->axes = batchAxis | (operand->type.axes & ~setOf(axis));
  auto state = std::make_unique<ScanState>();
  state->name = path;
  state->isNumbered = true;
  ValueType type = operand->type;
  type.axes = scan->axes;
  frame->scan = scan;
  state->before = make(NodeOp::State, std::move(type), call.loc);
  Node *position = makePosition(operand, scan, call.loc);
  state->after = makeElementwise(NodeOp::Add, call.loc, {state->before, position});
  frame->scan = scan->parent;
  Node *result = state->after;
  scan->states.push_back(std::move(state));
  return closeScan(*scan, nullptr, result, call.loc);
}

// The sequence of what the loop's body returns. The loop `around` it, if there is one, takes its states.
Node *Elaborator::closeScan(Scan &scan, Scan *around, Node *result, mlir::Location loc) {
  auto makeSequence = [&](NodeOp op, const ValueType &position, ArrayRef<Node *> operands) {
    ValueType type;
    type.axes = setOf(scan.axis) | scan.axes | position.axes;
    type.shape = position.shape;
    Node *node = make(op, std::move(type), loc, operands);
    node->region = scan.parent;
    node->scan = &scan;
    return node;
  };
  scan.result = result;
  scan.node = makeSequence(NodeOp::Scan, result->type, {});
  for (unsigned i = 0; around && i < scan.states.size(); ++i) {
    Node *sequence = makeSequence(NodeOp::StateSequence, scan.states[i]->before->type, scan.node);
    sequence->index = i;
    around->states[i]->after = sequence;
  }
  finishPrimes(scan);
  return scan.node;
}
