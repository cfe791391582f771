// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The part of a loop that a thread runs: what `rondo.split` says.

#ifndef RONDO_PASSES_THREADS_WORKSHARE_H
#define RONDO_PASSES_THREADS_WORKSHARE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace rondo {

/// A loop of a nest that is dealt out to threads in units of so many iterations (the last one may have fewer).
struct Split {
  unsigned loop;
  int64_t unit;
};

/// The attribute `rondo.split` of a nest, array<i64: loop, unit>, if it has one.
std::optional<Split> splitOf(mlir::Operation *op);

/// The same if it is along this loop, else none.
std::optional<Split> splitAlong(mlir::Operation *op, unsigned loop);

/// Sets the attribute.
void setSplit(mlir::Operation *op, Split split);

/// The first iteration that this thread runs and the one behind its last (index values). With U = ceil(extent / unit)
/// thread i of n runs the units from floor(U i / n) to below floor(U (i + 1) / n). Only the last thread comes to the
/// loop's end, and it has an iteration. Computed where the function begins, once for all steps: a division by an
/// unknown number does not leave a loop by itself. With `end` (there, at least 1) U is the number of units up to there.
struct SplitRange {
  mlir::Value lower, upper;
};
SplitRange buildSplitRange(mlir::OpBuilder &builder, mlir::Location loc, int64_t extent, int64_t unit,
                           mlir::Value end = nullptr);

} // namespace rondo

#endif // RONDO_PASSES_THREADS_WORKSHARE_H
