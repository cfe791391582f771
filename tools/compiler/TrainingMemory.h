// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How training is made to fit into so much memory: what it stores and what it computes again.

#ifndef RONDO_TOOLS_COMPILER_TRAININGMEMORY_H
#define RONDO_TOOLS_COMPILER_TRAININGMEMORY_H

#include "tools/compiler/ModelCompiler.h"

namespace rondo {

/// A number of bytes with K, M or G behind it, or none of them; none if it is not one, or not above 0.
std::optional<int64_t> parseBytes(llvm::StringRef text);

/// The number with the letter that leaves at least two digits, rounded up.
std::string printBytes(int64_t bytes);

/// What training takes with the functions of a model at Stage::Buffer or later, whose element type is f64 or f32:
/// weights, packed ones too, gradients and the sums of several batches' ones, moments, the arrays of a window, the
/// largest arena, and the process itself. What gradcheck has in double precision is no part of it.
int64_t trainingBytes(CompiledModel &model, bool f64);

/// Chooses for `options.memory` how a window is cut into segments, of which as many as possible are stored, and gives
/// `options` that. An error of the program's context where nothing is small enough, which says what would be.
mlir::LogicalResult chooseSegments(Program &program, CompileOptions &options, mlir::TimingScope &timing);

/// The same after compiling, when all functions of the binary are known.
mlir::LogicalResult checkMemory(CompiledModel &model, const CompileOptions &options);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_TRAININGMEMORY_H
