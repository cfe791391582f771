// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.contract and rondo.gate_product -> linalg.generic.

#include "dialect/Einsum.h"
#include "passes/LinalgBuilders.h"
#include "passes/LowerToLinalg.h"

#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace rondo;

/// Moves the insertion point out of the loops that do not change `values`: what is built there is built once.
static void hoistInsertionPoint(IRRewriter &rewriter, ValueRange values) {
  Operation *here = rewriter.getInsertionBlock()->getParentOp();
  while (auto loop = dyn_cast<LoopLikeOpInterface>(here)) {
    if (!llvm::all_of(values, [&](Value value) { return loop.isDefinedOutsideOfLoop(value); }))
      return;
    rewriter.setInsertionPoint(loop);
    here = rewriter.getInsertionBlock()->getParentOp();
  }
}

/// Writes `source` with its dimensions in another order: result dimension i is source dimension `order[i]`.
static Value transposed(OpBuilder &b, Location loc, Value source, ArrayRef<unsigned> order, Value destination) {
  unsigned rank = order.size();
  SmallVector<unsigned> identity = llvm::to_vector(llvm::seq(0u, rank)), inverse(rank);
  for (auto [i, dim] : llvm::enumerate(order))
    inverse[dim] = i;
  SmallVector<AffineMap> maps{projection(b.getContext(), rank, inverse), projection(b.getContext(), rank, identity)};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, destination.getType(), source, destination, maps, iterators,
             [](OpBuilder &b, Location loc, ValueRange args) { linalg::YieldOp::create(b, loc, args[0]); })
      .getResult(0);
}

/// The order of `term`'s dimensions that puts `last` at the end and keeps the others.
static SmallVector<unsigned> orderWithLast(StringRef term, char last) {
  SmallVector<unsigned> order;
  for (auto [i, letter] : llvm::enumerate(term))
    if (letter != last)
      order.push_back(i);
  order.push_back(term.find(last));
  return order;
}

static std::string permuted(StringRef term, ArrayRef<unsigned> order) {
  std::string result;
  for (unsigned i : order)
    result += term[i];
  return result;
}

static SmallVector<int64_t> permuted(ArrayRef<int64_t> shape, ArrayRef<unsigned> order) {
  SmallVector<int64_t> result;
  for (unsigned i : order)
    result.push_back(shape[i]);
  return result;
}

/// result = init + contraction, as a linalg.generic.
static Value buildContraction(OpBuilder &b, Location loc, const Einsum &einsum, Value lhs, Value rhs, Value init) {
  std::string loops = einsum.result + einsum.contracted();
  auto mapOf = [&](StringRef term) {
    SmallVector<unsigned> dims;
    for (char letter : term)
      dims.push_back(loops.find(letter));
    return projection(b.getContext(), loops.size(), dims);
  };
  SmallVector<utils::IteratorType> iterators(einsum.result.size(), utils::IteratorType::parallel);
  iterators.append(loops.size() - einsum.result.size(), utils::IteratorType::reduction);
  return linalg::GenericOp::create(b, loc, init.getType(), ValueRange{lhs, rhs}, init,
                                   ArrayRef<AffineMap>{mapOf(einsum.lhs), mapOf(einsum.rhs), mapOf(einsum.result)},
                                   iterators,
                                   [](OpBuilder &b, Location loc, ValueRange args) {
                                     Value product = arith::MulFOp::create(b, loc, args[0], args[1]);
                                     Value sum = arith::AddFOp::create(b, loc, args[2], product);
                                     linalg::YieldOp::create(b, loc, sum);
                                   })
      .getResult(0);
}

/// Brings an operand into the form in which `vector` is its last dimension, if it has it and alone has it.
static Value makeContiguous(IRRewriter &rewriter, Location loc, Value operand, std::string &term, StringRef other,
                            char vector) {
  if (term.find(vector) == std::string::npos || term.back() == vector || other.contains(vector))
    return operand;
  SmallVector<unsigned> order = orderWithLast(term, vector);
  auto type = cast<RankedTensorType>(operand.getType());
  OpBuilder::InsertionGuard guard(rewriter);
  hoistInsertionPoint(rewriter, operand);
  Value empty = emptyTensor(rewriter, loc, permuted(type.getShape(), order), type.getElementType());
  term = permuted(term, order);
  return transposed(rewriter, loc, operand, order, empty);
}

static Value buildContract(IRRewriter &rewriter, Location loc, Einsum einsum, Value lhs, Value rhs, Value init) {
  if (!einsum.result.empty()) {
    char vector = einsum.result.back();
    lhs = makeContiguous(rewriter, loc, lhs, einsum.lhs, einsum.rhs, vector);
    rhs = makeContiguous(rewriter, loc, rhs, einsum.rhs, einsum.lhs, vector);
  }
  return buildContraction(rewriter, loc, einsum, lhs, rhs, init);
}

void rondo::lowerContract(IRRewriter &rewriter, ContractOp op) {
  Location loc = op.getLoc();
  Einsum einsum = Einsum::ofVerified(op.getSpec());
  RankedTensorType type = op.getType();

  // A product that is added to something starts from it: sums of products need no buffer of their own.
  arith::AddFOp sum;
  if (op->hasOneUse())
    sum = dyn_cast<arith::AddFOp>(*op->user_begin());
  if (sum && sum->getBlock() == op->getBlock() && sum.getLhs() != sum.getRhs()) {
    rewriter.setInsertionPoint(sum);
    Value other = sum.getLhs() == op.getResult() ? sum.getRhs() : sum.getLhs();
    rewriter.replaceOp(sum, buildContract(rewriter, loc, einsum, op.getLhs(), op.getRhs(), other));
    rewriter.eraseOp(op);
    return;
  }
  rewriter.setInsertionPoint(op);
  Value zero = filledTensor(rewriter, loc, type.getShape(), type.getElementType(), 0);
  rewriter.replaceOp(op, buildContract(rewriter, loc, einsum, op.getLhs(), op.getRhs(), zero));
}

void rondo::lowerGateProduct(IRRewriter &rewriter, GateProductOp op) {
  Location loc = op.getLoc();
  Einsum einsum = Einsum::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(op);
  auto resultType = cast<RankedTensorType>(op.getResult(0).getType());
  Type element = resultType.getElementType();
  int64_t gates = op.getWeights().size();
  char vector = einsum.result.empty() ? 0 : einsum.result.back();

  if (!vector || !StringRef(einsum.rhs).contains(vector) || StringRef(einsum.lhs).contains(vector)) {
    // The lanes run along the shared operand (weight gradients): one product per gate reads just as well.
    SmallVector<Value> results;
    for (Value weight : op.getWeights()) {
      Value zero = filledTensor(rewriter, loc, resultType.getShape(), element, 0);
      results.push_back(buildContract(rewriter, loc, einsum, op.getLhs(), weight, zero));
    }
    return rewriter.replaceOp(op, results);
  }

  // The weights side by side along the lanes' dimension, which comes last.
  auto weightType = cast<RankedTensorType>(op.getWeights()[0].getType());
  SmallVector<unsigned> order = orderWithLast(einsum.rhs, vector);
  SmallVector<int64_t> shape = permuted(weightType.getShape(), order);
  int64_t size = shape.back();
  Value packed;
  {
    OpBuilder::InsertionGuard guard(rewriter);
    hoistInsertionPoint(rewriter, op.getWeights());
    SmallVector<int64_t> whole(shape);
    whole.back() = size * gates;
    packed = emptyTensor(rewriter, loc, whole, element);
    SmallVector<OpFoldResult> offsets(shape.size(), rewriter.getIndexAttr(0)),
        strides(shape.size(), rewriter.getIndexAttr(1));
    SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(rewriter.getContext(), shape);
    for (auto [g, weight] : llvm::enumerate(op.getWeights())) {
      offsets.back() = rewriter.getIndexAttr(g * size);
      Value slot = tensor::ExtractSliceOp::create(rewriter, loc, packed, offsets, sizes, strides);
      slot = transposed(rewriter, loc, weight, order, slot);
      packed = tensor::InsertSliceOp::create(rewriter, loc, slot, packed, offsets, sizes, strides);
    }
  }
  einsum.rhs = permuted(einsum.rhs, order);
  SmallVector<int64_t> wide(resultType.getShape());
  wide.back() = size * gates;
  Value zero = filledTensor(rewriter, loc, wide, element, 0);
  Value product = buildContract(rewriter, loc, einsum, op.getLhs(), packed, zero);
  SmallVector<OpFoldResult> offsets(wide.size(), rewriter.getIndexAttr(0)),
      strides(wide.size(), rewriter.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(rewriter.getContext(), resultType.getShape());
  SmallVector<Value> results;
  for (int64_t g = 0; g < gates; ++g) {
    offsets.back() = rewriter.getIndexAttr(g * size);
    results.push_back(tensor::ExtractSliceOp::create(rewriter, loc, product, offsets, sizes, strides));
  }
  rewriter.replaceOp(op, results);
}
