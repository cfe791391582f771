// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Building arithmetic on tensors.

#include "passes/support/TensorBuilder.h"

using namespace mlir;
using namespace rondo;

SmallVector<int64_t> rondo::otherDims(int64_t rank, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> others;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(dims, dim))
      others.push_back(dim);
  return others;
}

Value TensorBuilder::constant(Type type, double value) {
  TypedAttr attribute = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto shaped = dyn_cast<ShapedType>(type))
    attribute = DenseElementsAttr::get(shaped, Attribute(attribute));
  return make<arith::ConstantOp>(attribute);
}

Value TensorBuilder::broadcast(Value a, Type type, ArrayRef<int64_t> dims) {
  return a.getType() == type && llvm::is_sorted(dims) ? a : make<BroadcastOp>(type, a, dims);
}

Value TensorBuilder::reduce(ReduceKind kind, Value a, ArrayRef<int64_t> dims) {
  return dims.empty() ? a : make<ReduceOp>(kind, a, dims);
}
