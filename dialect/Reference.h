// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter. It defines what the ops mean: every pass and all generated code is checked against it, and
// it finds the op in which a NaN arises. It is obvious, not fast. It runs the rondo dialect with arith, math, tensor,
// scf, linalg on tensors, and calls.
//
// Arithmetic is that of the element type: float for f32, double for f64. A sum is one sequential chain in that type, in
// row-major order of what is summed, starting at zero; products and sums are rounded separately. Reading what
// tensor.empty left undefined gives NaN. Poison (a shift by too much, a conversion out of range) is 0; what is
// undefined behaviour at run time (a division by zero, an index or a token out of range) is an error.

#ifndef RONDO_DIALECT_REFERENCE_H
#define RONDO_DIALECT_REFERENCE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

/// A dense, row-major tensor by value. Of the three element vectors the one that `kind` says is in use; integers are
/// held sign-extended, booleans as 0 or 1. A scalar has an empty shape and one element.
struct Tensor {
  enum class Kind { F32, F64, I1, I8, I32, I64, Index };

  Kind kind = Kind::F32;
  std::vector<int64_t> shape;
  std::vector<float> f32;
  std::vector<double> f64;
  std::vector<int64_t> i;

  /// A tensor of zeros.
  static Tensor zeros(Kind kind, llvm::ArrayRef<int64_t> shape);
  /// A tensor with these elements in row-major order, as many as `shape` has.
  static Tensor of(Kind kind, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values);
  /// The kind that holds elements of this type; failure if none does.
  static mlir::FailureOr<Kind> kindOf(mlir::Type elementType);
  /// The elements of a dense constant, or of a number attribute; failure for an element type without a kind.
  static mlir::FailureOr<Tensor> fromAttribute(mlir::Attribute attribute);

  bool isFloat() const { return kind == Kind::F32 || kind == Kind::F64; }
  int64_t numElements() const;
  /// Element `index` in row-major order. An i64 beyond 2^53 is rounded: read `i` where that matters.
  double at(int64_t index) const;
  void set(int64_t index, double value);
  /// The type as MLIR writes it, "tensor<2x3xf32>", or "f32" for a scalar.
  std::string typeString() const;
};

/// The op at which checkFinite stopped, or null, and the positions in the scans around it, from the innermost one on.
struct NotFiniteOp {
  mlir::Operation *op = nullptr;
  std::vector<int64_t> positions;
};

struct InterpretOptions {
  /// Stop with an error at the first op that makes a NaN of operands without one, or an infinity of finite operands.
  bool checkFinite = false;
  /// Where to say which op that is.
  NotFiniteOp *notFinite = nullptr;
};

/// Runs `function` on `arguments`, one for each of its arguments and of its type, and returns its results. An error (an
/// op that the interpreter does not know, a token out of range, ...) is a located diagnostic.
mlir::FailureOr<std::vector<Tensor>> interpret(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments,
                                               InterpretOptions options = {});

/// Reproducible test data: numbers uniform in [-scale, scale), booleans, and integers uniform in [0, tokens) (0 if
/// `tokens` is 0). The type has a static shape.
Tensor randomTensor(mlir::RankedTensorType type, uint64_t seed, double scale = 1.0, int64_t tokens = 0);

/// The number in [0, 1) that rondo.random gives an element at a position for this seed and stream; a multiple of 2^-24.
double counterRandom(uint64_t seed, uint32_t stream, uint64_t position, uint32_t element);

} // namespace rondo

#endif // RONDO_DIALECT_REFERENCE_H
