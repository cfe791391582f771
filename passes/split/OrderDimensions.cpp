// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-order-dimensions: products of many matrices have these matrices' dimensions last.
//
// A program's values have their axes first, then the batch, then features, so that scores of positions T for positions
// S are [T, S, B], a number for each sequence at the end. As B products of matrices, and as rows along S of a softmax,
// they are better [B, T, S]. A product gives them so, with a transposition (a broadcast without new dimensions) behind
// it, which moves down through pointwise ops, softmaxes and sums until another product reads it in any order.
//
// Before that, what programs and derivatives spell as a sum of products of repeated values becomes a product: the
// weights of positions times their values, summed over the positions.

#include "dialect/Einsum.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace rondo {
#define GEN_PASS_DEF_ORDERDIMENSIONS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// `value` as a transposition: dimension i of its operand is dimension getDims()[i] of it. Not one that changes
/// nothing, which would be found again behind each op.
BroadcastOp transpositionOf(Value value) {
  auto broadcast = value.getDefiningOp<BroadcastOp>();
  bool isOne = broadcast &&
               cast<RankedTensorType>(broadcast.getOperand().getType()).getRank() ==
                   cast<RankedTensorType>(broadcast.getType()).getRank() &&
               !llvm::is_sorted(broadcast.getDims());
  return isOne ? broadcast : BroadcastOp();
}

SmallVector<int64_t> inverse(ArrayRef<int64_t> dims) {
  SmallVector<int64_t> result(dims.size());
  for (auto [i, dim] : llvm::enumerate(dims))
    result[dim] = i;
  return result;
}

/// The type whose dimension i is dimension dims[i] of `type`.
RankedTensorType typeBefore(RankedTensorType type, ArrayRef<int64_t> dims) {
  auto shape = llvm::map_to_vector(dims, [&](int64_t dim) { return type.getDimSize(dim); });
  return RankedTensorType::get(shape, type.getElementType());
}

bool isElementwise(Operation *op) {
  return op->hasTrait<OpTrait::Elementwise>() && op->getNumResults() == 1 && op->getNumRegions() == 0 &&
         !op->hasTrait<OpTrait::ConstantLike>() && isa<RankedTensorType>(op->getResult(0).getType());
}

/// Whether `value` can be had with its dimensions in another order for nothing: it is repeated, transposed, the same
/// everywhere or a position, or computed of few such values, as a mask is. `known` holds those that have been asked.
bool isFree(Value value, DenseSet<Value> &known) {
  constexpr unsigned few = 64;
  if (!isa<RankedTensorType>(value.getType()) || !known.insert(value).second)
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || known.size() > few)
    return false;
  return isa<BroadcastOp, IotaOp>(op) || matchPattern(value, m_Constant<SplatElementsAttr>(nullptr)) ||
         (isElementwise(op) && llvm::all_of(op->getOperands(), [&](Value operand) { return isFree(operand, known); }));
}

/// Builds free values with their dimension dims[i] as dimension i.
class Reordering {
public:
  Reordering(OpBuilder &builder, ArrayRef<int64_t> dims) : b(builder), dims(dims), places(inverse(dims)) {}

  Value of(Value value) {
    auto [found, isNew] = built.try_emplace(value);
    if (!isNew)
      return found->second;
    Value result = build(value);
    return built[value] = result;
  }

  /// A pointwise op of free values.
  Value ofPointwise(Operation *op) {
    OperationState state(op->getLoc(), op->getName());
    for (Value operand : op->getOperands())
      state.operands.push_back(of(operand));
    state.addTypes(typeBefore(cast<RankedTensorType>(op->getResult(0).getType()), dims));
    state.addAttributes(llvm::to_vector(op->getDiscardableAttrs()));
    state.propertiesAttr = op->getPropertiesAsAttribute();
    return b.create(state)->getResult(0);
  }

private:
  Value build(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return value;
    RankedTensorType to = typeBefore(type, dims);
    Location loc = value.getLoc();
    SplatElementsAttr splat;
    if (matchPattern(value, m_Constant(&splat)))
      return arith::ConstantOp::create(b, loc, splat.resizeSplat(to));
    if (auto iota = value.getDefiningOp<IotaOp>())
      return IotaOp::create(b, loc, to, places[iota.getDim()]);
    if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
      auto moved = llvm::map_to_vector(broadcast.getDims(), [&](int64_t dim) { return places[dim]; });
      bool isBack = broadcast.getOperand().getType() == to && llvm::is_sorted(moved);
      return isBack ? broadcast.getOperand() : Value(BroadcastOp::create(b, loc, to, broadcast.getOperand(), moved));
    }
    return ofPointwise(value.getDefiningOp());
  }

  OpBuilder &b;
  ArrayRef<int64_t> dims;
  SmallVector<int64_t> places;
  DenseMap<Value, Value> built;
};

/// A value over the dimensions of `type`, as letters, and what is repeated to it.
struct Repeated {
  Value source;
  std::string term;

  Repeated(Value value, StringRef letters) : source(value), term(letters) {
    auto broadcast = value.getDefiningOp<BroadcastOp>();
    if (!broadcast)
      return;
    source = broadcast.getOperand();
    term.clear();
    for (int64_t dim : broadcast.getDims())
      term += letters[dim];
  }
};

/// sum(a * b), where both are repeated along dimensions that the other one has: nothing of their product's size is
/// made.
struct SumOfProducts : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    auto product = op.getOperand().getDefiningOp<arith::MulFOp>();
    int64_t rank = op.getOperand().getType().getRank();
    if (op.getKind() != ReduceKind::sum || !product || !product->hasOneUse() || rank > 26)
      return failure();
    Einsum spec;
    std::string letters;
    for (int64_t dim = 0; dim < rank; ++dim) {
      letters += char('a' + dim);
      if (!llvm::is_contained(op.getDims(), dim))
        spec.result += letters.back();
    }
    Repeated lhs(product.getLhs(), letters), rhs(product.getRhs(), letters);
    bool bothAre = lhs.term.size() < letters.size() && rhs.term.size() < letters.size();
    if (!bothAre || !llvm::all_of(letters, [&](char letter) {
          return StringRef(lhs.term).contains(letter) || StringRef(rhs.term).contains(letter);
        }))
      return failure();
    spec.lhs = lhs.term, spec.rhs = rhs.term;
    rewriter.replaceOpWithNewOp<ContractOp>(op, op.getType(), lhs.source, rhs.source,
                                            rewriter.getStringAttr(spec.str()));
    return success();
  }
};

/// A product whose result ends with a letter that both operands have, while others have not: those of the matrices.
struct MatricesLast : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    Einsum spec = Einsum::ofVerified(op.getSpec());
    auto isShared = [&](char letter) {
      return StringRef(spec.lhs).contains(letter) && StringRef(spec.rhs).contains(letter);
    };
    if (spec.result.empty() || !isShared(spec.result.back()) || llvm::all_of(spec.result, isShared))
      return failure();
    std::string was = std::exchange(spec.result, "");
    for (bool shared : {true, false})
      llvm::copy_if(was, std::back_inserter(spec.result), [&](char letter) { return isShared(letter) == shared; });
    auto dims = llvm::map_to_vector(spec.result, [&](char letter) { return int64_t(was.find(letter)); });
    auto product = ContractOp::create(rewriter, op.getLoc(), typeBefore(op.getType(), dims), op.getLhs(), op.getRhs(),
                                      rewriter.getStringAttr(spec.str()));
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), product, dims);
    return success();
  }
};

/// A product reads its operands in any order.
struct IntoContract : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    Einsum spec = Einsum::ofVerified(op.getSpec());
    SmallVector<Value> operands(op->getOperands());
    bool changed = false;
    for (auto [operand, term] : llvm::zip(operands, std::array{&spec.lhs, &spec.rhs}))
      if (BroadcastOp transposition = transpositionOf(operand)) {
        std::string was = *term;
        for (auto [letter, dim] : llvm::zip(*term, transposition.getDims()))
          letter = was[dim];
        operand = transposition.getOperand();
        changed = true;
      }
    if (!changed)
      return failure();
    rewriter.replaceOpWithNewOp<ContractOp>(op, op.getType(), operands[0], operands[1],
                                            rewriter.getStringAttr(spec.str()));
    return success();
  }
};

struct ThroughSoftmax : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SoftmaxOp op, PatternRewriter &rewriter) const override {
    BroadcastOp transposition = transpositionOf(op.getOperand());
    if (!transposition)
      return failure();
    int64_t dim = inverse(transposition.getDims())[op.getDim()];
    Value result = SoftmaxOp::create(rewriter, op.getLoc(), transposition.getOperand(), dim);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), result, transposition.getDims());
    return success();
  }
};

struct ThroughReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    BroadcastOp transposition = transpositionOf(op.getOperand());
    if (!transposition)
      return failure();
    SmallVector<int64_t> summed, kept; // dimensions before the transposition, and of those behind it that stay
    for (auto [i, dim] : llvm::enumerate(transposition.getDims()))
      llvm::is_contained(op.getDims(), dim) ? summed.push_back(i) : kept.push_back(dim);
    Value result = ReduceOp::create(rewriter, op.getLoc(), op.getKind(), transposition.getOperand(), summed);
    SmallVector<int64_t> places(kept);
    for (int64_t &place : places)
      place = llvm::count_if(kept, [&](int64_t other) { return other < place; });
    rewriter.replaceOp(op, rewriter.createOrFold<BroadcastOp>(op.getLoc(), op.getType(), result, places));
    return success();
  }
};

struct ThroughPointwise : RewritePattern {
  ThroughPointwise(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    BroadcastOp first;
    for (Value operand : op->getOperands())
      if (!first)
        first = transpositionOf(operand);
    DenseSet<Value> known;
    if (!first || !llvm::all_of(op->getOperands(), [&](Value operand) { return isFree(operand, known); }))
      return failure();
    ArrayRef<int64_t> dims = first.getDims();
    Value result = Reordering(rewriter, dims).ofPointwise(op);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op->getResult(0).getType(), result, dims);
    return success();
  }
};

struct OrderDimensions : rondo::impl::OrderDimensionsBase<OrderDimensions> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SumOfProducts, MatricesLast, IntoContract, ThroughSoftmax, ThroughReduce, ThroughPointwise>(
        &getContext());
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
