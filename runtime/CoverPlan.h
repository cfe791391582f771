// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which rows run together.
#ifndef RONDO_RUNTIME_COVERPLAN_H
#define RONDO_RUNTIME_COVERPLAN_H

#include "runtime/Support.h"

namespace rondo {

/// A number of rows that there is code for, for windows of one or several lengths, the longest first. Of a model that
/// streams the last one is a single position; of others whatever is shorter than the last one is filled up.
struct TileForm {
  struct Window {
    int64_t length = 1;
    /// Of one position of all the rows in it, and of each window beside, in cycles (Entry::cost, fixedCost).
    double cost = 1, fixedCost = 0;
    bool mayBeShorter = false; // it may have any number of positions up to its length
  };
  int64_t rows = 1;
  List<Window> windows;
  /// Of each position beside, for copies of all rows' inputs and outputs. It counts in full where threads share them:
  /// they wait for each other, and for lines that another one has written.
  double copyCost = 0;
  /// Of each tile beside, for what is held for its rows, where that is to be made.
  double beginCost = 0;
  /// Whether a sequence is one call, of the shortest window that it fits in, and all rows of a tile have as many
  /// positions.
  bool isWhole = false;

  /// Of so many positions, by the windows that next() chooses.
  double cost(int64_t positions) const;
  /// The window to run next of so many positions, which are at least 1: as many as possible in the longest ones, and
  /// the rest in a shorter one of these where that costs less than other windows. Of whole sequences no more than the
  /// longest has.
  size_t next(int64_t positions) const;

private:
  double restCost(size_t window, int64_t positions) const;
  bool isFor(size_t window, int64_t rest) const;
};

/// Rows that run together: `count` ones from `first` on, at most as many as the form has, to the last of `positions`.
struct Tile {
  size_t form = 0;
  int64_t first = 0, count = 0, positions = 0;
  double cost = 0, copyCost = 0;
};

struct CoverPlan {
  /// The costliest first.
  List<Tile> tiles;
  /// Whether each tile is one thread's, or all threads run one tile after the other.
  bool isDealtOut = false;
};

/// Covers rows, whose lengths descend, at the least cost: by itself for one thread, and for several so that they all
/// have work. The forms ascend by their rows, from 1 on.
CoverPlan planCover(const List<TileForm> &forms, const int64_t *lengths, int64_t rows, int64_t threads);

} // namespace rondo

#endif
