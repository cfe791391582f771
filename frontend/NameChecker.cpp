// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What can be said about a program without knowing any size.

#include "frontend/NameChecker.h"

#include "frontend/Functions.h"

#include "llvm/ADT/StringMap.h"

#include <set>

using namespace llvm;
using namespace rondo;

namespace {

/// What a name stands for.
enum class Meaning { Size, Argument, State, Value, Instance, Axis };

struct Entry {
  Meaning meaning;
  mlir::Location loc;
  bool primed = false; // of a state: its equation has been seen
};

/// Checks one cell or model.
class BodyChecker {
public:
  BodyChecker(const Program &program, bool inModel) : program(program), inModel(inModel) { scopes.emplace_back(); }

  void check(const CellDecl &cell);
  void check(const ModelDecl &model);

private:
  mlir::InFlightDiagnostic error(mlir::Location loc) { return mlir::emitError(loc); }
  Entry *find(StringRef name);
  bool declare(const Identifier &name, Meaning meaning);
  void checkSizes(const std::vector<SizeParameter> &sizes);
  void checkShape(const Exprs &shape);
  void check(const Stmts &body);
  void check(const Stmt &stmt);
  void check(const BindStmt &bind);
  void checkPort(const PortStmt &port);
  void check(const RepeatStmt &repeat);
  void check(const Expr &expr);
  void check(const NameExpr &name);
  void check(const CallExpr &call);
  void check(const ParamExpr &param);
  void checkArguments(const CallExpr &call);
  void checkFunction(const CallExpr &call, const FunctionInfo &info);
  void checkCell(const CallExpr &call, const CellDecl &cell, bool sizesGiven);
  void checkSizeCount(const Identifier &use, size_t found, const CellDecl &cell);
  void checkInitialiser(const Expr &expr);

  const Program &program;
  const bool inModel;
  unsigned repeats = 0; // around the current statement
  std::vector<StringMap<Entry>> scopes;
  StringMap<const CellDecl *> instances;
};

} // namespace

//===----------------------------------------------------------------------===//
// Scopes
//===----------------------------------------------------------------------===//

Entry *BodyChecker::find(StringRef name) {
  for (auto &scope : reverse(scopes))
    if (auto found = scope.find(name); found != scope.end())
      return &found->second;
  return nullptr;
}

bool BodyChecker::declare(const Identifier &name, Meaning meaning) {
  Entry *old = find(name.text);
  // In a repeat a value from outside may get its next value, once.
  bool isNext = old && meaning == Meaning::Value && old->meaning == Meaning::Value &&
                !scopes.back().contains(name.text);
  if (old && !isNext) {
    auto diagnostic = error(name.loc) << "expected a new name, found '" << name.text << "', which is bound already";
    diagnostic.attachNote(old->loc) << "bound here";
    return false;
  }
  scopes.back().try_emplace(name.text, Entry{meaning, name.loc});
  return true;
}

void BodyChecker::checkSizes(const std::vector<SizeParameter> &sizes) {
  for (const SizeParameter &size : sizes) {
    if (size.value)
      check(*size.value);
    declare(size.name, Meaning::Size);
  }
}

void BodyChecker::checkShape(const Exprs &shape) {
  for (const ExprPtr &size : shape)
    check(*size);
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void BodyChecker::check(const CellDecl &cell) {
  checkSizes(cell.sizes);
  for (const CellArgument &argument : cell.arguments) {
    // A name on its own that is not known yet is the size found there.
    for (const ExprPtr &size : argument.shape) {
      auto *name = dyn_cast<NameExpr>(size.get());
      if (name && !name->primed && !find(name->name))
        declare({name->name, name->loc}, Meaning::Size);
      else
        check(*size);
    }
  }
  for (const CellArgument &argument : cell.arguments)
    declare(argument.name, Meaning::Argument);
  checkShape(cell.resultShape);
  check(cell.body);
  if (cell.body.empty() || cell.body.back()->kind != Stmt::Kind::Return)
    error(cell.name.loc) << "expected 'return' as the last statement of cell '" << cell.name.text << "'";
}

void BodyChecker::check(const ModelDecl &model) {
  checkSizes(model.parameters);
  check(model.body);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void BodyChecker::check(const Stmts &body) {
  for (const StmtPtr &stmt : body) {
    if (stmt->kind == Stmt::Kind::Return && (repeats || stmt != body.back()))
      error(stmt->loc) << "expected 'return' only as the last statement of a cell";
    check(*stmt);
  }
}

void BodyChecker::check(const Stmt &stmt) {
  auto outsideRepeat = [&](StringRef what) {
    if (repeats)
      error(stmt.loc) << "expected '" << what << "' only outside of 'repeat'";
  };
  switch (stmt.kind) {
  case Stmt::Kind::State: {
    auto &state = cast<StateStmt>(stmt);
    outsideRepeat("state");
    checkShape(state.shape);
    if (state.init)
      check(*state.init);
    for (const Identifier &name : state.names)
      declare(name, Meaning::State);
    return;
  }
  case Stmt::Kind::Bind:
    return check(cast<BindStmt>(stmt));
  case Stmt::Kind::Param: // declares its name like one in an expression
    return check(*cast<ParamStmt>(stmt).param);
  case Stmt::Kind::Let: {
    auto &let = cast<LetStmt>(stmt);
    checkShape(let.sizes);
    const CellDecl *cell = program.findCell(let.callee.text);
    if (!cell)
      error(let.callee.loc) << "expected a cell, found '" << let.callee.text << "'";
    else
      checkSizeCount(let.callee, let.sizes.size(), *cell);
    if (declare(let.name, Meaning::Instance))
      instances[let.name.text] = cell;
    return;
  }
  case Stmt::Kind::Return:
    return check(*cast<ReturnStmt>(stmt).value);
  case Stmt::Kind::Repeat:
    return check(cast<RepeatStmt>(stmt));
  case Stmt::Kind::Axis:
    outsideRepeat("axis");
    declare(cast<AxisStmt>(stmt).name, Meaning::Axis);
    return;
  case Stmt::Kind::Port:
    outsideRepeat(cast<PortStmt>(stmt).isTarget ? "target" : "input");
    return checkPort(cast<PortStmt>(stmt));
  case Stmt::Kind::Generate:
    return outsideRepeat("generate");
  case Stmt::Kind::Train:
    outsideRepeat("train");
    for (const Setting &setting : cast<TrainStmt>(stmt).settings)
      for (const Argument &value : setting.values)
        check(*value.value);
    return;
  }
}

void BodyChecker::checkPort(const PortStmt &port) {
  checkShape(port.shape);
  for (const Identifier &axis : port.axes) {
    Entry *entry = find(axis.text);
    if (!entry || entry->meaning != Meaning::Axis)
      error(axis.loc) << "expected an axis declared before, found '" << axis.text << "'";
  }
  declare(port.name, Meaning::Argument);
}

void BodyChecker::check(const BindStmt &bind) {
  if (bind.isOutput && repeats)
    error(bind.loc) << "expected 'output' only outside of 'repeat'";
  checkShape(bind.shape);
  auto *call = dyn_cast<CallExpr>(bind.value.get());
  bool isSplit = call && !call->isScan && call->callee.text == "split";
  if (isSplit && bind.targets.size() > 1)
    checkArguments(*call);
  else if (bind.targets.size() > 1)
    error(bind.value->loc) << "expected 'split' as the value of " << bind.targets.size() << " names";
  else
    check(*bind.value);
  for (const BindStmt::Target &target : bind.targets) {
    if (!target.primed) {
      declare(target.name, Meaning::Value);
      continue;
    }
    Entry *state = find(target.name.text);
    if (!state || state->meaning != Meaning::State) {
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

void BodyChecker::check(const RepeatStmt &repeat) {
  check(*repeat.count);
  scopes.emplace_back();
  ++repeats;
  declare(repeat.counter, Meaning::Size);
  check(repeat.body);
  --repeats;
  scopes.pop_back();
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

void BodyChecker::check(const Expr &expr) {
  switch (expr.kind) {
  case Expr::Kind::Number:
  case Expr::Kind::Training:
    return;
  case Expr::Kind::Name:
    return check(cast<NameExpr>(expr));
  case Expr::Kind::Unary:
    return check(*cast<UnaryExpr>(expr).operand);
  case Expr::Kind::Binary:
    check(*cast<BinaryExpr>(expr).lhs);
    return check(*cast<BinaryExpr>(expr).rhs);
  case Expr::Kind::Call:
    return check(cast<CallExpr>(expr));
  case Expr::Kind::Slice: {
    auto &slice = cast<SliceExpr>(expr);
    check(*slice.base);
    if (slice.low)
      check(*slice.low);
    if (slice.high)
      check(*slice.high);
    return;
  }
  case Expr::Kind::Member:
    return check(*cast<MemberExpr>(expr).base);
  case Expr::Kind::Param:
    return check(cast<ParamExpr>(expr));
  }
}

void BodyChecker::check(const NameExpr &name) {
  Entry *entry = find(name.name);
  if (!entry || entry->meaning == Meaning::Axis || entry->meaning == Meaning::Instance) {
    error(name.loc) << "expected a value bound before, found '" << name.name << "'";
    return;
  }
  if (!name.primed)
    return;
  if (entry->meaning != Meaning::State)
    error(name.loc) << "expected a state before the prime, found '" << name.name << "'";
}

void BodyChecker::check(const ParamExpr &param) {
  checkShape(param.shape);
  if (param.init)
    checkInitialiser(*param.init);
  declare(param.name, Meaning::Argument);
}

// zeros, uniform(r), ...
void BodyChecker::checkInitialiser(const Expr &expr) {
  StringRef name;
  size_t arguments = 0;
  if (auto *word = dyn_cast<NameExpr>(&expr)) {
    name = word->name;
  } else if (auto *call = dyn_cast<CallExpr>(&expr); call && !call->isScan && !call->hasSizes) {
    name = call->callee.text;
    arguments = call->arguments.size();
    for (const Argument &argument : call->arguments)
      check(*argument.value);
  }
  const InitialiserInfo *info = findInitialiser(name);
  if (!info)
    error(expr.loc) << "expected an initialiser: constant, identity, normal, ones, orthogonal, uniform or zeros"
                    << (name.empty() ? "" : ", found '") << name << (name.empty() ? "" : "'");
  else if (arguments < info->minimalArguments || arguments > info->maximalArguments)
    error(expr.loc) << "expected " << (info->minimalArguments ? "1 argument" : info->maximalArguments ? "at most 1 argument" : "no argument")
                    << " of initialiser '" << name << "', found " << arguments;
}

void BodyChecker::checkArguments(const CallExpr &call) {
  bool named = false;
  StringMap<mlir::Location> names;
  for (const Argument &argument : call.arguments) {
    // A linear's initialisers are no values.
    bool isOption = !call.isScan && (call.callee.text == "linear" || call.callee.text == "embedding") &&
                    (argument.name == "init" || argument.name == "bias");
    auto *word = dyn_cast<NameExpr>(argument.value.get());
    if (isOption && !(argument.name == "bias" && word && word->name == "none"))
      checkInitialiser(*argument.value);
    else if (!isOption)
      check(*argument.value);
    if (argument.name.empty()) {
      if (named)
        error(argument.loc) << "expected the arguments without a name before the named ones";
      continue;
    }
    // Options may stand anywhere, as may a linear's names.
    named |= findFunction(call.callee.text) == nullptr;
    if (!names.try_emplace(argument.name, argument.loc).second)
      error(argument.loc) << "expected one argument '" << argument.name << "', found a second";
  }
  for (const Argument &initial : call.initials)
    check(*initial.value);
}

void BodyChecker::check(const CallExpr &call) {
  checkShape(call.sizes);
  checkArguments(call);
  StringRef name = call.callee.text;
  if (Entry *entry = find(name); entry && entry->meaning == Meaning::Instance) {
    if (call.hasSizes)
      error(call.callee.loc) << "expected no sizes after instance '" << name << "': 'let' has given them";
    if (const CellDecl *cell = instances.lookup(name))
      checkCell(call, *cell, /*sizesGiven=*/false);
    return;
  }
  const FunctionInfo *info = findFunction(name);
  if (info && !call.isScan)
    return checkFunction(call, *info);
  if (const CellDecl *cell = program.findCell(name))
    return checkCell(call, *cell, /*sizesGiven=*/true);
  if (isFutureFunction(name))
    error(call.callee.loc) << "'" << name << "' is not supported yet: expected another function";
  else
    error(call.callee.loc) << (call.isScan ? "expected a cell, found '" : "expected a function or a cell, found '")
                           << name << "'";
}

void BodyChecker::checkFunction(const CallExpr &call, const FunctionInfo &info) {
  if (info.function == Function::Split || info.function == Function::Ahead) {
    error(call.callee.loc) << (info.function == Function::Split ? "expected 'split' only as the value of several names"
                                                                : "expected 'ahead' only as the value of a target");
    return;
  }
  if (call.sizes.size() != info.sizes)
    error(call.callee.loc) << "expected " << info.sizes << " sizes in brackets after '" << info.name << "', found "
                           << call.sizes.size();
  unsigned unnamed = 0, weights = 0;
  for (const Argument &argument : call.arguments) {
    bool isOption = argument.name == "init" || (argument.name == "bias" && info.function == Function::Linear);
    weights += !isOption;
    unnamed += argument.name.empty();
    bool takesNames = info.function == Function::Linear || (info.function == Function::Embedding && isOption);
    if (!argument.name.empty() && !takesNames)
      error(argument.loc) << "expected no named argument of '" << info.name << "', found '" << argument.name << "'";
  }
  if (info.function == Function::Linear && weights == 0) {
    error(call.callee.loc) << "expected an argument of 'linear', found none";
  } else if (unnamed < info.minimalArguments || unnamed > info.maximalArguments) {
    auto diagnostic = error(call.callee.loc) << "expected " << info.minimalArguments;
    if (info.maximalArguments != info.minimalArguments)
      diagnostic << (info.maximalArguments == info.minimalArguments + 1 ? " or 2" : " or more");
    diagnostic << (info.maximalArguments == 1 ? " argument of '" : " arguments of '") << info.name << "', found "
               << unnamed;
  }
  if (!call.as.empty() && !info.ownsParameters)
    error(call.callee.loc) << "expected 'as' only after what has parameters, found it after '" << info.name << "'";
}

void BodyChecker::checkSizeCount(const Identifier &use, size_t found, const CellDecl &cell) {
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

void BodyChecker::checkCell(const CallExpr &call, const CellDecl &cell, bool sizesGiven) {
  if (sizesGiven)
    checkSizeCount(call.callee, call.sizes.size(), cell);
  if (call.isScan && !inModel)
    error(call.loc) << "a scan in a cell is not supported yet: expected a step of '" << cell.name.text << "'";
  std::set<StringRef> states, free;
  for (const StmtPtr &stmt : cell.body)
    if (auto *state = dyn_cast<StateStmt>(stmt.get()))
      for (const Identifier &name : state->names)
        states.insert(name.text);
  for (const CellArgument &argument : cell.arguments)
    free.insert(argument.name.text);
  size_t unnamed = 0;
  for (const Argument &argument : call.arguments) {
    if (argument.name.empty()) {
      if (unnamed < cell.arguments.size())
        free.erase(cell.arguments[unnamed].name.text);
      ++unnamed;
    } else if (!free.erase(argument.name) && (call.isScan || !states.count(argument.name))) {
      auto diagnostic = error(argument.loc) << "expected the name of an argument" << (call.isScan ? "" : " or a state")
                                            << " of cell '" << cell.name.text << "', found '" << argument.name << "'";
      diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
    }
  }
  if (unnamed > cell.arguments.size() || !free.empty()) {
    auto diagnostic = error(call.callee.loc)
                      << "expected " << cell.arguments.size() << (cell.arguments.size() == 1 ? " argument" : " arguments")
                      << " of cell '" << cell.name.text << "', found ";
    diagnostic << (unnamed > cell.arguments.size() ? unnamed : cell.arguments.size() - free.size());
    diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
  }
  for (const Argument &initial : call.initials) {
    if (states.count(initial.name))
      continue;
    auto diagnostic = error(initial.loc) << "expected a state of cell '" << cell.name.text << "', found '"
                                         << initial.name << "'";
    diagnostic.attachNote(cell.name.loc) << "the cell is declared here";
  }
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

namespace {

/// Finds the cells that step themselves, directly or through others, and chains of cells that are too long.
class RecursionChecker {
public:
  explicit RecursionChecker(const Program &program) : program(program) {}

  void check(const CellDecl &cell) {
    if (!done.count(&cell) && !visit(cell))
      done.insert(&cell);
  }

private:
  static constexpr unsigned maximalCells = 32;

  // True if an error has been reported: one is enough for a chain.
  bool visit(const CellDecl &cell) {
    if (done.count(&cell))
      return false;
    if (is_contained(active, &cell)) {
      mlir::emitError(cell.name.loc) << "expected a cell that does not step itself, found that '" << cell.name.text
                                     << "' does";
      return true;
    }
    if (active.size() == maximalCells) {
      mlir::emitError(cell.name.loc) << "expected at most " << maximalCells << " cells within one another";
      return true;
    }
    active.push_back(&cell);
    bool bad = any_of(summarize(cell.body).callees, [&](StringRef name) {
      const CellDecl *callee = program.findCell(name);
      return callee && visit(*callee);
    });
    active.pop_back();
    done.insert(&cell);
    return bad;
  }

  const Program &program;
  std::set<const CellDecl *> done;
  std::vector<const CellDecl *> active;
};

} // namespace

static void checkNew(StringMap<mlir::Location> &names, const Identifier &name, StringRef what) {
  auto [old, isNew] = names.try_emplace(name.text, name.loc);
  if (!isNew) {
    auto diagnostic = mlir::emitError(name.loc) << "expected a new name, found '" << name.text << "', which another "
                                                << what << " has";
    diagnostic.attachNote(old->second) << "declared here";
  }
  if (findFunction(name.text))
    mlir::emitError(name.loc) << "expected a new name, found '" << name.text << "', which a function has";
}

void rondo::checkNames(const Program &program) {
  StringMap<mlir::Location> cells, models;
  for (const auto &cell : program.file.cells)
    checkNew(cells, cell->name, "cell");
  for (const auto &model : program.file.models)
    checkNew(models, model->name, "model");

  RecursionChecker recursion(program);
  auto checkCells = [&](const SourceFile &file) {
    for (const auto &cell : file.cells) {
      BodyChecker(program, /*inModel=*/false).check(*cell);
      recursion.check(*cell);
    }
  };
  checkCells(program.file);
  for (const SourceFile &file : program.library)
    checkCells(file);
  for (const auto &model : program.file.models)
    BodyChecker(program, /*inModel=*/true).check(*model);
}
