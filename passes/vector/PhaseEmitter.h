// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.phase on buffers, over vectors.

#ifndef RONDO_PASSES_VECTOR_PHASEEMITTER_H
#define RONDO_PASSES_VECTOR_PHASEEMITTER_H

#include "passes/vector/PhasePlan.h"

#include "mlir/IR/Builders.h"

namespace rondo {

/// Emits the loops of `op` by its plan, at the builder's insertion point.
void emitPhase(mlir::OpBuilder &builder, PhaseOp op, const PhasePlan &plan, const Machine &machine);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_PHASEEMITTER_H
