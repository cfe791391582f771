// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Small builders that the lowerings share.

#ifndef RONDO_PASSES_SUPPORT_LINALGBUILDERS_H
#define RONDO_PASSES_SUPPORT_LINALGBUILDERS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace rondo {

inline mlir::Value emptyTensor(mlir::OpBuilder &b, mlir::Location loc, mlir::ArrayRef<int64_t> shape,
                               mlir::Type element) {
  return mlir::tensor::EmptyOp::create(b, loc, shape, element);
}

/// A scalar float constant.
inline mlir::Value floatConstant(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, double value) {
  return mlir::arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

/// A tensor of `shape` full of `value`.
inline mlir::Value filledTensor(mlir::OpBuilder &b, mlir::Location loc, mlir::ArrayRef<int64_t> shape,
                                mlir::Type element, double value) {
  mlir::Value scalar = floatConstant(b, loc, element, value);
  return mlir::linalg::FillOp::create(b, loc, mlir::ValueRange{scalar},
                                      mlir::ValueRange{emptyTensor(b, loc, shape, element)})
      .getResult(0);
}

inline mlir::Value indexConstant(mlir::OpBuilder &b, mlir::Location loc, int64_t value) {
  return mlir::arith::ConstantIndexOp::create(b, loc, value);
}

/// A mask of `width` lanes that lets the first `count` pass.
inline mlir::Value firstLanes(mlir::OpBuilder &b, mlir::Location loc, int64_t width, int64_t count) {
  mlir::SmallVector<bool> used(width, false);
  std::fill_n(used.begin(), count, true);
  return mlir::arith::ConstantOp::create(b, loc, b.getBoolVectorAttr(used));
}

/// The map from `rank` loops to the given of them, in order.
inline mlir::AffineMap projection(mlir::MLIRContext *context, unsigned rank, mlir::ArrayRef<unsigned> dims) {
  mlir::SmallVector<mlir::AffineExpr> results;
  for (unsigned dim : dims)
    results.push_back(mlir::getAffineDimExpr(dim, context));
  return mlir::AffineMap::get(rank, 0, results, context);
}

/// Offsets, sizes and strides of the position `index` (a Value or an attribute) along the leading dimension.
struct LeadingSlice {
  mlir::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
  LeadingSlice(mlir::OpBuilder &b, mlir::RankedTensorType whole, mlir::OpFoldResult index) {
    for (int64_t size : whole.getShape()) {
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(size));
      strides.push_back(b.getIndexAttr(1));
    }
    offsets[0] = index;
    sizes[0] = b.getIndexAttr(1);
  }
};

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_LINALGBUILDERS_H
