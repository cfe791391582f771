// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of the target the code depends on, and the width of the blocks that weights are packed in.

#ifndef RONDO_PASSES_SUPPORT_VECTORTARGET_H
#define RONDO_PASSES_SUPPORT_VECTORTARGET_H

#include "passes/support/ShareUnits.h"

#include "mlir/IR/Operation.h"
#include <algorithm>

namespace rondo {

struct VectorTarget {
  int64_t width = 16;     // 32-bit floats in a vector register
  int64_t registers = 32; // vector registers
  bool fma = true;        // fused multiply-add

  /// With so many sums at most a tile has several rows, whatever the registers.
  static constexpr int64_t sumsForManyRows = 4;

  /// An error at `op` if no target is like this; there is none whose vectors hold less than 128 bits.
  llvm::LogicalResult verify(mlir::Operation *op) const {
    if (width >= 4 && registers >= 1)
      return mlir::success();
    return op->emitError() << "expected a width of at least 4 floats and at least 1 register, found " << width
                           << " and " << registers;
  }

  /// Lanes of a vector of this element type.
  int64_t lanesOf(mlir::Type element) const {
    return std::max<int64_t>(1, width * 32 / std::max(32u, element.getIntOrFloatBitWidth()));
  }

  /// Vectors along the lanes in one register tile of a phase with `sums` sums over `rows` rows of `lanes` features:
  /// rows x sums x vectors accumulators leave registers for the operands, and are enough to hide the latency of the
  /// sums.
  int64_t tileVectors(mlir::Type element, int64_t sums, int64_t rows, int64_t lanes) const {
    // Many rows of few vectors read each panel least often, where a multiply-add can repeat a number from memory
    // itself. One row alone needs more sums under way; a few rows are enough of them.
    bool repeats = registers >= 32;
    int64_t vectors = repeats ? 4 : 2, most = !repeats ? registers / 8 : rows >= 8 ? 2 : rows >= 3 ? 4 : 6;
    while (vectors > 1 && vectors * sums > most)
      vectors /= 2;
    // A thread's share is a number of whole tiles.
    while (vectors > 1 && vectors * lanesOf(element) > laneUnit(lanes))
      vectors /= 2;
    return vectors;
  }
};

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_VECTORTARGET_H
