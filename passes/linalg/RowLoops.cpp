// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loops over tokens, and the rows of tensors at their positions.

#include "passes/linalg/RowLoops.h"

using namespace mlir;
using namespace rondo;

scf::ValueVector rondo::forEachToken(OpBuilder &b, Location loc, Value tokens, ValueRange init, TokenBody body,
                                     ArrayRef<unsigned> descending) {
  auto type = cast<RankedTensorType>(tokens.getType());
  Value zero = indexConstant(b, loc, 0), one = indexConstant(b, loc, 1);
  SmallVector<Value> lower(type.getRank(), zero), steps(type.getRank(), one), upper;
  for (int64_t size : type.getShape())
    upper.push_back(indexConstant(b, loc, size));
  auto atPosition = [&](OpBuilder &b, Location loc, ValueRange counted, ValueRange carried) {
    SmallVector<Value> position(counted);
    for (unsigned dim : descending)
      position[dim] = arith::SubIOp::create(b, loc, indexConstant(b, loc, type.getDimSize(dim) - 1), counted[dim]);
    Value token = tensor::ExtractOp::create(b, loc, tokens, position);
    token = arith::IndexCastOp::create(b, loc, b.getIndexType(), token);
    return body(b, position, token, carried);
  };
  if (type.getRank() == 0)
    return atPosition(b, loc, {}, init);
  return scf::buildLoopNest(b, loc, lower, upper, steps, init, atPosition).results;
}

RowSlice::RowSlice(OpBuilder &b, RankedTensorType whole, ArrayRef<Value> position) {
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(whole.getShape())) {
    Value at = i < position.size() ? position[i] : Value();
    offsets.push_back(at ? OpFoldResult(at) : b.getIndexAttr(0));
    sizes.push_back(b.getIndexAttr(at ? 1 : size));
    if (!at)
      shape.push_back(size);
  }
  type = RankedTensorType::get(shape, whole.getElementType());
  strides.assign(whole.getRank(), b.getIndexAttr(1));
}

Value RowSlice::extract(OpBuilder &b, Location loc, Value from) const {
  return tensor::ExtractSliceOp::create(b, loc, type, from, offsets, sizes, strides);
}

Value RowSlice::insert(OpBuilder &b, Location loc, Value row, Value into) const {
  return tensor::InsertSliceOp::create(b, loc, row, into, offsets, sizes, strides);
}
