// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reverse-mode differentiation of straight-line code.

#include "passes/training/ReverseMode.h"

#include "passes/support/TensorBuilder.h"
#include "passes/training/DerivativeRules.h"
#include "passes/training/ScanAdjoint.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;

void ReverseMode::accumulate(OpBuilder &builder, Value value, Value contribution) {
  if (!activity.isActive(value))
    return;
  Value &sum = cotangents[value];
  sum = sum ? TensorBuilder(builder, contribution.getLoc()).add(sum, contribution) : contribution;
}

Value ReverseMode::cotangentOrZero(OpBuilder &builder, Value value) const {
  Value known = cotangent(value);
  return known ? known : TensorBuilder(builder, value.getLoc()).zero(value.getType());
}

LogicalResult ReverseMode::reverse(ArrayRef<Operation *> ops, OpBuilder &builder) {
  for (Operation *op : llvm::reverse(ops)) {
    if (llvm::none_of(op->getResults(), [&](Value result) { return cotangent(result); }))
      continue;
    auto scan = dyn_cast<ScanOp>(op);
    if (failed(scan ? buildScanAdjoint(scan, *this, activity, builder) : reverseOp(op, builder)))
      return failure();
  }
  return success();
}

LogicalResult ReverseMode::reverseOp(Operation *op, OpBuilder &builder) {
  SmallVector<Value> given;
  for (Value result : op->getResults())
    given.push_back(cotangent(result));
  auto rule = dyn_cast<DifferentiableOpInterface>(op);
  if (!rule)
    return op->emitOpError() << "has no derivative rule";
  return rule.buildAdjoint(builder, given, [&](unsigned number, Value contribution) {
    if (second && isa<arith::MulFOp>(op) && !matchPattern(op->getOperand(1 - number), m_Constant())) {
      auto ignore = [](unsigned, Value) {};
      contribution = Adjoint(builder, op->getLoc(), given, ignore).whereAsked(contribution);
    }
    accumulate(builder, op->getOperand(number), contribution);
  });
}
