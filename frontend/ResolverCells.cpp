// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a use of a cell gives to what the cell declares: sizes, arguments, states, axes.

#include "frontend/Resolver.h"

using namespace llvm;
using namespace rondo;

void Resolver::checkSizeCount(const Identifier &use, size_t found, const CellDecl &cell) {
  size_t most = cell.sizes.size();
  size_t least = count_if(cell.sizes, [](const SizeParameter &size) { return !size.value; });
  if (found >= least && found <= most)
    return;
  auto diagnostic = error(use.loc) << "expected ";
  if (least != most)
    diagnostic << least << " to ";
  diagnostic << most << (most == 1 ? " size" : " sizes") << " of cell '" << cell.name.text << "', found " << found;
  diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
}

static std::vector<StringRef> statesOf(const CellDecl &cell) {
  std::vector<StringRef> states;
  for (const StmtPtr &stmt : cell.body)
    if (auto *state = dyn_cast<StateStmt>(stmt.get()))
      for (const Identifier &name : state->names)
        states.push_back(name.text);
  return states;
}

// scan C(steps: 20), if no argument of the cell is called so
static bool isStepCount(const Argument &argument, const CallExpr &call, const CellDecl &cell) {
  return call.isScan && argument.name == "steps" &&
         none_of(cell.arguments, [](const CellArgument &other) { return other.name.text == "steps"; });
}

// Arguments by place and by name; a name that is no argument's is a state's.
void Resolver::matchArguments(CallExpr &call, const CellDecl &cell) {
  if (!call.isOfInstance)
    checkSizeCount(call.callee, call.sizes.size(), cell);
  matchAxes(call, cell);
  std::vector<StringRef> states = statesOf(cell);
  auto findState = [&](StringRef name) -> unsigned { return llvm::find(states, name) - states.begin(); };
  size_t unnamed = 0, count = cell.arguments.size();
  std::vector<bool> given(count);
  for (Argument &argument : call.arguments) {
    size_t place = unnamed;
    if (isStepCount(argument, call, cell)) {
      argument.role = ArgumentRole::Steps;
      continue;
    }
    if (argument.name.empty())
      ++unnamed;
    else
      place = find_if(cell.arguments, [&](const CellArgument &other) { return other.name.text == argument.name; }) -
              cell.arguments.begin();
    argument.place = place;
    unsigned state = findState(argument.name);
    if (place < count && !given[place]) {
      given[place] = true;
    } else if (!argument.name.empty() && !call.isScan && state < states.size()) {
      matchState(argument, state, cell);
    } else if (!argument.name.empty()) {
      auto diagnostic = error(argument.loc) << "expected the name of an argument" << (call.isScan ? "" : " or a state")
                                            << " of cell '" << cell.name.text << "', found '" << argument.name << "'";
      diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
    }
  }
  if (unnamed > count || is_contained(given, false)) {
    auto diagnostic = error(call.callee.loc) << "expected " << count << (count == 1 ? " argument" : " arguments")
                                             << " of cell '" << cell.name.text << "', found ";
    diagnostic << (unnamed > count ? unnamed : llvm::count(given, true));
    diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
  }
  if (const Argument *steps = findArgument(call, ArgumentRole::Steps))
    checkSteps(call, *steps, cell);
  matchInitials(call, cell);
}

// Steps along an axis without a name have no other one, and no direction.
void Resolver::checkSteps(const CallExpr &call, const Argument &steps, const CellDecl &cell) {
  if (call.axis)
    error(call.axis->loc) << "expected 'over' or 'steps' in the scan of cell '" << cell.name.text << "', found both";
  else if (call.backward)
    error(steps.loc) << "expected 'over' and an axis in a scan that is 'backward', found 'steps'";
}

// from (h: value): states of the scanned cell.
void Resolver::matchInitials(CallExpr &call, const CellDecl &cell) {
  std::vector<StringRef> states = statesOf(cell);
  std::vector<bool> begins(states.size());
  for (Argument &initial : call.initials) {
    initial.role = ArgumentRole::State;
    initial.place = llvm::find(states, initial.name) - states.begin();
    if (initial.place < states.size()) {
      if (begins[initial.place])
        error(initial.loc) << "expected one initial value of state '" << initial.name << "', found a second";
      begins[initial.place] = true;
      continue;
    }
    auto diagnostic = error(initial.loc) << "expected a state of cell '" << cell.name.text << "', found '"
                                         << initial.name << "'";
    diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
  }
}

// over (R, C): as many axes as the cell runs along, each once.
void Resolver::matchAxes(const CallExpr &call, const CellDecl &cell) {
  StringRef name = cell.name.text;
  if (!call.isScan) {
    if (!cell.axes.empty())
      error(call.callee.loc) << "expected 'scan' before cell '" << name << "', which runs along several axes";
    return;
  }
  if (call.axes.size() != cell.axes.size()) {
    auto diagnostic = error(call.loc);
    if (cell.axes.empty())
      diagnostic << "expected one axis after 'over' in the scan of cell '" << name << "', found " << call.axes.size();
    else
      diagnostic << "expected 'over' and " << cell.axes.size() << " axes in parentheses in the scan of cell '" << name
                 << "', found "
                 << (call.axis           ? "1"
                     : call.axes.empty() ? "none"
                                         : std::to_string(call.axes.size()));
    diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
  }
  StringMap<mlir::Location> axes;
  for (const ScanAxis &axis : call.axes)
    if (!axes.try_emplace(axis.name.text, axis.name.loc).second)
      error(axis.name.loc) << "expected each axis of the scan once, found '" << axis.name.text << "' a second time";
}

// A step may take a state of the stepping cell for one of its own.
void Resolver::matchState(Argument &argument, unsigned state, const CellDecl &cell) {
  argument.role = ArgumentRole::State;
  argument.place = state;
  auto *name = dyn_cast<NameExpr>(argument.value.get());
  NameEntry *entry = name && !name->primed ? find(name->name) : nullptr;
  if (!entry || entry->kind != NameKind::State)
    error(argument.loc) << "expected a state of this cell for state '" << argument.name << "' of cell '"
                        << cell.name.text << "'";
}
