// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The means that losses are.

#include "frontend/IRGen.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// Whether the loss is averaged over the positions within the sequences' lengths alone.
bool IRGen::isMasked(const Node *loss) { return graph.info.hasMaskOver(loss->type.axes); }

/// Whether rows end along the axis. Those of outputs need not along the time axis where each of them has a call of as
/// many positions.
bool IRGen::takesLengths(AxisIndex axis) {
  bool endsItself = options.withLength || (streams && !withLoss);
  return graph.info.axes[axis - 1].isRagged && !(axis == graph.info.windowAxis() && endsItself);
}

/// The axes of which the function needs the lengths.
SmallVector<AxisIndex> IRGen::findLengths() {
  SmallVector<AxisIndex> axes;
  for (AxisIndex axis = 1; axis <= graph.info.axes.size(); ++axis) {
    bool isAsked = any_of(graph.nodes, [&](const auto &node) {
      return needed[node->id] && node->op == NodeOp::Length && node->source == axis;
    });
    if (isAsked || takesLengths(axis) ||
        (withLoss && axis == graph.info.windowAxis() &&
         any_of(graph.losses, [&](const Node *loss) { return isMasked(loss); })))
      axes.push_back(axis);
  }
  return axes;
}

/// The mean over all positions and examples.
Value IRGen::emitMean(Node *loss) {
  if (isMasked(loss)) {
    Value mean = maskedMeans.lookup(loss);
    return maskedMeans[loss] = mean ? mean : emitMaskedMean(loss);
  }
  ValueType type = loss->type;
  type.axes |= batchAxis;
  Value value = lift(loss, type);
  auto dims = llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(value.getType()).getRank()));
  return ReduceOp::create(builder, loss->loc, RankedTensorType::get({}, element), ReduceKind::mean, value, dims);
}

/// The lengths along the axis, as numbers.
Value IRGen::emitLength(AxisIndex axis, Location loc) {
  return arith::SIToFPOp::create(builder, loc, RankedTensorType::get({sizeOf(0)}, element), lengths.lookup(axis));
}

/// Whether the node belongs to the loss alone: it computes one from values at the same position, without parameters.
static bool isOfLoss(const Node &node) {
  switch (node.op) {
#define RONDO_CASE(name, ...) case NodeOp::name:
    RONDO_ELEMENTWISE(RONDO_CASE)
    RONDO_COMPARISONS(RONDO_CASE)
#undef RONDO_CASE
  case NodeOp::Relu:
  case NodeOp::Stop:
  case NodeOp::Select:
  case NodeOp::Product:
  case NodeOp::Sum:
  case NodeOp::Mean:
  case NodeOp::Max:
  case NodeOp::Softmax:
  case NodeOp::Slice:
  case NodeOp::CrossEntropy:
    return !node.region && none_of(node.operands, [](const Node *operand) { return operand->op == NodeOp::Parameter; });
  default:
    return false;
  }
}

/// The mean over the positions within the lengths; 0 where there is none. What stands in the padding must reach neither
/// the loss nor, as 0 times infinity, its gradient: so the loss is computed from values that are a half there, where
/// logarithms and quotients are finite, and so are their slopes.
Value IRGen::emitMaskedMean(Node *loss) {
  Location loc = loss->loc;
  AxisIndex axis = *graph.info.windowAxis();
  AxisSet mask = setOf(axis) | batchAxis;
  Value within = emitWithin(axis, /*orFirst=*/false, loc);
  auto select = [&](Value value, const ValueType &type, double otherwise) {
    return selectWhere(within, mask, value, type, otherwise, loc);
  };

  // The loss's own operations, found from it back, are emitted again on what they take masked.
  llvm::DenseMap<const Node *, Value> unmasked = values;
  SmallVector<Node *> own;
  std::vector<bool> isTaken(graph.nodes.size());
  isTaken[loss->id] = true;
  for (const auto &node : reverse(graph.nodes)) {
    const ValueType &type = node->type;
    if (!isTaken[node->id] || (type.axes & mask) != mask)
      continue;
    if (isOfLoss(*node) && mixingOf(*node, axis) == Mixing::None) {
      own.push_back(node.get());
      for (Node *operand : node->operands)
        isTaken[operand->id] = true;
    } else if (type.isReal() && values.lookup(node.get())) {
      values[node.get()] = select(values.lookup(node.get()), type, 0.5);
    }
  }
  for (Node *node : reverse(own))
    values[node] = emit(node);
  ValueType type = loss->type;
  type.axes |= batchAxis;
  Value masked = select(lift(loss, type), type, 0);
  values = std::move(unmasked);

  auto scalar = RankedTensorType::get({}, element);
  Value sum = ReduceOp::create(builder, loc, scalar, ReduceKind::sum, masked, ArrayRef<int64_t>{0, 1});
  // Position by position, as rondo-truncate-bptt leaves out the first ones.
  RankedTensorType positions = tensorType(type);
  Value counted =
      arith::SelectOp::create(builder, loc, within, constant(loc, 1, positions), constant(loc, 0, positions));
  Value count = ReduceOp::create(builder, loc, scalar, ReduceKind::sum, counted, ArrayRef<int64_t>{0, 1});
  Value atLeastOne = arith::MaximumFOp::create(builder, loc, count, constant(loc, 1, scalar));
  return arith::DivFOp::create(builder, loc, sum, atLeastOne);
}

/// The sum of the losses. Where each position counts the same it is the mean of their sum.
Value IRGen::emitLoss() {
  if (none_of(graph.losses, [&](const Node *loss) { return isMasked(loss); }))
    return emitMean(graph.loss);
  Value sum;
  for (auto [loss, weight] : zip(graph.losses, graph.weights)) {
    Value mean = emitMean(loss);
    if (weight)
      mean = arith::MulFOp::create(builder, loss->loc, lift(weight, ValueType()), mean);
    sum = sum ? arith::AddFOp::create(builder, loss->loc, sum, mean) : mean;
  }
  return sum;
}
