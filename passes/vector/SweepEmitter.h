// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop over time, point by point.

#ifndef RONDO_PASSES_VECTOR_SWEEPEMITTER_H
#define RONDO_PASSES_VECTOR_SWEEPEMITTER_H

#include "passes/vector/SweepPlan.h"

namespace rondo {

/// Emits what `loop` does by its plan, at the builder's insertion point: a loop over a few steps at a time, which is
/// returned, around one over points and one over these steps. `fma`: products that are added become fused
/// multiply-adds.
mlir::scf::ForOp emitSweep(mlir::OpBuilder &builder, mlir::scf::ForOp loop, const SweepPlan &plan, bool fma);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_SWEEPEMITTER_H
