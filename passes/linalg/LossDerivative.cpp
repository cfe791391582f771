// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "passes/linalg/LossDerivative.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

/// Moves what `value` is computed of, as far as it stands behind `op`, before it. False where it needs `op` itself.
static bool moveBefore(Value value, Operation *op) {
  Operation *producer = value.getDefiningOp();
  if (!producer || producer->getBlock() != op->getBlock() || producer->isBeforeInBlock(op))
    return true;
  if (producer == op || producer->getNumRegions() > 0 || !isMemoryEffectFree(producer))
    return false;
  for (Value operand : producer->getOperands())
    if (!moveBefore(operand, op))
      return false;
  producer->moveBefore(op);
  return true;
}

std::optional<LossDerivative> LossDerivative::find(CrossEntropyOp op) {
  for (Operation *user : op.getLogits().getUsers()) {
    auto softmax = dyn_cast<SoftmaxOp>(user);
    if (!softmax || int64_t(softmax.getDim()) != softmax.getType().getRank() - 1 ||
        softmax->getBlock() != op->getBlock() || !softmax->hasOneUse())
      continue;
    auto difference = dyn_cast<arith::SubFOp>(*softmax->user_begin());
    auto oneHot = difference ? difference.getRhs().getDefiningOp<OneHotOp>() : OneHotOp();
    if (!oneHot || oneHot.getTokens() != op.getTokens() || difference.getLhs() != softmax.getResult() ||
        !difference->hasOneUse())
      continue;
    auto product = dyn_cast<arith::MulFOp>(*difference->user_begin());
    if (!product || product->getBlock() != op->getBlock())
      continue;
    Value factor = product.getLhs() == difference.getResult() ? product.getRhs() : product.getLhs();
    SplatElementsAttr splat;
    if (matchPattern(factor, m_Constant(&splat)))
      return LossDerivative{softmax, difference, product, {}, splat.getSplatValue<FloatAttr>()};
    auto broadcast = factor.getDefiningOp<BroadcastOp>();
    if (broadcast && broadcast.getOperand().getType().getShape() == op.getType().getShape() &&
        llvm::equal(broadcast.getDims(), llvm::seq<int64_t>(0, op.getType().getRank())) &&
        moveBefore(broadcast.getOperand(), op))
      return LossDerivative{softmax, difference, product, broadcast.getOperand(), {}};
  }
  return std::nullopt;
}

void LossDerivative::replaceBy(Value value) {
  auto oneHot = difference.getRhs().getDefiningOp<OneHotOp>();
  if (value)
    product.replaceAllUsesWith(value);
  for (Operation *op : {product.getOperation(), difference.getOperation(), softmax.getOperation()})
    op->erase();
  if (oneHot->use_empty())
    oneHot->erase();
}
