// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivatives of the tensor dialect's ops, which only move elements: theirs move them back, and tangents like them.

#include "passes/training/DerivativeRules.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace {

struct ExtractSliceRule : LinearRule<ExtractSliceRule, tensor::ExtractSliceOp> {
  static void adjoint(tensor::ExtractSliceOp op, Adjoint &a) {
    a.accumulate(0, a.make<tensor::InsertSliceOp>(a.cotangent(), a.zero(op.getSourceType()), op.getMixedOffsets(),
                                                  op.getMixedSizes(), op.getMixedStrides()));
  }
};

struct InsertSliceRule : LinearRule<InsertSliceRule, tensor::InsertSliceOp> {
  static void adjoint(tensor::InsertSliceOp op, Adjoint &a) {
    auto offsets = op.getMixedOffsets(), sizes = op.getMixedSizes(), strides = op.getMixedStrides();
    a.accumulate(0, a.make<tensor::ExtractSliceOp>(op.getSourceType(), a.cotangent(), offsets, sizes, strides));
    a.accumulate(1, a.make<tensor::InsertSliceOp>(a.zero(op.getSourceType()), a.cotangent(), offsets, sizes, strides));
  }
};

struct ConcatRule : LinearRule<ConcatRule, tensor::ConcatOp> {
  static void adjoint(tensor::ConcatOp op, Adjoint &a) {
    Builder builder(op.getContext());
    int64_t offset = 0;
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      auto type = cast<RankedTensorType>(input.getType());
      SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes,
          strides(type.getRank(), builder.getIndexAttr(1));
      offsets[op.getDim()] = builder.getIndexAttr(offset);
      for (int64_t size : type.getShape())
        sizes.push_back(builder.getIndexAttr(size));
      a.accumulate(i, a.make<tensor::ExtractSliceOp>(type, a.cotangent(), offsets, sizes, strides));
      offset += type.getDimSize(op.getDim());
    }
  }
};

struct ExpandShapeRule : LinearRule<ExpandShapeRule, tensor::ExpandShapeOp> {
  static void adjoint(tensor::ExpandShapeOp op, Adjoint &a) {
    a.accumulate(0, a.make<tensor::CollapseShapeOp>(op.getSrcType(), a.cotangent(), op.getReassociationIndices()));
  }
};

struct CollapseShapeRule : LinearRule<CollapseShapeRule, tensor::CollapseShapeOp> {
  static void adjoint(tensor::CollapseShapeOp op, Adjoint &a) {
    a.accumulate(0, a.make<tensor::ExpandShapeOp>(op.getSrcType(), a.cotangent(), op.getReassociationIndices()));
  }
};

} // namespace

void rondo::attachTensorRules(MLIRContext *context) {
  attachRules<ExtractSliceRule, InsertSliceRule, ConcatRule, ExpandShapeRule, CollapseShapeRule>(context);
}
