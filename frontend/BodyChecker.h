// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The check of one cell's or model's names; see NameChecker.h. Its parts: BodyChecker.cpp (statements),
// BodyCheckerCalls.cpp (expressions).

#ifndef RONDO_FRONTEND_BODYCHECKER_H
#define RONDO_FRONTEND_BODYCHECKER_H

#include "frontend/Frontend.h"
#include "frontend/Functions.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"

namespace rondo {

/// What a name stands for.
enum class NameKind { Size, Argument, State, Value, Instance, Axis };

struct NameEntry {
  NameKind kind;
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
  NameEntry *find(llvm::StringRef name);
  bool declare(const Identifier &name, NameKind kind);
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
  std::vector<llvm::StringMap<NameEntry>> scopes;
  llvm::StringMap<const CellDecl *> instances;
};

} // namespace rondo

#endif // RONDO_FRONTEND_BODYCHECKER_H
