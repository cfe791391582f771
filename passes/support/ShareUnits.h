// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Into which units a loop is cut for threads. Functions of the extent alone, so that the shares of different ops agree.

#ifndef RONDO_PASSES_SUPPORT_SHAREUNITS_H
#define RONDO_PASSES_SUPPORT_SHAREUNITS_H

#include "passes/support/Machine.h"
#include "passes/support/TileHeight.h"

namespace rondo {

/// Features in one unit of a loop along the lanes: whole vectors of every target, and enough units for several threads.
/// The least is a line of a cache, which no two threads write.
inline int64_t laneUnit(int64_t extent) {
  constexpr int64_t lineOfFloats = Machine::line / 4;
  return lineOfFloats * (extent >= 256 ? 4 : extent >= 64 ? 2 : 1);
}

/// Rows in one unit of a loop over rows, which is cut into register tiles of up to 12 rows. Of few rows, those with
/// which the busier of two threads is done first: a tile reads its panel once, which costs about as much as a row.
inline int64_t rowUnit(int64_t extent) {
  if (extent <= 3)
    return 1;
  // Of many rows, units that several heights of tiles fill well, and that leave no rows at the end if possible.
  if (extent >= 256)
    return chooseHeight({24, 40, 64, 32}, [&](int64_t unit) { return extent % unit != 0 || extent < 8 * unit; });
  if (extent >= 64 && extent % 64 == 0)
    return 16;
  return chooseHeight({8, 6, 5, 4, 3}, [&](int64_t unit) {
    int64_t units = (extent + unit - 1) / unit, first = units / 2 * unit;
    int64_t share = extent - first > first ? extent - first : first;
    // One, two and three products have tiles of 8 rows, four two of 4: that case decides.
    int64_t tile = unit == 8 ? 4 : unit;
    return share * (tile + 1) * 60 / tile;
  });
}

/// The same of a loop that ends with a call's positions: single rows, of which two threads have half of any number.
inline int64_t openRowUnit(int64_t extent) {
  constexpr int64_t many = 32;
  return extent >= many ? 1 : rowUnit(extent);
}

/// The queries of one part of an attention's derivative, of which each adds up the gradients of keys and values by
/// itself, or 0 where threads deal out the matrices of keys instead. A part's sums are as much memory as the keys and
/// values themselves, written and read once more: the fewer its queries, the more that is beside their products.
inline int64_t attentionPart(int64_t matrices, int64_t queries) {
  constexpr int64_t mostParts = 8;
  if (matrices >= mostParts)
    return 0;
  int64_t parts = queries / 128;
  if (matrices % 2) // of which two threads do not have half
    parts = std::max(parts, std::min<int64_t>(4, queries / (matrices == 1 ? 16 : 32)));
  parts = std::min(parts, mostParts) / 2 * 2;
  if (parts <= matrices)
    return 0;
  int64_t share = (queries + parts - 1) / parts, rows = share > 128 ? 32 : share > 64 ? 16 : 8;
  return (share + rows - 1) / rows * rows;
}

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_SHAREUNITS_H
