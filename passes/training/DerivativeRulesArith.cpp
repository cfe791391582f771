// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivatives of arith on tensors. g is the cotangent of the result.

#include "passes/training/DerivativeRules.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;

namespace {

struct AddRule : Rule<AddRule, arith::AddFOp> {
  static void adjoint(arith::AddFOp op, Adjoint &a) {
    a.accumulate(0, a.cotangent());
    a.accumulate(1, a.cotangent());
  }
};

struct SubRule : Rule<SubRule, arith::SubFOp> {
  static void adjoint(arith::SubFOp op, Adjoint &a) {
    a.accumulate(0, a.cotangent());
    a.accumulate(1, a.neg(a.cotangent()));
  }
};

struct MulRule : Rule<MulRule, arith::MulFOp> {
  static void adjoint(arith::MulFOp op, Adjoint &a) {
    a.accumulate(0, a.mul(a.cotangent(), op.getRhs()));
    a.accumulate(1, a.mul(a.cotangent(), op.getLhs()));
  }
};

/// y = l / r: g / r and -(g / r) * y
struct DivRule : Rule<DivRule, arith::DivFOp> {
  static void adjoint(arith::DivFOp op, Adjoint &a) {
    Value quotient = a.div(a.cotangent(), op.getRhs());
    a.accumulate(0, a.whereAsked(quotient));
    a.accumulate(1, a.whereAsked(a.neg(a.mul(quotient, op.getResult()))));
  }
};

struct NegRule : Rule<NegRule, arith::NegFOp> {
  static void adjoint(arith::NegFOp op, Adjoint &a) { a.accumulate(0, a.neg(a.cotangent())); }
};

/// Maximum and minimum: all of g goes to the operand that was taken. At a tie it goes to the constant if one
/// operand is a constant, so that max(x, 0) has the derivative 0 at 0 whichever way it is written; else to the
/// first operand.
template <typename Entry, typename OpT, bool isMaximum> struct ExtremumRule : Rule<Entry, OpT> {
  static Value takesFirst(OpT op, TensorBuilder &b) {
    using Predicate = arith::CmpFPredicate;
    bool strict = matchPattern(op.getRhs(), m_Constant()) && !matchPattern(op.getLhs(), m_Constant());
    Predicate predicate =
        isMaximum ? (strict ? Predicate::OGT : Predicate::OGE) : (strict ? Predicate::OLT : Predicate::OLE);
    return b.compare(predicate, op.getLhs(), op.getRhs());
  }
  static void adjoint(OpT op, Adjoint &a) {
    Value first = takesFirst(op, a);
    Value zero = a.zero(op.getType());
    a.accumulate(0, a.select(first, a.cotangent(), zero));
    a.accumulate(1, a.select(first, zero, a.cotangent()));
  }
  static Value tangent(OpT op, Tangent &t) {
    return t.select(takesFirst(op, t), t.tangentOrZero(0), t.tangentOrZero(1));
  }
};
struct MaximumRule : ExtremumRule<MaximumRule, arith::MaximumFOp, true> {};
struct MinimumRule : ExtremumRule<MinimumRule, arith::MinimumFOp, false> {};
struct MaxNumRule : ExtremumRule<MaxNumRule, arith::MaxNumFOp, true> {};
struct MinNumRule : ExtremumRule<MinNumRule, arith::MinNumFOp, false> {};

/// The condition has no derivative.
struct SelectRule : Rule<SelectRule, arith::SelectOp> {
  static void adjoint(arith::SelectOp op, Adjoint &a) {
    Value zero = a.zero(op.getType());
    a.accumulate(1, a.select(op.getCondition(), a.cotangent(), zero));
    a.accumulate(2, a.select(op.getCondition(), zero, a.cotangent()));
  }
  static Value tangent(arith::SelectOp op, Tangent &t) {
    return t.select(op.getCondition(), t.tangentOrZero(1), t.tangentOrZero(2));
  }
};

} // namespace

void rondo::attachArithRules(MLIRContext *context) {
  attachRules<AddRule, SubRule, MulRule, DivRule, NegRule, MaximumRule, MinimumRule, MaxNumRule, MinNumRule,
              SelectRule>(context);
}
