// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A rate, or the weight of a loss, that depends on the number of the update.

#include "frontend/Elaborator.h"

#include "runtime/NumberFunctions.h"

using namespace llvm;
using namespace rondo;

/// Whether `step`, the number of the update, occurs where a schedule can have it.
static bool hasStep(const Expr &expr) {
  switch (expr.kind) {
  case Expr::Kind::Name:
    return cast<NameExpr>(expr).isUpdateNumber;
  case Expr::Kind::Unary:
    return hasStep(*cast<UnaryExpr>(expr).operand);
  case Expr::Kind::Binary:
    return hasStep(*cast<BinaryExpr>(expr).lhs) || hasStep(*cast<BinaryExpr>(expr).rhs);
  case Expr::Kind::Call:
    return any_of(cast<CallExpr>(expr).arguments, [](const Argument &argument) { return hasStep(*argument.value); });
  default:
    return false;
  }
}

/// The operator or function of numbers that the expression applies, and to what; null if it is another one.
static const NumberFunction *findApplied(const Expr &expr, SmallVectorImpl<const Expr *> &operands) {
  if (auto *binary = dyn_cast<BinaryExpr>(&expr)) {
    operands.assign({binary->lhs.get(), binary->rhs.get()});
    return findNumberFunction(spell(binary->op).str().c_str());
  }
  auto *call = dyn_cast<CallExpr>(&expr);
  if (!call || !call->function)
    return nullptr;
  for (const Argument &argument : call->arguments)
    operands.push_back(argument.value.get());
  const NumberFunction *function = findNumberFunction(call->function->name.str().c_str());
  return function && function->operands == static_cast<int>(operands.size()) ? function : nullptr;
}

// Parts without `step` are computed here, the others by the runtime.
bool Elaborator::addRateTerms(const Expr &expr, std::vector<RateTerm> &terms) {
  if (!hasStep(expr)) {
    std::optional<Number> number = evaluate(expr);
    if (number)
      terms.push_back({"", number->value});
    return number.has_value();
  }
  if (isa<NameExpr>(expr)) {
    terms.push_back({"step"});
    return true;
  }
  if (auto *unary = dyn_cast<UnaryExpr>(&expr)) {
    terms.push_back({"", 0});
    if (!addRateTerms(*unary->operand, terms))
      return false;
    terms.push_back({"-"});
    return true;
  }
  SmallVector<const Expr *> operands;
  const NumberFunction *function = findApplied(expr, operands);
  if (!function) {
    error(expr.loc) << "expected of 'step' only what numbers have: + - * / abs cos exp floor log max(a, b) min(a, b) "
                       "pow sin sqrt square";
    return false;
  }
  for (const Expr *operand : operands)
    if (!addRateTerms(*operand, terms))
      return false;
  terms.push_back({function->name});
  return true;
}

// Whether the number changes with the step.
bool Elaborator::readSchedule(const Expr &expr, std::vector<RateTerm> &schedule) {
  if (!hasStep(expr))
    return false;
  std::vector<RateTerm> terms;
  if (addRateTerms(expr, terms))
    schedule = std::move(terms);
  return true;
}
