// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-split-scan: distributes each scan into whole-sequence ops before it, the recurrence, and whole-sequence ops
// after it.

#include "dialect/SegmentsAttribute.h"
#include "passes/Passes.h"
#include "passes/split/DistributeScan.h"

namespace rondo {
#define GEN_PASS_DEF_SPLITSCAN
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {
struct SplitScan : public rondo::impl::SplitScanBase<SplitScan> {
  void runOnOperation() override {
    // First, because what nobody reads would be stored; afterwards, because operands of what left are fed no more.
    simplifyScans(getOperation());
    SmallVector<ScanOp> scans; // inner ones first: what leaves them may leave the outer ones
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      if (!hasSegments(scan))
        distributeScan(scan);
    simplifyScans(getOperation());
  }
};
} // namespace
