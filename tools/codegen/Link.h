// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Links a model's object with the runtime.

#ifndef RONDO_TOOLS_CODEGEN_LINK_H
#define RONDO_TOOLS_CODEGEN_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace rondo {

/// The system's compiler driver, which knows the C library's place, and the runtime that lies beside the tools.
class Linker {
public:
  /// Finds both; `executable` is this program's path. Returns a worded error, empty on success.
  std::string find(llvm::StringRef executable);

  /// The path of one of the runtime's archives.
  std::string archive(llvm::StringRef name) const;

  /// Links `inputs` to `output` (`what`, for messages) with these options behind them. Returns a worded error, empty on
  /// success.
  std::string link(llvm::StringRef what, llvm::ArrayRef<std::string> inputs, llvm::ArrayRef<std::string> options,
                   llvm::StringRef output) const;

private:
  std::string driver, folder;
  bool usesLLD = false;
};

/// Links `objects`, whose program has that prefix, with the runtime that lies beside the tools (`executable` is this
/// program's path) into `output`. Returns a worded error, empty on success.
std::string linkExecutable(llvm::StringRef executable, llvm::ArrayRef<std::string> objects, llvm::StringRef prefix,
                           llvm::StringRef output);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LINK_H
