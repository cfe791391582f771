// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Building arithmetic on scalars or vectors of f32 or f64, and on their bits, without ceremony.

#ifndef RONDO_PASSES_VECTOR_VECTORARITHMETIC_H
#define RONDO_PASSES_VECTOR_VECTORARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace rondo {

/// Creates ops at one insertion point with one location on values of one float type.
class VectorArithmetic {
public:
  using Value = mlir::Value;
  using Predicate = mlir::arith::CmpFPredicate;

  /// Values have the type `type`, a float type or a vector of it.
  VectorArithmetic(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type)
      : builder(builder), loc(loc), type(type), integerType(replaceElement(builder.getIntegerType(elementWidth()))) {}

  unsigned elementWidth() const { return mlir::getElementTypeOrSelf(type).getIntOrFloatBitWidth(); }
  /// `type` with another element.
  mlir::Type replaceElement(mlir::Type element) const {
    auto vector = llvm::dyn_cast<mlir::VectorType>(type);
    return vector ? mlir::Type(mlir::VectorType::get(vector.getShape(), element)) : element;
  }

  Value constant(double value) const {
    return splat(type, builder.getFloatAttr(mlir::getElementTypeOrSelf(type), value));
  }
  Value integer(int64_t value) const {
    return splat(integerType, builder.getIntegerAttr(mlir::getElementTypeOrSelf(integerType), value));
  }
  Value add(Value a, Value b) const { return mlir::arith::AddFOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) const { return mlir::arith::SubFOp::create(builder, loc, a, b); }
  Value mul(Value a, Value b) const { return mlir::arith::MulFOp::create(builder, loc, a, b); }
  Value div(Value a, Value b) const { return mlir::arith::DivFOp::create(builder, loc, a, b); }
  Value neg(Value a) const { return mlir::arith::NegFOp::create(builder, loc, a); }
  Value abs(Value a) const { return mlir::math::AbsFOp::create(builder, loc, a); }
  /// a * b + c; rounded once where the target can do so at no cost.
  Value fma(Value a, Value b, Value c) const { return mlir::math::FmaOp::create(builder, loc, a, b, c); }
  /// The polynomial in x of the coefficients, that of x^0 first.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients) const {
    Value sum = constant(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  Value compare(Predicate predicate, Value a, Value b) const {
    return mlir::arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value select(Value condition, Value a, Value b) const {
    return mlir::arith::SelectOp::create(builder, loc, condition, a, b);
  }
  /// x within low .. high; NaN stays NaN.
  Value clamp(Value x, double low, double high) const {
    Value least = constant(low), most = constant(high);
    x = select(compare(Predicate::OLT, x, least), least, x);
    return select(compare(Predicate::OGT, x, most), most, x);
  }

  Value bitsOf(Value a) const { return mlir::arith::BitcastOp::create(builder, loc, integerType, a); }
  Value floatOf(Value bits) const { return mlir::arith::BitcastOp::create(builder, loc, type, bits); }
  Value addBits(Value a, Value b) const { return mlir::arith::AddIOp::create(builder, loc, a, b); }
  Value subBits(Value a, Value b) const { return mlir::arith::SubIOp::create(builder, loc, a, b); }
  Value andBits(Value a, Value b) const { return mlir::arith::AndIOp::create(builder, loc, a, b); }
  Value orBits(Value a, Value b) const { return mlir::arith::OrIOp::create(builder, loc, a, b); }
  Value xorBits(Value a, Value b) const { return mlir::arith::XOrIOp::create(builder, loc, a, b); }
  Value shiftLeft(Value a, int64_t n) const { return mlir::arith::ShLIOp::create(builder, loc, a, integer(n)); }
  Value shiftRight(Value a, int64_t n) const { return mlir::arith::ShRUIOp::create(builder, loc, a, integer(n)); }
  Value isZero(Value bits) const {
    return mlir::arith::CmpIOp::create(builder, loc, mlir::arith::CmpIPredicate::eq, bits, integer(0));
  }

private:
  Value splat(mlir::Type whole, mlir::TypedAttr value) const {
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(whole))
      value = mlir::DenseElementsAttr::get(vector, value);
    return mlir::arith::ConstantOp::create(builder, loc, value);
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type type, integerType;
};

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_VECTORARITHMETIC_H
