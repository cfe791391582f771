// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How a linalg op's loops are cut into vectors.

#include "passes/vector/NestPlan.h"

#include "passes/threads/WorkShare.h"
#include "passes/vector/VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace rondo;

namespace {

enum class Access { None, Contiguous, Strided };

/// How operand `index` of `op` moves when the loop `dim` advances by one.
Access accessAlong(linalg::LinalgOp op, const NestPlan &plan, unsigned index, unsigned dim) {
  AffineMap map = plan.maps[index];
  if (!map.isFunctionOfDim(dim))
    return Access::None;
  auto type = cast<MemRefType>(op->getOperand(index).getType());
  bool last = map.getResult(map.getNumResults() - 1) == getAffineDimExpr(dim, op.getContext());
  // A vector of i1 is packed into bits, a buffer of i1 is not.
  if (last && type.isLastDimUnitStride() && !type.getElementType().isInteger(1))
    return Access::Contiguous;
  return Access::Strided;
}

/// Whether all outputs combine what is there with a sum or a maximum, so that lanes may be combined at the end.
bool combinesLanes(linalg::LinalgOp op) {
  Block &body = op->getRegion(0).front();
  for (auto [value, accumulator] : llvm::zip(body.getTerminator()->getOperands(), op.getRegionOutputArgs())) {
    Operation *combiner = value.getDefiningOp();
    if (!isa_and_nonnull<arith::AddFOp, arith::MaximumFOp, arith::MaxNumFOp>(combiner) || !accumulator.hasOneUse() ||
        !llvm::is_contained(combiner->getOperands(), accumulator))
      return false;
  }
  return true;
}

/// The loop to run along the lanes: one along which the outputs are contiguous and no input is strided; else one that
/// is reduced and has the same; else an output's last, with gathers.
std::optional<unsigned> chooseLanes(linalg::LinalgOp op, const NestPlan &plan) {
  std::optional<unsigned> withGathers;
  std::optional<unsigned> reduced;
  for (int dim = plan.sizes.size() - 1; dim >= 0; --dim) {
    bool outputsFit = true, inputsFit = true, gathers = true, used = false;
    for (OpOperand &operand : op->getOpOperands()) {
      Access access = isa<MemRefType>(operand.get().getType()) ? accessAlong(op, plan, operand.getOperandNumber(), dim)
                                                               : Access::None;
      used |= access != Access::None;
      if (op.isDpsInit(&operand))
        outputsFit &= access == (plan.isReduction(dim) ? Access::None : Access::Contiguous);
      else
        inputsFit &= access != Access::Strided;
      // The llvm dialect has no gather from a buffer whose last dimension is strided, as a cut of size 1 may be.
      gathers &= access != Access::Strided || cast<MemRefType>(operand.get().getType()).isLastDimUnitStride();
    }
    if (!outputsFit || !used)
      continue;
    if (plan.isReduction(dim)) {
      if (inputsFit && !reduced && combinesLanes(op))
        reduced = dim;
    } else if (inputsFit) {
      return dim;
    } else if (gathers && !withGathers) {
      withGathers = dim;
    }
  }
  if (reduced)
    return reduced;
  // Gathers of i1 would have to know its storage.
  bool anyBits =
      llvm::any_of(op->getOperands(), [](Value v) { return getElementTypeOrSelf(v.getType()).isInteger(1); });
  return anyBits ? std::nullopt : withGathers;
}

} // namespace

FailureOr<NestPlan> rondo::planNest(linalg::LinalgOp op, const Machine &machine) {
  NestPlan plan;
  plan.sizes = op.getStaticLoopRanges();
  plan.kinds = op.getIteratorTypesArray();
  plan.maps = op.getIndexingMapsArray();
  if (llvm::any_of(plan.sizes, ShapedType::isDynamic))
    return op->emitError() << "expected loops of static size";
  for (Type type : op->getOperandTypes())
    if (!getElementTypeOrSelf(type).isIntOrFloat())
      return op->emitError() << "expected elements that are floats or integers of some bits, found " << type;
  for (AffineMap map : plan.maps)
    if (!map.isProjectedPermutation())
      return op->emitError() << "expected operands that are indexed by loops only, found " << AffineMapAttr::get(map);

  plan.lanes = chooseLanes(op, plan);
  if (!plan.lanes)
    return plan;
  Type element = getElementTypeOrSelf(op.getDpsInits()[0].getType());
  plan.width = machine.lanesOf(element);
  // No vector reaches from one thread's share into another one's.
  if (std::optional<Split> split = splitOf(op); split && split->loop == *plan.lanes)
    while (split->unit % plan.width != 0)
      plan.width /= 2;
  if (!plan.hasReduction()) {
    // Functions of f64 are calls of libm, lane by lane: vectors around them would only be taken apart.
    if (element.isF64() && callsFunctions(op->getRegion(0).front()))
      plan.width = 1;
    // Long bodies have work enough for one vector at a time; copies and sums want several loads under way.
    plan.vectors = op->getRegion(0).front().getOperations().size() <= 4 ? 4 : 1;
  } else if (plan.reducesLanes()) {
    // Each vector is a chain of additions: four of them hide what one addition waits for the one before.
    while (plan.vectors < 4 && 2 * plan.vectors * plan.width <= plan.sizes[*plan.lanes] &&
           2 * plan.vectors * op.getNumDpsInits() <= 8)
      plan.vectors *= 2;
  } else {
    plan.vectors = std::max<int64_t>(1, 8 / op.getNumDpsInits());
  }
  return plan;
}
