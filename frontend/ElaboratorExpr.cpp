// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Operators, names and numbers.

#include "frontend/Elaborator.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace llvm;
using namespace rondo;

static constexpr int64_t maximalSize = INT32_MAX;

Meaning Elaborator::elaborate(const Expr &expr) {
  switch (expr.kind) {
  case Expr::Kind::Number: {
    auto &number = cast<NumberExpr>(expr);
    return number.isInteger ? Number::ofInteger(number.integer) : Number::ofReal(number.value);
  }
  case Expr::Kind::Name:
    return elaborate(cast<NameExpr>(expr));
  case Expr::Kind::Training: {
    ValueType type;
    type.element = ValueType::Element::Bool;
    return make(NodeOp::Training, type, expr.loc);
  }
  case Expr::Kind::Unary:
    return elaborate(cast<UnaryExpr>(expr));
  case Expr::Kind::Binary:
    return elaborate(cast<BinaryExpr>(expr));
  case Expr::Kind::Call:
    return elaborate(cast<CallExpr>(expr));
  case Expr::Kind::Slice:
    return elaborate(cast<SliceExpr>(expr));
  case Expr::Kind::Member:
    return elaborate(cast<MemberExpr>(expr));
  case Expr::Kind::Param:
    return declareParam(cast<ParamExpr>(expr));
  }
  return {};
}

Node *Elaborator::elaborateValue(const Expr &expr) {
  Meaning meaning = elaborate(expr);
  return meaning ? lower(meaning, expr.loc) : nullptr;
}

Node *Elaborator::elaborateReal(const Expr &expr) {
  Node *node = elaborateValue(expr);
  return node && checkReal(node, expr.loc) ? node : nullptr;
}

Node *Elaborator::elaborateToken(const Expr &expr) {
  Node *node = elaborateValue(expr);
  if (!node || node->type.element == ValueType::Element::Token)
    return node;
  error(expr.loc) << "expected a token, found " << spellType(node->type);
  return nullptr;
}

Meaning Elaborator::elaborate(const NameExpr &name) {
  if (name.isUpdateNumber) {
    error(name.loc) << "expected a number known at compile time, found 'step', which changes";
    return {};
  }
  const Entry &entry = frame->entries[name.slot];
  if (!entry.state)
    return entry.meaning;
  StateSlot &slot = *entry.state;
  if (!name.primed)
    return slot.before;
  if (!slot.after && !failed)
    error(name.loc) << "expected the equation of " << name.name << "' before its use";
  return slot.after;
}

Meaning Elaborator::elaborate(const UnaryExpr &unary) {
  Meaning operand = elaborate(*unary.operand);
  if (operand.number)
    return combine(unary.loc, BinaryOperator::Subtract, Number::ofInteger(0), *operand.number);
  return operand.node ? Meaning(makeElementwise(NodeOp::Negate, unary.loc, operand.node)) : Meaning();
}

static NodeOp elementwiseOp(BinaryOperator op) {
  switch (op) {
  case BinaryOperator::Add:
    return NodeOp::Add;
  case BinaryOperator::Subtract:
    return NodeOp::Subtract;
  case BinaryOperator::Multiply:
    return NodeOp::Multiply;
  case BinaryOperator::Divide:
    return NodeOp::Divide;
  case BinaryOperator::MatMul:
    return NodeOp::Product;
  case BinaryOperator::Less:
    return NodeOp::Less;
  case BinaryOperator::LessEqual:
    return NodeOp::LessEqual;
  case BinaryOperator::Greater:
    return NodeOp::Greater;
  case BinaryOperator::GreaterEqual:
    return NodeOp::GreaterEqual;
  case BinaryOperator::Equal:
    return NodeOp::Equal;
  case BinaryOperator::NotEqual:
    return NodeOp::NotEqual;
  }
  return NodeOp::Add;
}

Meaning Elaborator::elaborate(const BinaryExpr &binary) {
  Meaning lhs = elaborate(*binary.lhs), rhs = elaborate(*binary.rhs);
  if (!lhs || !rhs)
    return {};
  if (lhs.number && rhs.number && binary.op <= BinaryOperator::Divide)
    return combine(binary.loc, binary.op, *lhs.number, *rhs.number);
  Node *left = lower(lhs, binary.lhs->loc), *right = lower(rhs, binary.rhs->loc);
  if (binary.op == BinaryOperator::MatMul)
    return matmul(binary.loc, left, right);
  return makeElementwise(elementwiseOp(binary.op), binary.loc, {left, right});
}

// Integers stay integers as far as the result is one.
Meaning Elaborator::combine(mlir::Location loc, BinaryOperator op, const Number &lhs, const Number &rhs) {
  if (op == BinaryOperator::Divide && rhs.value == 0) {
    error(loc) << "expected a divisor other than 0";
    return {};
  }
  if (lhs.isInteger && rhs.isInteger) {
    int64_t result = 0, a = lhs.integer, b = rhs.integer;
    bool exact = op == BinaryOperator::Add        ? !AddOverflow(a, b, result)
                 : op == BinaryOperator::Subtract ? !SubOverflow(a, b, result)
                 : op == BinaryOperator::Multiply ? !MulOverflow(a, b, result)
                                                  : b != -1 && a % b == 0;
    if (exact)
      return Number::ofInteger(op == BinaryOperator::Divide ? a / b : result).from(lhs, rhs);
  }
  double a = lhs.value, b = rhs.value;
  double result = op == BinaryOperator::Add        ? a + b
                  : op == BinaryOperator::Subtract ? a - b
                  : op == BinaryOperator::Multiply ? a * b
                                                   : a / b;
  if (std::isfinite(result))
    return Number::ofReal(result).from(lhs, rhs);
  error(loc) << "expected a number that fits in 64 bits";
  return {};
}

Meaning Elaborator::elaborate(const SliceExpr &expr) {
  Node *base = elaborateReal(*expr.base);
  if (!base)
    return {};
  if (base->type.shape.empty()) {
    error(expr.loc) << "expected features to slice, found []";
    return {};
  }
  int64_t size = base->type.shape.back();
  std::optional<int64_t> low = 0, high = size;
  if (expr.low)
    low = evaluateInteger(*expr.low);
  if (expr.high)
    high = evaluateInteger(*expr.high);
  if (!low || !high)
    return {};
  if (*low < 0 || *low >= *high || *high > size) {
    error(expr.loc) << "expected a slice a:b with 0 <= a < b <= " << size << ", found " << *low << ":" << *high;
    return {};
  }
  return slice(expr.loc, base, *low, *high);
}

// r.final.h
Meaning Elaborator::elaborate(const MemberExpr &member) {
  if (member.neighbour) {
    StateSlot *slot = frame->entries[cast<NameExpr>(*member.base).slot].state;
    return slot ? Meaning(slot->neighbours[*member.neighbour]) : Meaning();
  }
  auto *final = dyn_cast<MemberExpr>(member.base.get());
  Node *base = final ? elaborateValue(*final->base) : elaborateValue(*member.base);
  if (!base)
    return {};
  bool isScan = base->op == NodeOp::Scan || (base->scan && base == base->scan->last);
  if (!final || final->member != "final" || !isScan) {
    error(member.loc) << "expected the result of a scan, 'final' and a state, found '." << member.member << "'";
    return {};
  }
  if (base->scan->dimensions > 1) {
    error(member.loc) << "expected no final state of a scan along several axes: return the state and take its 'last'";
    return {};
  }
  std::string name = joinPath(base->scan->path, member.member);
  for (auto [i, state] : enumerate(base->scan->states)) {
    if (state->name != name)
      continue;
    ValueType type = state->before->type;
    Node *node = make(NodeOp::Final, std::move(type), member.loc, base->scan->node);
    node->scan = base->scan;
    node->index = i;
    return node;
  }
  error(member.loc) << "expected a state of the scanned cell, found '" << member.member << "'";
  return {};
}

//===----------------------------------------------------------------------===//
// Compile-time numbers
//===----------------------------------------------------------------------===//

std::optional<Number> Elaborator::evaluate(const Expr &expr) {
  Meaning meaning = elaborate(expr);
  if (meaning.node)
    error(expr.loc) << "expected a number known at compile time, found a value";
  return meaning.number;
}

std::optional<Number> Elaborator::evaluateWhole(const Expr &expr) {
  std::optional<Number> number = evaluate(expr);
  if (!number || number->isInteger)
    return number;
  error(expr.loc) << "expected an integer, found " << spellNumber(*number);
  return std::nullopt;
}

std::optional<int64_t> Elaborator::evaluateInteger(const Expr &expr) {
  std::optional<Number> number = evaluateWhole(expr);
  return number ? std::optional(number->integer) : std::nullopt;
}

std::optional<int64_t> Elaborator::evaluateSize(const Expr &expr) {
  std::optional<Number> size = evaluateWhole(expr);
  if (!size)
    return std::nullopt;
  if (size->integer >= 1 && size->integer <= maximalSize)
    return size->integer;
  error(expr.loc) << "expected a size from 1 to " << maximalSize << ", found " << spellNumber(*size);
  return std::nullopt;
}

bool Elaborator::evaluateShape(const Exprs &exprs, SmallVectorImpl<int64_t> &shape) {
  std::vector<const Expr *> sizes;
  for (const ExprPtr &expr : exprs)
    sizes.push_back(expr.get());
  return evaluateSizes(sizes, shape);
}

// Adds dimensions to the shape.
bool Elaborator::evaluateSizes(ArrayRef<const Expr *> exprs, SmallVectorImpl<int64_t> &shape) {
  int64_t elements = product_of(shape);
  for (const Expr *expr : exprs) {
    std::optional<int64_t> size = evaluateSize(*expr);
    if (!size)
      return false;
    shape.push_back(*size);
    if (MulOverflow(elements, *size, elements) || elements > maximalElements) {
      error(expr->loc) << "expected a shape of at most " << maximalElements << " elements, found more";
      return false;
    }
  }
  if (shape.size() > maximalRank) {
    error(exprs.front()->loc) << "expected a shape of at most " << maximalRank << " dimensions, found " << shape.size();
    return false;
  }
  return true;
}
