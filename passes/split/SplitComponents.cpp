// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-split-components: a scan of its own for states that no other state's step needs but by a product, which then is
// one product of all positions.

#include "dialect/SegmentsAttribute.h"
#include "passes/Passes.h"
#include "passes/split/ComponentSplitter.h"
#include "passes/split/DistributeScan.h"
#include "passes/split/GroupSummands.h"
#include "passes/support/Remarks.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace rondo {
#define GEN_PASS_DEF_SPLITCOMPONENTS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

/// Sums what is known at earlier levels first, so that it leaves as one sequence.
static void groupByLevels(const ScanDependences &dependences, unsigned count) {
  for (unsigned level = 1; level < count; ++level) {
    StateLevels levels(dependences);
    llvm::DenseSet<Operation *> early;
    for (Operation &op : dependences.getBlock().without_terminator())
      if (levels.getLevel(&op).value_or(0) < level)
        early.insert(&op);
    groupSummands(dependences, [&](Value value) {
      if (dependences.isOutside(value) || dependences.isSequence(value))
        return true;
      if (auto state = dyn_cast<BlockArgument>(value))
        return levels.getLevel(state.getArgNumber()) < level;
      return early.contains(dependences.getBodyOp(value));
    });
  }
}

/// What the loops hand on to each other and keep nowhere else, for all positions.
static int64_t bytesHandedOn(ArrayRef<ScanOp> parts) {
  llvm::DenseSet<Value> sequences;
  int64_t bytes = 0;
  for (ScanOp reader : parts)
    for (Value sequence : reader.getSequences())
      if (llvm::is_contained(parts, sequence.getDefiningOp<ScanOp>()) && sequences.insert(sequence).second)
        bytes +=
            getSize(sequence) * llvm::divideCeil(getElementTypeOrSelf(sequence.getType()).getIntOrFloatBitWidth(), 8);
  return bytes;
}

static void splitComponents(ScanOp scan) {
  ScanDependences dependences(scan);
  unsigned count = StateLevels(dependences).getCount();
  if (count == 1)
    return;
  groupByLevels(dependences, count);
  StateLevels levels(dependences);
  for (Operation *product : levels.getFreed())
    reportDone(product, "hoisted", [&] {
      return "computed for the whole sequence between two time loops: the states that it needs are known first";
    });
  SmallVector<ScanOp> parts = splitByLevels(dependences, levels);
  reportDone(parts.front(), "split", [&] {
    return std::to_string(parts.size()) + " time loops in the place of one: what they hand on takes " +
           std::to_string(bytesHandedOn(parts)) + " bytes";
  });
  for (ScanOp part : parts)
    distributeScan(part);
}

namespace {
struct SplitComponents : public rondo::impl::SplitComponentsBase<SplitComponents> {
  void runOnOperation() override {
    SmallVector<ScanOp> scans;
    getOperation()->walk([&](ScanOp scan) {
      if (!hasSegments(scan) && !isInStep(scan) && isMemoryEffectFree(scan))
        scans.push_back(scan);
    });
    for (ScanOp scan : scans)
      splitComponents(scan);
    simplifyScans(getOperation());
    getOperation()->walk([](ContractOp contract) {
      if (isa<ScanOp>(contract->getParentOp()) && isInStep(contract) && isExpensive(contract))
        reportMissed(contract, "hoisted", [] { return "stays in the time loop: it needs the step before"; });
    });
  }
};
} // namespace
