// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What follows from the axes of a model.

#include "frontend/ModelInfo.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo;

std::optional<AxisIndex> ModelInfo::windowAxis() const {
  auto free = llvm::find_if(axes, [](const Axis &axis) { return axis.kind == Axis::Kind::Free; });
  if (free == axes.end())
    return std::nullopt;
  return free - axes.begin() + 1;
}

AxisIndex ModelInfo::lengthOf(AxisIndex axis) const {
  return axes[axis - 1].kind == Axis::Kind::Like ? axes[axis - 1].parent : axis;
}

bool ModelInfo::overWindow(AxisSet axes) const {
  std::optional<AxisIndex> axis = windowAxis();
  return axis && axes == (batchAxis | setOf(*axis));
}

bool ModelInfo::hasMaskOver(AxisSet overAxes) const {
  std::optional<AxisIndex> axis = windowAxis();
  return axis && (overAxes & setOf(*axis)) && axes[*axis - 1].hasLengths;
}

std::vector<int64_t> ModelInfo::sizesWith(int64_t window) const {
  std::vector<int64_t> sizes;
  for (const Axis &axis : axes)
    sizes.push_back(axis.kind == Axis::Kind::Free    ? window
                    : axis.kind == Axis::Kind::Fixed ? axis.size
                                                     : sizes[axis.parent - 1]);
  return sizes;
}
