// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Neighbouring loops that run over contiguous memory become one: parallel loops of a phase, and all those of a sum.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/threads/WorkShare.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_JOINLOOPS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// The dimension of `map`'s operand that `loop` indexes alone, if there is one.
std::optional<unsigned> dimensionOf(AffineMap map, unsigned loop) {
  AffineExpr dim = getAffineDimExpr(loop, map.getContext());
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (expr == dim)
      return i;
  return std::nullopt;
}

/// The grouping of `rank` dimensions that joins `first` with the one behind it.
SmallVector<ReassociationIndices> groupingOf(unsigned rank, unsigned first) {
  SmallVector<ReassociationIndices> groups;
  for (unsigned i = 0; i < rank; ++i)
    if (i == first + 1)
      groups.back().push_back(i);
    else
      groups.push_back({int64_t(i)});
  return groups;
}

/// Whether `loop` and the one behind it, of `extent` iterations, index neighbouring, contiguous dimensions of an
/// operand, or nothing of it.
bool canJoin(Value operand, AffineMap map, unsigned loop, int64_t extent) {
  if (!map.isFunctionOfDim(loop) && !map.isFunctionOfDim(loop + 1))
    return true;
  std::optional<unsigned> first = dimensionOf(map, loop), second = dimensionOf(map, loop + 1);
  auto indexed = llvm::count_if(
      map.getResults(), [&](AffineExpr expr) { return expr.isFunctionOfDim(loop) || expr.isFunctionOfDim(loop + 1); });
  auto type = dyn_cast<MemRefType>(operand.getType());
  return first && second && *second == *first + 1 && indexed == 2 && type &&
         type.getDimSize(*second) == extent && // else there are gaps
         memref::CollapseShapeOp::isGuaranteedCollapsible(type, groupingOf(type.getRank(), *first));
}

/// The operands and their maps after `loop`, of `loops`, and the one behind it have become one.
struct Joined {
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;

  Joined(OpBuilder &b, Operation *op, ArrayRef<AffineMap> before, unsigned loop, unsigned loops) {
    SmallVector<AffineExpr> renamed;
    for (unsigned i = 0; i < loops; ++i)
      renamed.push_back(b.getAffineDimExpr(i > loop ? i - 1 : i));
    for (auto [operand, map] : llvm::zip(op->getOperands(), before)) {
      operands.push_back(operand);
      SmallVector<AffineExpr> results(map.getResults());
      if (std::optional<unsigned> first = dimensionOf(map, loop)) {
        operands.back() =
            memref::CollapseShapeOp::create(b, op->getLoc(), operand, groupingOf(map.getNumResults(), *first));
        results.erase(results.begin() + *first + 1);
      }
      maps.push_back(
          AffineMap::get(loops, 0, results, b.getContext()).replaceDimsAndSymbols(renamed, {}, loops - 1, 0));
    }
  }
};

/// The phase with the loop behind `loop` joined to it.
PhaseOp join(IRRewriter &rewriter, PhaseOp op, ArrayRef<AffineMap> maps, unsigned loop) {
  rewriter.setInsertionPoint(op);
  SmallVector<int64_t> bounds(op.getBounds());
  Joined joined(rewriter, op, maps, loop, bounds.size());
  bounds[loop] *= bounds[loop + 1];
  bounds.erase(bounds.begin() + loop + 1);
  size_t inputs = op.getInputs().size();
  auto result =
      PhaseOp::create(rewriter, op.getLoc(), TypeRange(), bounds, op.getParallel() - 1,
                      ArrayRef(joined.operands).take_front(inputs), ArrayRef(joined.operands).drop_front(inputs),
                      rewriter.getAffineMapArrayAttr(joined.maps), op.getDescending(), op.getAccumulate());
  result.getSums().takeBody(op.getSums());
  result.getEpilogue().takeBody(op.getEpilogue());
  rewriter.eraseOp(op);
  return result;
}

void joinRows(IRRewriter &rewriter, PhaseOp op) {
  // The last parallel loop runs along the lanes.
  for (unsigned loop = 0; loop + 2 < op.getNumParallel();) {
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      maps.push_back(op.getMap(i));
    if (llvm::all_of(llvm::zip(op->getOperands(), maps), [&](auto pair) {
          return canJoin(std::get<0>(pair), std::get<1>(pair), loop, op.getBounds()[loop + 1]);
        }))
      op = join(rewriter, op, maps, loop);
    else
      ++loop;
  }
}

/// Joins loops that are all reduced, as those of a loss over time and batch: vectors then run along both.
void joinSum(IRRewriter &rewriter, linalg::GenericOp op) {
  for (unsigned loop = 0; loop + 1 < op.getNumLoops();) {
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    int64_t extent = op.getStaticLoopRanges()[loop + 1];
    if (!llvm::all_of(llvm::zip(op->getOperands(), maps),
                      [&](auto pair) { return canJoin(std::get<0>(pair), std::get<1>(pair), loop, extent); })) {
      ++loop;
      continue;
    }
    rewriter.setInsertionPoint(op);
    Joined joined(rewriter, op, maps, loop, op.getNumLoops());
    SmallVector<utils::IteratorType> kinds(op.getNumLoops() - 1, utils::IteratorType::reduction);
    size_t inputs = op.getNumDpsInputs();
    auto result =
        linalg::GenericOp::create(rewriter, op.getLoc(), TypeRange(), ArrayRef(joined.operands).take_front(inputs),
                                  ArrayRef(joined.operands).drop_front(inputs), joined.maps, kinds);
    result.getRegion().takeBody(op.getRegion());
    rewriter.eraseOp(op);
    op = result;
  }
}

struct JoinLoops : rondo::impl::JoinLoopsBase<JoinLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<PhaseOp> phases;
    SmallVector<linalg::GenericOp> sums;
    getOperation()->walk([&](Operation *op) {
      if (op->getNumResults() != 0 || splitOf(op)) // A split counts the loops as they are.
        return;
      if (auto phase = dyn_cast<PhaseOp>(op))
        phases.push_back(phase);
      else if (auto generic = dyn_cast<linalg::GenericOp>(op);
               generic && generic.getNumReductionLoops() == generic.getNumLoops() && !generic.hasIndexSemantics() &&
               llvm::none_of(generic.getStaticLoopRanges(), ShapedType::isDynamic))
        sums.push_back(generic);
    });
    for (PhaseOp op : phases)
      joinRows(rewriter, op);
    for (linalg::GenericOp op : sums)
      joinSum(rewriter, op);
  }
};

} // namespace
