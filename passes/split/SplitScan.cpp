// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-split-scan: distributes a scan into whole-sequence ops before it, the recurrence, and whole-sequence ops after
// it.
//
// 1. What reads nothing from the body is hoisted, and sums are regrouped (GroupSummands).
// 2. SplitPlan decides which ops come before and after, and which states are plain sums.
// 3. ScanSplitter rebuilds the scan.

#include "passes/Passes.h"
#include "passes/split/GroupSummands.h"
#include "passes/split/ScanSplitter.h"
#include "passes/support/Reads.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace rondo {
#define GEN_PASS_DEF_SPLITSCAN
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

/// Moves what reads nothing from the body in front of the scan. A scan has at least one position, so nothing is
/// computed that was not before.
static void hoistInvariant(ScanOp scan) {
  ScanDependences dependences(scan);
  for (Operation &op : llvm::make_early_inc_range(scan.getBlock().without_terminator()))
    if (isMemoryEffectFree(&op) &&
        llvm::all_of(readsOf(&op), [&](Value value) { return dependences.isOutside(value); }))
      op.moveBefore(scan);
}

/// Whether the scan emits what is known without it.
static bool emitsKnown(ScanOp scan) {
  ScanDependences dependences(scan);
  return llvm::any_of(scan.getYield().getEmitted(),
                      [&](Value value) { return dependences.isOutside(value) || dependences.isSequence(value); });
}

static void distribute(ScanOp scan) {
  hoistInvariant(scan);
  groupSummands(ScanDependences(scan));
  hoistInvariant(scan); // sums of biases
  while (true) {
    SplitPlan plan = planSplit(ScanDependences(scan));
    if (plan.empty() && !emitsKnown(scan))
      return;
    bool hadStates = scan.getNumStates() > 0;
    scan = splitScan(scan, std::move(plan));
    // Without its accumulators the loop may have no recurrence left: then all of it is free to leave.
    if (!hadStates || scan.getNumStates() > 0)
      return;
  }
}

namespace {
struct SplitScan : public rondo::impl::SplitScanBase<SplitScan> {
  void runOnOperation() override {
    RewritePatternSet cleanup(&getContext());
    ScanOp::getCanonicalizationPatterns(cleanup, &getContext());
    FrozenRewritePatternSet patterns(std::move(cleanup));
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    // First, because what nobody reads would be stored; afterwards, because operands of what left are fed no more.
    (void)applyPatternsGreedily(getOperation(), patterns, config);
    SmallVector<ScanOp> scans; // inner ones first: what leaves them may leave the outer ones
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      distribute(scan);
    (void)applyPatternsGreedily(getOperation(), patterns, config);
  }
};
} // namespace
