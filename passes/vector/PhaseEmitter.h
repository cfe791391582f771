// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of rondo.phase and rondo.pack on buffers, over vectors.

#ifndef RONDO_PASSES_VECTOR_PHASEEMITTER_H
#define RONDO_PASSES_VECTOR_PHASEEMITTER_H

#include "passes/vector/PhasePlan.h"

#include "mlir/IR/Builders.h"

namespace rondo {

/// Emits the loops of `op` by its plan, at the builder's insertion point. `fma`: products that are added become fused
/// multiply-adds.
void emitPhase(mlir::OpBuilder &builder, PhaseOp op, const PhasePlan &plan, bool fma);

/// Emits the loops that lay out weights: whole vectors, transposed in registers where the lanes are not contiguous.
void emitPack(mlir::OpBuilder &builder, PackOp op, const VectorTarget &target);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_PHASEEMITTER_H
