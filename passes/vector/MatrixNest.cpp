// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which nests run over matrices, row after row.

#include "passes/vector/MatrixNest.h"

#include "passes/support/LoopLimit.h"
#include "passes/support/MatrixProducts.h"
#include "passes/threads/WorkShare.h"
#include "passes/vector/VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace rondo;

bool MatrixNest::isProduct() const { return op->hasAttr(matrixProductAttribute); }

/// Whether output `number` is what is there and something more.
static bool addsToOutput(linalg::GenericOp op, unsigned number) {
  Value accumulator = op.getRegionOutputArgs()[number];
  auto add = op.getBody()->getTerminator()->getOperand(number).getDefiningOp<arith::AddFOp>();
  return add && add->getBlock() == op.getBody() && add->hasOneUse() && accumulator.hasOneUse() &&
         llvm::is_contained(add->getOperands(), accumulator);
}

/// What an output is by the loops that it varies along, if it is anything.
static std::optional<MatrixResult> resultOf(linalg::GenericOp op, unsigned number) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(number));
  unsigned loops = op.getNumLoops();
  if (map.isIdentity() && op.getRegionOutputArgs()[number].use_empty())
    return MatrixResult::Matrix;
  for (unsigned loop = 0; loop + 2 < loops; ++loop)
    if (!map.isFunctionOfDim(loop))
      return std::nullopt;
  bool alongRows = map.isFunctionOfDim(loops - 2), alongLanes = map.isFunctionOfDim(loops - 1);
  if (alongRows == alongLanes || !addsToOutput(op, number))
    return std::nullopt;
  return alongRows ? MatrixResult::Row : MatrixResult::Column;
}

/// Why an operand cannot be read or written by vectors; empty if it can.
static StringRef obstacleOf(OpOperand &operand, AffineMap map, Type element, unsigned lanes) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!map.isProjectedPermutation())
    return "an operand is not indexed by loops alone";
  if (getElementTypeOrSelf(operand.get().getType()) != element)
    return "its numbers are of several types";
  if (!type || !map.isFunctionOfDim(lanes))
    return "";
  bool isContiguous =
      map.getResults().back() == getAffineDimExpr(lanes, map.getContext()) && type.isLastDimUnitStride();
  return isContiguous ? "" : "an operand is not contiguous along the rows";
}

std::optional<MatrixNest> rondo::matrixNestOf(Operation *op, std::string &why) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || op->getNumResults() != 0 || generic.getNumLoops() < 2 || generic.getNumDpsInits() == 0)
    return std::nullopt;
  auto refuse = [&](StringRef reason) {
    why = reason;
    return std::nullopt;
  };
  MatrixNest nest{generic,
                  generic.getIndexingMapsArray(),
                  {},
                  generic.getStaticLoopRanges(),
                  getElementTypeOrSelf(generic.getDpsInits()[0].getType())};
  if (llvm::any_of(nest.sizes, ShapedType::isDynamic) || !isa<FloatType>(nest.element))
    return refuse("its sizes or numbers are of another kind");
  for (OpOperand &operand : op->getOpOperands())
    if (StringRef obstacle = obstacleOf(operand, nest.maps[operand.getOperandNumber()], nest.element, nest.getLanes());
        !obstacle.empty())
      return refuse(obstacle);
  for (unsigned number = 0; number < generic.getNumDpsInits(); ++number) {
    std::optional<MatrixResult> result = resultOf(generic, number);
    if (!result)
      return refuse("a result is neither matrices nor sums along their rows or columns");
    nest.results.push_back(*result);
  }
  if (generic.hasIndexSemantics() || callsFunctions(*generic.getBody()))
    return refuse("it computes functions or reads positions");
  bool isCut = splitAlong(op, nest.getLanes()) || limitOf(op, nest.getLanes());
  if (endOf(op) || (isCut && nest.countSums(MatrixResult::Row) != 0))
    return refuse("it ends within a row");
  return nest;
}

void rondo::planTile(MatrixPlan &plan, const Machine &machine) {
  const MatrixNest &first = plan.nests.front();
  plan.width = machine.lanesOf(first.element);
  // A vector of each row's sums stays in a register; then these are summed up side by side, which gives one vector.
  plan.rows = plan.width;
  for (const MatrixNest &nest : plan.nests)
    while (plan.rows > 1 && plan.rows * int64_t(nest.countSums(MatrixResult::Row)) > machine.accumulators())
      plan.rows /= 2;
  // No vector or tile reaches from one thread's share into another one's.
  auto fit = [&](int64_t &size, unsigned loop) {
    if (std::optional<Split> split = splitAlong(first.op, loop))
      while (split->unit % size != 0)
        size /= 2;
  };
  fit(plan.rows, first.getRows());
  fit(plan.width, first.getLanes());
}
