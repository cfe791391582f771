// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which functions compute a model's outputs for any batch (runtime/Cover.h).

#ifndef RONDO_TOOLS_COMPILER_COVERENTRIES_H
#define RONDO_TOOLS_COMPILER_COVERENTRIES_H

#include "frontend/Graph.h"
#include "passes/support/Machine.h"

namespace rondo {

/// A function for so many rows and positions.
struct CoverEntry {
  EntryOptions options;
  double cost; // of a position of all rows, in cycles of one core, roughly
};

/// One row, as many as a tile of registers has, and 16 where the weights that each step reads are more than a core's
/// own cache holds. Of a model that streams one row runs windows of 32 and 4 positions and single ones, a tile windows
/// of 16 and single ones (64 for both where most of the work would be what has no time, as an encoder's), 16 rows
/// single ones; none longer than the program's windows. Of another model all run at the length of these. None where
/// there are no outputs.
llvm::SmallVector<CoverEntry> coverEntries(const Graph &graph, const Machine &machine, bool f64);

/// Whether those are enough to score data by: the model runs in parts, and each loss is computed from an output, at
/// positions within the sequences' lengths if they have some.
bool coverScores(const Graph &graph);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_COVERENTRIES_H
