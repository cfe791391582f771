// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One operation of the graph.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace llvm;
using namespace mlir;
using namespace rondo;

template <typename Op, unsigned operands> Value IRGen::emitElementwise(Node *node) {
  auto operand = [&](unsigned i) { return beforeSlopes(node, i, lift(node->operands[i], node->type)); };
  Value first = operand(0);
  if constexpr (operands == 1)
    return Op::create(builder, node->loc, first.getType(), first);
  else
    return Op::create(builder, node->loc, first, operand(1));
}

Value IRGen::emitComparison(Node *node, arith::CmpFPredicate predicate) {
  ValueType type = node->type;
  auto isToken = [](const Node *operand) { return operand->type.element == ValueType::Element::Token; };
  if (const auto *token = llvm::find_if(node->operands, isToken); token != node->operands.end()) {
    type.element = ValueType::Element::Token;
    type.vocab = (*token)->type.vocab;
    Value lhs = lift(node->operands[0], type), rhs = lift(node->operands[1], type);
    bool isEqual = predicate == arith::CmpFPredicate::OEQ;
    return arith::CmpIOp::create(builder, node->loc, isEqual ? arith::CmpIPredicate::eq : arith::CmpIPredicate::ne, lhs,
                                 rhs);
  }
  type.element = ValueType::Element::Real;
  Value lhs = lift(node->operands[0], type), rhs = lift(node->operands[1], type);
  return arith::CmpFOp::create(builder, node->loc, predicate, lhs, rhs);
}

Value IRGen::emit(Node *node) {
  Location loc = node->loc;
  if (Value value = emitOverPositions(node))
    return value;
  auto operand = [&](unsigned i) { return lift(node->operands[i], node->operands[i]->type); };
  switch (node->op) {
#define RONDO_CASE(name, function, operands, Op)                                                                       \
  case NodeOp::name:                                                                                                   \
    return emitElementwise<Op, operands>(node);
    RONDO_ELEMENTWISE(RONDO_CASE)
#undef RONDO_CASE
#define RONDO_CASE(name, predicate)                                                                                    \
  case NodeOp::name:                                                                                                   \
    return emitComparison(node, arith::CmpFPredicate::predicate);
    RONDO_COMPARISONS(RONDO_CASE)
#undef RONDO_CASE
  case NodeOp::Relu:
    return arith::MaximumFOp::create(builder, loc, operand(0), constant(loc, 0, tensorType(node->type)));
  case NodeOp::Stop:
    return StopOp::create(builder, loc, operand(0));
  case NodeOp::Constant: // made where it is used
  case NodeOp::Training:
    return {};
  case NodeOp::Parameter: // arguments
  case NodeOp::Given:
  case NodeOp::Input:
  case NodeOp::Target:
  case NodeOp::Step:
  case NodeOp::Position:
  case NodeOp::State:
    return values.lookup(node);
  case NodeOp::Range:
    return emitRange(node);
  case NodeOp::Random:
    return emitRandom(node);
  case NodeOp::Select:
    return emitSelect(node);
  case NodeOp::Dropout:
    if (!options.training)
      return lift(node->operands[0], node->type);
    return arith::MulFOp::create(builder, loc, lift(node->operands[0], node->type),
                                 lift(node->operands[1], node->type));
  case NodeOp::Product:
    return emitProduct(node);
  case NodeOp::Diagonal:
    return emitDiagonal(node);
  case NodeOp::Transpose:
    return emitTranspose(node);
  case NodeOp::Expand:
    return emitExpand(node);
  case NodeOp::Reshape:
    return emitReshape(node);
  case NodeOp::Sum:
    return emitReduce(node, ReduceKind::sum);
  case NodeOp::Mean:
    return emitReduce(node, ReduceKind::mean);
  case NodeOp::Max:
    return emitReduce(node, ReduceKind::max);
  case NodeOp::Pool:
    return emitPool(node);
  case NodeOp::Softmax: {
    Value logits = operand(0);
    int64_t last = cast<RankedTensorType>(logits.getType()).getRank() - 1;
    return SoftmaxOp::create(builder, loc, logits, node->axis ? dimensionOf(node->axis, node->type) : last);
  }
  case NodeOp::Concat:
    return emitConcat(node);
  case NodeOp::Slice:
    return emitSlice(node);
  case NodeOp::CrossEntropy:
    return emitCrossEntropy(node);
  case NodeOp::Embedding:
    return GatherOp::create(builder, loc, tensorType(node->type), operand(0), operand(1), /*spec=*/StringAttr());
  case NodeOp::OneHot:
    return OneHotOp::create(builder, loc, tensorType(node->type), operand(0));
  case NodeOp::ArgMax:
    return emitArgMax(node);
  case NodeOp::Index:
    return emitIndex(node);
  case NodeOp::Length:
    return emitLength(node->source, loc);
  case NodeOp::Last:
    return emitLast(node);
  case NodeOp::Rename:
    return emitRename(node);
  case NodeOp::Shift:
    return emitShift(node);
  case NodeOp::Pick:
    return emitPick(node);
  case NodeOp::Window:
    return emitWindow(node);
  case NodeOp::Scan:
    return emitScan(node);
  case NodeOp::Final:
    return scans.lookup(node->scan).getFinals()[node->index];
  case NodeOp::StateSequence: // made with its scan
  case NodeOp::BodySequence:
    return values.lookup(node);
  }
  return {};
}

Value IRGen::emitSelect(Node *node) {
  if (node->operands[0]->op == NodeOp::Training)
    return lift(node->operands[options.training ? 1 : 2], node->type);
  ValueType condition = node->type;
  condition.element = ValueType::Element::Bool;
  return arith::SelectOp::create(builder, node->loc, lift(node->operands[0], condition),
                                 lift(node->operands[1], node->type), lift(node->operands[2], node->type));
}

/// Over the positions of an axis, or over all features.
Value IRGen::emitReduce(Node *node, ReduceKind kind) {
  Node *operand = node->operands.front();
  Value value = lift(operand, operand->type);
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  auto dims = llvm::to_vector(llvm::seq<int64_t>(rank - operand->type.shape.size(), rank));
  if (node->axis)
    dims = {dimensionOf(node->axis, operand->type)};
  return ReduceOp::create(builder, node->loc, tensorType(node->type), kind, value, dims);
}

/// What counts down to 0 is largest at the first of the elements that equal the largest one.
Value IRGen::emitArgMax(Node *node) {
  Location loc = node->loc;
  Value value = lift(node->operands.front(), node->operands.front()->type);
  auto type = cast<RankedTensorType>(value.getType()), tokens = tensorType(node->type), reals = tokens.clone(element);
  int64_t last = tokens.getRank(), most = type.getDimSize(last) - 1;
  auto largestOf = [&](Value of) { return ReduceOp::create(builder, loc, reals, ReduceKind::max, of, last); };
  Value largest =
      BroadcastOp::create(builder, loc, type, largestOf(value), llvm::to_vector(llvm::seq<int64_t>(0, last)));
  Value isLargest = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UGE, value, largest);
  Value place = placesAlong(loc, type, last);
  auto fromEnd = [&](Value of) {
    Value end = constant(loc, static_cast<double>(most), cast<RankedTensorType>(of.getType()));
    return arith::SubFOp::create(builder, loc, end, of);
  };
  Value found = arith::SelectOp::create(builder, loc, isLargest, fromEnd(place), constant(loc, 0, type));
  return arith::FPToSIOp::create(builder, loc, tokens, fromEnd(largestOf(found)));
}

/// One position along a dimension, which keeps its place.
Value IRGen::slicePosition(Location loc, Value value, int64_t dim, int64_t position) {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  for (auto [i, size] : enumerate(cast<RankedTensorType>(value.getType()).getShape())) {
    bool isAxis = static_cast<int64_t>(i) == dim;
    offsets.push_back(builder.getIndexAttr(isAxis ? position : 0));
    sizes.push_back(builder.getIndexAttr(isAxis ? 1 : size));
    strides.push_back(builder.getIndexAttr(1));
  }
  return tensor::ExtractSliceOp::create(builder, loc, value, offsets, sizes, strides);
}

Value IRGen::emitLast(Node *node) {
  Node *operand = node->operands.front();
  Value value = lift(operand, operand->type);
  int64_t dim = dimensionOf(node->axis, operand->type);
  Value last = slicePosition(node->loc, value, dim, sizeOf(node->axis) - 1);
  return ReduceOp::create(builder, node->loc, tensorType(node->type), ReduceKind::sum, last, dim);
}

Value IRGen::emitIndex(Node *node) {
  RankedTensorType type = tensorType(node->type);
  RankedTensorType numbers = type.clone(builder.getI32Type());
  auto count = IotaOp::create(builder, node->loc, numbers, /*dim=*/0);
  bool isCarried = node->axis == cutAxis();
  if (isCarried)
    count->setAttr(attributeOf(Role::position), builder.getUnitAttr());
  Value position = count;
  // A function may have room for more positions than there are: none of these looks up what is not there.
  if (!node->type.isReal() && (isCarried || sizeOf(node->axis) > node->type.vocab)) {
    auto last = DenseElementsAttr::get(numbers, builder.getI32IntegerAttr(int32_t(node->type.vocab - 1)));
    position =
        arith::MinSIOp::create(builder, node->loc, position, arith::ConstantOp::create(builder, node->loc, last));
  }
  return node->type.isReal() ? arith::SIToFPOp::create(builder, node->loc, type, position) : position;
}

/// The same numbers, or those of all positions so far, but the order of the axes may ask for other places of the
/// dimensions.
Value IRGen::emitRename(Node *node) {
  Node *operand = node->operands.front();
  ValueType type = operand->type;
  bool isKept = options.keepsRenamed && node->source == cutAxis();
  type.axes |= node->type.axes & batchAxis;
  Value value = isKept ? emitSlots(node, type) : lift(operand, type);
  SmallVector<int64_t> dims;
  for (AxisIndex axis : dimensionsOf(type.axes))
    dims.push_back(dimensionOf(axis == node->source ? node->axis : axis, node->type));
  while (static_cast<int64_t>(dims.size()) < cast<RankedTensorType>(value.getType()).getRank())
    dims.push_back(dims.size());
  return is_sorted(dims) ? value : BroadcastOp::create(builder, node->loc, tensorType(node->type), value, dims);
}

Value IRGen::emitConcat(Node *node) {
  SmallVector<Value> parts;
  for (Node *operand : node->operands) {
    ValueType type = operand->type;
    type.axes = node->type.axes;
    parts.push_back(lift(operand, type));
  }
  RankedTensorType type = tensorType(node->type);
  return tensor::ConcatOp::create(builder, node->loc, type, type.getRank() - 1, parts);
}

Value IRGen::emitSlice(Node *node) {
  RankedTensorType type = tensorType(node->type);
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes,
      strides(type.getRank(), builder.getIndexAttr(1));
  for (int64_t size : type.getShape())
    sizes.push_back(builder.getIndexAttr(size));
  offsets.back() = builder.getIndexAttr(node->low);
  Node *operand = node->operands.front();
  return tensor::ExtractSliceOp::create(builder, node->loc, type, lift(operand, operand->type), offsets, sizes,
                                        strides);
}

/// The logits' last dimension is that of the features, or becomes that of the axis.
Value IRGen::emitCrossEntropy(Node *node) {
  ValueType type = node->operands[0]->type, tokens = node->operands[1]->type;
  type.axes = tokens.axes = node->type.axes;
  if (node->axis)
    type.axes |= setOf(node->axis);
  Value logits = lift(node->operands[0], type);
  if (endsWithRow(node->axis))
    logits = maskBehind(logits, type, node->axis, -std::numeric_limits<double>::infinity(), node->loc);
  if (node->axis) {
    int64_t dim = dimensionOf(node->axis, type), rank = cast<RankedTensorType>(logits.getType()).getRank();
    SmallVector<int64_t> dims;
    for (int64_t i = 0; i < rank; ++i)
      dims.push_back(i == dim ? rank - 1 : i - (i > dim));
    RankedTensorType result = tensorType(node->type);
    SmallVector<int64_t> shape(result.getShape());
    shape.push_back(sizeOf(node->axis));
    logits = BroadcastOp::create(builder, node->loc, result.clone(shape), logits, dims);
  }
  return CrossEntropyOp::create(builder, node->loc, tensorType(node->type), logits, lift(node->operands[1], tokens));
}

/// What is drawn anew in each window of training follows from where that begins; otherwise it is always the same.
Value IRGen::emitRandom(Node *node) {
  auto dimension = [&](std::optional<AxisIndex> axis) {
    bool varies = axis && (node->type.axes & setOf(*axis));
    return varies ? builder.getI64IntegerAttr(dimensionOf(*axis, node->type)) : IntegerAttr();
  };
  IntegerAttr rows = dimension(AxisIndex(0)), time = dimension(graph.info.windowAxis());
  Value seed = seeds.lookup(node->type.axes & batchAxis), first;
  if (!options.training && !rows && !time)
    first = arith::ConstantOp::create(builder, node->loc, builder.getZeroAttr(seed.getType()));
  auto random = RandomOp::create(builder, node->loc, tensorType(node->type), seed, first, rows, time,
                                 builder.getI32IntegerAttr(static_cast<int32_t>(node->index)));
  if (options.training && node->isAnew && rows && !time)
    random->setAttr(attributeOf(Role::position), builder.getUnitAttr());
  return random;
}
