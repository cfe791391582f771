// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What can be said about a program without knowing any size: which names mean what. Its parts: Resolver.cpp (the
// program), ResolverBody.cpp (statements), ResolverCalls.cpp (expressions).

#ifndef RONDO_FRONTEND_RESOLVER_H
#define RONDO_FRONTEND_RESOLVER_H

#include "frontend/Functions.h"
#include "frontend/Program.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"

namespace rondo {

/// Reports as errors: a name that is not bound before its use or bound twice; a prime of what is no state, a
/// second equation of a state; calls of unknown functions and cells and wrong numbers of their arguments; a cell
/// that steps itself or does not end with its return; statements where they cannot stand.
void resolve(const Program &program);

/// What a name stands for.
enum class NameKind { Size, Argument, State, Value, Instance, Axis };

struct NameEntry {
  NameKind kind;
  mlir::Location loc;
  bool primed = false; // of a state: its equation has been seen
};

/// Resolves the names of one cell or model.
class Resolver {
public:
  Resolver(const Program &program, bool inModel) : program(program), inModel(inModel) { scopes.emplace_back(); }

  void resolve(const CellDecl &cell);
  void resolve(const ModelDecl &model);

private:
  mlir::InFlightDiagnostic error(mlir::Location loc) { return mlir::emitError(loc); }
  NameEntry *find(llvm::StringRef name);
  bool declare(const Identifier &name, NameKind kind);
  void resolveSizes(const std::vector<SizeParameter> &sizes);
  void resolveShape(const Exprs &shape);
  void resolve(const Stmts &body);
  void resolve(const Stmt &stmt);
  void resolve(const BindStmt &bind);
  void resolvePort(const PortStmt &port);
  void resolve(const RepeatStmt &repeat);
  void resolve(const Expr &expr);
  void resolve(const NameExpr &name);
  void resolve(const CallExpr &call);
  void resolve(const ParamExpr &param);
  void resolveArguments(const CallExpr &call);
  void checkFunction(const CallExpr &call, const FunctionInfo &info);
  void checkCell(const CallExpr &call, const CellDecl &cell, bool sizesGiven);
  void checkSizeCount(const Identifier &use, size_t found, const CellDecl &cell);
  void checkInitialiser(const Expr &expr);

  const Program &program;
  const bool inModel;
  unsigned repeats = 0; // around the current statement
  std::vector<llvm::StringMap<NameEntry>> scopes;
  llvm::StringMap<const CellDecl *> instances;
};

} // namespace rondo

#endif // RONDO_FRONTEND_RESOLVER_H
