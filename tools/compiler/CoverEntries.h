// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which functions compute a model's outputs for any batch (runtime/Cover.h).

#ifndef RONDO_TOOLS_COMPILER_COVERENTRIES_H
#define RONDO_TOOLS_COMPILER_COVERENTRIES_H

#include "frontend/Graph.h"
#include "passes/support/Machine.h"

namespace rondo {

/// In cycles of one core, roughly: of a position of all rows, and of each call beside.
struct CoverCost {
  double position = 0, call = 0;
};

/// A function for so many rows and positions.
struct CoverEntry {
  EntryOptions options;
  CoverCost cost;
};

/// One row, as many as a tile of registers has, and 16 where the weights that each step reads are more than a core's
/// own cache holds. Of a model that streams one row runs windows of up to 64 positions and single ones, a tile windows
/// of up to 16 (64 where most of the work would be what has no time, as an encoder's), 16 rows single ones; none longer
/// than the program's windows. Where its windows cannot end early, they have that length always, and one row some of 4,
/// a tile single positions. Of another model all run at the length of these. None where there are no outputs.
llvm::SmallVector<CoverEntry> coverEntries(const Graph &graph, const Machine &machine, bool f64);

/// Whether the model runs in windows and single positions: nothing that it needs is as long as they are along another
/// axis than theirs.
bool runsInParts(const Graph &graph);

/// Whether those are enough to score data by: the model runs in parts, and each loss is computed from an output, at
/// positions within the sequences' lengths if they have some.
bool coverScores(const Graph &graph);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_COVERENTRIES_H
