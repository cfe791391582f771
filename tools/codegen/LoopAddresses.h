// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Addresses in the loops of products.

#ifndef RONDO_TOOLS_CODEGEN_LOOPADDRESSES_H
#define RONDO_TOOLS_CODEGEN_LOOPADDRESSES_H

#include "llvm/IR/PassManager.h"

namespace rondo {

/// Makes the addresses in innermost loops that keep sums in vectors constants beside few pointers, which each iteration
/// moves on. Tiles address many rows: computed anew in each iteration, from bases and offsets that live all through the
/// function, the addresses do not fit into the registers.
struct LoopAddressesPass : llvm::PassInfoMixin<LoopAddressesPass> {
  llvm::PreservedAnalyses run(llvm::Function &function, llvm::FunctionAnalysisManager &analyses);
};

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LOOPADDRESSES_H
