// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions of models with very many buffers.

#ifndef RONDO_TOOLS_CODEGEN_LONGENTRIES_H
#define RONDO_TOOLS_CODEGEN_LONGENTRIES_H

#include "llvm/IR/Function.h"

namespace rondo {

/// How many arguments of a function follow its buffers: three (its team, its thread's number and their number) if
/// several threads run it, or none.
unsigned teamArguments(const llvm::Function &function);

/// Whether `function` takes so many buffers that it should take an array of them.
bool isLongEntry(const llvm::Function &function);

/// Makes a long entry take the array that holds its buffers, with its team behind, and cuts its calls into functions
/// of bounded length. LLVM takes quadratic time for calls with thousands of arguments, and for blocks
/// with thousands of calls. Returns the function that takes its place.
llvm::Function *cutLongEntry(llvm::Function &function);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LONGENTRIES_H
