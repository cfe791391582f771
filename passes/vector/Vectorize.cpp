// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Phases and linalg on buffers -> scf loops over vectors: a plan for each op (PhasePlan, NestPlan), and its loops
// (PhaseEmitter, PackEmitter, NestEmitter). Attention is loops around such ops first (AttendEmitter), and so is what is
// kept in slots (AppendEmitter).

#include "dialect/AppendOps.h"
#include "dialect/AttentionGradOps.h"
#include "passes/Passes.h"
#include "passes/support/CopyNests.h"
#include "passes/support/Remarks.h"
#include "passes/vector/AppendEmitter.h"
#include "passes/vector/AttendEmitter.h"
#include "passes/vector/NestEmitter.h"
#include "passes/vector/PackEmitter.h"
#include "passes/vector/PhaseEmitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace rondo {
#define GEN_PASS_DEF_VECTORIZE
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

struct Vectorize : rondo::impl::VectorizeBase<Vectorize> {
  using VectorizeBase::VectorizeBase;

  /// Only ops on buffers have an order of reads and writes, which loops need.
  LogicalResult expectBuffers() {
    auto walk = getOperation().walk([](Operation *op) -> WalkResult {
      if (isa<PhaseOp, PackOp, AttendOp, AttendGradOp, AppendOp, linalg::LinalgOp>(op) && op->getNumResults() != 0)
        return op->emitError("expected buffers, found tensors: rondo-bufferize comes before");
      return WalkResult::advance();
    });
    return failure(walk.wasInterrupted());
  }

  void runOnOperation() override {
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(getOperation())) || failed(expectBuffers()))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    emitAppends(rewriter, getOperation());
    makeNestsOfCopies(getOperation());
    if (failed(emitAttentions(rewriter, getOperation())))
      return signalPassFailure();
    SmallVector<Operation *> kernels;
    getOperation()->walk([&](Operation *op) {
      if (isa<PhaseOp, PackOp>(op))
        kernels.push_back(op);
    });
    for (Operation *op : kernels) {
      rewriter.setInsertionPoint(op);
      if (auto phase = dyn_cast<PhaseOp>(op)) {
        FailureOr<PhasePlan> plan = planPhase(phase, machine);
        if (failed(plan))
          return signalPassFailure();
        reportDone(phase, "tile", [&] { return describePlan(phase, *plan); });
        emitPhase(rewriter, phase, *plan, machine);
      } else {
        emitPack(rewriter, cast<PackOp>(op), machine);
      }
      rewriter.eraseOp(op);
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      FailureOr<NestPlan> plan = planNest(op, machine);
      if (failed(plan))
        return signalPassFailure();
      rewriter.setInsertionPoint(op);
      emitNest(rewriter, op, *plan, machine.fma);
      rewriter.eraseOp(op);
    }
  }
};

} // namespace
