// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is asked of the syntax tree as a whole.

#include "frontend/AST.h"

#include "llvm/Support/Casting.h"

using namespace llvm;
using namespace rondo;

static void summarize(const Expr &expr, BodySummary &summary) {
  switch (expr.kind) {
  case Expr::Kind::Number:
  case Expr::Kind::Name:
  case Expr::Kind::Training:
    return;
  case Expr::Kind::Unary:
    return summarize(*cast<UnaryExpr>(expr).operand, summary);
  case Expr::Kind::Binary:
    summarize(*cast<BinaryExpr>(expr).lhs, summary);
    return summarize(*cast<BinaryExpr>(expr).rhs, summary);
  case Expr::Kind::Slice:
    return summarize(*cast<SliceExpr>(expr).base, summary);
  case Expr::Kind::Member:
    return summarize(*cast<MemberExpr>(expr).base, summary);
  case Expr::Kind::Param:
    summary.declaresParameters = true;
    return;
  case Expr::Kind::Call: {
    auto &call = cast<CallExpr>(expr);
    summary.callees.push_back(call.callee.text);
    for (const Argument &argument : call.arguments)
      summarize(*argument.value, summary);
    for (const Argument &initial : call.initials)
      summarize(*initial.value, summary);
    return;
  }
  }
}

static void summarize(const Stmts &body, BodySummary &summary) {
  for (const StmtPtr &stmt : body) {
    switch (stmt->kind) {
    case Stmt::Kind::State:
      summary.declaresStates = true;
      break;
    case Stmt::Kind::Param:
      summary.declaresParameters = true;
      break;
    case Stmt::Kind::Bind:
      summarize(*cast<BindStmt>(*stmt).value, summary);
      break;
    case Stmt::Kind::Return:
      summarize(*cast<ReturnStmt>(*stmt).value, summary);
      break;
    case Stmt::Kind::Let:
      summary.callees.push_back(cast<LetStmt>(*stmt).callee.text);
      break;
    case Stmt::Kind::Repeat:
      summarize(cast<RepeatStmt>(*stmt).body, summary);
      break;
    case Stmt::Kind::Axis:
    case Stmt::Kind::Port:
    case Stmt::Kind::Generate:
    case Stmt::Kind::Train:
      break;
    }
  }
}

BodySummary rondo::summarize(const Stmts &body) {
  BodySummary summary;
  ::summarize(body, summary);
  return summary;
}
