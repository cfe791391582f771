// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One scan, split: what reads nothing from the body is hoisted, sums are regrouped (GroupSummands), SplitPlan decides
// which ops come before and after, and which states are plain sums, and ScanSplitter rebuilds the scan.

#include "passes/split/DistributeScan.h"

#include "passes/split/GroupSummands.h"
#include "passes/split/ScanSplitter.h"
#include "passes/support/Reads.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

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

void rondo::distributeScan(ScanOp scan) {
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

void rondo::simplifyScans(Operation *op) {
  RewritePatternSet patterns(op->getContext());
  ScanOp::getCanonicalizationPatterns(patterns, op->getContext());
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  (void)applyPatternsGreedily(op, std::move(patterns), config);
}
