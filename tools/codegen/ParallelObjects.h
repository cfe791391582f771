// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LLVM IR -> objects, several side by side.

#ifndef RONDO_TOOLS_CODEGEN_PARALLELOBJECTS_H
#define RONDO_TOOLS_CODEGEN_PARALLELOBJECTS_H

#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace rondo {

/// The code of `module` (which it consumes), optimised for `machine`, as at most so many objects, which are made side
/// by side. Internal functions that one object calls of another get hidden names that begin with `prefix`, so that
/// those of several models may meet. Empty if the target cannot.
std::vector<llvm::SmallVector<char, 0>> emitObjects(std::unique_ptr<llvm::Module> module, llvm::StringRef prefix,
                                                    unsigned level, const llvm::TargetMachine &machine,
                                                    unsigned most = 4);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_PARALLELOBJECTS_H
