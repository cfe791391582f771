// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The weights of an imported program as a file.

#ifndef RONDO_TOOLS_RONDOIMPORT_WEIGHTSFILE_H
#define RONDO_TOOLS_RONDOIMPORT_WEIGHTSFILE_H

#include "tools/rondo-import/Program.h"

#include "frontend/Graph.h"

namespace rondo::importer {

/// Whether the program's parameters, as the compiler finds them, are those that there are weights for. Returns a worded
/// error, empty on success.
std::string checkWeights(const ImportedProgram &program, const ModelInfo &info);

/// The bytes of a safetensors file of the parameters, in single precision. Returns a worded error, empty on success.
std::string weightsFile(const ImportedProgram &program, llvm::SmallVectorImpl<char> &bytes);

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_WEIGHTSFILE_H
