// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A scan carries its named states; a history the last positions that it has, as many as before its window; and what is
// kept in slots, these.

#include "passes/training/StreamRules.h"

#include "dialect/AppendOps.h"
#include "dialect/HistoryAttribute.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

SmallVector<StringAttr> rondo::carriedBy(Operation *op) {
  SmallVector<StringAttr> names;
  if (auto scan = dyn_cast<ScanOp>(op)) {
    for (unsigned i = 0; i < scan.getNumStates(); ++i)
      if (!scan.getStateName(i).empty())
        names.push_back(StringAttr::get(op->getContext(), scan.getStateName(i)));
  } else if (auto name = op->getAttrOfType<StringAttr>(historyAttribute)) {
    names.push_back(name);
  }
  return names;
}

static SmallVector<Carried> buildWindow(ScanOp scan) {
  SmallVector<Carried> carried;
  for (unsigned i = 0; i < scan.getNumStates(); ++i)
    if (!scan.getStateName(i).empty())
      carried.push_back({StringAttr::get(scan.getContext(), scan.getStateName(i)), scan.getLoc(),
                         &scan.getInitsMutable()[i], scan.getFinals()[i]});
  scan.removeStatesAttr();
  return carried;
}

static SmallVector<Carried> buildWindow(tensor::ConcatOp history) {
  OpBuilder b(history);
  b.setInsertionPointAfter(history);
  Location loc = history.getLoc();
  OpOperand &before = history->getOpOperand(0);
  auto type = cast<RankedTensorType>(before.get().getType());
  auto window = cast<RankedTensorType>(history.getInputs()[1].getType());
  int64_t dim = history.getDim();
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)), strides(type.getRank(), b.getIndexAttr(1)),
      sizes;
  for (int64_t size : type.getShape())
    sizes.push_back(b.getIndexAttr(size));
  offsets[dim] = b.getIndexAttr(window.getDimSize(dim));
  Value after = tensor::ExtractSliceOp::create(b, loc, type, history.getResult(), offsets, sizes, strides);
  auto name = cast<StringAttr>(history->removeAttr(historyAttribute));
  return {{name, loc, &before, after}};
}

static SmallVector<Carried> buildWindow(AppendOp append) {
  auto name = cast<StringAttr>(append->removeAttr(historyAttribute));
  return {{name, append.getLoc(), &append.getSlotsMutable(), append.getResults().front()}};
}

SmallVector<Carried> rondo::buildWindow(Operation *op) {
  if (auto append = dyn_cast<AppendOp>(op))
    return ::buildWindow(append);
  if (auto scan = dyn_cast<ScanOp>(op))
    return ::buildWindow(scan);
  return ::buildWindow(cast<tensor::ConcatOp>(op));
}
