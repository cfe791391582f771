// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loops over time that run point by point, with the states in registers.

#include "passes/Passes.h"
#include "passes/support/CopyNests.h"
#include "passes/support/Remarks.h"
#include "passes/support/ScanLoops.h"
#include "passes/vector/SweepEmitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace rondo {
#define GEN_PASS_DEF_SWEEP
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

std::string describe(const SweepPlan &plan) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(plan.sizes, os, "x");
  os << " points, each with " << plan.carried << (plan.carried == 1 ? " state" : " states") << " in registers, "
     << plan.vectors << " x " << plan.width << " side by side";
  return text;
}

/// Whether all that the loop does are nests over points, and copies, which are such nests too.
bool isPointwise(scf::ForOp loop) {
  return llvm::all_of(loop.getBody()->without_terminator(), [](Operation &op) {
    auto nest = dyn_cast<linalg::LinalgOp>(op);
    return (nest && nest.getNumReductionLoops() == 0) || isa<memref::CopyOp>(op) ||
           (op.getNumRegions() == 0 && isMemoryEffectFree(&op));
  });
}

struct Sweep : rondo::impl::SweepBase<Sweep> {
  using SweepBase::SweepBase;

  void runOnOperation() override {
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(getOperation())))
      return signalPassFailure();
    for (scf::ForOp loop : scanLoops(getOperation())) {
      if (!isPointwise(loop))
        continue;
      makeNestsOfCopies(loop);
      std::string why;
      std::optional<SweepPlan> plan = planSweep(loop, machine, why);
      if (!plan) {
        reportMissed(loop, "swept", [&] { return "runs step by step: " + why; });
        continue;
      }
      reportDone(loop, "swept", [&] { return describe(*plan); });
      OpBuilder builder(loop);
      scf::ForOp sweep = emitSweep(builder, loop, *plan, machine.fma);
      sweep->setAttr(sweepAttribute, builder.getDenseI64ArrayAttr(plan->sizes));
      loop.erase();
    }
  }
};

} // namespace
