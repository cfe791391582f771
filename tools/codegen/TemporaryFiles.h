// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Files that are there while a tool runs.

#ifndef RONDO_TOOLS_CODEGEN_TEMPORARYFILES_H
#define RONDO_TOOLS_CODEGEN_TEMPORARYFILES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileUtilities.h"
#include <deque>
#include <string>
#include <vector>

namespace rondo {

/// Objects, which end with this.
class TemporaryFiles {
public:
  /// Makes one that holds `data`. Returns a worded error, empty on success.
  std::string add(llvm::StringRef data);

  std::vector<std::string> names;

private:
  std::deque<llvm::FileRemover> removers;
};

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_TEMPORARYFILES_H
