// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A scan for each level of states, for rondo-split-components.

#ifndef RONDO_PASSES_SPLIT_COMPONENTSPLITTER_H
#define RONDO_PASSES_SPLIT_COMPONENTSPLITTER_H

#include "passes/split/StateLevels.h"

namespace rondo {

/// Replaces the scan by one for each level of its states, the lowest first. Each emits what those behind it read.
llvm::SmallVector<ScanOp> splitByLevels(const ScanDependences &dependences, const StateLevels &levels);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_COMPONENTSPLITTER_H
