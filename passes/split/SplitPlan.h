// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What leaves the loop of a scan, and where to: the decisions of rondo-split-scan, apart from their execution.

#ifndef RONDO_PASSES_SPLIT_SPLITPLAN_H
#define RONDO_PASSES_SPLIT_SPLITPLAN_H

#include "passes/split/SplitAccumulators.h"
#include "llvm/ADT/SetVector.h"

namespace rondo {

struct SplitPlan {
  /// Ops of the body that are computed for the whole sequence before the loop.
  llvm::SetVector<mlir::Operation *> before;
  /// Ops that the loop computes from what it emits in any case, even where ops before it need them too.
  llvm::DenseSet<mlir::Operation *> again;
  /// Ops of the body that are computed, where needed, for the whole sequence after the loop.
  llvm::SetVector<mlir::Operation *> after;
  /// Values of the body that are read after the loop and so have to be emitted.
  llvm::SetVector<mlir::Value> emitted;
  /// Values of the body that only sums read, and that nothing stores: the loop adds them up as they are.
  llvm::SetVector<mlir::Value> added;
  /// The accumulators of which at least one summand leaves.
  llvm::SmallVector<Accumulator> accumulators;

  bool empty() const { return before.empty() && after.empty() && accumulators.empty(); }
};

/// Plans the split of a scan whose loop-invariant ops have been hoisted.
SplitPlan planSplit(const ScanDependences &dependences);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_SPLITPLAN_H
