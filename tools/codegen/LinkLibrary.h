// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Links a model's object with the runtime's functions for other programs to a library.

#ifndef RONDO_TOOLS_CODEGEN_LINKLIBRARY_H
#define RONDO_TOOLS_CODEGEN_LINKLIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace rondo {

/// The prefix of the program that the runtime's library knows.
constexpr llvm::StringLiteral libraryPrefix = "rondo_library";

/// What the names of the library's functions begin with in the runtime.
constexpr llvm::StringLiteral functionPrefix = "rondo_model";

/// Links `objects`, whose program has the first prefix, with what `functions` need of the runtime beside the
/// tools (`executable` is this program's path) to the one object `output`, in which those functions have the prefix
/// `prefix` and nothing else is seen from outside. Returns a worded error, empty on success.
std::string linkLibraryObject(llvm::StringRef executable, llvm::ArrayRef<std::string> objects,
                              llvm::ArrayRef<std::string> functions, llvm::StringRef prefix, llvm::StringRef output);

/// Makes a static library of such an object, which has that name in it.
std::string archiveLibrary(llvm::StringRef object, llvm::StringRef name, llvm::StringRef output);

/// Makes a shared library of it that is known by `name`.
std::string linkSharedLibrary(llvm::StringRef executable, llvm::StringRef object, llvm::StringRef name,
                              llvm::ArrayRef<std::string> functions, llvm::StringRef prefix, llvm::StringRef output);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LINKLIBRARY_H
