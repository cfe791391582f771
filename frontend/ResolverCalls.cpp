// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names in expressions, and the arguments of calls.

#include "frontend/Resolver.h"

#include <set>

using namespace llvm;
using namespace rondo;

void Resolver::resolve(const Expr &expr) {
  switch (expr.kind) {
  case Expr::Kind::Number:
  case Expr::Kind::Training:
    return;
  case Expr::Kind::Name:
    return resolve(cast<NameExpr>(expr));
  case Expr::Kind::Unary:
    return resolve(*cast<UnaryExpr>(expr).operand);
  case Expr::Kind::Binary:
    resolve(*cast<BinaryExpr>(expr).lhs);
    return resolve(*cast<BinaryExpr>(expr).rhs);
  case Expr::Kind::Call:
    return resolve(cast<CallExpr>(expr));
  case Expr::Kind::Slice: {
    auto &slice = cast<SliceExpr>(expr);
    resolve(*slice.base);
    if (slice.low)
      resolve(*slice.low);
    if (slice.high)
      resolve(*slice.high);
    return;
  }
  case Expr::Kind::Member:
    return resolve(*cast<MemberExpr>(expr).base);
  case Expr::Kind::Param:
    return resolve(cast<ParamExpr>(expr));
  }
}

void Resolver::resolve(const NameExpr &name) {
  NameEntry *entry = find(name.name);
  if (!entry || entry->kind == NameKind::Axis || entry->kind == NameKind::Instance) {
    error(name.loc) << "expected a value bound before, found '" << name.name << "'";
    return;
  }
  if (!name.primed)
    return;
  if (entry->kind != NameKind::State)
    error(name.loc) << "expected a state before the prime, found '" << name.name << "'";
}

void Resolver::resolve(const ParamExpr &param) {
  resolveShape(param.shape);
  if (param.init)
    checkInitialiser(*param.init);
  declare(param.name, NameKind::Argument);
}

// zeros, uniform(r), ...
void Resolver::checkInitialiser(const Expr &expr) {
  StringRef name;
  size_t arguments = 0;
  if (auto *word = dyn_cast<NameExpr>(&expr)) {
    name = word->name;
  } else if (auto *call = dyn_cast<CallExpr>(&expr); call && !call->isScan && !call->hasSizes) {
    name = call->callee.text;
    arguments = call->arguments.size();
    for (const Argument &argument : call->arguments)
      resolve(*argument.value);
  }
  const InitialiserInfo *info = findInitialiser(name);
  if (!info)
    error(expr.loc) << "expected an initialiser: constant, identity, normal, ones, orthogonal, uniform or zeros"
                    << (name.empty() ? "" : ", found '") << name << (name.empty() ? "" : "'");
  else if (arguments < info->minimalArguments || arguments > info->maximalArguments)
    error(expr.loc) << "expected "
                    << (info->minimalArguments   ? "1 argument"
                        : info->maximalArguments ? "at most 1 argument"
                                                 : "no argument")
                    << " of initialiser '" << name << "', found " << arguments;
}

void Resolver::resolveArguments(const CallExpr &call) {
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
      resolve(*argument.value);
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
    resolve(*initial.value);
}

void Resolver::resolve(const CallExpr &call) {
  resolveShape(call.sizes);
  resolveArguments(call);
  StringRef name = call.callee.text;
  if (NameEntry *entry = find(name); entry && entry->kind == NameKind::Instance) {
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

void Resolver::checkFunction(const CallExpr &call, const FunctionInfo &info) {
  if (info.function == Function::Split || info.function == Function::Ahead) {
    error(call.callee.loc) << (info.function == Function::Split ? "expected 'split' only as the value of several names"
                                                                : "expected 'ahead' only as the value of a target");
    return;
  }
  if (call.sizes.size() != info.sizes)
    error(call.callee.loc) << "expected " << info.sizes
                           << (info.sizes == 1 ? " size in brackets after '" : " sizes in brackets after '")
                           << info.name << "', found " << call.sizes.size();
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

void Resolver::checkCell(const CallExpr &call, const CellDecl &cell, bool sizesGiven) {
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
    auto diagnostic = error(call.callee.loc) << "expected " << cell.arguments.size()
                                             << (cell.arguments.size() == 1 ? " argument" : " arguments")
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
