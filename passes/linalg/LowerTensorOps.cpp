// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reductions, softmax, cross entropy and embeddings -> linalg and scf on tensors.

#include "passes/linalg/LowerToLinalg.h"

#include "dialect/Einsum.h"
#include "dialect/SumAttributes.h"
#include "passes/linalg/RowLoops.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/LongSums.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

using Body = function_ref<Value(OpBuilder &, Location, ValueRange)>;

/// A reduction of `inputs` over `dims`, which begins with `init`: each input has all loops as its dimensions, or those
/// that are kept.
static Value buildReduction(OpBuilder &b, Location loc, ValueRange inputs, ArrayRef<int64_t> loops,
                            ArrayRef<int64_t> dims, Value init, Body body) {
  MLIRContext *context = b.getContext();
  unsigned rank = loops.size();
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  for (int64_t dim : dims)
    iterators[dim] = utils::IteratorType::reduction;
  SmallVector<unsigned> kept;
  for (unsigned i = 0; i < rank; ++i)
    if (iterators[i] == utils::IteratorType::parallel)
      kept.push_back(i);
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(cast<RankedTensorType>(input.getType()).getRank() == rank ? b.getMultiDimIdentityMap(rank)
                                                                             : projection(context, rank, kept));
  maps.push_back(projection(context, rank, kept));
  return linalg::GenericOp::create(
             b, loc, init.getType(), inputs, init, maps, iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) { linalg::YieldOp::create(b, loc, body(b, loc, args)); })
      .getResult(0);
}

/// The same, beginning with a number.
static Value buildReduction(OpBuilder &b, Location loc, ValueRange inputs, ArrayRef<int64_t> loops,
                            ArrayRef<int64_t> dims, Type element, double start, Body body) {
  SmallVector<int64_t> shape;
  for (auto [i, extent] : llvm::enumerate(loops))
    if (!llvm::is_contained(dims, int64_t(i)))
      shape.push_back(extent);
  return buildReduction(b, loc, inputs, loops, dims, filledTensor(b, loc, shape, element, start), body);
}

/// To a sum, which may be wider than what is added.
static Value addition(OpBuilder &b, Location loc, ValueRange args) {
  Value sum = args.back(), value = args.front();
  if (value.getType() != sum.getType())
    value = arith::ExtFOp::create(b, loc, sum.getType(), value);
  return arith::AddFOp::create(b, loc, sum, value);
}

static Value maximum(OpBuilder &b, Location loc, ValueRange args) {
  return arith::MaximumFOp::create(b, loc, args.back(), args.front());
}

/// The type in which so many numbers are added.
static Type sumType(ReduceOp op) {
  Type element = op.getType().getElementType();
  bool isLong = isLongSum(op.getOperand().getType().getNumElements(), op.getType());
  return isLong && element.isF32() ? Float64Type::get(op.getContext()) : element;
}

void rondo::lowerReduce(IRRewriter &rewriter, ReduceOp op) {
  rewriter.setInsertionPoint(op);
  TensorBuilder b(rewriter, op.getLoc());
  RankedTensorType type = op.getOperand().getType();
  if (op.getKind() == ReduceKind::max) {
    rewriter.replaceOp(op, buildReduction(rewriter, op.getLoc(), op.getOperand(), type.getShape(), op.getDims(),
                                          type.getElementType(), -std::numeric_limits<double>::infinity(), maximum));
    return;
  }
  // What goes on from a sum of f64 adds up numbers of f64 too.
  Value end = op.getResult();
  if (auto wider = op->hasOneUse() ? dyn_cast<arith::ExtFOp>(*op->user_begin()) : arith::ExtFOp())
    end = wider;
  arith::AddFOp chain = findChain(end);
  Value init;
  if (chain) {
    rewriter.setInsertionPoint(chain);
    init = chain.getLhs();
  } else {
    init = filledTensor(rewriter, op.getLoc(), op.getType().getShape(), sumType(op), 0);
  }
  Value result = buildReduction(rewriter, op.getLoc(), op.getOperand(), type.getShape(), op.getDims(), init, addition);
  if (llvm::is_contained(op.getDims(), 0) && op.getType().getRank() > 0) {
    result.getDefiningOp()->setAttr(descendingAttribute, rewriter.getUnitAttr());
    result.getDefiningOp()->getRegion(0).walk(
        [&](arith::AddFOp add) { add->setAttr(roundedAttribute, rewriter.getUnitAttr()); });
  }
  if (chain) {
    rewriter.replaceOp(chain, result);
    if (end != op.getResult())
      rewriter.eraseOp(end.getDefiningOp());
    return rewriter.eraseOp(op);
  }
  if (op.getKind() == ReduceKind::mean)
    result = b.div(result, b.constant(result.getType(), double(type.getNumElements()) / op.getType().getNumElements()));
  if (result.getType() != op.getType())
    result = b.make<arith::TruncFOp>(op.getType(), result);
  rewriter.replaceOp(op, result);
}

void rondo::lowerSoftmax(IRRewriter &rewriter, SoftmaxOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getType();
  auto shape = type.getShape();
  int64_t dim = op.getDim();
  Value rows = op.getOperand();
  // Without NaNs, of which the exponentials and their sum become NaN by themselves.
  Value most =
      buildReduction(rewriter, loc, rows, shape, dim, type.getElementType(), -std::numeric_limits<double>::infinity(),
                     [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                       return arith::MaxNumFOp::create(b, loc, args.back(), args.front());
                     });
  Value sum = buildReduction(rewriter, loc, {rows, most}, shape, dim, type.getElementType(), 0,
                             [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                               Value shifted = arith::SubFOp::create(b, loc, args[0], args[1]);
                               Value exponential = math::ExpOp::create(b, loc, shifted);
                               return arith::AddFOp::create(b, loc, args[2], exponential);
                             });
  // Pointwise from here: one pass together with what is done with the result.
  TensorBuilder b(rewriter, loc);
  SmallVector<int64_t> others = otherDims(type.getRank(), dim);
  Value inverse = b.div(b.constant(sum.getType(), 1), sum);
  Value shifted = b.sub(rows, b.broadcast(most, type, others));
  rewriter.replaceOp(op, b.mul(b.make<math::ExpOp>(shifted), b.broadcast(inverse, type, others)));
}

namespace {

/// Where the rows of a gather or of its derivative stand.
class GatheredRows {
public:
  template <typename Op>
  GatheredRows(Op op, RankedTensorType table, RankedTensorType gathered)
      : table(table), gathered(gathered),
        terms(op.getSpec() ? Einsum::ofVerified(*op.getSpec())
                           : Einsum::ofRows(table.getRank(), op.getTokens().getType().getRank())) {}

  /// In the table, and in what is gathered.
  RowSlice inTable(OpBuilder &b, ValueRange position, Value token) const {
    return RowSlice(b, table, placesOf(terms.lhs, position, token));
  }
  RowSlice inGathered(OpBuilder &b, ValueRange position) const {
    return RowSlice(b, gathered, placesOf(terms.result, position, Value()));
  }

  /// The tokens' dimensions whose rows meet in the table.
  SmallVector<unsigned> summedDims() const {
    SmallVector<unsigned> dims;
    for (auto [dim, letter] : llvm::enumerate(terms.rhs))
      if (!StringRef(terms.lhs).contains(letter))
        dims.push_back(dim);
    return dims;
  }

private:
  SmallVector<Value> placesOf(StringRef term, ValueRange position, Value token) const {
    SmallVector<Value> places;
    for (char letter : term) {
      size_t place = terms.rhs.find(letter);
      bool isIndexed = terms.result.find(letter) == std::string::npos;
      places.push_back(isIndexed ? token : place == std::string::npos ? Value() : position[place]);
    }
    return places;
  }

  RankedTensorType table, gathered;
  Einsum terms;
};

} // namespace

void rondo::lowerGather(IRRewriter &rewriter, GatherOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getType();
  GatheredRows rows(op, op.getTable().getType(), type);
  Value empty = emptyTensor(rewriter, loc, type.getShape(), type.getElementType());
  rewriter.replaceOp(op, forEachToken(rewriter, loc, op.getTokens(), empty,
                                      [&](OpBuilder &b, ValueRange position, Value token, ValueRange carried) {
                                        Value row = rows.inTable(b, position, token).extract(b, loc, op.getTable());
                                        return scf::ValueVector{
                                            rows.inGathered(b, position).insert(b, loc, row, carried[0])};
                                      }));
}

void rondo::lowerScatterAdd(IRRewriter &rewriter, ScatterAddOp op) {
  arith::AddFOp chain = findChain(op);
  rewriter.setInsertionPoint(chain ? chain : op.getOperation());
  Location loc = op.getLoc();
  RankedTensorType type = op.getType();
  GatheredRows rows(op, type, op.getUpdates().getType());
  Value begin = chain ? chain.getLhs() : filledTensor(rewriter, loc, type.getShape(), type.getElementType(), 0);
  auto addRow = [&](OpBuilder &b, ValueRange position, Value token, ValueRange carried) {
    RowSlice slice = rows.inTable(b, position, token);
    Value row = slice.extract(b, loc, carried[0]);
    Value update = rows.inGathered(b, position).extract(b, loc, op.getUpdates());
    auto rank = slice.type.getRank();
    SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
    SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
    Value sum = linalg::GenericOp::create(b, loc, row.getType(), update, row, maps, iterators,
                                          [](OpBuilder &b, Location loc, ValueRange args) {
                                            linalg::YieldOp::create(b, loc, addition(b, loc, args));
                                          })
                    .getResult(0);
    return scf::ValueVector{slice.insert(b, loc, sum, carried[0])};
  };
  rewriter.replaceOp(chain ? chain : op.getOperation(),
                     forEachToken(rewriter, loc, op.getTokens(), begin, addRow, rows.summedDims()));
  if (chain)
    rewriter.eraseOp(op);
}
