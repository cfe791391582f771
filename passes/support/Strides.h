// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How far apart the elements of a buffer are.

#ifndef RONDO_PASSES_SUPPORT_STRIDES_H
#define RONDO_PASSES_SUPPORT_STRIDES_H

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/BuiltinTypes.h"

namespace rondo {

/// The buffer's strides in elements, if all are known. Those of dense memory are products of its sizes:
/// MemRefType::getStridesAndOffset finds them by affine expressions, which takes a large part of a pass that asks
/// often.
inline std::optional<llvm::SmallVector<int64_t>> constantStrides(mlir::MemRefType type) {
  if (type.getLayout().isIdentity() && type.hasStaticShape())
    return mlir::computeStrides(type.getShape());
  llvm::SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || llvm::any_of(strides, mlir::ShapedType::isDynamic))
    return std::nullopt;
  return strides;
}

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_STRIDES_H
