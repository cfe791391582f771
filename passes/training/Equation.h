// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Equations of numbers, written as such: operators build the arithmetic.

#ifndef RONDO_PASSES_TRAINING_EQUATION_H
#define RONDO_PASSES_TRAINING_EQUATION_H

#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace rondo {

/// A number in an equation. Those of one operator are of one type.
struct Term {
  TensorBuilder *builder;
  mlir::Value value;

  Term number(double constant) const { return {builder, builder->constant(value.getType(), constant)}; }
};

inline Term operator+(Term a, Term b) { return {a.builder, a.builder->add(a.value, b.value)}; }
inline Term operator-(Term a, Term b) { return {a.builder, a.builder->sub(a.value, b.value)}; }
inline Term operator*(Term a, Term b) { return {a.builder, a.builder->mul(a.value, b.value)}; }
inline Term operator/(Term a, Term b) { return {a.builder, a.builder->div(a.value, b.value)}; }
inline Term operator*(double a, Term b) { return {b.builder, b.builder->scale(b.value, a)}; }
inline Term operator+(Term a, double b) { return a + a.number(b); }
inline Term operator-(double a, Term b) { return b.number(a) - b; }
inline Term operator/(double a, Term b) { return b.number(a) / b; }

inline Term square(Term a) { return a * a; }
inline Term sqrt(Term a) { return {a.builder, a.builder->make<mlir::math::SqrtOp>(a.value)}; }
inline Term minimum(Term a, double b) {
  return {a.builder, a.builder->make<mlir::arith::MinimumFOp>(a.value, a.number(b).value)};
}
inline Term maximum(Term a, double b) {
  return {a.builder, a.builder->make<mlir::arith::MaximumFOp>(a.value, a.number(b).value)};
}

/// 1, 0 or -1.
inline Term sign(Term a) {
  TensorBuilder &b = *a.builder;
  mlir::Value zero = a.number(0).value;
  mlir::Value above = b.compare(mlir::arith::CmpFPredicate::OGT, a.value, zero),
              below = b.compare(mlir::arith::CmpFPredicate::OLT, a.value, zero);
  return {&b, b.select(above, a.number(1).value, b.select(below, a.number(-1).value, zero))};
}

/// As a number of this type, which has at most as many digits.
inline Term narrow(Term a, mlir::Type type) {
  return a.value.getType() == type ? a : Term{a.builder, a.builder->make<mlir::arith::TruncFOp>(type, a.value)};
}

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_EQUATION_H
