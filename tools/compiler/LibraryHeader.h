// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The C header of a model that is compiled as a library.

#ifndef RONDO_TOOLS_COMPILER_LIBRARYHEADER_H
#define RONDO_TOOLS_COMPILER_LIBRARYHEADER_H

#include "tools/compiler/ModelCompiler.h"

namespace rondo {

/// What a library may have beside what computes outputs.
struct LibraryParts {
  bool training = true;   // gradients of the loss, updates and checkpoints
  bool layer = false;     // vector-Jacobian products
  bool generates = false; // sequences of symbols
};

/// The header: what inputs, outputs, states and parameters are, and the declarations of runtime/include/model.h.in with
/// the model's prefix. The module is at the stage of buffers.
std::string libraryHeader(const CompiledModel &model, bool f64, LibraryParts parts, llvm::StringRef prefix);

/// The functions that the header declares, without the prefix and the underscore behind it.
std::vector<std::string> libraryFunctions(LibraryParts parts);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_LIBRARYHEADER_H
