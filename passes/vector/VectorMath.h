// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Elementary functions as straight-line arithmetic on scalars and vectors, for every target: no tables, no calls and no
// rounding instructions. NaN stays NaN and infinities come out right. Denormal numbers count as zero, as everywhere in
// generated code. The largest errors are measured by test/numeric/VectorMathTest.cpp.

#ifndef RONDO_PASSES_VECTOR_VECTORMATH_H
#define RONDO_PASSES_VECTOR_VECTORMATH_H

#include "mlir/IR/Builders.h"

namespace rondo {

/// exp(x), of f32 or f64 (or vectors of them): 2^n e^u with n = floor(x / log 2), of -|y| that nearest to x / log 2.
mlir::Value buildExp(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// exp(x) - 1, of f32 or f64, relatively accurate for small x as well.
mlir::Value buildExpM1(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// The largest whole number up to x, of f32 or f64.
mlir::Value buildFloor(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// log(x), of f32 or f64: x = 2^e (1 + f) and log(1 + f) = 2 atanh(f / (2 + f)).
mlir::Value buildLog(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// log(1 + x), of f32 or f64, relatively accurate for small x as well.
mlir::Value buildLog1p(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// tanh(x), of f32 or f64: a rational function, which is faster, where it is accurate enough (f32 with fused
/// multiply-add, as `fma` says), else by the exponential function.
mlir::Value buildTanh(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, bool fma);

/// erf(x), of f32 or f64: a polynomial up to 1, beyond that 1 - e^p(x) with a polynomial p.
mlir::Value buildErf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// sin(x) or cos(x), of f32, for any x. Vectors with numbers of 2^28 and more take a way of their own.
mlir::Value buildSin(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);
mlir::Value buildCos(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// The angle of the point (x, y), of f32 or f64, from -pi to pi; signs of zeros and infinities as in C.
mlir::Value buildAtan2(mlir::OpBuilder &b, mlir::Location loc, mlir::Value y, mlir::Value x);

/// x to the power of y. A constant exponent that is a small multiple of 1/2 takes products and a square root, to which
/// negative infinity is as other negative numbers; another one, of f32 only, logarithm and exponential function in f64.
/// Null for others of f64.
mlir::Value buildPow(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_VECTORMATH_H
