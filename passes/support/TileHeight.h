// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How many rows a tile, a block of packed rows or a thread's unit has.

#ifndef RONDO_PASSES_SUPPORT_TILEHEIGHT_H
#define RONDO_PASSES_SUPPORT_TILEHEIGHT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace rondo {

/// Of `heights` the one whose cost is lowest, of equal ones the first.
inline int64_t chooseHeight(llvm::ArrayRef<int64_t> heights, llvm::function_ref<int64_t(int64_t height)> cost) {
  int64_t best = heights.front(), bestCost = cost(best);
  for (int64_t height : heights.drop_front())
    if (int64_t found = cost(height); found < bestCost) {
      best = height;
      bestCost = found;
    }
  return best;
}

/// The same from `most` down to `least`.
inline int64_t chooseHeight(int64_t most, int64_t least, llvm::function_ref<int64_t(int64_t height)> cost) {
  llvm::SmallVector<int64_t> heights{most};
  while (heights.back() > least)
    heights.push_back(heights.back() - 1);
  return chooseHeight(heights, cost);
}

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_TILEHEIGHT_H
