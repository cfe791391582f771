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

std::optional<LoopLimit> rondo::limitOf(Operation *op) {
  auto values = op->getAttrOfType<DenseI64ArrayAttr>(limitAttribute);
  if (!values || values.size() != 2)
    return std::nullopt;
  return LoopLimit{unsigned(values[0]), values[1]};
}

void rondo::setLimit(Operation *op, LoopLimit limit) {
  op->setAttr(limitAttribute, DenseI64ArrayAttr::get(op->getContext(), {int64_t(limit.loop), limit.rows}));
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
