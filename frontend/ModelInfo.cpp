// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What follows from the axes of a model.

#include "frontend/ModelInfo.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo;

void TrainInfo::setOptimizer(const OptimizerKind &kind) {
  optimizer = kind.name.str();
  rate = kind.rate;
  weightDecay = kind.weightDecay;
  numbers = kind.numbers;
}

std::optional<AxisIndex> ModelInfo::windowAxis() const {
  auto free = llvm::find_if(axes, [](const Axis &axis) { return axis.kind == Axis::Kind::Free; });
  if (free == axes.end())
    return std::nullopt;
  return free - axes.begin() + 1;
}

AxisIndex ModelInfo::lengthOf(AxisIndex axis) const {
  return axes[axis - 1].kind == Axis::Kind::Like ? axes[axis - 1].parent : axis;
}

AxisIndex ModelInfo::rootOf(AxisIndex axis) const {
  while (AxisIndex parent = axes[axis - 1].parent)
    axis = parent;
  return axis;
}

int64_t ModelInfo::longestRoot(AxisIndex axis, int64_t positions) const {
  for (; axes[axis - 1].parent; axis = axes[axis - 1].parent)
    positions = std::min<int64_t>(positions, INT32_MAX) * axes[axis - 1].stride + axes[axis - 1].offset;
  return positions;
}

const Axis *ModelInfo::findMisfit(int64_t window) const {
  std::vector<int64_t> sizes = sizesWith(window);
  for (const Axis &axis : axes) {
    if (axis.kind != Axis::Kind::Derived)
      continue;
    int64_t rest = sizes[axis.parent - 1] - axis.offset;
    if (rest < axis.stride || rest % axis.stride != 0)
      return &axis;
  }
  return nullptr;
}

bool ModelInfo::holdsWhole() const {
  std::optional<AxisIndex> axis = windowAxis();
  if (!axis || !axes[*axis - 1].hasLengths)
    return false;
  auto ofSequence = [&](const PortInfo &target) { return !target.varies(*axis); };
  auto isComputed = [](const StateInfo &state) { return !state.initial; };
  return !axes[*axis - 1].isRagged || !streamable || keepsRenamed || train.readsLines() ||
         llvm::any_of(targets, ofSequence) || llvm::any_of(states, isComputed);
}

bool ModelInfo::overWindow(AxisSet axes) const {
  std::optional<AxisIndex> axis = windowAxis();
  return axis && axes == (batchAxis | setOf(*axis));
}

bool ModelInfo::hasMaskOver(AxisSet overAxes) const {
  std::optional<AxisIndex> axis = windowAxis();
  return axis && (overAxes & setOf(*axis)) && axes[*axis - 1].hasLengths;
}

int64_t ModelInfo::behindNearest(const PortInfo &target) const {
  int64_t nearest = target.ahead;
  for (const PortInfo &other : targets)
    if (!target.aheadOf.empty() && other.aheadOf == target.aheadOf)
      nearest = std::min(nearest, other.ahead);
  return target.ahead - nearest;
}

int64_t ModelInfo::mostPositions() const {
  std::optional<AxisIndex> axis = windowAxis();
  return axis && axes[*axis - 1].most ? axes[*axis - 1].most : train.k2;
}

std::vector<int64_t> ModelInfo::axisSizesOf(const StateInfo &state) const {
  std::vector<int64_t> sizes, all = sizesWith(train.k2);
  for (AxisIndex axis = 1; axis <= all.size(); ++axis)
    if (state.axes & setOf(axis))
      sizes.push_back(axis == windowAxis() ? state.past : all[axis - 1]);
  return sizes;
}

std::vector<int64_t> ModelInfo::streamSizesWith(int64_t window) const {
  std::vector<int64_t> sizes = sizesWith(window);
  for (AxisIndex axis = 1; axis <= sizes.size(); ++axis)
    if (keepsRenamed && axis != windowAxis() && lengthOf(axis) == windowAxis())
      sizes[axis - 1] = mostPositions();
  return sizes;
}

std::vector<int64_t> ModelInfo::sizesWith(int64_t window) const {
  std::vector<int64_t> sizes;
  for (const Axis &axis : axes)
    sizes.push_back(axis.kind == Axis::Kind::Free    ? window
                    : axis.kind == Axis::Kind::Fixed ? axis.size
                                                     : (sizes[axis.parent - 1] - axis.offset) / axis.stride);
  return sizes;
}
