// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Neighbouring parallel loops of a phase that run over contiguous memory become one loop.

#include "passes/Passes.h"
#include "passes/vector/PhasePlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
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

/// Whether `loop` and the one behind it index neighbouring, contiguous dimensions of the operand, or nothing of it.
bool canJoin(PhaseOp op, unsigned operand, unsigned loop) {
  AffineMap map = op.getMap(operand);
  if (!map.isFunctionOfDim(loop) && !map.isFunctionOfDim(loop + 1))
    return true;
  std::optional<unsigned> first = dimensionOf(map, loop), second = dimensionOf(map, loop + 1);
  auto indexed = llvm::count_if(map.getResults(), [&](AffineExpr expr) {
    return expr.isFunctionOfDim(loop) || expr.isFunctionOfDim(loop + 1);
  });
  auto type = dyn_cast<MemRefType>(op->getOperand(operand).getType());
  return first && second && *second == *first + 1 && indexed == 2 && type &&
         type.getDimSize(*second) == op.getBounds()[loop + 1] && // else there are gaps
         memref::CollapseShapeOp::isGuaranteedCollapsible(type, groupingOf(type.getRank(), *first));
}

/// The phase with the loop behind `loop` joined to it.
PhaseOp join(IRRewriter &rewriter, PhaseOp op, unsigned loop) {
  rewriter.setInsertionPoint(op);
  SmallVector<int64_t> bounds(op.getBounds());
  bounds[loop] *= bounds[loop + 1];
  bounds.erase(bounds.begin() + loop + 1);
  SmallVector<AffineExpr> renamed;
  for (unsigned i = 0; i < op.getBounds().size(); ++i)
    renamed.push_back(rewriter.getAffineDimExpr(i > loop ? i - 1 : i));
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (unsigned i = 0; i < op->getNumOperands(); ++i) {
    Value operand = op->getOperand(i);
    AffineMap map = op.getMap(i);
    SmallVector<AffineExpr> results(map.getResults());
    if (std::optional<unsigned> first = dimensionOf(map, loop)) {
      operand =
          memref::CollapseShapeOp::create(rewriter, op.getLoc(), operand, groupingOf(map.getNumResults(), *first));
      results.erase(results.begin() + *first + 1);
    }
    operands.push_back(operand);
    map = AffineMap::get(map.getNumDims(), 0, results, rewriter.getContext());
    maps.push_back(map.replaceDimsAndSymbols(renamed, {}, bounds.size(), 0));
  }
  size_t inputs = op.getInputs().size();
  auto joined = PhaseOp::create(rewriter, op.getLoc(), TypeRange(), bounds, op.getParallel() - 1,
                                ArrayRef(operands).take_front(inputs), ArrayRef(operands).drop_front(inputs),
                                rewriter.getAffineMapArrayAttr(maps));
  joined.getSums().takeBody(op.getSums());
  joined.getFinish().takeBody(op.getFinish());
  rewriter.eraseOp(op);
  return joined;
}

struct JoinLoops : rondo::impl::JoinLoopsBase<JoinLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<PhaseOp> phases;
    getOperation()->walk([&](PhaseOp op) {
      if (op.getNumResults() == 0 && !splitOf(op)) // A split counts the loops as they are.
        phases.push_back(op);
    });
    for (PhaseOp op : phases)
      // The last parallel loop runs along the lanes.
      for (unsigned loop = 0; loop + 2 < op.getNumParallel();)
        if (llvm::all_of(llvm::seq<unsigned>(0, op->getNumOperands()),
                         [&](unsigned operand) { return canJoin(op, operand, loop); }))
          op = join(rewriter, op, loop);
        else
          ++loop;
  }
};

} // namespace
