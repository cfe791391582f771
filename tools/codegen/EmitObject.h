// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LLVM IR -> assembly or an object.

#ifndef RONDO_TOOLS_CODEGEN_EMITOBJECT_H
#define RONDO_TOOLS_CODEGEN_EMITOBJECT_H

#include "llvm/IR/Module.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Target/TargetMachine.h"

namespace rondo {

/// Writes assembly or an object. False if the target cannot.
bool emitMachineCode(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                     llvm::raw_pwrite_stream &os);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_EMITOBJECT_H
