// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which sums are of f64.

#ifndef RONDO_PASSES_SUPPORT_LONGSUMS_H
#define RONDO_PASSES_SUPPORT_LONGSUMS_H

#include "mlir/IR/BuiltinTypes.h"

namespace rondo {

/// Whether a sum of `terms` numbers in all to one of type `result` is long: one of f32 after the other loses a bit each
/// time their number doubles, and a mean of equal numbers is wrong by a hundredth after a million. What sums everything
/// up, as a loss does, is little beside what made its terms.
inline bool isLongSum(int64_t terms, mlir::RankedTensorType result) {
  constexpr int64_t manyTerms = 4096;
  return result.getRank() == 0 || terms > manyTerms * result.getNumElements();
}

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_LONGSUMS_H
