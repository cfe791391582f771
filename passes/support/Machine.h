// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of the processor the code depends on. Every size that a pass decides by is a formula of it.

#ifndef RONDO_PASSES_SUPPORT_MACHINE_H
#define RONDO_PASSES_SUPPORT_MACHINE_H

#include "mlir/IR/Operation.h"
#include <algorithm>

namespace rondo {

/// The defaults are the machine on which the formulas were measured: an Intel server core of 2019 with AVX-512.
struct Machine {
  int64_t width = 16;     // 32-bit floats in a vector register
  int64_t registers = 32; // vector registers
  bool fma = true;        // fused multiply-add
  int64_t l1 = 32 << 10;  // bytes of a core's first-level cache of data
  int64_t l2 = 1 << 20;   // bytes of a core's second-level cache
  int64_t l3 = 16 << 20;  // bytes that a program may expect of what the cores share
  int64_t barrier = 625;  // cycles for which threads wait for each other at a barrier

  static constexpr int64_t line = 64;   // bytes of a line of a cache, on every x86-64
  static constexpr int64_t page = 4096; // bytes of a page, and of one way of the first-level cache

  /// An error at `op` if no machine is like this; there is none whose vectors hold less than 128 bits.
  llvm::LogicalResult verify(mlir::Operation *op) const;

  /// Lanes of a vector of this element type.
  int64_t lanesOf(mlir::Type element) const {
    return std::max<int64_t>(1, width * 32 / std::max(32u, element.getIntOrFloatBitWidth()));
  }

  //===-- registers ----------------------------------------------------------------------------------------===//

  /// With so many sums at most a tile has several rows, whatever the registers.
  static constexpr int64_t sumsForManyRows = 4;

  /// Whether there are registers enough for a multiply-add to repeat a number from memory itself.
  bool hasManyRegisters() const { return registers >= 32; }

  /// The accumulators of a tile: three quarters of the registers, the others hold operands.
  int64_t accumulators() const { return registers * 3 / 4; }

  /// Sums of which the processor adds to one while it adds to the others: two operations in a cycle, four cycles each.
  static constexpr int64_t sumsUnderWay = 8;

  /// What a register tile has beside its rows: sums that are computed at once, vectors of each along the lanes, and
  /// terms of the sums in one iteration of their loop.
  struct Tile {
    int64_t sums, vectors, terms = 1;
  };

  /// The tile of a phase with `sums` sums over `rows` rows of `lanes` features: rows x sums x vectors accumulators
  /// leave registers for the operands, and are enough to hide the latency of the sums.
  Tile tileOf(mlir::Type element, int64_t sums, int64_t rows, int64_t lanes) const;

  //===-- caches -------------------------------------------------------------------------------------------===//

  /// Bytes beyond which what is read again and again may not stay in a core's own cache beside all that passes through.
  /// An order of reading that minds it is not worth its code below eight times the first-level cache.
  int64_t keptBytes() const { return std::max(l2 / 4, 8 * l1); }

  /// Bytes of weights up to which each core reads all of them in each step, where it would else wait at so many
  /// barriers: half as many again as its own cache holds cost less from the shared one than the first barrier does, and
  /// 512 KB less than each further one.
  int64_t readByEachCore(int64_t barriers = 1) const {
    return l2 * 3 / 2 + std::max<int64_t>(0, barriers - 1) * (512 << 10);
  }

  /// Bytes of a panel of weights below which it is still in the first-level cache when the next tile of rows reads it:
  /// the rows and the results need the rest. Where sums take turns it is asked of one's panel alone.
  int64_t panelThatStays() const { return l1 * 2 / 3; }

  /// Terms of a sum in one block, of which the widest panel of weights stays near for all rows.
  int64_t blockTerms() const;

  /// Terms beyond which a panel fills so much of a core's own cache that blocks are better than one pass.
  int64_t wholeTerms() const;

  //===-- memory -------------------------------------------------------------------------------------------===//
  // Measured as passes/FastCode.md says, on the machine of the defaults; they are the same on others as far as is
  // known.

  /// Rows that read an operand so often that packing it, which costs about as much as one of them, is little.
  static constexpr int64_t rowsWorthPacking = 16;
  /// Bytes between the elements of a column, half a way of the first-level cache, with which few sets hold them all.
  static constexpr int64_t farApart = page / 2;
  /// Lines of a way: as many elements that lie so far apart fill more than one.
  static constexpr int64_t linesOfAWay = page / line;
  /// Bytes in a row from which on the processor sees that more is read, and fetches ahead.
  static constexpr int64_t streamedBytes = 16 * line;
  /// Rows of a tile from which on a term leaves time for loads ahead: of fewer rows its own are as many as its sums.
  static constexpr int64_t rowsWithTimeToLoad = 4;
  /// Terms of a sum that take about as long as a load from memory.
  static constexpr int64_t termsOfALoad = 64;

  //===-- threads ------------------------------------------------------------------------------------------===//

  /// Scalar operations that a core does in so many cycles, two vector instructions in each.
  int64_t operationsIn(int64_t cycles) const { return cycles * width * (fma ? 4 : 2); }

  /// Cycles that one barrier more costs a step: the wait at it, and behind it that for so many bytes, half of which
  /// others wrote; of more than 16 KB the rest comes while there is work.
  double barrierInStep(double bytes) const { return double(barrier) + 625 + 0.6 * std::min(bytes, 16384.0); }
  /// Bytes that a core gets in a cycle if it reads so many again in each step: from its own cache, or from the shared
  /// one.
  double bytesInCycle(double bytesOfAStep) const { return bytesOfAStep > double(l2) / 2 ? 8 : 32; }

  /// Scalar operations for whose sake threads wait at a barrier, ..
  int64_t worthBarrier() const { return operationsIn(barrier); }
  /// .. for whose sake another thread takes part in a nest, where no barrier need be added, ..
  int64_t worthThread() const { return worthBarrier() / 10; }
  /// .. for whose sake several threads run a function, ..
  int64_t worthThreads() const { return 5 * worthBarrier(); }
  /// .. and beside which a call costs nothing.
  int64_t worthCall() const { return worthBarrier() / 4; }

private:
  int64_t panelTerm() const { return (hasManyRegisters() ? 4 : 2) * width * 4; } // bytes of f32 in the widest panel
};

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_MACHINE_H
