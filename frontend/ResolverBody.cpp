// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names in statements.

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

bool Resolver::declare(const Identifier &name, NameKind kind) {
  NameEntry *old = find(name.text);
  // In a repeat a value from outside may get its next value, once.
  bool isNext = old && kind == NameKind::Value && old->kind == NameKind::Value && !scopes.back().contains(name.text);
  if (old && !isNext) {
    auto diagnostic = error(name.loc) << "expected a new name, found '" << name.text << "', which is bound already";
    diagnostic.attachNote(old->loc) << "bound here";
    return false;
  }
  scopes.back().try_emplace(name.text, NameEntry{kind, name.loc});
  return true;
}

void Resolver::resolveSizes(const std::vector<SizeParameter> &sizes) {
  for (const SizeParameter &size : sizes) {
    if (size.value)
      resolve(*size.value);
    declare(size.name, NameKind::Size);
  }
}

void Resolver::resolveShape(const Exprs &shape) {
  for (const ExprPtr &size : shape)
    resolve(*size);
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void Resolver::resolve(const CellDecl &cell) {
  resolveSizes(cell.sizes);
  for (const CellArgument &argument : cell.arguments) {
    // A name on its own that is not known yet is the size found there.
    for (const ExprPtr &size : argument.shape) {
      auto *name = dyn_cast<NameExpr>(size.get());
      if (name && !name->primed && !find(name->name))
        declare({name->name, name->loc}, NameKind::Size);
      else
        resolve(*size);
    }
  }
  for (const CellArgument &argument : cell.arguments)
    declare(argument.name, NameKind::Argument);
  resolveShape(cell.resultShape);
  resolve(cell.body);
  if (cell.body.empty() || cell.body.back()->kind != Stmt::Kind::Return)
    error(cell.name.loc) << "expected 'return' as the last statement of cell '" << cell.name.text << "'";
}

void Resolver::resolve(const ModelDecl &model) {
  resolveSizes(model.parameters);
  resolve(model.body);
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

void Resolver::resolve(const Stmt &stmt) {
  auto outsideRepeat = [&](StringRef what) {
    if (repeats)
      error(stmt.loc) << "expected '" << what << "' only outside of 'repeat'";
  };
  switch (stmt.kind) {
  case Stmt::Kind::State: {
    auto &state = cast<StateStmt>(stmt);
    outsideRepeat("state");
    resolveShape(state.shape);
    if (state.init)
      resolve(*state.init);
    for (const Identifier &name : state.names)
      declare(name, NameKind::State);
    return;
  }
  case Stmt::Kind::Bind:
    return resolve(cast<BindStmt>(stmt));
  case Stmt::Kind::Param: // declares its name like one in an expression
    return resolve(*cast<ParamStmt>(stmt).param);
  case Stmt::Kind::Let: {
    auto &let = cast<LetStmt>(stmt);
    resolveShape(let.sizes);
    const CellDecl *cell = program.findCell(let.callee.text);
    if (!cell)
      error(let.callee.loc) << "expected a cell, found '" << let.callee.text << "'";
    else
      checkSizeCount(let.callee, let.sizes.size(), *cell);
    if (declare(let.name, NameKind::Instance))
      instances[let.name.text] = cell;
    return;
  }
  case Stmt::Kind::Return:
    return resolve(*cast<ReturnStmt>(stmt).value);
  case Stmt::Kind::Repeat:
    return resolve(cast<RepeatStmt>(stmt));
  case Stmt::Kind::Axis:
    outsideRepeat("axis");
    declare(cast<AxisStmt>(stmt).name, NameKind::Axis);
    return;
  case Stmt::Kind::Port:
    outsideRepeat(cast<PortStmt>(stmt).isTarget ? "target" : "input");
    return resolvePort(cast<PortStmt>(stmt));
  case Stmt::Kind::Generate:
    return outsideRepeat("generate");
  case Stmt::Kind::Train:
    outsideRepeat("train");
    for (const Setting &setting : cast<TrainStmt>(stmt).settings)
      for (const Argument &value : setting.values)
        resolve(*value.value);
    return;
  }
}

void Resolver::resolvePort(const PortStmt &port) {
  resolveShape(port.shape);
  for (const Identifier &axis : port.axes) {
    NameEntry *entry = find(axis.text);
    if (!entry || entry->kind != NameKind::Axis)
      error(axis.loc) << "expected an axis declared before, found '" << axis.text << "'";
  }
  declare(port.name, NameKind::Argument);
}

void Resolver::resolve(const BindStmt &bind) {
  if (bind.isOutput && repeats)
    error(bind.loc) << "expected 'output' only outside of 'repeat'";
  resolveShape(bind.shape);
  auto *call = dyn_cast<CallExpr>(bind.value.get());
  bool isSplit = call && !call->isScan && call->callee.text == "split";
  if (isSplit && bind.targets.size() > 1)
    resolveArguments(*call);
  else if (bind.targets.size() > 1)
    error(bind.value->loc) << "expected 'split' as the value of " << bind.targets.size() << " names";
  else
    resolve(*bind.value);
  for (const BindStmt::Target &target : bind.targets) {
    if (!target.primed) {
      declare(target.name, NameKind::Value);
      continue;
    }
    NameEntry *state = find(target.name.text);
    if (!state || state->kind != NameKind::State) {
      error(target.name.loc) << "expected a state before the prime, found '" << target.name.text << "'";
    } else if (repeats) {
      error(target.name.loc) << "expected the equation of a state only outside of 'repeat'";
    } else if (state->primed) {
      error(target.name.loc) << "expected one equation for state '" << target.name.text << "', found a second";
    } else {
      state->primed = true;
    }
  }
}

void Resolver::resolve(const RepeatStmt &repeat) {
  resolve(*repeat.count);
  scopes.emplace_back();
  ++repeats;
  declare(repeat.counter, NameKind::Size);
  resolve(repeat.body);
  --repeats;
  scopes.pop_back();
}
