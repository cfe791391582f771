// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Windows of neighbouring positions.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// The position that stands where `position` would be beyond an end, reflected at it: as often as needed.
static int64_t reflect(int64_t position, int64_t size) {
  if (size == 1)
    return 0;
  int64_t period = 2 * (size - 1), place = (position % period + period) % period;
  return std::min(place, period - place);
}

/// What is put before the first position or behind the last one.
Value IRGen::padding(Value value, int64_t dim, const WindowInfo &window, bool isBehind) {
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  int64_t size = type.getDimSize(dim), count = isBehind ? window.after : window.before;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = count;
  auto paddingType = RankedTensorType::get(shape, type.getElementType());
  if (window.pad == WindowInfo::Pad::Value)
    return constant(loc, window.value, paddingType);
  if (window.pad == WindowInfo::Pad::Edge) {
    Value edge = slicePosition(loc, value, dim, isBehind ? size - 1 : 0);
    shape.erase(shape.begin() + dim);
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    dims.erase(dims.begin() + dim);
    Value position =
        ReduceOp::create(builder, loc, RankedTensorType::get(shape, type.getElementType()), ReduceKind::sum, edge, dim);
    return BroadcastOp::create(builder, loc, paddingType, position, dims);
  }
  SmallVector<Value> parts;
  for (int64_t i = 0; i < count; ++i)
    parts.push_back(slicePosition(loc, value, dim, reflect(isBehind ? size + i : i - count, size)));
  return parts.size() == 1 ? parts.front() : Value(tensor::ConcatOp::create(builder, loc, paddingType, dim, parts));
}

/// What windows that begin behind the first position, or end before the last one, see of a value.
Value IRGen::withoutEnds(Value value, int64_t dim, const WindowInfo &window) {
  int64_t front = std::max<int64_t>(-window.before, 0), behind = std::max<int64_t>(-window.after, 0);
  if (front + behind == 0)
    return value;
  SmallVector<OpFoldResult> offsets, sizes, strides;
  for (auto [i, size] : enumerate(cast<RankedTensorType>(value.getType()).getShape())) {
    bool isAxis = static_cast<int64_t>(i) == dim;
    offsets.push_back(builder.getIndexAttr(isAxis ? front : 0));
    sizes.push_back(builder.getIndexAttr(isAxis ? size - front - behind : size));
    strides.push_back(builder.getIndexAttr(1));
  }
  return tensor::ExtractSliceOp::create(builder, value.getLoc(), value, offsets, sizes, strides);
}

Value IRGen::pad(Value value, int64_t dim, const WindowInfo &window) {
  SmallVector<Value> parts;
  if (window.before > 0)
    parts.push_back(padding(value, dim, window, /*isBehind=*/false));
  parts.push_back(withoutEnds(value, dim, window));
  if (window.after > 0)
    parts.push_back(padding(value, dim, window, /*isBehind=*/true));
  if (parts.size() == 1)
    return parts.front();
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] += window.before + window.after;
  return tensor::ConcatOp::create(builder, value.getLoc(), RankedTensorType::get(shape, type.getElementType()), dim,
                                  parts);
}

/// Windows of windows along other axes are those of one value that is padded along all of them first: a padded view
/// would be a copy.
Value IRGen::emitWindow(Node *node) {
  std::vector<Node *> chain = windowsWithin(node, cutAxis());
  Node *base = chain.back()->operands.front();
  auto carried = llvm::find_if(chain, [&](Node *part) { return carries(*part); });
  // What a window sees behind a row's end is its padding.
  auto isMasked = [&](Node *part) { return endsWithRow(part->source) && part->window->after > 0; };
  if (carried != chain.end() && carried != chain.begin() && llvm::any_of(chain, isMasked)) {
    chain.erase(carried, chain.end());
    carried = chain.end();
    base = chain.back()->operands.front();
  }
  ValueType baseType = base->type;
  baseType.axes |= node->type.axes & batchAxis; // of an axis whose rows have lengths
  Value value = carried != chain.end() ? emitHistory(*carried) : lift(base, baseType);
  for (Node *part : reverse(chain))
    if (isMasked(part))
      value = maskBehind(value, baseType, part->source, part->window->value, part->loc);
  // Each dimension's axis, or behind the axes its feature.
  constexpr int64_t firstFeature = maximalAxes + 1;
  SmallVector<int64_t> dims;
  for (AxisIndex axis : dimensionsOf(baseType.axes))
    dims.push_back(axis);
  int64_t features = chain.front()->type.shape.size(), feature = features - base->type.shape.size();
  for (int64_t i = feature; i < features; ++i)
    dims.push_back(firstFeature + i);
  auto placeOf = [&](AxisIndex axis) { return llvm::find(dims, static_cast<int64_t>(axis)) - dims.begin(); };
  for (Node *part : reverse(chain))
    if (!carries(*part))
      value = pad(value, placeOf(part->source), *part->window);
  for (Node *part : reverse(chain)) {
    const WindowInfo &window = *part->window;
    int64_t dim = placeOf(part->source);
    value = WindowOp::create(builder, part->loc, value, dim, window.width, window.stride, window.dilation);
    dims[dim] = part->axis;
    dims.insert(dims.begin() + dim + 1, window.neighbours ? window.neighbours : firstFeature + --feature);
  }

  SmallVector<int64_t> places;
  int64_t axes = dimensionsOf(node->type.axes).size();
  for (int64_t dim : dims)
    places.push_back(dim < firstFeature ? dimensionOf(dim, node->type) : axes + dim - firstFeature);
  windows[node] = value;
  windowPlaces[node] = places;
  return is_sorted(places) ? value : BroadcastOp::create(builder, node->loc, tensorType(node->type), value, places);
}

/// Of a window that products or other windows alone read, its form with the dimensions in order.
void IRGen::eraseUnusedWindows() {
  llvm::SetVector<Operation *> ops;
  for (const auto &node : graph.nodes)
    if (windows.count(node.get()))
      ops.insert(values.lookup(node.get()).getDefiningOp());
  while (!ops.empty()) {
    Operation *op = ops.pop_back_val();
    if (!isOpTriviallyDead(op))
      continue;
    for (Value operand : op->getOperands())
      if (Operation *before = operand.getDefiningOp())
        ops.insert(before);
    op->erase();
  }
}
