// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sums over all segments of a window, in the order in which the window as a whole adds up.

#ifndef RONDO_PASSES_SPLIT_CHAINSUMS_H
#define RONDO_PASSES_SPLIT_CHAINSUMS_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// In `function`, each sum over positions that a loop over segments adds up segment by segment goes on from the segment
/// before; what is made of sums is made of them behind the loop. What lies before the first whole segment goes on from
/// the loop's sums.
void chainSums(mlir::Operation *function);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_CHAINSUMS_H
