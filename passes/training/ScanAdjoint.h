// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivative of the time loop: a scan in the other direction.

#ifndef RONDO_PASSES_TRAINING_SCANADJOINT_H
#define RONDO_PASSES_TRAINING_SCANADJOINT_H

#include "passes/training/ReverseMode.h"

namespace rondo {

/// Adds to the cotangents in `outer` of what `scan` reads, given those of its results, by a scan at the builder's
/// place. Replaces `scan` where it has to emit residuals too. An error, located at the op, where one of the body has no
/// derivative rule.
mlir::LogicalResult buildScanAdjoint(ScanOp scan, ReverseMode &outer, Activity &activity, mlir::OpBuilder &builder);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_SCANADJOINT_H
