// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What reads all positions of an axis, in a function that a call may have fewer positions of than it is made for.
//
// What stands at positions from the call's number on is undefined there: it may be infinite, or none at all. So
// whatever takes several positions together first puts in place of these what changes no result: zeros in a sum, minus
// infinity in a maximum. All else computes each position from the same one, or from earlier ones.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// Whether a call may have fewer positions of the axis than the function, which is of a model that looks ahead.
bool IRGen::endsWithCall(AxisIndex axis) {
  std::optional<AxisIndex> window = graph.info.windowAxis();
  return length && !streams && axis && window && graph.info.lengthOf(axis) == *window;
}

/// The call's number of positions, as a real one.
Value IRGen::positionsAs(FloatType type, Location loc) {
  return arith::SIToFPOp::create(builder, loc, RankedTensorType::get({}, type), length);
}

/// The value with `otherwise` from the call's number of positions along the dimension on.
Value IRGen::maskBehind(Value value, int64_t dim, double otherwise, Location loc) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!withinCall) {
    Type integer = builder.getI32Type();
    auto line = RankedTensorType::get(type.getDimSize(dim), integer);
    Value position = IotaOp::create(builder, loc, line, /*dim=*/0);
    Value number = arith::TruncIOp::create(builder, loc, RankedTensorType::get({}, integer), length);
    Value end = BroadcastOp::create(builder, loc, line, number, ArrayRef<int64_t>());
    withinCall = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, position, end);
  }
  Value within = BroadcastOp::create(builder, loc, type.clone(builder.getI1Type()), withinCall, dim);
  return arith::SelectOp::create(builder, loc, within, value, constant(loc, otherwise, type));
}

/// The node's value if it is one that takes the positions of such an axis together, else null.
Value IRGen::emitOverPositions(Node *node) {
  if (!endsWithCall(node->axis))
    return {};
  Location loc = node->loc;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  auto masked = [&](Node *operand, double otherwise) {
    return maskBehind(lift(operand, operand->type), dimensionOf(node->axis, operand->type), otherwise, loc);
  };
  auto reduced = [&](ReduceKind kind, Value value) -> Value {
    return ReduceOp::create(builder, loc, tensorType(node->type), kind, value,
                            dimensionOf(node->axis, node->operands.front()->type));
  };
  switch (node->op) {
  case NodeOp::Max:
    return reduced(ReduceKind::max, masked(node->operands.front(), -infinite));
  case NodeOp::Softmax:
    return SoftmaxOp::create(builder, loc, masked(node->operands.front(), -infinite),
                             dimensionOf(node->axis, node->type));
  case NodeOp::Sum:
  case NodeOp::Mean: {
    Value sum = reduced(ReduceKind::sum, maskedTerms(node->operands.front(), node->axis));
    if (node->op == NodeOp::Sum)
      return sum;
    Value count = BroadcastOp::create(builder, loc, sum.getType(), positionsAs(element, loc), ArrayRef<int64_t>());
    return arith::DivFOp::create(builder, loc, sum, count);
  }
  case NodeOp::Last: {
    Node *operand = node->operands.front();
    ValueType type = node->type;
    type.element = ValueType::Element::Token;
    type.shape.clear();
    auto scalar = RankedTensorType::get({}, builder.getI32Type());
    Value one = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(scalar, builder.getI32IntegerAttr(1)));
    Value number = arith::TruncIOp::create(builder, loc, scalar, length);
    Value last = arith::SubIOp::create(builder, loc, number, one);
    Value positions = BroadcastOp::create(builder, loc, tensorType(type), last, ArrayRef<int64_t>());
    return gatherAlong(operand, node->axis, positions, type, node);
  }
  default:
    return {};
  }
}

/// The terms of a sum over an axis, zero behind the call's positions. Of a product each factor is, so that it is seen
/// to be a product of matrices: what is behind is zero times zero.
Value IRGen::maskedTerms(Node *terms, AxisIndex axis) {
  auto masked = [&](Node *node) {
    const Node *source = node;
    while (source->op == NodeOp::Dropout && !options.training)
      source = source->operands[0];
    if (source->op == NodeOp::Softmax && source->axis == axis) // is zero there
      return lift(node, node->type);
    return maskBehind(lift(node, node->type), dimensionOf(axis, node->type), 0, node->loc);
  };
  auto varies = [&](Node *factor) { return (factor->type.axes & setOf(axis)) && factor->op != NodeOp::Constant; };
  if (terms->op != NodeOp::Multiply || !all_of(terms->operands, varies))
    return masked(terms);
  SmallVector<Value> factors;
  for (Node *factor : terms->operands) {
    Value value = masked(factor);
    RankedTensorType type = tensorType(terms->type);
    if (value.getType() != type)
      value = BroadcastOp::create(builder, terms->loc, type, value, dimensionsIn(factor->type, terms->type));
    factors.push_back(value);
  }
  return arith::MulFOp::create(builder, terms->loc, factors[0], factors[1]);
}
