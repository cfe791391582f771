// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Indices as sums, to tell whether two of them are a known distance apart.

#ifndef RONDO_PASSES_SUPPORT_LINEARSUM_H
#define RONDO_PASSES_SUPPORT_LINEARSUM_H

#include "mlir/IR/OpDefinition.h"

namespace rondo {

/// A sum of values times factors, and a constant.
struct LinearSum {
  llvm::SmallVector<std::pair<mlir::Value, int64_t>> terms; // each value once, no factor 0
  int64_t constant = 0;

  void add(const LinearSum &other, int64_t factor);
  void add(mlir::Value value, int64_t factor);
  bool operator==(const LinearSum &other) const { return terms == other.terms && constant == other.constant; }
};

/// An index as a sum over loop variables and values of unknown origin.
LinearSum linearSum(mlir::OpFoldResult index);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_LINEARSUM_H
