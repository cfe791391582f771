// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Evaluates the body of a linalg op or a phase on vectors, or on scalars.

#ifndef RONDO_PASSES_VECTOR_VECTORBODY_H
#define RONDO_PASSES_VECTOR_VECTORBODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"

namespace rondo {

/// One evaluation of a body for `width` neighbouring positions along one loop (1: scalars).
class VectorBody {
public:
  /// `indices` are the loops' positions (of the first lane), `lanes` the loop along the lanes.
  VectorBody(mlir::OpBuilder &builder, mlir::Block &body, int64_t width, bool fma, mlir::ArrayRef<mlir::Value> indices,
             std::optional<unsigned> lanes)
      : b(builder), body(body), loc(body.getParentOp()->getLoc()), width(width), fma(fma), indices(indices),
        lanes(lanes) {}

  /// Gives the body's argument `number` its value: a vector, or a scalar to be repeated.
  void setArgument(unsigned number, mlir::Value value);

  /// The values that the body yields, as vectors.
  mlir::SmallVector<mlir::Value> evaluate();

  /// For outputs that are combined with what is there (`out + x`, `max(out, x)`): the x of each, as vectors.
  mlir::SmallVector<mlir::Value> evaluateContributions();

  /// `summands` of the body (or null for none), each added to one of `sums`: products by fused multiply-adds.
  mlir::SmallVector<mlir::Value> addTo(mlir::ValueRange sums, mlir::ArrayRef<mlir::Value> summands);

  /// The type of a scalar over the lanes.
  mlir::Type vectorType(mlir::Type scalar) const;
  /// Repeats a scalar over the lanes.
  mlir::Value repeat(mlir::Value value);

private:
  mlir::Value valueOf(mlir::Value scalar);
  mlir::Value evaluateOp(mlir::Operation *bodyOp);
  mlir::Value evaluateIndex(mlir::linalg::IndexOp index);

  mlir::OpBuilder &b;
  mlir::Block &body;
  mlir::Location loc;
  int64_t width;
  bool fma;
  mlir::ArrayRef<mlir::Value> indices;
  std::optional<unsigned> lanes;
  mlir::IRMapping values;
};

/// Whether the body has a function that a target has no instruction for.
bool callsFunctions(mlir::Block &body);

/// The summands of each value that `body` yields, in their order.
mlir::SmallVector<mlir::SmallVector<mlir::Value>> summandsOf(mlir::Block &body);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_VECTORBODY_H
