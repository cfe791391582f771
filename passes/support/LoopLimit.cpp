// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How many iterations of a nest's loop a call needs, where windows are shorter than the code is made for.

#include "passes/support/LoopLimit.h"

#include "dialect/AttributeNames.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace rondo;

SmallVector<LoopLimit> rondo::limitsOf(Operation *op) {
  auto values = op->getAttrOfType<DenseI64ArrayAttr>(limitAttribute);
  SmallVector<LoopLimit> limits;
  for (int64_t i = 0; values && i + 1 < values.size(); i += 2)
    limits.push_back({unsigned(values[i]), values[i + 1]});
  return limits;
}

std::optional<LoopLimit> rondo::limitOf(Operation *op, unsigned loop) {
  for (LoopLimit limit : limitsOf(op))
    if (limit.loop == loop)
      return limit;
  return std::nullopt;
}

void rondo::setLimits(Operation *op, ArrayRef<LoopLimit> limits) {
  SmallVector<int64_t> values;
  for (LoopLimit limit : limits)
    values.append({int64_t(limit.loop), limit.rows});
  op->setAttr(limitAttribute, DenseI64ArrayAttr::get(op->getContext(), values));
}

Value rondo::buildLength(Operation *op) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  if (!function)
    return nullptr;
  for (BlockArgument argument : function.getArguments()) {
    if (!function.getArgAttr(argument.getArgNumber(), attributeOf(Role::length)))
      continue;
    if (argument.getType().isIndex())
      return argument;
    OpBuilder b = OpBuilder::atBlockBegin(&function.getFunctionBody().front());
    Value number = memref::LoadOp::create(b, function.getLoc(), argument, ValueRange());
    return arith::IndexCastOp::create(b, function.getLoc(), b.getIndexType(), number);
  }
  return nullptr;
}

Value rondo::buildEnd(Operation *op, LoopLimit limit) {
  Value length = buildLength(op);
  if (!length || limit.rows == 1)
    return length;
  OpBuilder b(op->getContext());
  if (Operation *made = length.getDefiningOp())
    b.setInsertionPointAfter(made);
  else
    b.setInsertionPointToStart(length.getParentBlock());
  Value rows = arith::ConstantIndexOp::create(b, op->getLoc(), limit.rows);
  return arith::MulIOp::create(b, op->getLoc(), length, rows);
}

std::optional<LoopEnd> rondo::endOf(Operation *op) {
  auto end = op->getAttrOfType<DenseI64ArrayAttr>(endAttribute);
  return end ? std::optional(LoopEnd{unsigned(end[0]), unsigned(end[1])}) : std::nullopt;
}

void rondo::setEnd(Operation *op, LoopEnd end) {
  op->setAttr(endAttribute, DenseI64ArrayAttr::get(op->getContext(), {int64_t(end.loop), int64_t(end.operand)}));
}

Value rondo::buildEndAlong(Operation *op, unsigned loop) {
  if (std::optional<LoopEnd> end = endOf(op); end && end->loop == loop) {
    OpBuilder b(op);
    return arith::IndexCastOp::create(b, op->getLoc(), b.getIndexType(), op->getOperand(end->operand));
  }
  std::optional<LoopLimit> limit = limitOf(op, loop);
  return limit ? buildEnd(op, *limit) : nullptr;
}
