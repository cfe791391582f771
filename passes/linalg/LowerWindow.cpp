// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.window and rondo.overlap_add -> loops over the neighbours, each with all positions. A window that a product
// alone reads is none: the product's phase reads the positions where they are (LowerContract).

#include "passes/linalg/LowerToLinalg.h"
#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

namespace {

/// The j-th neighbours of all windows, in the tensor of windows and in that of positions.
struct Neighbours {
  RankedTensorType type; // of the neighbours
  SmallVector<OpFoldResult> windowOffsets, windowSizes, offsets, sizes, strides, ones;

  Neighbours(OpBuilder &b, Location loc, RankedTensorType windows, int64_t dim, int64_t stride, int64_t dilation,
             Value j) {
    SmallVector<int64_t> shape(windows.getShape());
    for (int64_t size : shape) {
      windowOffsets.push_back(b.getIndexAttr(0));
      windowSizes.push_back(b.getIndexAttr(size));
      ones.push_back(b.getIndexAttr(1));
    }
    windowOffsets[dim + 1] = j;
    windowSizes[dim + 1] = b.getIndexAttr(1);
    shape.erase(shape.begin() + dim + 1);
    type = RankedTensorType::get(shape, windows.getElementType());
    for (int64_t size : shape) {
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(size));
      strides.push_back(b.getIndexAttr(1));
    }
    offsets[dim] = b.createOrFold<arith::MulIOp>(loc, j, indexConstant(b, loc, dilation));
    strides[dim] = b.getIndexAttr(stride);
  }
};

/// A loop over `size` neighbours that carries a tensor.
Value forEachNeighbour(OpBuilder &b, Location loc, int64_t size, Value init,
                       llvm::function_ref<Value(OpBuilder &b, Value j, Value carried)> body) {
  auto loop =
      scf::ForOp::create(b, loc, indexConstant(b, loc, 0), indexConstant(b, loc, size), indexConstant(b, loc, 1), init,
                         [&](OpBuilder &b, Location loc, Value j, ValueRange carried) {
                           scf::YieldOp::create(b, loc, body(b, j, carried[0]));
                         });
  return loop.getResult(0);
}

} // namespace

void rondo::lowerWindow(IRRewriter &rewriter, WindowOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getType();
  Value empty = emptyTensor(rewriter, loc, type.getShape(), type.getElementType());
  rewriter.replaceOp(
      op, forEachNeighbour(rewriter, loc, op.getSize(), empty, [&](OpBuilder &b, Value j, Value all) {
        Neighbours part(b, loc, type, op.getDim(), op.getStride(), op.getDilation(), j);
        Value read =
            tensor::ExtractSliceOp::create(b, loc, part.type, op.getOperand(), part.offsets, part.sizes, part.strides);
        return Value(tensor::InsertSliceOp::create(b, loc, read, all, part.windowOffsets, part.windowSizes, part.ones));
      }));
}

void rondo::lowerOverlapAdd(IRRewriter &rewriter, OverlapAddOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getType(), windows = op.getOperand().getType();
  Value zero = filledTensor(rewriter, loc, type.getShape(), type.getElementType(), 0);
  int64_t size = windows.getDimSize(op.getDim() + 1);
  rewriter.replaceOp(
      op, forEachNeighbour(rewriter, loc, size, zero, [&](OpBuilder &b, Value j, Value all) {
        Neighbours part(b, loc, windows, op.getDim(), op.getStride(), op.getDilation(), j);
        Value added = tensor::ExtractSliceOp::create(b, loc, part.type, op.getOperand(), part.windowOffsets,
                                                     part.windowSizes, part.ones);
        Value before = tensor::ExtractSliceOp::create(b, loc, part.type, all, part.offsets, part.sizes, part.strides);
        SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(part.type.getRank()));
        SmallVector<utils::IteratorType> iterators(part.type.getRank(), utils::IteratorType::parallel);
        Value sum = linalg::GenericOp::create(b, loc, part.type, added, before, maps, iterators,
                                              [](OpBuilder &b, Location loc, ValueRange args) {
                                                Value sum = arith::AddFOp::create(b, loc, args[1], args[0]);
                                                linalg::YieldOp::create(b, loc, sum);
                                              })
                        .getResult(0);
        return Value(tensor::InsertSliceOp::create(b, loc, sum, all, part.offsets, part.sizes, part.strides));
      }));
}
