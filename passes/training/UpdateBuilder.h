// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops over all elements of tensors, and between them, of which an update is made.

#ifndef RONDO_PASSES_TRAINING_UPDATEBUILDER_H
#define RONDO_PASSES_TRAINING_UPDATEBUILDER_H

#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"

namespace rondo {

/// Builds the passes over the data of one update function.
class UpdateBuilder {
public:
  UpdateBuilder(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  /// The sum of the squares of all elements of `tensors`, as tensors of rank 0 whose sum it is: in f64, where no
  /// square of a single-precision number overflows. Two steps for each: rows, which may be computed side by side, and
  /// the sum over the rows. There are so few that one loop's body may add them, in their order.
  llvm::SmallVector<mlir::Value> sumSquares(mlir::ValueRange tensors);

  /// bases[i] to the power `exponent` (a tensor<i64>, at least 0), as f64, by squaring: as exact as f64 is.
  llvm::SmallVector<mlir::Value> powers(llvm::ArrayRef<double> bases, mlir::Value exponent);

  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(TensorBuilder &, mlir::ValueRange)>;

  /// One pass over the elements of `outputs`, which all have one shape; `inputs` have it too or are scalars.
  llvm::SmallVector<mlir::Value> forEachElement(mlir::ValueRange inputs, mlir::ValueRange outputs, Body body);

  /// |a| / |b|, Euclidean norms, as a tensor of rank 0 of their element type; 1 where either is zero.
  mlir::Value ratioOfNorms(mlir::Value a, mlir::Value b);

  /// `factor` times a matrix that is nearly the nearest one to `matrix` with orthonormal rows or columns: so many
  /// iterations by Newton and Schulz of a polynomial of the fifth degree (Jordan et al. 2024).
  mlir::Value orthogonal(mlir::Value matrix, int iterations, double factor);

  /// Zeros to write to. A constant: as equal values become one, buffers would.
  mlir::Value zeros(mlir::RankedTensorType type) { return TensorBuilder(b, loc).zero(type); }

private:
  mlir::Value product(mlir::Value left, mlir::Value right, llvm::StringRef einsum);
  mlir::Value norm(mlir::Value tensor);
  void addFirst(llvm::SmallVector<mlir::Value> &numbers);
  mlir::Value reduce(mlir::Value source, int64_t kept, Body body);
  llvm::SmallVector<mlir::Value> build(mlir::ValueRange inputs, mlir::ValueRange outputs,
                                       llvm::ArrayRef<mlir::AffineMap> maps,
                                       llvm::ArrayRef<mlir::utils::IteratorType> iterators, Body body);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// The sum of the numbers, in their order.
mlir::Value addAll(TensorBuilder &t, mlir::ValueRange numbers);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_UPDATEBUILDER_H
