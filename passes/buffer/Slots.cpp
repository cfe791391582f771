// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The slots of a sequence that a view holds.

#include "passes/buffer/Slots.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace rondo;

std::optional<Slots> Slots::of(Value value) {
  auto view = value.getDefiningOp<memref::SubViewOp>();
  if (!view || view.getMixedOffsets().empty())
    return std::nullopt;
  std::optional<int64_t> count = getConstantIntValue(view.getMixedSizes()[0]);
  if (!count || getConstantIntValue(view.getMixedStrides()[0]) != 1)
    return std::nullopt;
  return Slots{view.getSource(), linearSum(view.getMixedOffsets()[0]), *count};
}

bool Slots::areApartFrom(const Slots &other) const {
  LinearSum distance = other.first;
  distance.add(first, -1);
  return buffer == other.buffer && distance.terms.empty() &&
         (distance.constant >= count || -distance.constant >= other.count);
}

bool rondo::holdsWholeSlots(memref::SubViewOp view) {
  SmallVector<OpFoldResult> offsets = view.getMixedOffsets(), sizes = view.getMixedSizes();
  for (unsigned i = 1; i < offsets.size(); ++i)
    if (!isConstantIntValue(offsets[i], 0) || !isConstantIntValue(sizes[i], view.getSourceType().getDimSize(i)))
      return false;
  return true;
}
