// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Building a rondo.phase from products that have their loops in common.

#ifndef RONDO_PASSES_LINALG_PHASEBUILDER_H
#define RONDO_PASSES_LINALG_PHASEBUILDER_H

#include "dialect/Einsum.h"
#include "passes/support/Machine.h"

#include "mlir/IR/PatternMatch.h"

namespace rondo {

/// One product of a phase, in the letters of PhaseLoops: `rhs` has the lanes (the result's last letter).
struct Product {
  mlir::Value lhs, rhs;
  std::string lhsTerm, rhsTerm;
  unsigned sum;      // to which of the phase's sums it is added
  mlir::Value begin; // what that sum begins with; null: zero
};

/// The loops that the products of a phase share: letters 'a', 'b', .. for the result's dimensions, then 'A', 'B', ..
/// for what is summed over, in the order in which rhs has it in memory.
struct PhaseLoops {
  mlir::SmallVector<int64_t> points, summed; // extents
  /// Whether both operands have what is summed over first, as a weight's gradient does with positions: these sums run
  /// from the last term to the first.
  bool descending = false;
  bool operator==(const PhaseLoops &other) const {
    return points == other.points && summed == other.summed && descending == other.descending;
  }
};

/// Whether `value` is a parameter of the function, which is packed once for each set of them.
bool isParameter(mlir::Value value);

/// The product of a contraction in these letters (sum 0), or none if it has no lanes to run along or nothing to sum.
std::optional<std::pair<Product, PhaseLoops>> productOf(mlir::Value lhs, mlir::Value rhs, const Einsum &einsum);

/// Builds the phase at the insertion point, with each sum as one result. Weights are packed, and operands that have the
/// lanes elsewhere than last are transposed, outside of the loops that do not change them.
mlir::SmallVector<mlir::Value> buildPhase(mlir::IRRewriter &rewriter, mlir::Location loc, const Machine &machine,
                                          const PhaseLoops &loops, llvm::MutableArrayRef<Product> products,
                                          unsigned sums);

} // namespace rondo

#endif // RONDO_PASSES_LINALG_PHASEBUILDER_H
