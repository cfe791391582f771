// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The states that only sum up, and how each summand is summed without a loop.

#ifndef RONDO_PASSES_SPLIT_SPLITACCUMULATORS_H
#define RONDO_PASSES_SPLIT_SPLITACCUMULATORS_H

#include "passes/split/ScanDependences.h"

namespace rondo {

/// A state s that the body only adds to, s' = s + v1 + v2 + ...: its final value is the sum over all positions.
struct Accumulator {
  /// The number of the state.
  unsigned state;
  /// The summands that are summed after the loop, and those that the loop goes on adding.
  llvm::SmallVector<mlir::Value> leaving, staying;
  /// The additions that make s' from s and the summands.
  llvm::SmallVector<mlir::Operation *> chain;
};

/// Finds the states without a name that nothing but a chain of additions reads. All summands are put down as leaving.
llvm::SmallVector<Accumulator> findAccumulators(const ScanDependences &dependences);

/// How the sum of a value over all positions is computed from its operands' sums or sequences.
enum class SumForm {
  Contract,   ///< one contraction over time as well
  Reduce,     ///< one sum over time as well
  ScatterAdd, ///< the rows of all positions are added at once
  Linear,     ///< the op itself, applied to the sums of its operands
  Leaf,       ///< the sum of the value's sequence
};
SumForm getSumForm(const ScanDependences &dependences, mlir::Value value);

/// Whether the sum of `value` over all positions comes down to a contraction or a reduction, through linear ops.
bool sumsProduct(const ScanDependences &dependences, mlir::Value value);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_SPLITACCUMULATORS_H
