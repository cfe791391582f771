// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Copies of buffers as nests like others.

#ifndef RONDO_PASSES_SUPPORT_COPYNESTS_H
#define RONDO_PASSES_SUPPORT_COPYNESTS_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// Replaces each memref.copy in `root` by a linalg op, and one of a buffer to itself by nothing.
void makeNestsOfCopies(mlir::Operation *root);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_COPYNESTS_H
