// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The CPU that code is made for.

#ifndef RONDO_TOOLS_CODEGEN_TARGETCPU_H
#define RONDO_TOOLS_CODEGEN_TARGETCPU_H

#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace rondo {

/// Code generator for `cpu` (a name of passes/support/Processor.h) at the optimisation level 0 .. 3. On failure null,
/// with a worded reason in `error`.
std::unique_ptr<llvm::TargetMachine> createTargetMachine(llvm::StringRef cpu, unsigned level, std::string &error);

/// The instruction sets of the target that this machine lacks, with commas between them; of those that the runtime
/// knows too (runtime/ProcessorFeatures.h).
std::string missingInstructionSets(const llvm::TargetMachine &target);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_TARGETCPU_H
