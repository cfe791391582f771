// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Links a model's object with the runtime.

#ifndef RONDO_TOOLS_CODEGEN_LINK_H
#define RONDO_TOOLS_CODEGEN_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace rondo {

/// Links `objects` with the runtime that lies beside the tools (`executable` is this program's path) into `output`.
/// Returns a worded error, empty on success.
std::string linkExecutable(llvm::StringRef executable, llvm::ArrayRef<std::string> objects, llvm::StringRef output);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LINK_H
