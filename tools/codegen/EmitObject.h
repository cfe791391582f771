// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// llvm dialect -> LLVM IR -> assembly or objects.

#ifndef RONDO_TOOLS_CODEGEN_EMITOBJECT_H
#define RONDO_TOOLS_CODEGEN_EMITOBJECT_H

#include "tools/compiler/Description.h"

#include "mlir/Support/Timing.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Target/TargetMachine.h"

namespace rondo {

/// Translates a module of the llvm dialect and adds what abi.h asks for: the entries by the uniform convention, their
/// table and the description. Null on failure, after a diagnostic.
std::unique_ptr<llvm::Module> translateModel(mlir::ModuleOp module, llvm::ArrayRef<EntryFunction> entries,
                                             llvm::StringRef description, llvm::TargetMachine &machine,
                                             llvm::LLVMContext &context, mlir::TimingScope &timing);

/// Optimises at the level 0 .. 3.
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine, unsigned level);

/// Writes assembly or an object. False if the target cannot.
bool emitMachineCode(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                     llvm::raw_pwrite_stream &os);

/// The code of `module` (which it consumes), optimised for `machine`, as at most so many objects, which are made side
/// by side. Empty if the target cannot.
std::vector<llvm::SmallVector<char, 0>> emitObjects(std::unique_ptr<llvm::Module> module, unsigned level,
                                                    const llvm::TargetMachine &machine, unsigned most = 4);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_EMITOBJECT_H
