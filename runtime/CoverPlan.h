// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which rows run together.
#ifndef RONDO_RUNTIME_COVERPLAN_H
#define RONDO_RUNTIME_COVERPLAN_H

#include "runtime/Support.h"

namespace rondo {

/// A number of rows that there is code for, with the costs of a position of them all (Entry::cost) in windows of so
/// many positions and, where there are such entries, by itself (else 0).
struct TileForm {
  int64_t rows = 1, window = 1;
  double windowCost = 1, stepCost = 0;

  /// Of so many positions.
  double cost(int64_t positions) const;
};

/// Rows that run together: `count` ones from `first` on, at most as many as the form has.
struct Tile {
  size_t form = 0;
  int64_t first = 0, count = 0;
  double cost = 0;
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
