// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Cells: their expansion at a use, and their states.

#include "frontend/Elaborator.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace rondo;

// A step, or a scan, of a cell or of an instance of it.
Meaning Elaborator::callCell(const CallExpr &call, const CellDecl &cell, Instance *instance) {
  if (cell.hasStates && !call.isScan && !frame->scan) {
    error(call.callee.loc) << "expected 'scan' before cell '" << cell.name.text << "', which has states";
    return {};
  }
  if (cell.hasStates && !call.isScan && frame->loops.size() > 1) {
    error(call.callee.loc) << "expected no step of cell '" << cell.name.text
                           << "', which has states, in a cell that runs along several axes";
    return {};
  }
  Frame inner;
  inner.cell = &cell;
  inner.use = call.loc;
  inner.scan = frame->scan;
  inner.sharesParameters = frame->sharesParameters || (instance && instance->used);
  inner.freezes = instance ? instance->frozen : frame->freezes || call.frozen;
  bool ok = true;
  if (cell.hasStates || cell.hasScans || (cell.hasParameters && !instance)) {
    std::optional<StringRef> name = ownName(call);
    ok = name && claim(joinPath(frame->path, *name), call.loc);
    if (name) {
      inner.path = joinPath(frame->path, *name);
      inner.statePath = joinPath(frame->statePath, *name);
    }
  } else {
    StringRef name = call.as.empty() ? frame->binding : call.as;
    inner.statePath = name.empty() ? frame->statePath : joinPath(frame->statePath, name);
  }
  std::vector<Number> sizes;
  if (instance) {
    inner.path = instance->path;
    sizes = instance->sizes;
  }
  for (const ExprPtr &size : call.sizes) {
    std::optional<Number> number = evaluate(*size);
    ok &= number.has_value();
    sizes.push_back(number.value_or(Number()));
  }
  std::vector<Node *> arguments(cell.arguments.size());
  ok &= gatherArguments(call, inner, arguments);
  if (!ok)
    return {};
  if (instance)
    instance->used = true;
  std::vector<ScanLoop> loops;
  const Argument *steps = findArgument(call, ArgumentRole::Steps);
  if (call.isScan && !(steps ? makeLoopOfSteps(cell, *steps, inner, loops) : findLoops(call, cell, arguments, loops)))
    return {};
  // Without states every position is on its own.
  if (!call.isScan || !cell.hasStates)
    return expandCell(cell, sizes, inner, arguments);
  inner.loops = std::move(loops);
  return scanCell(call, cell, sizes, inner, std::move(arguments));
}

// The values of the arguments, and the states that are bound to the caller's or begin with a value.
bool Elaborator::gatherArguments(const CallExpr &call, Frame &inner, std::vector<Node *> &arguments) {
  bool ok = true;
  for (const Argument &argument : call.arguments) {
    if (argument.role == ArgumentRole::Steps)
      continue;
    if (argument.role == ArgumentRole::Value) {
      bool isToken = inner.cell->arguments[argument.place].isToken;
      arguments[argument.place] = isToken ? elaborateToken(*argument.value) : elaborateReal(*argument.value);
      ok &= arguments[argument.place] != nullptr;
      continue;
    }
    StateSlot *state = frame->entries[cast<NameExpr>(*argument.value).slot].state;
    ok &= state != nullptr;
    inner.bounds[argument.place] = state;
  }
  for (const Argument &initial : call.initials) {
    Node *node = elaborateReal(*initial.value);
    ok &= node != nullptr;
    inner.initials.insert({initial.place, {node, initial.value->loc}});
  }
  return ok;
}

// The value that the cell returns, or null after an error.
Node *Elaborator::expandCell(const CellDecl &cell, ArrayRef<Number> sizes, Frame &inner, ArrayRef<Node *> arguments) {
  Frame *outer = frame;
  inner.lifted = outer->lifted;
  for (auto [argument, value] : zip(cell.arguments, arguments))
    inner.lifted |= argument.axis ? noAxes : value->type.axes;
  frame = &inner;
  frames.push_back(frame);
  frame->entries.resize(cell.slots);
  bool ok = bindSizes(cell, sizes);
  for (auto [argument, value] : zip(cell.arguments, arguments))
    ok = ok && bindArgument(argument, value);
  ok = ok && checkOwnAxes(cell, arguments);
  size_t firstParameter = graph->info.parameters.size(), firstModule = graph->info.modules.size();
  if (ok) {
    expand(cell.body);
    finishLayouts(cell, firstParameter, firstModule);
  }
  frames.pop_back();
  frame = outer;
  if (ok)
    finishStates(inner);
  return inner.result;
}

// An argument that varies over the axis of another one without declaring it would be read position by position where
// the cell speaks of all positions.
bool Elaborator::checkOwnAxes(const CellDecl &cell, ArrayRef<Node *> arguments) {
  AxisSet own = noAxes;
  for (const CellArgument &argument : cell.arguments)
    if (argument.axis)
      own |= setOf(entryOf(*argument.axis).axis);
  for (auto [argument, value] : zip(cell.arguments, arguments)) {
    AxisSet both = argument.axis ? noAxes : value->type.axes & own;
    if (!both)
      continue;
    auto diagnostic = errorAtUse(*frame->use)
                      << "expected argument '" << argument.name.text << "' over no axis of another argument, found it "
                      << "over " << spellAxes(both);
    diagnostic.attachNote(argument.name.loc) << "the argument is declared here";
    return false;
  }
  return true;
}

bool Elaborator::bindSizes(const CellDecl &cell, ArrayRef<Number> sizes) {
  for (auto [i, size] : enumerate(cell.sizes)) {
    std::optional<Number> number;
    if (i < sizes.size())
      number = sizes[i];
    else
      number = evaluate(*size.value);
    if (!number)
      return false;
    entryOf(size.name).meaning = *number;
  }
  return true;
}

// Checks the value's shape, or vocabulary, against the declared one; a name that it declares takes the size found
// there.
bool Elaborator::bindArgument(const CellArgument &argument, Node *value) {
  ArrayRef<int64_t> found = argument.isToken ? ArrayRef(value->type.vocab) : ArrayRef(value->type.shape);
  std::vector<std::string> expected;
  bool matches = found.size() == argument.shape.size();
  for (auto [i, expr] : enumerate(argument.shape)) {
    auto *name = dyn_cast<NameExpr>(expr.get());
    if (name && name->declares) {
      expected.push_back(name->name.str());
      if (i < found.size())
        frame->entries[name->slot].meaning = Number::ofInteger(found[i]);
      continue;
    }
    std::optional<int64_t> size = evaluateSize(*expr);
    if (!size)
      return false;
    expected.push_back(std::to_string(*size));
    matches = matches && *size == found[i];
  }
  if (!matches) {
    auto diagnostic = errorAtUse(*frame->use) << "expected argument '" << argument.name.text
                                              << (argument.isToken ? "' of token[" : "' of shape [")
                                              << join(expected, ", ") << "], found " << spellType(value->type);
    diagnostic.attachNote(argument.name.loc) << "the argument is declared here";
    return false;
  }
  entryOf(argument.name).meaning = value;
  return !argument.axis || bindAxis(argument, value);
}

// memory: [M] over S; several arguments may be over the same S
bool Elaborator::bindAxis(const CellArgument &argument, Node *value) {
  AxisIndex &axis = entryOf(*argument.axis).axis;
  AxisSet axes = value->type.axes & ~batchAxis;
  if (!axis && popcount(axes) == 1)
    axis = countr_zero(axes);
  if (axis && axes == setOf(axis))
    return true;
  auto diagnostic = errorAtUse(*frame->use)
                    << "expected argument '" << argument.name.text << "' over "
                    << (axis ? "axis '" + graph->info.axes[axis - 1].name + "' alone" : "one axis")
                    << (frame->scan ? " beside the scan's" : "") << ", found it over " << spellAxes(axes);
  diagnostic.attachNote(argument.axis->loc) << "its axis is named here";
  return false;
}

void Elaborator::expandReturn(const ReturnStmt &stmt) {
  Node *node = elaborateReal(*stmt.value);
  SmallVector<int64_t, 2> shape;
  if (!node || !evaluateShape(frame->cell->resultShape, shape))
    return;
  if (AxisSet own = node->type.axes & frame->localAxes) {
    error(stmt.value->loc) << "expected a result that does not vary over the cell's own axis '"
                           << graph->info.axes[countr_zero(own) - 1].name << "', found one that does";
    return;
  }
  if (node->type.shape == shape)
    frame->result = node;
  else
    error(stmt.value->loc) << "expected a result of shape " << spellShape(shape) << ", found "
                           << spellShape(node->type.shape);
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

void Elaborator::expandStates(const StateStmt &stmt) {
  ValueType type;
  type.axes = frame->scan->axes;
  bool ok = evaluateShape(stmt.shape, type.shape);
  for (const Identifier &axis : stmt.axes)
    type.axes |= setOf(entryOf(axis).axis);
  // Of several names each has a value of its own, if that is drawn.
  for (auto [i, name] : enumerate(stmt.names)) {
    Meaning start = Number::ofInteger(0);
    if (stmt.init)
      start = ok ? elaborateStart(*stmt.init, type) : Meaning();
    entryOf(name).state = ok && start ? makeSlot(name, stmt.firstState + i, type, start) : nullptr;
  }
}

// The number, or the value known before the first step, with which a state of that type begins.
Meaning Elaborator::elaborateStart(const Expr &expr, const ValueType &type) {
  Scan *scan = frame->scan, *around = frame->loops.empty() ? scan->parent : frame->loops.front().scan->parent;
  AxisSet lifted = frame->lifted;
  size_t known = graph->nodes.size();
  frame->scan = around;
  frame->lifted |= scan->axes;
  Meaning start = elaborate(expr);
  if (start.node)
    start.node = asNumber(start.node, expr.loc);
  frame->scan = scan;
  frame->lifted = lifted;
  if (!start.node || !checkReal(start.node, expr.loc))
    return start.number ? start : Meaning();
  auto isOfStep = [&](const Node *node) { return node->region == scan && node->op != NodeOp::Constant; };
  auto follows = [&](const std::unique_ptr<Node> &node) { return any_of(node->operands, isOfStep); };
  if (frame->loops.size() > 1)
    error(expr.loc)
        << "expected a number as the initial value of a state in a cell that runs along several axes, found "
        << "a value";
  else if (isOfStep(start.node) || any_of(drop_begin(graph->nodes, known), follows))
    error(expr.loc) << "expected an initial value that is known before the first step, found one that is not";
  else if (start.node->type.shape != type.shape)
    error(expr.loc) << "expected an initial value of shape " << spellShape(type.shape) << ", found "
                    << spellShape(start.node->type.shape);
  else if (AxisSet others = start.node->type.axes & ~type.axes)
    error(expr.loc) << "expected an initial value that does not vary over axis '"
                    << graph->info.axes[countr_zero(others) - 1].name << "', found one that does";
  else
    return start;
  return {};
}

// The state `place` of the cell, or null after an error.
StateSlot *Elaborator::makeSlot(const Identifier &name, unsigned place, const ValueType &type, const Meaning &start) {
  frame->slots.push_back(std::make_unique<StateSlot>());
  StateSlot *slot = frame->slots.back().get();
  slot->name = name.text;
  auto bound = frame->bounds.find(place);
  if (bound == frame->bounds.end()) {
    makeState(*slot, name, place, type, start);
    return slot;
  }
  slot->bound = bound->second;
  slot->before = slot->bound->before;
  const ValueType &found = slot->before->type;
  if (found.shape == type.shape && found.axes == type.axes)
    return slot;
  if (found.shape == type.shape)
    errorAtUse(*frame->use) << "expected a state that varies over " << spellAxes(type.axes) << " for state '"
                            << name.text << "', found one over " << spellAxes(found.axes);
  else
    errorAtUse(*frame->use) << "expected a state of shape " << spellShape(type.shape) << " for state '" << name.text
                            << "', found " << spellShape(found.shape);
  return nullptr;
}

// In a scan along several axes each loop but the innermost has the state at all positions of those within it.
void Elaborator::makeState(StateSlot &slot, const Identifier &name, unsigned place, const ValueType &type,
                           const Meaning &start) {
  Node *init = start.node;
  if (auto found = frame->initials.find(place); found != frame->initials.end()) {
    init = found->second.node;
    if (!init->type.shape.empty() && init->type.shape != type.shape)
      errorAtUse(found->second.loc) << "expected an initial value of shape " << spellShape(type.shape) << " for state '"
                                    << name.text << "', found " << spellShape(init->type.shape);
  }
  std::vector<ScanLoop> loops = frame->loops;
  if (loops.empty()) // a step
    loops.push_back({frame->scan->axis, frame->scan->backward, 0, frame->scan});
  slot.neighbours.resize(loops.size());
  for (auto [i, loop] : enumerate(loops)) {
    auto state = std::make_unique<ScanState>();
    state->name = joinPath(frame->statePath, name.text);
    ValueType row = type;
    row.axes |= loop.scan->axes;
    state->before = make(NodeOp::State, std::move(row), name.loc);
    state->before->region = loop.scan;
    state->before->index = loop.scan->states.size();
    state->after = state->before;
    state->init = init;
    state->initNumber = start.number ? start.number->value : 0;
    Node *before = state->before;
    for (const ScanLoop &within : ArrayRef(loops).drop_front(i + 1))
      before = makePosition(before, within.scan, name.loc);
    slot.neighbours[loop.place] = before;
    slot.before = before;
    slot.own = state.get();
    loop.scan->states.push_back(std::move(state));
  }
}

void Elaborator::primeState(StateSlot &slot, Node *value, mlir::Location loc) {
  value = asNumber(value, loc);
  if (!checkReal(value, loc))
    return;
  const ValueType &type = slot.before->type;
  if (value->type.shape != type.shape && !value->type.shape.empty()) {
    error(loc) << "expected a value of shape " << spellShape(type.shape) << " for state '" << slot.name << "', found "
               << spellShape(value->type.shape);
    return;
  }
  if (AxisSet others = value->type.axes & ~type.axes) {
    error(loc) << "expected a value for state '" << slot.name << "' that does not vary over axis '"
               << graph->info.axes[countr_zero(others) - 1].name << "', found one that does";
    return;
  }
  if (slot.after) {
    error(loc) << "expected one equation for state '" << slot.name << "', found a second";
    return;
  }
  slot.after = value;
}

// At the end of a cell its states take their next values; one that is a state of the stepping cell hands its on,
// unless that cell's equation is the one in which the step stands.
void Elaborator::finishStates(Frame &inner) {
  for (const auto &slot : inner.slots) {
    if (slot->own && slot->after)
      slot->own->after = slot->after;
    if (slot->bound && slot->after && slot->bound != frame->primed)
      primeState(*slot->bound, slot->after, *inner.use);
  }
}
