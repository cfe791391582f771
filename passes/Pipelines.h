// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The whole order of the passes: one function per phase, named after what it establishes.

#ifndef RONDO_PASSES_PIPELINES_H
#define RONDO_PASSES_PIPELINES_H

#include "passes/NestPlan.h"

namespace mlir {
class OpPassManager;
}

namespace rondo {

/// What the lowering depends on besides the program.
struct PipelineOptions {
  VectorTarget target{16, 32, true};
  int64_t unroll = 1; // time steps in one iteration
};

/// rondo -> rondo: input products before the loops, weight gradients after them, gates as one product.
void buildSplitPhase(mlir::OpPassManager &manager);

/// rondo -> linalg, scf and tensor: the last form on tensors, which the reference interpreter still runs.
void buildLinalgPhase(mlir::OpPassManager &manager, const PipelineOptions &options);

/// Tensors -> buffers, each with its place in one arena.
void buildBufferPhase(mlir::OpPassManager &manager);

/// linalg on buffers -> loops over vectors.
void buildVectorPhase(mlir::OpPassManager &manager, const PipelineOptions &options);

/// Loops over vectors -> the llvm dialect.
void buildLLVMPhase(mlir::OpPassManager &manager);

/// Registers each phase as a pipeline of rondo-opt: rondo-phase-split, -linalg, -buffer, -vector, -llvm.
void registerPipelines();

} // namespace rondo

#endif // RONDO_PASSES_PIPELINES_H
