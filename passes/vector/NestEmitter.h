// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one linalg op on buffers, over vectors.

#ifndef RONDO_PASSES_VECTOR_NESTEMITTER_H
#define RONDO_PASSES_VECTOR_NESTEMITTER_H

#include "passes/vector/NestPlan.h"

namespace rondo {

/// Emits the loops that compute `op` by its plan, at the builder's insertion point. `fma`: products that are added
/// become fused multiply-adds.
void emitNest(mlir::OpBuilder &builder, mlir::linalg::LinalgOp op, const NestPlan &plan, bool fma);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_NESTEMITTER_H
