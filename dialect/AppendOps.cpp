// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifier and effects of what is kept in slots.

#include "dialect/AppendOps.h"
#include "dialect/KernelOps.h"

using namespace mlir;
using namespace rondo;

#define GET_OP_CLASSES
#include "dialect/AppendOps.cpp.inc"

void AppendOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(), &operand);
    if (isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
  }
}

LogicalResult AppendOp::verify() {
  auto window = cast<ShapedType>(getWindow().getType()), slots = cast<ShapedType>(getSlots().getType());
  int64_t dim = getDim(), rows = getRows(), rank = window.getRank();
  auto isDimension = [&](int64_t number) { return number >= 0 && number < rank; };
  if (!isDimension(dim) || !isDimension(rows) || dim == rows) // append_c1
    return emitOpError() << "expected two dimensions of " << window << ", found dim " << dim << " and rows " << rows;
  SmallVector<int64_t> shape(window.getShape());
  if (slots.getRank() == rank)
    shape[dim] = slots.getDimSize(dim);
  if (slots.getShape() != ArrayRef(shape) || slots.getElementType() != window.getElementType())
    return emitOpError() << "expected slots of the window's type " << window << " but for the size of dimension " << dim
                         << ", found " << slots;
  if (getFirst()) // append_c2
    if (auto first = cast<ShapedType>(getFirst().getType()); first.getShape() != ArrayRef(window.getDimSize(rows)))
      return emitOpError() << "expected one first position for each of " << window.getDimSize(rows) << " rows, found "
                           << first;
  return verifyResults(*this, getSlots()); // append_c3
}
