// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of a phase decides whether it takes a pointwise part, how its sums are computed and what it may overwrite.

#include "passes/support/PhaseShape.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace rondo;

bool rondo::isPointwiseBody(Block &body) {
  return llvm::all_of(body.without_terminator(), [](Operation &op) {
    return op.getNumResults() == 1 && op.getNumRegions() == 0 && op.getResult(0).getType().isIntOrIndexOrFloat() &&
           (op.hasTrait<OpTrait::ConstantLike>() || OpTrait::hasElementwiseMappableTraits(&op));
  });
}

bool rondo::yieldsSums(PhaseOp op) {
  OperandRange yielded = op.getEpilogue().front().getTerminator()->getOperands();
  return llvm::equal(yielded, op.getEpilogue().getArguments().take_front(op.getNumSums()));
}

bool rondo::hasSumsLongerThan(PhaseOp op, int64_t terms) {
  ArrayRef<int64_t> points = op.getBounds().take_front(op.getNumParallel());
  return ShapedType::getNumElements(op.getBounds().drop_front(points.size())) > terms &&
         ShapedType::getNumElements(points.drop_back()) > 16;
}

bool rondo::readsAtWrittenPoint(OpOperand &use) {
  unsigned number = use.getOperandNumber();
  if (auto phase = dyn_cast<PhaseOp>(use.getOwner()))
    return number >= phase.getInputs().size() || phase.readsAtPoint(number); // outputs are only written
  auto op = dyn_cast<linalg::LinalgOp>(use.getOwner());
  return op && op.getNumReductionLoops() == 0 && op.getMatchingIndexingMap(&use).isIdentity();
}
