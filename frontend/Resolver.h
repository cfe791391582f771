// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What can be said about a program without knowing any size: which names mean what. Its parts: Resolver.cpp (the
// program), ResolverBody.cpp (statements), ResolverCalls.cpp (expressions), ResolverCells.cpp (uses of cells),
// ResolverLayout.cpp (layouts).

#ifndef RONDO_FRONTEND_RESOLVER_H
#define RONDO_FRONTEND_RESOLVER_H

#include "frontend/Functions.h"
#include "frontend/Program.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"

namespace rondo {

struct LayoutLine;
struct Subscript;

/// Writes the meaning of names, callees and arguments into the syntax tree. Reports as errors: a name that is not bound
/// before its use or bound twice; a prime of what is no state, a second equation of a state; calls of unknown functions
/// and cells and wrong numbers of their arguments; a cell that steps itself or does not end with its return; statements
/// where they cannot stand. After an error the tree is of no use.
void resolve(Program &program);

/// What a name stands for.
enum class NameKind { Size, Argument, Input, State, Buffer, Value, Instance, Axis, CellAxis };

struct NameEntry {
  NameKind kind;
  mlir::Location loc;
  unsigned slot;
  CellDecl *cell = nullptr; // of an instance; null after an error
  bool primed = false;      // of a state or a buffer: its equation has been seen
};

/// Resolves the names of one cell or model.
class Resolver {
public:
  /// Of the library's own, or of the file's.
  Resolver(const Program &program, bool inLibrary) : program(program), inLibrary(inLibrary) { scopes.emplace_back(); }

  void resolve(CellDecl &cell);
  void resolve(ModelDecl &model);

private:
  // ResolverBody.cpp
  mlir::InFlightDiagnostic error(mlir::Location loc) { return mlir::emitError(loc); }
  NameEntry *find(llvm::StringRef name);
  NameEntry *declare(Identifier &name, NameKind kind);
  void resolveSizes(std::vector<SizeParameter> &sizes);
  void resolveShape(const Exprs &shape);
  void resolveAxis(Identifier &axis);
  void declareAxis(Identifier &axis, NameKind kind);
  void resolve(const Stmts &body);
  void resolve(Stmt &stmt);
  void resolve(StateStmt &state);
  void resolve(BufferStmt &buffer);
  void resolve(LetStmt &let);
  void resolve(BindStmt &bind);
  void resolve(AxisStmt &axis);
  bool resolveDerived(AxisStmt &axis);
  void resolve(PortStmt &port);
  void resolve(RepeatStmt &repeat);
  void resolve(TrainStmt &train);
  void resolveTarget(BindStmt::Target &target);
  void resolveAhead(Expr &value);

  // ResolverLayout.cpp
  void resolve(std::vector<LayoutDecl> &layouts);
  void resolve(std::vector<LayoutLine> &lines);
  void resolve(std::vector<Subscript> &subscripts);

  // ResolverCalls.cpp
  void resolve(Expr &expr);
  void resolve(NameExpr &name);
  void resolve(MemberExpr &member);
  void resolve(CallExpr &call);
  void resolve(ParamExpr &param);
  void findCallee(CallExpr &call);
  void resolveCall(CallExpr &call);
  void resolveArguments(CallExpr &call);
  const InitialiserInfo *resolveInitialiser(Expr &expr);
  void resolveAxisName(Expr &value, llvm::StringRef function);
  ArgumentRole roleOf(const Argument &argument, const FunctionInfo *info);
  const NameExpr *findAxisName(const Expr &expr);
  void checkDraw(const CallExpr &call);
  void checkFunction(const CallExpr &call, const FunctionInfo &info);
  void checkAxes(const CallExpr &call);
  void checkPooled(const CallExpr &call);
  void checkWindow(const CallExpr &call);

  // ResolverCells.cpp
  void checkSizeCount(const Identifier &use, size_t found, const CellDecl &cell);
  void matchArguments(CallExpr &call, const CellDecl &cell);
  void checkSteps(const CallExpr &call, const Argument &steps, const CellDecl &cell);
  void matchInitials(CallExpr &call, const CellDecl &cell);
  void matchAxes(const CallExpr &call, const CellDecl &cell);
  void matchState(Argument &argument, unsigned state, const CellDecl &cell);

  const Program &program;
  const bool inLibrary;
  CellDecl *inCell = nullptr; // one of these two
  ModelDecl *inModel = nullptr;
  unsigned repeats = 0;    // around the current statement
  bool inSchedule = false; // of a rate or of the weight of a loss
  unsigned slots = 0, states = 0;
  std::vector<llvm::StringMap<NameEntry>> scopes;
  llvm::StringMap<NameEntry> ended; // bound in repetitions that are over
};

} // namespace rondo

#endif // RONDO_FRONTEND_RESOLVER_H
