// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Phases and linalg on buffers -> scf loops over vectors: a plan for each op (PhasePlan, NestPlan), and its loops
// (PhaseEmitter, PackEmitter, NestEmitter).

#include "passes/vector/NestEmitter.h"
#include "passes/Passes.h"
#include "passes/vector/PhaseEmitter.h"
#include "passes/support/Remarks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
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
      if (isa<PhaseOp, PackOp, linalg::LinalgOp>(op) && op->getNumResults() != 0)
        return op->emitError("expected buffers, found tensors: rondo-bufferize comes before");
      return WalkResult::advance();
    });
    return failure(walk.wasInterrupted());
  }

  void runOnOperation() override {
    VectorTarget target{width, registers, fma};
    if (failed(target.verify(getOperation())) || failed(expectBuffers()))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      rewriter.setInsertionPoint(copy);
      if (copy.getSource() != copy.getTarget())
        linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
    }
    SmallVector<Operation *> kernels;
    getOperation()->walk([&](Operation *op) {
      if (isa<PhaseOp, PackOp>(op))
        kernels.push_back(op);
    });
    for (Operation *op : kernels) {
      rewriter.setInsertionPoint(op);
      if (auto phase = dyn_cast<PhaseOp>(op)) {
        FailureOr<PhasePlan> plan = planPhase(phase, target);
        if (failed(plan))
          return signalPassFailure();
        reportDone(phase, "tile", [&] { return describePlan(phase, *plan); });
        emitPhase(rewriter, phase, *plan, fma);
      } else {
        emitPack(rewriter, cast<PackOp>(op), target);
      }
      rewriter.eraseOp(op);
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      FailureOr<NestPlan> plan = planNest(op, target);
      if (failed(plan))
        return signalPassFailure();
      rewriter.setInsertionPoint(op);
      emitNest(rewriter, op, *plan, fma);
      rewriter.eraseOp(op);
    }
  }
};

} // namespace
