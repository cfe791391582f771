// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Carrying out what SplitPlan decided, for rondo-split-scan.

#ifndef RONDO_PASSES_SPLIT_SCANSPLITTER_H
#define RONDO_PASSES_SPLIT_SCANSPLITTER_H

#include "passes/split/SplitPlan.h"

namespace rondo {

/// Replaces `scan` by ops on whole sequences before it, a scan that holds the rest, and ops after it. Returns that
/// scan.
ScanOp splitScan(ScanOp scan, SplitPlan plan);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_SCANSPLITTER_H
