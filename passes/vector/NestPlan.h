// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How a linalg op's loops are cut into vectors.

#ifndef RONDO_PASSES_VECTOR_NESTPLAN_H
#define RONDO_PASSES_VECTOR_NESTPLAN_H

#include "passes/support/Machine.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace rondo {

/// The plan for one linalg op on buffers of static shape.
struct NestPlan {
  mlir::SmallVector<int64_t> sizes;                   // of the loops
  mlir::SmallVector<mlir::utils::IteratorType> kinds; // parallel or reduction
  mlir::SmallVector<mlir::AffineMap> maps;            // per operand, projected permutations
  /// The loop that runs along the lanes, or none for scalar code.
  std::optional<unsigned> lanes;
  int64_t width = 1;   // lanes of a vector
  int64_t vectors = 1; // vectors of a tile along `lanes`

  bool isReduction(unsigned loop) const { return kinds[loop] == mlir::utils::IteratorType::reduction; }
  bool hasReduction() const { return llvm::is_contained(kinds, mlir::utils::IteratorType::reduction); }
  /// Whether the lanes are summed up: a reduction along contiguous memory.
  bool reducesLanes() const { return lanes && isReduction(*lanes); }
};

/// Plans `op`; an error says what about it cannot be turned into loops.
mlir::FailureOr<NestPlan> planNest(mlir::linalg::LinalgOp op, const Machine &machine);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_NESTPLAN_H
