// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products, and other dimensions of the same numbers.

#include "frontend/IRGen.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// The letters of a contraction for the dimensions of `axes`: none of those of the features.
std::string IRGen::axisLetters(AxisSet axes) {
  std::string letters;
  for (AxisIndex axis : dimensionsOf(axes))
    letters += StringRef("btsrqpnmlkhgfedc")[axis];
  return letters;
}

/// Windows are read as they lie.
Value IRGen::emitProduct(Node *node) {
  auto [operands, result] = StringRef(node->terms).split("->");
  auto [left, right] = operands.split(',');
  std::string spec;
  auto operand = [&](Node *operand, StringRef features) {
    std::string letters = axisLetters(operand->type.axes) + features.str(), lying;
    Value window = windows.lookup(operand);
    for (int64_t place : window ? windowPlaces.lookup(operand) : SmallVector<int64_t>())
      lying += letters[place];
    spec += window ? lying : letters;
    return window ? window : lift(operand, operand->type);
  };
  Value lhs = operand(node->operands[0], left);
  spec += ",";
  Value rhs = operand(node->operands[1], right);
  spec += "->" + axisLetters(node->type.axes) + result.str();
  return ContractOp::create(builder, node->loc, tensorType(node->type), lhs, rhs, spec);
}

/// The places along a dimension, as numbers.
Value IRGen::placesAlong(Location loc, RankedTensorType type, int64_t dim) {
  Value count = IotaOp::create(builder, loc, type.clone(builder.getI32Type()), dim);
  return arith::SIToFPOp::create(builder, loc, type, count);
}

Value IRGen::emitRange(Node *node) { return placesAlong(node->loc, tensorType(node->type), /*dim=*/0); }

/// Where row and column are the same, the vector's element, else 0.
Value IRGen::emitDiagonal(Node *node) {
  Location loc = node->loc;
  RankedTensorType type = tensorType(node->type);
  int64_t rank = type.getRank();
  Value row = placesAlong(loc, type, rank - 2), column = placesAlong(loc, type, rank - 1);
  Value isSame = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, row, column);
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(0, rank - 2));
  dims.push_back(rank - 1);
  Value vector = lift(node->operands[0], node->operands[0]->type);
  Value repeated = BroadcastOp::create(builder, loc, type, vector, dims);
  return arith::SelectOp::create(builder, loc, isSame, repeated, constant(loc, 0, type));
}

Value IRGen::emitTranspose(Node *node) {
  RankedTensorType type = tensorType(node->type);
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(dims.end()[-2], dims.end()[-1]);
  Value value = lift(node->operands[0], node->operands[0]->type);
  return BroadcastOp::create(builder, node->loc, type, value, dims);
}

/// The new dimensions stand at `index` among those of the features.
Value IRGen::emitExpand(Node *node) {
  Node *operand = node->operands[0];
  RankedTensorType type = tensorType(node->type);
  Value value = lift(operand, operand->type);
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  int64_t place = rank - static_cast<int64_t>(operand->type.shape.size()) + node->index;
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(0, place));
  for (int64_t dim = place; dim < rank; ++dim)
    dims.push_back(dim + type.getRank() - rank);
  return BroadcastOp::create(builder, node->loc, type, value, dims);
}

/// The last `rank` dimensions as these.
Value IRGen::reshaped(Value value, size_t rank, ArrayRef<int64_t> features) {
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  ArrayRef<int64_t> axes = type.getShape().drop_back(rank);
  if (type.getShape().take_back(rank) == features)
    return value;
  auto groupsOf = [&](size_t last) {
    SmallVector<ReassociationIndices> groups;
    for (size_t i = 0; i < axes.size(); ++i)
      groups.push_back({static_cast<int64_t>(i)});
    groups.push_back(llvm::to_vector(llvm::seq<int64_t>(axes.size(), axes.size() + last)));
    return groups;
  };
  SmallVector<int64_t> flat(axes), whole(axes);
  flat.push_back(product_of(features));
  append_range(whole, features);
  if (rank == 0)
    return BroadcastOp::create(builder, loc, type.clone(whole), value,
                               llvm::to_vector(llvm::seq<int64_t>(0, axes.size())));
  if (rank > 1)
    value = tensor::CollapseShapeOp::create(builder, loc, type.clone(flat), value, groupsOf(rank));
  if (features.size() > 1)
    value = tensor::ExpandShapeOp::create(builder, loc, type.clone(whole), value, groupsOf(features.size()));
  return value;
}

Value IRGen::emitReshape(Node *node) {
  Node *operand = node->operands[0];
  return reshaped(lift(operand, operand->type), operand->type.shape.size(), node->type.shape);
}
