// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The CPU that code is made for.

#ifndef RONDO_TOOLS_CODEGEN_TARGETCPU_H
#define RONDO_TOOLS_CODEGEN_TARGETCPU_H

#include "passes/vector/NestPlan.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace rondo {

/// Code generator for `cpu` ("native": this machine, or a name that LLVM knows for x86-64) at the optimisation level
/// 0 .. 3. On failure null, with a worded reason in `error`.
std::unique_ptr<llvm::TargetMachine> createTargetMachine(llvm::StringRef cpu, unsigned level, std::string &error);

/// The vector registers of the machine's target.
VectorTarget vectorTargetOf(const llvm::TargetMachine &machine);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_TARGETCPU_H
