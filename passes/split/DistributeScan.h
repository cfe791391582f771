// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the recurrence of one scan does not need, out of its loop.

#ifndef RONDO_PASSES_SPLIT_DISTRIBUTESCAN_H
#define RONDO_PASSES_SPLIT_DISTRIBUTESCAN_H

#include "dialect/RondoDialect.h"

namespace rondo {

/// Replaces `scan` by whole-sequence ops before it, the recurrence, and whole-sequence ops after it.
void distributeScan(ScanOp scan);

/// Drops what the scans in `op` compute, emit or are fed for nobody.
void simplifyScans(mlir::Operation *op);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_DISTRIBUTESCAN_H
