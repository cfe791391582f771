// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How often loops go round.

#ifndef RONDO_TOOLS_CODEGEN_LOOPWEIGHTS_H
#define RONDO_TOOLS_CODEGEN_LOOPWEIGHTS_H

#include "llvm/IR/PassManager.h"

namespace rondo {

/// Tells LLVM how often loops between constants go round, as weights of their branches. Without, it takes every loop
/// for 32 iterations: the loops over a tile's rows and vectors that follow those over its terms would seem to be run so
/// much more often that the constants of their functions keep registers, and the sums go to the stack.
struct LoopWeightsPass : llvm::PassInfoMixin<LoopWeightsPass> {
  llvm::PreservedAnalyses run(llvm::Function &function, llvm::FunctionAnalysisManager &analyses);
};

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LOOPWEIGHTS_H
