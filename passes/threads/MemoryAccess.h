// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of which buffer each thread touches, and whether two accesses need a barrier between them.

#ifndef RONDO_PASSES_THREADS_MEMORYACCESS_H
#define RONDO_PASSES_THREADS_MEMORYACCESS_H

#include "passes/support/LinearSum.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"

namespace rondo {

/// Which thread touches which part of an access.
struct Share {
  enum Kind { All, One, Units, Own } kind = All; // Own: each thread touches a copy of its own
  /// Units: the dimension that is dealt out, and how many of its positions make a unit. One: the thread, modulo the
  /// number of threads.
  unsigned dimension = 0;
  int64_t number = 0;
  /// Units: rows for each position of a call, where those of its positions alone are dealt out (rondo.limit); else 0.
  int64_t rows = 0;

  bool operator==(const Share &other) const {
    return kind == other.kind && dimension == other.dimension && number == other.number && rows == other.rows;
  }
};

/// The bytes offset + sum of i[d] * stride[d], for all 0 <= i[d] < size[d], and the rest of the element there.
struct Access {
  static constexpr int64_t unknown = -1;
  struct Dimension {
    int64_t stride, size; // in bytes, at least 0; the size may be unknown
    bool operator==(const Dimension &other) const { return stride == other.stride && size == other.size; }
  };

  mlir::Value root; // an argument of the function; null if it is not known
  LinearSum offset; // in bytes
  llvm::SmallVector<Dimension> dimensions;
  int64_t elementBytes = 0;
  /// The bytes of the root that hold the buffer, whatever the offset's values.
  int64_t first = 0, end = std::numeric_limits<int64_t>::max();
  bool write = false;
  Share share;

  /// The whole of `buffer`, seen through its views; its dimensions come first.
  static Access of(mlir::Value buffer, bool write);

  /// Moves the access by `index` positions. An index that no loop gives, as a token, may be any of the positions.
  void move(mlir::Value index, Dimension positions);

  /// Replaces each term of the offset that `isTerm` accepts by a dimension: all values that it may have. Returns the
  /// dimension of the last one.
  std::optional<unsigned> expand(llvm::function_ref<bool(mlir::Value)> isTerm);

  /// Whether another thread than the one that does this may do `other` to the same byte, and one of both writes it.
  /// Values in the offsets are the same in both.
  bool conflictsWith(const Access &other) const;

  bool operator==(const Access &other) const {
    return first == other.first && end == other.end && root == other.root && write == other.write &&
           share == other.share && dimensions == other.dimensions && offset == other.offset &&
           elementBytes == other.elementBytes;
  }
};

/// The number of iterations of a loop with constant bounds; where it may end before that or begin behind, the greatest.
std::optional<int64_t> tripCount(mlir::scf::ForOp loop);

/// Of a loop from 0 on that ends with a call's positions, how many they are; else null.
mlir::Value endWithCall(mlir::scf::ForOp loop);

/// What the loop begins with; where that depends on a call's positions, the least. Nothing if that is not known.
std::optional<int64_t> leastLower(mlir::scf::ForOp loop);

} // namespace rondo

#endif // RONDO_PASSES_THREADS_MEMORYACCESS_H
