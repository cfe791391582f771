// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reductions, softmax, cross entropy and embeddings -> linalg and scf on tensors.

#include "passes/LinalgBuilders.h"
#include "passes/LowerToLinalg.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

using Body = function_ref<Value(OpBuilder &, Location, ValueRange)>;

/// A reduction of `inputs` over `dims`: each input has a prefix of the loops as its dimensions.
static Value buildReduction(OpBuilder &b, Location loc, ValueRange inputs, ArrayRef<int64_t> loops,
                            ArrayRef<int64_t> dims, double start, Body body) {
  MLIRContext *context = b.getContext();
  unsigned rank = loops.size();
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(projection(
        context, rank, llvm::to_vector(llvm::seq(0u, unsigned(cast<RankedTensorType>(input.getType()).getRank())))));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  for (int64_t dim : dims)
    iterators[dim] = utils::IteratorType::reduction;
  SmallVector<unsigned> kept;
  SmallVector<int64_t> shape;
  for (unsigned i = 0; i < rank; ++i)
    if (iterators[i] == utils::IteratorType::parallel) {
      kept.push_back(i);
      shape.push_back(loops[i]);
    }
  maps.push_back(projection(context, rank, kept));
  Type element = cast<RankedTensorType>(inputs[0].getType()).getElementType();
  Value init = filledTensor(b, loc, shape, element, start);
  return linalg::GenericOp::create(
             b, loc, init.getType(), inputs, init, maps, iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) { linalg::YieldOp::create(b, loc, body(b, loc, args)); })
      .getResult(0);
}

/// A pointwise generic over `loops`; each input has a prefix of the loops as its dimensions.
static Value buildPointwise(OpBuilder &b, Location loc, ValueRange inputs, ArrayRef<int64_t> loops, Body body) {
  unsigned rank = loops.size();
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(
        projection(b.getContext(), rank,
                   llvm::to_vector(llvm::seq(0u, unsigned(cast<RankedTensorType>(input.getType()).getRank())))));
  maps.push_back(b.getMultiDimIdentityMap(rank));
  Type element = cast<RankedTensorType>(inputs[0].getType()).getElementType();
  Value empty = emptyTensor(b, loc, loops, element);
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, empty.getType(), inputs, empty, maps, iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) { linalg::YieldOp::create(b, loc, body(b, loc, args)); })
      .getResult(0);
}

static Value addition(OpBuilder &b, Location loc, ValueRange args) {
  return arith::AddFOp::create(b, loc, args.back(), args.front());
}

static Value maximum(OpBuilder &b, Location loc, ValueRange args) {
  return arith::MaximumFOp::create(b, loc, args.back(), args.front());
}

void rondo::lowerReduce(IRRewriter &rewriter, ReduceOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getOperand().getType();
  bool isMax = op.getKind() == ReduceKind::max;
  Value result = buildReduction(rewriter, loc, op.getOperand(), type.getShape(), op.getDims(),
                                isMax ? -std::numeric_limits<double>::infinity() : 0.0, isMax ? maximum : addition);
  if (op.getKind() == ReduceKind::mean) {
    double count = double(type.getNumElements()) / double(op.getType().getNumElements());
    auto divisor = arith::ConstantOp::create(
        rewriter, loc,
        DenseElementsAttr::get(op.getType(), APFloat(rewriter.getFloatAttr(type.getElementType(), count).getValue())));
    result = arith::DivFOp::create(rewriter, loc, result, divisor);
  }
  rewriter.replaceOp(op, result);
}

namespace {
/// What softmax and cross entropy share: each row's maximum and the sum of exp(x - maximum).
struct RowExponentials {
  Value maximum, exponentials, sum;
  RowExponentials(OpBuilder &b, Location loc, Value rows) {
    auto shape = cast<RankedTensorType>(rows.getType()).getShape();
    int64_t last = shape.size() - 1;
    maximum = buildReduction(b, loc, rows, shape, last, -std::numeric_limits<double>::infinity(), ::maximum);
    exponentials =
        buildPointwise(b, loc, {rows, maximum}, shape, [](OpBuilder &b, Location loc, ValueRange args) -> Value {
          Value shifted = arith::SubFOp::create(b, loc, args[0], args[1]);
          return math::ExpOp::create(b, loc, shifted);
        });
    sum = buildReduction(b, loc, exponentials, shape, last, 0, addition);
  }
};
} // namespace

void rondo::lowerSoftmax(IRRewriter &rewriter, SoftmaxOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  auto shape = cast<RankedTensorType>(op.getType()).getShape();
  RowExponentials row(rewriter, loc, op.getOperand());
  rewriter.replaceOp(op, buildPointwise(rewriter, loc, {row.exponentials, row.sum}, shape,
                                        [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                                          return arith::DivFOp::create(b, loc, args[0], args[1]);
                                        }));
}

/// Calls `body` for each position of `tokens` inside loops, with the position and its token as an index; `body`
/// returns the tensor to carry on. Returns the tensor after all positions.
static Value forEachToken(OpBuilder &b, Location loc, Value tokens, Value init,
                          function_ref<Value(OpBuilder &, ValueRange position, Value token, Value carried)> body) {
  auto type = cast<RankedTensorType>(tokens.getType());
  Value zero = indexConstant(b, loc, 0), one = indexConstant(b, loc, 1);
  SmallVector<Value> lower(type.getRank(), zero), steps(type.getRank(), one), upper;
  for (int64_t size : type.getShape())
    upper.push_back(indexConstant(b, loc, size));
  auto atPosition = [&](OpBuilder &b, Location loc, ValueRange position, ValueRange carried) {
    Value token = tensor::ExtractOp::create(b, loc, tokens, position);
    token = arith::IndexCastOp::create(b, loc, b.getIndexType(), token);
    return scf::ValueVector{body(b, position, token, carried[0])};
  };
  if (type.getRank() == 0)
    return atPosition(b, loc, {}, init)[0];
  return scf::buildLoopNest(b, loc, lower, upper, steps, init, atPosition).results[0];
}

/// The row at `position` of a tensor whose leading dimensions are positions.
struct RowSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  RankedTensorType type;
  RowSlice(OpBuilder &b, RankedTensorType whole, ValueRange position) {
    type = RankedTensorType::get(whole.getShape().drop_front(position.size()), whole.getElementType());
    offsets = getAsOpFoldResult(position);
    sizes.assign(position.size(), b.getIndexAttr(1));
    for (int64_t size : type.getShape()) {
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(size));
    }
    strides.assign(whole.getRank(), b.getIndexAttr(1));
  }
  Value extract(OpBuilder &b, Location loc, Value from) const {
    return tensor::ExtractSliceOp::create(b, loc, type, from, offsets, sizes, strides);
  }
  Value insert(OpBuilder &b, Location loc, Value row, Value into) const {
    return tensor::InsertSliceOp::create(b, loc, row, into, offsets, sizes, strides);
  }
};

void rondo::lowerCrossEntropy(IRRewriter &rewriter, CrossEntropyOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  Value logits = op.getLogits();
  auto type = cast<RankedTensorType>(op.getType());
  RowExponentials row(rewriter, loc, logits);
  Value chosen =
      forEachToken(rewriter, loc, op.getTokens(), emptyTensor(rewriter, loc, type.getShape(), type.getElementType()),
                   [&](OpBuilder &b, ValueRange position, Value token, Value carried) -> Value {
                     SmallVector<Value> index(position);
                     index.push_back(token);
                     Value logit = tensor::ExtractOp::create(b, loc, logits, index);
                     return tensor::InsertOp::create(b, loc, logit, carried, position);
                   });
  rewriter.replaceOp(op, buildPointwise(rewriter, loc, {row.maximum, row.sum, chosen}, type.getShape(),
                                        [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                                          Value log = math::LogOp::create(b, loc, args[1]);
                                          Value sum = arith::AddFOp::create(b, loc, args[0], log);
                                          return arith::SubFOp::create(b, loc, sum, args[2]);
                                        }));
}

void rondo::lowerGather(IRRewriter &rewriter, GatherOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getType());
  auto tableType = cast<RankedTensorType>(op.getTable().getType());
  rewriter.replaceOp(op, forEachToken(rewriter, loc, op.getTokens(),
                                      emptyTensor(rewriter, loc, type.getShape(), type.getElementType()),
                                      [&](OpBuilder &b, ValueRange position, Value token, Value carried) {
                                        Value row = RowSlice(b, tableType, token).extract(b, loc, op.getTable());
                                        return RowSlice(b, type, position).insert(b, loc, row, carried);
                                      }));
}

void rondo::lowerScatterAdd(IRRewriter &rewriter, ScatterAddOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getType());
  auto updatesType = cast<RankedTensorType>(op.getUpdates().getType());
  Value zero = filledTensor(rewriter, loc, type.getShape(), type.getElementType(), 0);
  rewriter.replaceOp(
      op, forEachToken(
              rewriter, loc, op.getTokens(), zero, [&](OpBuilder &b, ValueRange position, Value token, Value carried) {
                RowSlice slice(b, type, token);
                Value row = slice.extract(b, loc, carried);
                Value update = RowSlice(b, updatesType, position).extract(b, loc, op.getUpdates());
                auto rank = slice.type.getRank();
                SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
                SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
                Value sum = linalg::GenericOp::create(b, loc, row.getType(), update, row, maps, iterators,
                                                      [](OpBuilder &b, Location loc, ValueRange args) {
                                                        linalg::YieldOp::create(b, loc, addition(b, loc, args));
                                                      })
                                .getResult(0);
                return slice.insert(b, loc, sum, carried);
              }));
}
