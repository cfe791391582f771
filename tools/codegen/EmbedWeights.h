// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Weights that become a part of a library, packed as its code reads them.

#ifndef RONDO_TOOLS_CODEGEN_EMBEDWEIGHTS_H
#define RONDO_TOOLS_CODEGEN_EMBEDWEIGHTS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Target/TargetMachine.h"
#include <string>

namespace rondo {

/// Loads a shared library that has the function rondo_model_image (runtime/LibraryImage.h) and lets it pack the weights
/// of a file; it is code for the target, which this machine must be able to run. Returns a worded error, empty on
/// success.
std::string packWeights(llvm::StringRef library, llvm::StringRef weights, llvm::SmallVectorImpl<char> &image);

/// The object that gives a library such an image. Returns a worded error, empty on success.
std::string emitImage(llvm::ArrayRef<char> image, llvm::TargetMachine &machine, llvm::SmallVectorImpl<char> &object);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_EMBEDWEIGHTS_H
