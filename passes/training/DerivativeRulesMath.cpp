// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivatives of math on tensors. g is the cotangent of the result y. Where the derivative can be had from y,
// it is, because y is what the reverse pass stores.

#include "passes/training/DerivativeRules.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rondo;

namespace {

/// g * (1 - y^2)
struct TanhRule : Rule<TanhRule, math::TanhOp> {
  static void adjoint(math::TanhOp op, Adjoint &a) {
    a.accumulate(0, a.mul(a.cotangent(), a.sub(a.constant(op.getType(), 1), a.square(op.getResult()))));
  }
};

/// g * y
struct ExpRule : Rule<ExpRule, math::ExpOp> {
  static void adjoint(math::ExpOp op, Adjoint &a) {
    a.accumulate(0, a.whereAsked(a.mul(a.cotangent(), op.getResult())));
  }
};

/// g * y * ln 2
struct Exp2Rule : Rule<Exp2Rule, math::Exp2Op> {
  static void adjoint(math::Exp2Op op, Adjoint &a) {
    a.accumulate(0, a.whereAsked(a.scale(a.mul(a.cotangent(), op.getResult()), llvm::numbers::ln2)));
  }
};

/// g * (y + 1)
struct ExpM1Rule : Rule<ExpM1Rule, math::ExpM1Op> {
  static void adjoint(math::ExpM1Op op, Adjoint &a) {
    a.accumulate(0, a.whereAsked(a.mul(a.cotangent(), a.add(op.getResult(), a.constant(op.getType(), 1)))));
  }
};

/// g / x
struct LogRule : Rule<LogRule, math::LogOp> {
  static void adjoint(math::LogOp op, Adjoint &a) {
    a.accumulate(0, a.whereAsked(a.div(a.cotangent(), op.getOperand())));
  }
};

/// g / (x ln 2)
struct Log2Rule : Rule<Log2Rule, math::Log2Op> {
  static void adjoint(math::Log2Op op, Adjoint &a) {
    a.accumulate(0, a.whereAsked(a.div(a.cotangent(), a.scale(op.getOperand(), llvm::numbers::ln2))));
  }
};

/// g / (1 + x)
struct Log1pRule : Rule<Log1pRule, math::Log1pOp> {
  static void adjoint(math::Log1pOp op, Adjoint &a) {
    a.accumulate(0, a.whereAsked(a.div(a.cotangent(), a.add(op.getOperand(), a.constant(op.getType(), 1)))));
  }
};

/// g / (2 y), and 0 where y is 0: so the length of a vector, sqrt(sum(x^2)), has the subgradient 0 at zero
struct SqrtRule : Rule<SqrtRule, math::SqrtOp> {
  static void adjoint(math::SqrtOp op, Adjoint &a) {
    Value zero = a.zero(op.getType()), atZero = a.compare(arith::CmpFPredicate::OEQ, op.getResult(), zero);
    Value slope = a.div(a.cotangent(), a.scale(op.getResult(), 2));
    a.accumulate(0, a.whereAsked(a.select(atZero, zero, slope)));
  }
};

/// -g/2 * y^3
struct RsqrtRule : Rule<RsqrtRule, math::RsqrtOp> {
  static void adjoint(math::RsqrtOp op, Adjoint &a) {
    Value cube = a.mul(a.square(op.getResult()), op.getResult());
    a.accumulate(0, a.whereAsked(a.scale(a.mul(a.cotangent(), cube), -0.5)));
  }
};

/// g * sign(x), 0 at 0
struct AbsRule : Rule<AbsRule, math::AbsFOp> {
  static void adjoint(math::AbsFOp op, Adjoint &a) {
    Value zero = a.zero(op.getType()), x = op.getOperand();
    Value negative = a.select(a.compare(arith::CmpFPredicate::OLT, x, zero), a.neg(a.cotangent()), zero);
    a.accumulate(0, a.select(a.compare(arith::CmpFPredicate::OGT, x, zero), a.cotangent(), negative));
  }
};

struct SinRule : Rule<SinRule, math::SinOp> {
  static void adjoint(math::SinOp op, Adjoint &a) {
    a.accumulate(0, a.mul(a.cotangent(), a.make<math::CosOp>(op.getOperand())));
  }
};

struct CosRule : Rule<CosRule, math::CosOp> {
  static void adjoint(math::CosOp op, Adjoint &a) {
    a.accumulate(0, a.neg(a.mul(a.cotangent(), a.make<math::SinOp>(op.getOperand()))));
  }
};

/// g * 2/sqrt(pi) * exp(-x^2)
struct ErfRule : Rule<ErfRule, math::ErfOp> {
  static void adjoint(math::ErfOp op, Adjoint &a) {
    Value bell = a.make<math::ExpOp>(a.neg(a.square(op.getOperand())));
    a.accumulate(0, a.scale(a.mul(a.cotangent(), bell), 2 * llvm::numbers::inv_sqrtpi));
  }
};

/// y = x^e: g * e * x^(e-1), which is 0 where e is 0, and g * y * log x, which is 0 where x is 0
struct PowRule : Rule<PowRule, math::PowFOp> {
  static void adjoint(math::PowFOp op, Adjoint &a) {
    Value x = op.getLhs(), e = op.getRhs(), zero = a.zero(op.getType());
    auto isZero = [&](Value value) { return a.compare(arith::CmpFPredicate::OEQ, value, zero); };
    Value lower = a.make<math::PowFOp>(x, a.sub(e, a.constant(op.getType(), 1)));
    a.accumulate(0, a.whereAsked(a.select(isZero(e), zero, a.mul(a.cotangent(), a.mul(e, lower)))));
    Value logarithm = a.mul(op.getResult(), a.make<math::LogOp>(x));
    a.accumulate(1, a.whereAsked(a.select(isZero(x), zero, a.mul(a.cotangent(), logarithm))));
  }
};

/// g * u / (u^2 + v^2) of the first operand v and -g * v / (u^2 + v^2) of the second one u, 0 at the origin
struct Atan2Rule : Rule<Atan2Rule, math::Atan2Op> {
  static void adjoint(math::Atan2Op op, Adjoint &a) {
    Value v = op.getLhs(), u = op.getRhs(), zero = a.zero(op.getType()), square = a.add(a.square(u), a.square(v));
    Value atOrigin = a.compare(arith::CmpFPredicate::OEQ, square, zero);
    Value slope = a.select(atOrigin, zero, a.div(a.cotangent(), square));
    a.accumulate(0, a.whereAsked(a.mul(slope, u)));
    a.accumulate(1, a.whereAsked(a.neg(a.mul(slope, v))));
  }
};

/// Whole numbers, which are constant almost everywhere.
struct FloorRule : Rule<FloorRule, math::FloorOp> {
  static void adjoint(math::FloorOp, Adjoint &) {}
};

/// y = l * m + n
struct FmaRule : Rule<FmaRule, math::FmaOp> {
  static void adjoint(math::FmaOp op, Adjoint &a) {
    a.accumulate(0, a.mul(a.cotangent(), op.getB()));
    a.accumulate(1, a.mul(a.cotangent(), op.getA()));
    a.accumulate(2, a.cotangent());
  }
};

} // namespace

void rondo::attachMathRules(MLIRContext *context) {
  attachRules<TanhRule, ExpRule, Exp2Rule, ExpM1Rule, LogRule, Log2Rule, Log1pRule, SqrtRule, RsqrtRule, AbsRule,
              SinRule, CosRule, ErfRule, PowRule, Atan2Rule, FloorRule, FmaRule>(context);
}
