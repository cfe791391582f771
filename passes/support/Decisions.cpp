// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which ops decide by floating-point values.

#include "passes/support/Decisions.h"

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

static bool isFloatingPoint(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

bool rondo::isDecision(Operation *op) {
  return op->getNumRegions() == 0 && llvm::any_of(op->getOperands(), isFloatingPoint) && op->getNumResults() > 0 &&
         llvm::none_of(op->getResults(), isFloatingPoint);
}

bool rondo::movesElements(Operation *op) {
  return op->hasTrait<OpTrait::ConstantLike>() ||
         isa<BroadcastOp, tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::ConcatOp>(op);
}
