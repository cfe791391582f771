// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Values at other positions of an axis than their own.

#include "frontend/IRGen.h"

#include "dialect/AppendOps.h"
#include "dialect/HistoryAttribute.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// The axis that is cut into windows, if states go over the cuts.
std::optional<AxisIndex> IRGen::cutAxis() const { return streams ? graph.info.windowAxis() : std::nullopt; }

/// Whether a state holds what the shift or window reads before a cut.
bool IRGen::carries(const Node &node) const { return cutAxis() && pastOf(node, *cutAxis()) > 0; }

/// What a shift or window reads, behind what lies before a cut: real numbers, also of tokens, as all states are.
Value IRGen::emitHistory(Node *node) {
  Value &whole = histories[node];
  if (whole)
    return whole;
  bool isShift = node->op == NodeOp::Shift;
  Node *read = (isShift ? node : windowsWithin(node, cutAxis()).back())->operands.front();
  ValueType type = isShift ? node->type : read->type;
  Value value = lift(read, type);
  int64_t dim = dimensionOf(*cutAxis(), type), past = pastOf(*node, *cutAxis());
  auto isOf = cast<RankedTensorType>(value.getType()).clone(element);
  if (!type.isReal())
    value = arith::SIToFPOp::create(builder, node->loc, isOf, value);
  SmallVector<int64_t> shape(isOf.getShape());
  shape[dim] = past;
  Value before = !isShift        ? constant(node->loc, node->window->value, isOf.clone(shape))
                 : type.isReal() ? emitFirst(node, past)
                                 : constant(node->loc, node->operands[1]->number, isOf.clone(shape));
  auto concat = tensor::ConcatOp::create(builder, node->loc, dim, ValueRange{before, value});
  concat->setAttr(historyAttribute, builder.getStringAttr(node->path));
  return whole = concat;
}

/// Tokens that real numbers of a state say: 0 where one says none, as what is looked up must be there.
Value IRGen::tokensOf(Value numbers, Node *node) {
  Location loc = node->loc;
  auto type = cast<RankedTensorType>(numbers.getType());
  Value zero = constant(loc, 0, type), last = constant(loc, static_cast<double>(node->type.vocab - 1), type);
  for (auto [predicate, bound] :
       {std::pair(arith::CmpFPredicate::OGE, zero), std::pair(arith::CmpFPredicate::OLE, last)}) {
    Value isWithin = arith::CmpFOp::create(builder, loc, predicate, numbers, bound);
    numbers = arith::SelectOp::create(builder, loc, isWithin, numbers, zero);
  }
  return arith::FPToSIOp::create(builder, loc, type.clone(builder.getI32Type()), numbers);
}

/// The operand's values, of that type, at all positions so far, each in its slot: real numbers, as all states are.
Value IRGen::emitSlots(Node *node, const ValueType &type) {
  Location loc = node->loc;
  Value window = lift(node->operands.front(), type);
  int64_t dim = dimensionOf(node->source, type);
  auto windowType = cast<RankedTensorType>(window.getType()).clone(element);
  if (!type.isReal())
    window = arith::SIToFPOp::create(builder, loc, windowType, window);
  SmallVector<int64_t> shape(windowType.getShape());
  shape[dim] = sizeOf(node->axis);
  Value slots = constant(loc, 0, windowType.clone(shape));
  auto append = AppendOp::create(builder, loc, TypeRange(slots.getType()), window, /*first=*/Value(), slots, dim,
                                 dimensionOf(0, type));
  append->setAttr(historyAttribute, builder.getStringAttr(node->path));
  append->setAttr(attributeOf(Role::position), builder.getUnitAttr());
  Value result = append.getResults().front();
  return type.isReal() ? result : tokensOf(result, node);
}

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
  int64_t length = sizeOf(node->axis), steps = node->index, dim = dimensionOf(node->axis, node->type);
  bool isCarried = carries(*node);
  if (!isCarried && steps >= length)
    return emitFirst(node, length);
  Value whole = isCarried ? emitHistory(node) : lift(node->operands[0], node->type);
  auto type = cast<RankedTensorType>(whole.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes,
      strides(type.getRank(), builder.getIndexAttr(1));
  for (int64_t size : type.getShape())
    sizes.push_back(builder.getIndexAttr(size));
  sizes[dim] = builder.getIndexAttr(isCarried ? length : length - steps);
  Value early = tensor::ExtractSliceOp::create(builder, node->loc, whole, offsets, sizes, strides);
  if (!isCarried)
    return tensor::ConcatOp::create(builder, node->loc, type, dim, ValueRange{emitFirst(node, steps), early});
  return node->type.isReal() ? early : tokensOf(early, node);
}

Value IRGen::emitPick(Node *node) {
  Node *from = node->operands[0], *position = node->operands[1];
  if (!node->axis)
    return gatherFeature(from, position, node);
  return gatherAlong(from, from->type, node->axis, lift(position, position->type), position->type, node);
}

/// Of the last feature dimension of `from` the features that are the tokens' numbers.
Value IRGen::gatherFeature(Node *from, Node *tokens, Node *result) {
  std::string features = StringRef("cdef").take_front(result->type.shape.size()).str();
  std::string spec = axisLetters(from->type.axes) + features + "p," + axisLetters(tokens->type.axes) + "->" +
                     axisLetters(result->type.axes) + features;
  return GatherOp::create(builder, result->loc, tensorType(result->type), lift(from, from->type),
                          lift(tokens, tokens->type), builder.getStringAttr(spec));
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
