// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Values at other positions of an axis than their own.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// What stands at `count` positions of the shift's axis before the first one of its operand.
Value IRGen::emitFirst(Node *node, int64_t count) {
  Node *first = node->operands[1];
  RankedTensorType type = tensorType(node->type);
  SmallVector<int64_t> shape(type.getShape());
  shape[dimensionOf(node->axis, node->type)] = count;
  type = RankedTensorType::get(shape, type.getElementType());
  if (first->op == NodeOp::Constant && node->type.isReal())
    return constant(first->loc, first->number, type);
  if (first->op == NodeOp::Constant) {
    Attribute token = builder.getI32IntegerAttr(static_cast<int32_t>(first->number));
    return arith::ConstantOp::create(builder, first->loc, DenseElementsAttr::get(type, token));
  }
  return BroadcastOp::create(builder, first->loc, type, values.lookup(first), dimensionsIn(first->type, node->type));
}

/// The values of all positions but the last `index` ones, behind what stands before the first.
Value IRGen::emitShift(Node *node) {
  int64_t length = sizeOf(node->axis), steps = node->index;
  if (steps >= length)
    return emitFirst(node, length);
  Value whole = lift(node->operands[0], node->type);
  auto type = cast<RankedTensorType>(whole.getType());
  int64_t dim = dimensionOf(node->axis, node->type);
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes,
      strides(type.getRank(), builder.getIndexAttr(1));
  for (int64_t size : type.getShape())
    sizes.push_back(builder.getIndexAttr(size));
  sizes[dim] = builder.getIndexAttr(length - steps);
  Value early = tensor::ExtractSliceOp::create(builder, node->loc, whole, offsets, sizes, strides);
  return tensor::ConcatOp::create(builder, node->loc, type, dim, ValueRange{emitFirst(node, steps), early});
}

Value IRGen::emitPick(Node *node) {
  Node *position = node->operands[1];
  return gatherAlong(node->operands[0], node->operands[0]->type, node->axis, lift(position, position->type),
                     position->type, node);
}

/// The values of `from`, lifted to `type`, at those positions of the axis, tokens of type `position`.
Value IRGen::gatherAlong(Node *from, const ValueType &type, AxisIndex axis, Value positions, const ValueType &position,
                         Node *result) {
  StringRef features = StringRef("cdef").take_front(result->type.shape.size());
  std::string table = axisLetters(type.axes);
  table[dimensionOf(axis, type)] = 'p'; // the position may vary over the axis itself
  std::string spec =
      (table + features + "," + axisLetters(position.axes) + "->" + axisLetters(result->type.axes) + features).str();
  return GatherOp::create(builder, result->loc, tensorType(result->type), lift(from, type), positions,
                          builder.getStringAttr(spec));
}
