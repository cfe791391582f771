// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is computed over several axes, of which the batch may be one, and what an update gives to buffers.
//
// A sequence counts at the positions before its ends alone, and where no such position is one of the value's, if it has
// any: what nothing is there for is zero.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// What says of the elements of a value of that type, at the node's place, whether they count over these axes.
SmallVector<IRGen::Condition, 2> IRGen::conditionsOf(const Node &node, const ValueType &type, AxisSet pooled) {
  SmallVector<Condition, 2> conditions;
  bool ofBatch = pooled & batchAxis;
  for (AxisIndex axis : dimensionsOf(type.axes))
    if (endsWithCall(axis) ? bool(pooled & setOf(axis)) : endsWithRow(axis) && (ofBatch || (pooled & setOf(axis))))
      conditions.push_back({emitWithin(axis, /*orFirst=*/false, node.loc), setOf(axis) | endsOver(axis)});
  if (!ofBatch)
    return conditions;
  std::optional<AxisIndex> window = graph.info.windowAxis();
  bool isWithin = window && (type.axes & setOf(*window));
  for (const Scan *scan = node.region; scan; scan = scan->parent) {
    isWithin |= window && scan->axis == *window;
    if (Value within = scanWithins.lookup(scan))
      conditions.push_back({within, batchAxis});
  }
  if (window && !isWithin && endsWithRow(*window)) { // a sequence without any position
    Value end = emitEnd(*window, node.loc);
    Value none = arith::ConstantOp::create(builder, node.loc, builder.getZeroAttr(end.getType()));
    conditions.push_back({arith::CmpIOp::create(builder, node.loc, arith::CmpIPredicate::sgt, end, none), batchAxis});
  }
  return conditions;
}

/// The value where all conditions hold, else that number.
Value IRGen::emitWhere(ArrayRef<Condition> conditions, Value value, const ValueType &type, double otherwise,
                       Location loc) {
  for (const Condition &condition : conditions)
    value = selectWhere(condition.value, condition.axes, value, type, otherwise, loc);
  return value;
}

Value IRGen::reduceOver(ReduceKind kind, Value value, const ValueType &type, AxisSet pooled, Location loc) {
  SmallVector<int64_t> dims;
  for (auto [dim, axis] : enumerate(dimensionsOf(type.axes)))
    if (pooled & setOf(axis))
      dims.push_back(dim);
  ValueType result = type;
  result.axes &= ~pooled;
  return ReduceOp::create(builder, loc, tensorType(result), kind, value, dims);
}

/// How many elements count, for each feature and over the axes that remain.
Value IRGen::emitThere(ArrayRef<Condition> conditions, const ValueType &type, AxisSet pooled, Location loc) {
  ValueType numbers = type, result = type;
  numbers.shape.clear();
  Value ones = emitWhere(conditions, constant(loc, 1, tensorType(numbers)), numbers, 0, loc);
  Value count = reduceOver(ReduceKind::sum, ones, numbers, pooled, loc);
  numbers.axes &= ~pooled;
  result.axes &= ~pooled;
  RankedTensorType whole = tensorType(result);
  return count.getType() == whole
             ? count
             : Value(BroadcastOp::create(builder, loc, whole, count, dimensionsIn(numbers, result)));
}

Value IRGen::emitPool(Node *node) {
  Location loc = node->loc;
  ValueType type = node->type;
  type.axes |= node->pooled;
  SmallVector<Condition, 2> conditions = conditionsOf(*node, type, node->pooled);
  Node *operand = node->operands.front();
  if (conditions.empty() && operand->op == NodeOp::Constant) { // how many there are is known
    double count = 1;
    for (AxisIndex axis : dimensionsOf(node->pooled))
      count *= static_cast<double>(sizeOf(axis));
    return constant(loc, operand->number * (node->pooling == NodeOp::Sum ? count : 1), tensorType(node->type));
  }
  Value value = lift(operand, type);
  if (conditions.empty()) {
    ReduceKind kind = node->pooling == NodeOp::Sum    ? ReduceKind::sum
                      : node->pooling == NodeOp::Mean ? ReduceKind::mean
                                                      : ReduceKind::max;
    return reduceOver(kind, value, type, node->pooled, loc);
  }
  constexpr double infinite = std::numeric_limits<double>::infinity();
  bool isMax = node->pooling == NodeOp::Max;
  value = reduceOver(isMax ? ReduceKind::max : ReduceKind::sum,
                     emitWhere(conditions, value, type, isMax ? -infinite : 0, loc), type, node->pooled, loc);
  if (node->pooling == NodeOp::Sum)
    return value;
  Value count = emitThere(conditions, type, node->pooled, loc);
  auto numbers = cast<RankedTensorType>(count.getType());
  if (!isMax)
    return arith::DivFOp::create(builder, loc, value,
                                 arith::MaximumFOp::create(builder, loc, count, constant(loc, 1, numbers)));
  Value none = constant(loc, 0, numbers);
  Value some = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, count, none);
  return arith::SelectOp::create(builder, loc, some, value, none);
}

/// What an update gives to a buffer: the mean of a value over all axes, in which each position counts for each sequence
/// that has it; the buffer itself where there is none.
Value IRGen::emitPrimed(const Prime &prime) {
  Node *node = prime.value, *buffer = graph.parameters[prime.parameter];
  Location loc = node->loc;
  ValueType type = buffer->type;
  type.axes = node->type.axes;
  if (!type.axes)
    return lift(node, type);
  bool areRagged = any_of(dimensionsOf(type.axes), [&](AxisIndex axis) { return endsWithRow(axis); });
  type.axes |= areRagged ? batchAxis : noAxes;
  AxisSet all = type.axes;
  SmallVector<Condition, 2> conditions = conditionsOf(*node, type, all);
  if (conditions.empty())
    return reduceOver(ReduceKind::mean, lift(node, type), type, all, loc);
  Value sum = reduceOver(ReduceKind::sum, emitWhere(conditions, lift(node, type), type, 0, loc), type, all, loc);
  Value count = emitThere(conditions, type, all, loc);
  auto numbers = cast<RankedTensorType>(count.getType());
  Value mean = arith::DivFOp::create(builder, loc, sum,
                                     arith::MaximumFOp::create(builder, loc, count, constant(loc, 1, numbers)));
  Value some = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, count, constant(loc, 0, numbers));
  return arith::SelectOp::create(builder, loc, some, mean, values.lookup(buffer));
}
