// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Files that are written whole or not at all.

#ifndef RONDO_TOOLS_COMPILER_OUTPUTFILE_H
#define RONDO_TOOLS_COMPILER_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace rondo {

/// Puts a new file in the place of `path`, in one step: `make` writes it under the temporary name that it is given, in
/// the same folder, and returns a worded error or an empty string. On an error `path` stays as it was and nothing is
/// left beside it. Only regular files are replaced. Returns a worded error, empty on success.
std::string replaceFile(llvm::StringRef path, llvm::function_ref<std::string(llvm::StringRef temporary)> make);

/// Writes `data` to `path`: to standard output for "-", straight into devices and pipes, else as replaceFile does.
/// `before`, where there is one, is done first: where a file is replaced, once all of it is written and only the name
/// is to be changed, so that an error of either leaves `path` as it was. Returns a worded error, empty on success.
std::string writeFile(llvm::StringRef path, llvm::StringRef data, llvm::function_ref<std::string()> before = nullptr);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_OUTPUTFILE_H
