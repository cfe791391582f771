// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How many iterations of a nest's loop a call needs, where windows are shorter than the code is made for.

#ifndef RONDO_PASSES_SUPPORT_LOOPLIMIT_H
#define RONDO_PASSES_SUPPORT_LOOPLIMIT_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace rondo {

/// A loop of a nest of which nothing is needed from `rows` times the window's length on.
struct LoopLimit {
  unsigned loop;
  int64_t rows;
};

/// What the attribute `rondo.limit` of a nest says, array<i64: loop, rows, ..>, each loop once.
llvm::SmallVector<LoopLimit> limitsOf(mlir::Operation *op);

/// That of one loop, if it has one.
std::optional<LoopLimit> limitOf(mlir::Operation *op, unsigned loop);

/// Sets the attribute.
void setLimits(mlir::Operation *op, llvm::ArrayRef<LoopLimit> limits);

/// The window's length, as an index where the function around `op` begins; null where that does not take it as its
/// argument `rondo.length`: an entry as a buffer of one number, a private function as an index.
mlir::Value buildLength(mlir::Operation *op);

/// The iterations of the limit's loop that are needed, likewise.
mlir::Value buildEnd(mlir::Operation *op, LoopLimit limit);

/// A loop of a nest that ends at the number that is its operand `operand` (i64, from 0 to the loop's extent).
struct LoopEnd {
  unsigned loop, operand;
};

/// That of a nest, if it has one.
std::optional<LoopEnd> endOf(mlir::Operation *op);

/// Sets the attribute `rondo.end`, array<i64: loop, operand>.
void setEnd(mlir::Operation *op, LoopEnd end);

/// How many iterations of one of the op's loops are needed, by its limits where the function begins, or by its end
/// where the op is; null where all are.
mlir::Value buildEndAlong(mlir::Operation *op, unsigned loop);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_LOOPLIMIT_H
