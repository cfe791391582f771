// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What reads all positions of an axis, where there are fewer of these than the function is made for: fewer in a call,
// or in each row of a batch, of which each ends where its sequence does.
//
// What stands at positions from the end on must reach nothing. In a call's it is undefined: it may be infinite, or none
// at all. In a row's it is finite, as inputs are zero there, states stay as they are, and what could be infinite at
// zero, or have an infinite slope, is computed from ones (beforeSlopes): so zero times it is zero, in a gradient too.
// Whatever takes several positions together first puts in place of those behind the end what changes no result: zeros
// in a sum, minus infinity in a maximum. All else computes each position from the same one, or from earlier ones.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>
#include <limits>

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// Whether a call may have fewer positions of the axis than the function, which is of a model that looks ahead.
bool IRGen::endsWithCall(AxisIndex axis) {
  std::optional<AxisIndex> window = graph.info.windowAxis();
  return length && !streams && axis && window && graph.info.lengthOf(axis) == *window;
}

/// Whether the function takes each row's length along the axis.
bool IRGen::hasRowLengths(AxisIndex axis) { return axis && lengths.count(graph.info.lengthOf(axis)); }

/// Whether each row ends along the axis at a length of its own, which the compiler leaves the rest out of.
bool IRGen::endsWithRow(AxisIndex axis) { return hasRowLengths(axis) && graph.info.isRagged(axis); }

/// Over what the number of positions along the axis varies.
AxisSet IRGen::endsOver(AxisIndex axis) { return hasRowLengths(axis) ? batchAxis : noAxes; }

/// How many positions of the axis there are: of each row, or of the call.
Value IRGen::emitEnd(AxisIndex axis, Location loc) {
  if (hasRowLengths(axis))
    return lengths.lookup(graph.info.lengthOf(axis));
  return arith::TruncIOp::create(builder, loc, RankedTensorType::get({}, builder.getI32Type()), length);
}

/// The same, or 1 of none, as real numbers of that type.
Value IRGen::emitCount(AxisIndex axis, const ValueType &type, Location loc) {
  Value end = emitEnd(axis, loc);
  auto counts = cast<RankedTensorType>(end.getType()).clone(element);
  Value count = arith::SIToFPOp::create(builder, loc, counts, end);
  if (endsWithRow(axis)) // a call has one position at least
    count = arith::MaximumFOp::create(builder, loc, count, constant(loc, 1, counts));
  ValueType own;
  own.axes = endsOver(axis);
  RankedTensorType result = tensorType(type);
  return count.getType() == result ? count
                                   : Value(BroadcastOp::create(builder, loc, result, count, dimensionsIn(own, type)));
}

/// Whether a position along the axis is before the end: [axis, batch], or [axis] where the call ends. If `orFirst`, the
/// first one is in any case, so that a maximum or softmax is over something.
Value IRGen::emitWithin(AxisIndex axis, bool orFirst, Location loc) {
  Value &within = withins[{graph.info.lengthOf(axis), orFirst && endsWithRow(axis)}];
  if (within)
    return within;
  OpBuilder::InsertionGuard guard(builder);
  if (builder.getBlock() != entry || !hasRowLengths(axis)) // what is made in a scan is seen in it alone
    builder.setInsertionPointToStart(entry);
  Value end = emitEnd(axis, loc);
  auto ends = cast<RankedTensorType>(end.getType());
  if (orFirst && endsWithRow(axis)) {
    Value one = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(ends, builder.getI32IntegerAttr(1)));
    end = arith::MaxSIOp::create(builder, loc, end, one);
  }
  SmallVector<int64_t> shape{sizeOf(axis)}, dims;
  append_range(shape, ends.getShape());
  append_range(dims, seq<int64_t>(1, static_cast<int64_t>(shape.size())));
  auto positions = RankedTensorType::get(shape, builder.getI32Type());
  Value position = IotaOp::create(builder, loc, positions, /*dim=*/0);
  end = BroadcastOp::create(builder, loc, positions, end, dims);
  return within = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, position, end);
}

/// A condition that varies over `axes`, of each element of a value of that type, which along other axes may have more
/// positions: those before a cut.
Value IRGen::liftCondition(Value condition, AxisSet axes, Value value, const ValueType &type) {
  ValueType own;
  own.axes = axes;
  auto conditions = cast<RankedTensorType>(value.getType()).clone(builder.getI1Type());
  if (condition.getType() == conditions)
    return condition;
  return BroadcastOp::create(builder, condition.getLoc(), conditions, condition, dimensionsIn(own, type));
}

/// `value` where the condition holds, which varies over `axes`, else that number.
Value IRGen::selectWhere(Value condition, AxisSet axes, Value value, const ValueType &type, double otherwise,
                         Location loc) {
  condition = liftCondition(condition, axes, value, type);
  Value other = constant(loc, otherwise, cast<RankedTensorType>(value.getType()));
  return arith::SelectOp::create(builder, loc, condition, value, other);
}

/// The value with `otherwise` at positions of the axis behind the end. If these are the rows' it varies over the batch.
Value IRGen::maskBehind(Value value, const ValueType &type, AxisIndex axis, double otherwise, Location loc) {
  bool orFirst = std::isinf(otherwise);
  Value within = emitWithin(axis, orFirst, loc);
  OpBuilder::InsertionGuard guard(builder);
  if (!hasRowLengths(axis)) {
    // Where the value is made, so that a product has its mask in its pointwise part, as it has its bias.
    bool isInput = isa<BlockArgument>(value) && value.getParentBlock() == entry;
    builder.setInsertionPointAfterValue(isInput ? within : value);
  }
  return selectWhere(within, setOf(axis) | endsOver(axis), value, type, otherwise, loc);
}

/// Zero where a row has no position at all.
Value IRGen::zeroOfNone(Value value, const ValueType &type, AxisIndex axis, Location loc) {
  if (!endsWithRow(axis))
    return value;
  Value end = emitEnd(axis, loc), none = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(end.getType()));
  Value some = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt, end, none);
  return selectWhere(some, batchAxis, value, type, 0, loc);
}

/// Real inputs and targets, of which nothing behind the end of a row is read.
void IRGen::maskPorts() {
  for (ArrayRef<Node *> nodes : {ArrayRef(inputs), ArrayRef(targets)})
    for (Node *node : nodes)
      for (AxisIndex axis : dimensionsOf(node->type.axes))
        if (endsWithRow(axis) && node->type.isReal())
          values[node] = maskBehind(values[node], node->type, axis, 0, node->loc);
}

/// Whether a node computes from its operand `i` what may be infinite, or have an infinite slope, though that is finite.
static bool isSteep(const Node &node, unsigned i) {
  switch (node.op) {
  case NodeOp::Exp:
  case NodeOp::Log:
  case NodeOp::Log1p:
  case NodeOp::Sqrt:
  case NodeOp::Power:
    return true;
  case NodeOp::Divide:
    return i == 1;
  default:
    return false;
  }
}

/// The operand's value of a pointwise node, with ones behind the ends of rows where the node may be infinite.
Value IRGen::beforeSlopes(Node *node, unsigned i, Value value) {
  Node *operand = node->operands[i];
  if (!isSteep(*node, i) || operand->op == NodeOp::Constant || !(node->type.axes & batchAxis))
    return value;
  ValueType type = node->type;
  for (AxisIndex axis : dimensionsOf(operand->type.axes))
    if (endsWithRow(axis))
      value = maskBehind(value, type, axis, 1, node->loc);
  for (const Scan *scan = operand->region; scan; scan = scan->parent)
    if (Value within = scanWithins.lookup(scan))
      value = selectWhere(within, batchAxis, value, type, 1, node->loc);
  return value;
}

/// The node's value if it is one that takes the positions of such an axis together, else null.
Value IRGen::emitOverPositions(Node *node) {
  AxisIndex axis = node->axis;
  bool isOver = node->op == NodeOp::Max || node->op == NodeOp::Softmax || node->op == NodeOp::Sum ||
                node->op == NodeOp::Mean || node->op == NodeOp::Last;
  if (!isOver || !(endsWithCall(axis) || endsWithRow(axis)))
    return {};
  Location loc = node->loc;
  Node *operand = node->operands.front();
  ValueType type = operand->type;
  type.axes |= node->type.axes & batchAxis; // over which a ragged axis ends, also where each call has one length
  int64_t dim = dimensionOf(axis, type);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  auto reduced = [&](ReduceKind kind, Value value) -> Value {
    return ReduceOp::create(builder, loc, tensorType(node->type), kind, value, dim);
  };
  switch (node->op) {
  case NodeOp::Max:
    return zeroOfNone(reduced(ReduceKind::max, maskBehind(lift(operand, type), type, axis, -infinite, loc)), node->type,
                      axis, loc);
  case NodeOp::Softmax: {
    Value masked = maskBehind(lift(operand, type), type, axis, -infinite, loc);
    return zeroOfNone(SoftmaxOp::create(builder, loc, masked, dim), type, axis, loc);
  }
  case NodeOp::Sum:
  case NodeOp::Mean: {
    Value sum = reduced(ReduceKind::sum, maskedTerms(operand, type, axis));
    if (node->op == NodeOp::Sum)
      return sum;
    return arith::DivFOp::create(builder, loc, sum, emitCount(axis, node->type, loc));
  }
  default:
    return emitLastWithin(node, type);
  }
}

/// The value at the last position before the end.
Value IRGen::emitLastWithin(Node *node, const ValueType &from) {
  Location loc = node->loc;
  ValueType type = node->type;
  type.element = ValueType::Element::Token;
  type.shape.clear();
  Value end = emitEnd(node->axis, loc);
  auto ends = cast<RankedTensorType>(end.getType());
  auto number = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(ends, builder.getI32IntegerAttr(value)));
  };
  Value last = arith::SubIOp::create(builder, loc, end, number(1));
  if (endsWithRow(node->axis))
    last = arith::MaxSIOp::create(builder, loc, last, number(0));
  ValueType own;
  own.axes = endsOver(node->axis);
  if (last.getType() != tensorType(type))
    last = BroadcastOp::create(builder, loc, tensorType(type), last, dimensionsIn(own, type));
  return zeroOfNone(gatherAlong(node->operands.front(), from, node->axis, last, type, node), node->type, node->axis,
                    loc);
}

/// The terms of a sum over an axis, of that type, zero behind the end. Of a product each factor is, so that it is seen
/// to be a product of matrices, and what is behind is zero times zero; where rows end one suffices, as the others are
/// finite.
Value IRGen::maskedTerms(Node *terms, const ValueType &type, AxisIndex axis) {
  auto isZeroBehind = [&](Node *node) {
    while (node->op == NodeOp::Dropout && !options.training)
      node = node->operands[0];
    return node->op == NodeOp::Softmax && node->axis == axis;
  };
  auto masked = [&](Node *node, const ValueType &own) {
    Value value = lift(node, own);
    return isZeroBehind(node) ? value : maskBehind(value, own, axis, 0, node->loc);
  };
  auto varies = [&](Node *factor) { return (factor->type.axes & setOf(axis)) && factor->op != NodeOp::Constant; };
  if (terms->op != NodeOp::Multiply || !all_of(terms->operands, varies))
    return masked(terms, type);
  // The softmax, or the one with fewer elements.
  unsigned clean = 0;
  if (!isZeroBehind(terms->operands[0]) &&
      (isZeroBehind(terms->operands[1]) ||
       terms->operands[1]->type.shape.size() < terms->operands[0]->type.shape.size()))
    clean = 1;
  SmallVector<Value> factors;
  for (auto [i, factor] : enumerate(terms->operands)) {
    bool isMasked = !endsWithRow(axis) || i == clean;
    ValueType own = factor->type;
    own.axes |= isMasked ? endsOver(axis) : noAxes;
    Value value = isMasked ? masked(factor, own) : lift(factor, own);
    RankedTensorType result = tensorType(type);
    if (value.getType() != result)
      value = BroadcastOp::create(builder, terms->loc, result, value, dimensionsIn(own, type));
    factors.push_back(value);
  }
  return arith::MulFOp::create(builder, terms->loc, factors[0], factors[1]);
}
