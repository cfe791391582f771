// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names in statements.

#include "frontend/LayoutDecl.h"
#include "frontend/Resolver.h"

using namespace llvm;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Scopes
//===----------------------------------------------------------------------===//

NameEntry *Resolver::find(StringRef name) {
  for (auto &scope : reverse(scopes))
    if (auto found = scope.find(name); found != scope.end())
      return &found->second;
  return nullptr;
}

// Null after an error.
NameEntry *Resolver::declare(Identifier &name, NameKind kind) {
  NameEntry *old = find(name.text);
  // In a repeat a value from outside may get its next value, once.
  bool isNext = old && kind == NameKind::Value && old->kind == NameKind::Value && !scopes.back().contains(name.text);
  if (old && !isNext) {
    auto diagnostic = error(name.loc) << "expected a new name, found '" << name.text << "', which is bound already";
    diagnostic.attachNote(old->loc) << "bound here";
    return nullptr;
  }
  name.slot = isNext ? old->slot : slots++;
  return &scopes.back().try_emplace(name.text, NameEntry{kind, name.loc, name.slot}).first->second;
}

void Resolver::resolveSizes(std::vector<SizeParameter> &sizes) {
  for (SizeParameter &size : sizes) {
    if (size.value)
      resolve(*size.value);
    declare(size.name, NameKind::Size);
  }
}

void Resolver::resolveAxis(Identifier &axis) {
  NameEntry *entry = find(axis.text);
  if (entry && entry->kind == NameKind::Axis)
    axis.slot = entry->slot;
  else if (entry && entry->kind == NameKind::CellAxis)
    error(axis.loc) << "expected an axis of the cell's arguments, found '" << axis.text
                    << "', along which the cell runs";
  else
    error(axis.loc) << "expected an axis declared before, found '" << axis.text << "'";
}

void Resolver::declareAxis(Identifier &axis, NameKind kind) {
  if (axis.text == batchName)
    error(axis.loc) << "expected another name for an axis: '" << batchName << "' is that of the sequences side by side";
  declare(axis, kind);
}

void Resolver::resolveShape(const Exprs &shape) {
  for (const ExprPtr &size : shape)
    resolve(*size);
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void Resolver::resolve(CellDecl &cell) {
  inCell = &cell;
  resolveSizes(cell.sizes);
  for (const CellArgument &argument : cell.arguments) {
    // A name on its own that is not known yet is the size found there.
    for (const ExprPtr &size : argument.shape) {
      auto *name = dyn_cast<NameExpr>(size.get());
      if (!name || name->primed || find(name->name)) {
        resolve(*size);
        continue;
      }
      Identifier declared{name->name, name->loc};
      declare(declared, NameKind::Size);
      name->slot = declared.slot;
      name->declares = true;
    }
  }
  for (CellArgument &argument : cell.arguments) {
    NameEntry *axis = argument.axis ? find(argument.axis->text) : nullptr;
    if (axis && axis->kind == NameKind::Axis)
      argument.axis->slot = axis->slot;
    else if (argument.axis)
      declareAxis(*argument.axis, NameKind::Axis);
  }
  for (Identifier &axis : cell.axes)
    declareAxis(axis, NameKind::CellAxis);
  for (CellArgument &argument : cell.arguments)
    declare(argument.name, NameKind::Argument);
  resolveShape(cell.resultShape);
  resolve(cell.body);
  if (cell.body.empty() || cell.body.back()->kind != Stmt::Kind::Return)
    error(cell.name.loc) << "expected 'return' as the last statement of cell '" << cell.name.text << "'";
  // A state without one would have to choose between the states before.
  for (const StmtPtr &stmt : cell.body)
    if (auto *state = dyn_cast<StateStmt>(stmt.get()); state && !cell.axes.empty())
      for (const Identifier &name : state->names)
        if (!find(name.text)->primed)
          error(name.loc) << "expected an equation for state '" << name.text
                          << "' of a cell that runs along several axes, found none";
  resolve(cell.layouts);
  cell.slots = slots;
}

void Resolver::resolve(ModelDecl &model) {
  inModel = &model;
  // First, so that each model has them in the same slots.
  for (const auto &let : program.file.lets)
    resolve(*let);
  resolveSizes(model.parameters);
  resolve(model.body);
  resolve(model.layouts);
  model.slots = slots;
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Resolver::resolve(const Stmts &body) {
  for (const StmtPtr &stmt : body) {
    if (stmt->kind == Stmt::Kind::Return && (repeats || stmt != body.back()))
      error(stmt->loc) << "expected 'return' only as the last statement of a cell";
    resolve(*stmt);
  }
}

void Resolver::resolve(Stmt &stmt) {
  auto outsideRepeat = [&](StringRef what) {
    if (repeats)
      error(stmt.loc) << "expected '" << what << "' only outside of 'repeat'";
  };
  switch (stmt.kind) {
  case Stmt::Kind::State:
    outsideRepeat("state");
    return resolve(cast<StateStmt>(stmt));
  case Stmt::Kind::Buffer:
    return resolve(cast<BufferStmt>(stmt));
  case Stmt::Kind::Bind:
    return resolve(cast<BindStmt>(stmt));
  case Stmt::Kind::Param: // declares its name like one in an expression
    return resolve(*cast<ParamStmt>(stmt).param);
  case Stmt::Kind::Const:
    resolveShape(cast<ConstStmt>(stmt).shape);
    declare(cast<ConstStmt>(stmt).name, NameKind::Argument);
    return;
  case Stmt::Kind::Let:
    return resolve(cast<LetStmt>(stmt));
  case Stmt::Kind::Return:
    return resolve(*cast<ReturnStmt>(stmt).value);
  case Stmt::Kind::Repeat:
    return resolve(cast<RepeatStmt>(stmt));
  case Stmt::Kind::Axis:
    outsideRepeat("axis");
    return resolve(cast<AxisStmt>(stmt));
  case Stmt::Kind::Port:
    outsideRepeat(cast<PortStmt>(stmt).isTarget ? "target" : "input");
    return resolve(cast<PortStmt>(stmt));
  case Stmt::Kind::Generate:
    outsideRepeat("generate");
    for (const ExprPtr *number :
         {&cast<GenerateStmt>(stmt).first, &cast<GenerateStmt>(stmt).until, &cast<GenerateStmt>(stmt).most})
      if (*number)
        resolve(**number);
    return;
  case Stmt::Kind::Train:
    outsideRepeat("train");
    return resolve(cast<TrainStmt>(stmt));
  }
}

void Resolver::resolve(StateStmt &state) {
  resolveShape(state.shape);
  StringMap<mlir::Location> axes;
  for (Identifier &axis : state.axes) {
    resolveAxis(axis);
    if (!axes.try_emplace(axis.text, axis.loc).second)
      error(axis.loc) << "expected each axis of a state once, found '" << axis.text << "' a second time";
  }
  if (state.init)
    resolve(*state.init);
  state.firstState = states;
  states += state.names.size();
  for (Identifier &name : state.names)
    declare(name, NameKind::State);
  inCell->hasStates = true;
}

void Resolver::resolve(BufferStmt &buffer) {
  resolveShape(buffer.shape);
  if (buffer.init)
    resolve(*buffer.init);
  for (Identifier &name : buffer.names)
    declare(name, NameKind::Buffer);
  if (inCell)
    inCell->hasParameters = true;
}

void Resolver::resolve(LetStmt &let) {
  resolveShape(let.sizes);
  CellDecl *cell = program.findCell(let.callee.text, inLibrary);
  let.cell = cell;
  if (!cell)
    error(let.callee.loc) << "expected a cell, found '" << let.callee.text << "'";
  else
    checkSizeCount(let.callee, let.sizes.size(), *cell);
  if (cell && inCell)
    inCell->uses.push_back({cell, /*isStep=*/false});
  if (NameEntry *entry = declare(let.name, NameKind::Instance))
    entry->cell = cell;
}

void Resolver::resolve(AxisStmt &axis) {
  if (axis.size && !resolveDerived(axis))
    resolve(*axis.size);
  if (axis.most)
    resolve(*axis.most);
  if (axis.parent && !axis.isDerived)
    resolveAxis(*axis.parent);
  declareAxis(axis.name, NameKind::Axis);
}

// T / 2, T - 4, (T + 1) / 2: whether the size is that of another axis, changed so.
bool Resolver::resolveDerived(AxisStmt &axis) {
  Expr *rest = axis.size.get();
  auto *quotient = dyn_cast<BinaryExpr>(rest);
  if (quotient && quotient->op == BinaryOperator::Divide) {
    axis.divisor = quotient->rhs.get();
    rest = quotient->lhs.get();
  }
  auto *sum = dyn_cast<BinaryExpr>(rest);
  if (sum && (sum->op == BinaryOperator::Add || sum->op == BinaryOperator::Subtract)) {
    axis.adds = sum->op == BinaryOperator::Add;
    axis.offset = sum->rhs.get();
    rest = sum->lhs.get();
  }
  const NameExpr *name = findAxisName(*rest);
  if (!name)
    return false;
  if (!axis.offset && !axis.divisor)
    error(axis.size->loc) << "expected 'axis " << axis.name.text << " like " << name->name
                          << "' for an axis as long as '" << name->name << "'";
  if (inCell)
    error(axis.size->loc) << "expected a size of an axis that a cell declares, found one that follows from axis '"
                          << name->name << "'";
  axis.isDerived = true;
  resolveAxis(axis.parent.emplace(Identifier{name->name, name->loc}));
  for (Expr *number : {axis.offset, axis.divisor})
    if (number)
      resolve(*number);
  return true;
}

void Resolver::resolve(PortStmt &port) {
  resolveShape(port.shape);
  if (port.indexAxis)
    resolveAxis(*port.indexAxis);
  for_each(port.axes, [&](Identifier &axis) { resolveAxis(axis); });
  if (port.value)
    resolveAhead(*port.value);
  declare(port.name, port.isTarget ? NameKind::Argument : NameKind::Input);
}

// ahead(input, n)
void Resolver::resolveAhead(Expr &value) {
  auto *call = dyn_cast<CallExpr>(&value);
  if (call)
    findCallee(*call);
  if (!call || !call->function || call->function->function != Function::Ahead) {
    error(value.loc) << "expected 'ahead(input, n)' as the value of a target";
    return;
  }
  resolveCall(*call);
  if (call->arguments.empty())
    return; // reported as a wrong number of arguments
  auto *name = dyn_cast<NameExpr>(call->arguments.front().value.get());
  NameEntry *entry = name ? find(name->name) : nullptr;
  if (name && entry && entry->kind != NameKind::Input)
    error(name->loc) << "expected an input declared before, found '" << name->name << "'";
  else if (!name)
    error(call->arguments.front().loc) << "expected an input as the first argument of 'ahead'";
}

void Resolver::resolve(BindStmt &bind) {
  if (bind.isOutput && repeats)
    error(bind.loc) << "expected 'output' only outside of 'repeat'";
  if (bind.isLoss && repeats)
    error(bind.loc) << "expected a loss with a name only outside of 'repeat'";
  if (bind.isLoss && bind.targets.front().name.text == "loss")
    error(bind.targets.front().name.loc) << "expected another name for one of several losses, found 'loss'";
  resolveShape(bind.shape);
  auto *call = dyn_cast<CallExpr>(bind.value.get());
  if (call && bind.targets.size() > 1)
    findCallee(*call);
  if (bind.targets.size() == 1)
    resolve(*bind.value);
  else if (call && call->function && call->function->function == Function::Split)
    resolveCall(*call);
  else
    error(bind.value->loc) << "expected 'split' as the value of " << bind.targets.size() << " names";
  if (bind.weight) {
    inSchedule = true;
    resolve(*bind.weight);
    inSchedule = false;
  }
  for (BindStmt::Target &target : bind.targets)
    resolveTarget(target);
}

void Resolver::resolveTarget(BindStmt::Target &target) {
  StringRef name = target.name.text;
  if (!target.primed) {
    declare(target.name, NameKind::Value);
    if (inModel && !repeats && name == "loss")
      inModel->loss = target.name.slot;
    return;
  }
  NameEntry *state = find(name);
  bool isBuffer = state && state->kind == NameKind::Buffer;
  StringRef what = isBuffer ? "buffer" : "state";
  if (!state || (state->kind != NameKind::State && !isBuffer)) {
    error(target.name.loc) << "expected a state or a buffer before the prime, found '" << name << "'";
  } else if (isBuffer ? !scopes.back().contains(name) : repeats != 0) {
    error(target.name.loc) << "expected the equation of a " << what << " only outside of 'repeat'"
                           << (isBuffer ? ", or beside its declaration" : "");
  } else if (state->primed) {
    error(target.name.loc) << "expected one equation for " << what << " '" << name << "', found a second";
  } else {
    state->primed = true;
    target.name.slot = state->slot;
  }
}

void Resolver::resolve(TrainStmt &train) {
  for (const Setting &setting : train.settings)
    for (const Argument &value : setting.values) {
      inSchedule = setting.name.text == "optimizer" && value.name == "rate";
      resolve(*value.value);
      inSchedule = false;
    }
}

void Resolver::resolve(RepeatStmt &repeat) {
  resolve(*repeat.count);
  scopes.emplace_back();
  ++repeats;
  declare(repeat.counter, NameKind::Size);
  resolve(repeat.body);
  --repeats;
  for (const auto &bound : scopes.back())
    ended.try_emplace(bound.getKey(), bound.getValue());
  scopes.pop_back();
}
