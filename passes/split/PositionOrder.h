// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Masks that compare positions, as that of causal attention does: index(S) <= index(T).

#ifndef RONDO_PASSES_SPLIT_POSITIONORDER_H
#define RONDO_PASSES_SPLIT_POSITIONORDER_H

#include "mlir/IR/Value.h"
#include <optional>

namespace rondo {

/// Numbers of which one is added to all positions of each row: a value of one dimension, which is that of `rows`
/// in what they are added to; or one number, with the rows -1. Null: none.
struct RowNumbers {
  mlir::Value numbers;
  int64_t rows = -1;

  bool operator==(const RowNumbers &other) const { return numbers == other.numbers && rows == other.rows; }
};

/// A mask is true where the position along its dimension `before` is at most that along `behind` and `first`, or, if it
/// is the opposite, false. A dimension is -1 where positions are those of the rows alone.
struct PositionOrder {
  int64_t before, behind, first;
  bool isOpposite;
  RowNumbers addedBefore, addedBehind; // to the positions

  /// Whether both say the same where they are true, or where they are false.
  bool isLike(const PositionOrder &other) const {
    return before == other.before && behind == other.behind && first == other.first &&
           addedBefore == other.addedBefore && addedBehind == other.addedBehind;
  }
  /// Whether positions along `before` are less than these numbers.
  bool endsAt(const RowNumbers &numbers) const {
    return behind < 0 && first == -1 && numbers.numbers && addedBehind == numbers && !addedBefore.numbers;
  }

  /// The same, with the other dimension before.
  PositionOrder reversed() const { return {behind, before, -first - 1, !isOpposite, addedBehind, addedBefore}; }
};

/// What `mask` says of its dimensions, or nothing if it is no comparison of positions.
std::optional<PositionOrder> positionOrderOf(mlir::Value mask);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_POSITIONORDER_H
