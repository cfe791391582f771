// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LLVM IR -> LLVM IR: the order of LLVM's passes.

#ifndef RONDO_TOOLS_CODEGEN_OPTIMIZELLVM_H
#define RONDO_TOOLS_CODEGEN_OPTIMIZELLVM_H

#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace rondo {

/// Optimises at the level 0 .. 3.
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine, unsigned level);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_OPTIMIZELLVM_H
