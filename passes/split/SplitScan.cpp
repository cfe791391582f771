// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-split-scan: distributes each scan into whole-sequence ops before it, the recurrence, and whole-sequence ops
// after it.

#include "dialect/SegmentsAttribute.h"
#include "passes/Passes.h"
#include "passes/split/ChainSums.h"
#include "passes/split/DistributeScan.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

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
    bool isCut = distributeScans();
    simplifyScans(getOperation());
    if (!isCut)
      return;
    // What equal sums are added to is one sum. What only now is seen to leave a loop within a segment would have to
    // stay behind the chains.
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
    simplifyScans(getOperation());
    distributeScans();
    chainSums(getOperation());
    simplifyScans(getOperation());
  }

private:
  /// Splits all scans but those over segments; whether there are such.
  bool distributeScans() {
    SmallVector<ScanOp> scans; // inner ones first: what leaves them may leave the outer ones
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    bool isCut = llvm::any_of(scans, [](ScanOp scan) { return hasSegments(scan); });
    llvm::erase_if(scans, [](ScanOp scan) { return hasSegments(scan); });
    llvm::for_each(scans, distributeScan);
    return isCut;
  }
};
} // namespace
