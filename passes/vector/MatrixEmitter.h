// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of nests over matrices that run together.

#ifndef RONDO_PASSES_VECTOR_MATRIXEMITTER_H
#define RONDO_PASSES_VECTOR_MATRIXEMITTER_H

#include "passes/vector/MatrixNest.h"

namespace rondo {

/// Emits the loops of the plan's nests, which stay as they are.
void emitMatrices(mlir::OpBuilder &builder, const MatrixPlan &plan, bool fma);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_MATRIXEMITTER_H
