// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Weights that become a part of a library or an executable, packed as its code reads them.

#ifndef RONDO_TOOLS_CODEGEN_EMBEDWEIGHTS_H
#define RONDO_TOOLS_CODEGEN_EMBEDWEIGHTS_H

#include "tools/codegen/TemporaryFiles.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Target/TargetMachine.h"
#include <string>

namespace rondo {

/// Adds to the objects of a model, whose program has the prefix `libraryPrefix`, one with the weights of a file in
/// that layout (own, torch, keras, onnx or auto). A library of the others packs them, which is code for the target, so
/// that this machine must be able to run it. `tool` is this program's path. Returns a worded error, empty on success.
std::string embedWeights(llvm::StringRef tool, llvm::StringRef weights, const char *layout, TemporaryFiles &objects,
                         llvm::TargetMachine &machine);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_EMBEDWEIGHTS_H
