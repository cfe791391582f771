// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Copies of buffers as nests like others.

#ifndef RONDO_PASSES_SUPPORT_COPYNESTS_H
#define RONDO_PASSES_SUPPORT_COPYNESTS_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace rondo {

/// Replaces the memref.copy by a linalg op, which is returned, or one of a buffer to itself by nothing.
mlir::Operation *makeNestOfCopy(mlir::memref::CopyOp copy);

/// Replaces each memref.copy in `root` by a linalg op, and one of a buffer to itself by nothing.
void makeNestsOfCopies(mlir::Operation *root);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_COPYNESTS_H
