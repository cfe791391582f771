// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Cells: their expansion at a use, as a step or as the body of a scan, and their states.

#include "frontend/Elaborator.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace rondo;

const BodySummary &Elaborator::summary(const CellDecl &cell) {
  auto found = summaries.find(&cell);
  if (found != summaries.end())
    return found->second;
  BodySummary result = summarize(cell.body);
  for (StringRef callee : result.callees) {
    if (const FunctionInfo *info = findFunction(callee)) {
      result.declaresParameters |= info->ownsParameters;
    } else if (const CellDecl *inner = program.findCell(callee)) {
      result.declaresStates |= summary(*inner).declaresStates;
      result.declaresParameters |= summary(*inner).declaresParameters;
    }
  }
  return summaries[&cell] = std::move(result);
}

// A step, or a scan, of a cell or of an instance of it.
Meaning Elaborator::callCell(const CallExpr &call, const CellDecl &cell, Instance *instance) {
  bool hasStates = summary(cell).declaresStates, hasParameters = summary(cell).declaresParameters;
  if (hasStates && !call.isScan && !frame->scan) {
    error(call.callee.loc) << "expected 'scan' before cell '" << cell.name.text << "', which has states";
    return {};
  }
  Frame inner;
  inner.cell = &cell;
  inner.use = call.loc;
  inner.scan = frame->scan;
  inner.sharesParameters = frame->sharesParameters || (instance && instance->used);
  bool ok = true;
  if (hasStates || (hasParameters && !instance)) {
    std::optional<StringRef> name = ownName(call);
    ok = name && claim(joinPath(frame->path, *name), call.loc);
    if (name) {
      inner.path = joinPath(frame->path, *name);
      inner.statePath = joinPath(frame->statePath, *name);
    }
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
  ok &= gatherArguments(call, cell, inner, arguments);
  if (!ok)
    return {};
  if (instance)
    instance->used = true;
  if (call.isScan && none_of(arguments, [](Node *node) { return node->type.axes & timeAxis; })) {
    error(call.loc) << "expected an argument of the scan over the time axis, found none";
    return {};
  }
  // Without states every position is on its own.
  if (!call.isScan || !hasStates)
    return expandCell(cell, sizes, inner, arguments);
  return scanCell(call, cell, sizes, inner, std::move(arguments));
}

// Arguments by place and by name, and the states that are bound to the caller's or begin with a value.
bool Elaborator::gatherArguments(const CallExpr &call, const CellDecl &cell, Frame &inner,
                                 std::vector<Node *> &arguments) {
  bool ok = true;
  for (auto [i, argument] : enumerate(call.arguments)) {
    size_t place = i;
    if (!argument.name.empty())
      place = find_if(cell.arguments, [name = argument.name](auto &other) { return other.name.text == name; }) -
              cell.arguments.begin();
    if (place < cell.arguments.size()) {
      arguments[place] = elaborateReal(*argument.value);
      ok &= arguments[place] != nullptr;
      continue;
    }
    auto *name = dyn_cast<NameExpr>(argument.value.get());
    Entry *entry = name && !name->primed ? find(name->name) : nullptr;
    if (entry && entry->state) {
      inner.bounds[argument.name] = entry->state;
      continue;
    }
    error(argument.loc) << "expected a state of this cell for state '" << argument.name << "' of cell '"
                        << cell.name.text << "'";
    ok = false;
  }
  for (const Argument &initial : call.initials) {
    Node *node = elaborateReal(*initial.value);
    if (node && (node->type.axes & timeAxis)) {
      error(initial.value->loc) << "expected an initial value that does not vary over time";
      node = nullptr;
    }
    ok &= node != nullptr;
    inner.initials.insert({initial.name, {node, initial.value->loc}});
  }
  return ok;
}

Node *Elaborator::scanCell(const CallExpr &call, const CellDecl &cell, ArrayRef<Number> sizes, Frame &inner,
                           std::vector<Node *> arguments) {
  graph->scans.push_back(std::make_unique<Scan>());
  Scan *scan = graph->scans.back().get();
  scan->path = inner.statePath;
  scan->backward = call.backward;
  inner.scan = scan;
  for (Node *&argument : arguments) {
    if (!(argument->type.axes & timeAxis))
      continue;
    ValueType type = argument->type;
    type.axes &= ~timeAxis;
    argument = make(NodeOp::Position, std::move(type), call.loc, argument);
    argument->region = scan;
  }
  scan->result = expandCell(cell, sizes, inner, arguments);
  if (!scan->result)
    return nullptr;
  ValueType type;
  type.axes = timeAxis | batchAxis;
  type.shape = scan->result->type.shape;
  Node *node = make(NodeOp::Scan, std::move(type), call.loc);
  node->scan = scan;
  scan->node = node;
  return node;
}

// The value that the cell returns, or null after an error.
Node *Elaborator::expandCell(const CellDecl &cell, ArrayRef<Number> sizes, Frame &inner, ArrayRef<Node *> arguments) {
  Frame *outer = frame;
  frame = &inner;
  frames.push_back(frame);
  frame->scopes.emplace_back();
  bool ok = bindSizes(cell, sizes);
  for (auto [argument, value] : zip(cell.arguments, arguments))
    ok = ok && bindArgument(argument, value);
  if (ok)
    expand(cell.body);
  frames.pop_back();
  frame = outer;
  if (ok)
    finishStates(inner);
  return inner.result;
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
    Entry entry;
    entry.meaning = *number;
    declare(size.name.text, entry);
  }
  return true;
}

// Checks the value's shape against the declared one; a name that is not known yet takes the size found there.
bool Elaborator::bindArgument(const CellArgument &argument, Node *value) {
  ArrayRef<int64_t> found = value->type.shape;
  std::vector<std::string> expected;
  bool matches = found.size() == argument.shape.size();
  for (auto [i, expr] : enumerate(argument.shape)) {
    auto *name = dyn_cast<NameExpr>(expr.get());
    if (name && !find(name->name)) {
      expected.push_back(name->name.str());
      if (i < found.size()) {
        Entry entry;
        entry.meaning = Number::ofInteger(found[i]);
        declare(name->name, entry);
      }
      continue;
    }
    std::optional<int64_t> size = evaluateSize(*expr);
    if (!size)
      return false;
    expected.push_back(std::to_string(*size));
    matches = matches && *size == found[i];
  }
  if (!matches) {
    auto diagnostic = errorAtUse(*frame->use) << "expected argument '" << argument.name.text << "' of shape ["
                                              << join(expected, ", ") << "], found " << spellShape(found);
    diagnostic.attachNote(argument.name.loc) << "the argument is declared here";
    return false;
  }
  Entry entry;
  entry.meaning = value;
  declare(argument.name.text, entry);
  return true;
}

void Elaborator::expandReturn(const ReturnStmt &stmt) {
  Node *node = elaborateReal(*stmt.value);
  SmallVector<int64_t, 2> shape;
  if (!node || !evaluateShape(frame->cell->resultShape, shape))
    return;
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
  type.axes = batchAxis;
  std::optional<Number> start = Number::ofInteger(0);
  if (stmt.init)
    start = evaluate(*stmt.init);
  bool ok = evaluateShape(stmt.shape, type.shape) && start;
  for (const Identifier &name : stmt.names) {
    Entry entry;
    if (ok) {
      auto slot = std::make_unique<StateSlot>();
      entry.state = slot.get();
      slot->name = name.text;
      if (StateSlot *bound = frame->bounds.lookup(name.text)) {
        slot->bound = bound;
        slot->before = bound->before;
        if (bound->before->type.shape != type.shape) {
          errorAtUse(*frame->use) << "expected a state of shape " << spellShape(type.shape) << " for state '"
                                  << name.text << "', found " << spellShape(bound->before->type.shape);
          entry.state = nullptr;
        }
      } else {
        slot->own = makeState(name, type, start->value);
        slot->before = slot->own->before;
      }
      frame->slots.push_back(std::move(slot));
    }
    declare(name.text, entry);
  }
}

ScanState *Elaborator::makeState(const Identifier &name, const ValueType &type, double initNumber) {
  Node *init = nullptr;
  if (auto found = frame->initials.find(name.text); found != frame->initials.end()) {
    init = found->second.node;
    if (!init->type.shape.empty() && init->type.shape != type.shape)
      errorAtUse(found->second.loc) << "expected an initial value of shape " << spellShape(type.shape) << " for state '"
                                    << name.text << "', found " << spellShape(init->type.shape);
  }
  auto state = std::make_unique<ScanState>();
  state->name = joinPath(frame->statePath, name.text);
  state->before = make(NodeOp::State, type, name.loc);
  state->before->index = frame->scan->states.size();
  state->after = state->before;
  state->init = init;
  state->initNumber = initNumber;
  frame->scan->states.push_back(std::move(state));
  return frame->scan->states.back().get();
}

void Elaborator::primeState(StateSlot &slot, Node *value, mlir::Location loc) {
  if (!checkReal(value, loc))
    return;
  const ValueType &type = slot.before->type;
  if (value->type.shape != type.shape && !value->type.shape.empty()) {
    error(loc) << "expected a value of shape " << spellShape(type.shape) << " for state '" << slot.name << "', found "
               << spellShape(value->type.shape);
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
