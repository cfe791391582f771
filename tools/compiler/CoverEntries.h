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
  double position = 0, fixed = 0;
  double begin = 0;       // of what is held for all rows, once
  bool generates = false; // it is of what generates, alone
};

/// A function for so many rows and positions.
struct CoverEntry {
  EntryOptions options;
  CoverCost cost;
  std::string begin = ""; // the function that makes what is held for it; empty where nothing is
};

/// Says what the functions below need not compute in each call.
void holdForEntries(Graph &graph);

/// One row, as many as a tile of registers has, and 16 where the weights that each step reads are more than a core's
/// own cache holds. Of a model that streams windows have 128 rows of positions at most, and may end early; one row also
/// runs single positions. Where they cannot end early, one row has windows of 32, 4 and 1 positions, a tile of 16 and
/// 1, 16 rows single ones, none longer than the program's windows; where positions are kept, one row has windows of
/// 128, 16 and 1, each of which reads those before it. Those of another model are as long as the program's windows,
/// or have as many positions as it says are the most, and 64, 8 and 1 beside, each for calls of no more. None where
/// there are no outputs. Where values are held, functions that make them for as many rows are the last.
llvm::SmallVector<CoverEntry> coverEntries(const Graph &graph, const Machine &machine, bool f64);

/// The same of single positions of what generates, where the functions of all outputs do not serve.
llvm::SmallVector<CoverEntry> generatorEntries(const Graph &graph, const Machine &machine, bool f64);

/// Whether the model runs in windows and single positions: nothing that it needs is as long as they are along another
/// axis than theirs.
bool runsInParts(const Graph &graph);

/// Whether those are enough to score data by: the model runs in parts, and each loss is computed from an output, at
/// positions within the sequences' lengths if they have some.
bool coverScores(const Graph &graph);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_COVERENTRIES_H
