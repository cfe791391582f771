// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loops over the positions of a window that need not run to its end where a call has fewer.
//
// The loop of a scan with a limit ends by itself. Around it are nests over all positions, of which those before it make
// what it reads and those behind it take what it writes: PositionFinder says which.
//
// Where arguments say it, the model looks ahead, and sums over positions take nothing from those behind a call's: the
// front end has put there what changes none (frontend/IRGenBound.cpp). So they end there too, all of them: what nests
// that end early leave behind the call's positions is undefined, and its masks (CallMasks) go.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/buffer/CallMasks.h"
#include "passes/buffer/PositionFinder.h"
#include "passes/support/CopyNests.h"
#include "passes/support/Remarks.h"
#include "passes/threads/ParallelNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {
#define GEN_PASS_DEF_LIMITLOOPS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// What the iterations of a loop are for.
enum class LoopUse {
  Partial, // what is at other positions than the call's is not that of all of them, or is not known to be
  Output,  // each makes something of its own
  Sum,
};

LoopUse useOf(Operation *op, LoopLimit limit, int64_t window) {
  std::optional<ParallelNest> nest = ParallelNest::of(op);
  if (!nest || nest->extents[limit.loop] != window * limit.rows)
    return LoopUse::Partial;
  if (isa<PackOp>(op)) // the lanes of a panel's last vector are written, or repeat others
    return LoopUse::Output;
  return nest->parallel[limit.loop] ? LoopUse::Output : LoopUse::Sum;
}

/// Whether all that a nest writes are real numbers. Others may be those by which something is looked up, and must be
/// valid wherever that is done.
bool writesReals(Operation *op) {
  auto isReal = [](Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); };
  return llvm::all_of(cast<DestinationStyleOpInterface>(op).getDpsInits().getTypes(), isReal);
}

struct LimitLoops : rondo::impl::LimitLoopsBase<LimitLoops> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Value length;
    for (BlockArgument argument : function.getArguments())
      if (function.getArgAttr(argument.getArgNumber(), attributeOf(Role::length)))
        length = argument;
    if (!length)
      return;
    PositionFinder finder(function, length);
    std::optional<int64_t> window = finder.find();
    if (!window) {
      if (finder.isOfWhole())
        reportMissed(function, "limit", [] { return "runs all positions: which loops go over them is not known"; });
      return;
    }
    SmallVector<memref::CopyOp> copies;
    function.walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies)
      if (finder.knows(copy))
        makeNestOfCopy(copy);
    SmallVector<std::pair<Operation *, SmallVector<LoopLimit>>> nests;
    bool isWhole = finder.isOfWhole();
    WalkResult result = function.walk([&](Operation *op) {
      if (!isa<PhaseOp, AttendOp, linalg::LinalgOp>(op) && !(isWhole && isa<PackOp>(op)))
        return WalkResult::advance();
      SmallVector<LoopLimit> limits;
      for (LoopLimit limit : finder.loopsOf(op)) {
        LoopUse use = useOf(op, limit, *window);
        bool isSum = use == LoopUse::Sum;
        if (isWhole && (isSum || (use == LoopUse::Output && writesReals(op))))
          limits.push_back(limit);
        else if (isWhole && !isParallel(op, limit.loop))
          return WalkResult::interrupt();
        else if (!isWhole && use == LoopUse::Output && writesReals(op) && mayEndEarly(op, limit))
          limits.push_back(limit);
      }
      if (isWhole && finder.sumsAside(op, limits))
        return WalkResult::interrupt();
      if (!limits.empty())
        nests.push_back({op, limits});
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return reportMissed(function, "limit", [] { return "runs all positions: a sum over some of them has no end"; });
    SmallVector<scf::ForOp> loops;
    function.walk([&](scf::ForOp loop) {
      if (isWhole && finder.isOverPositions(loop))
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops) {
      Value end = buildLength(loop);
      OpBuilder b(loop.getContext());
      b.setInsertionPointAfter(end.getDefiningOp());
      Value most = arith::ConstantIndexOp::create(b, loop.getLoc(), *window);
      loop.setUpperBound(arith::MinUIOp::create(b, loop.getLoc(), end, most));
    }
    for (auto &[op, limits] : nests) {
      setLimits(op, limits);
      for (LoopLimit limit : limits)
        reportDone(op, "limit",
                   [&] { return "runs " + std::to_string(limit.rows) + " row(s) for each position of a call"; });
    }
    CallMasks masks(length);
    for (Operation *op : llvm::make_first_range(nests))
      masks.fold(op);
    masks.eraseUnused();
    for (BlockArgument argument : function.getArguments())
      if (!isWhole && finder.staysWithin(argument))
        function.setArgAttr(argument.getArgNumber(), withinAttribute, UnitAttr::get(&getContext()));
  }

  static bool isParallel(Operation *op, unsigned loop) {
    std::optional<ParallelNest> nest = ParallelNest::of(op);
    return nest && nest->parallel[loop];
  }

  /// Of a window: rows alone, of which a phase's last loop is none.
  static bool mayEndEarly(Operation *op, LoopLimit limit) {
    auto phase = dyn_cast<PhaseOp>(op);
    return !phase || limit.loop + 1 < phase.getNumParallel();
  }
};

} // namespace
