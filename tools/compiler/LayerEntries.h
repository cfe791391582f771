// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which functions make a model a layer of another program's model (runtime/LibraryLayer.cpp).

#ifndef RONDO_TOOLS_COMPILER_LAYERENTRIES_H
#define RONDO_TOOLS_COMPILER_LAYERENTRIES_H

#include "frontend/Graph.h"

namespace rondo {

/// The functions whose vector-Jacobian products a layer needs: the outputs of a training batch's rows over its window,
/// and of a model that streams over a single position too, so that any length is made up of both. A diagnostic where
/// the model has no outputs, or its outputs are random or depend on the lengths of sequences.
mlir::FailureOr<llvm::SmallVector<EntryOptions>> layerEntries(const Graph &graph, bool f64);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_LAYERENTRIES_H
