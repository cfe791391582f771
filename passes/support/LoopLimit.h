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

/// The attribute `rondo.limit` of a nest, array<i64: loop, rows>, if it has one.
std::optional<LoopLimit> limitOf(mlir::Operation *op);

/// Sets the attribute.
void setLimit(mlir::Operation *op, LoopLimit limit);

/// The window's length, as an index where the function around `op` begins; null where that does not take it as its
/// argument `rondo.length`: an entry as a buffer of one number, a private function as an index.
mlir::Value buildLength(mlir::Operation *op);

/// The iterations of the limit's loop that are needed, likewise.
mlir::Value buildEnd(mlir::Operation *op, LoopLimit limit);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_LOOPLIMIT_H
