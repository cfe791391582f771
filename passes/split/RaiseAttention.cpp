// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-raise-attention: scores, a softmax over their keys and a product with values are one rondo.attention, which
// never has all scores in memory.
//
// Where anything else reads the weights or the scores, as a derivative does, they are needed as they are.

#include "dialect/AttentionTerms.h"
#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/support/Machine.h"
#include "passes/support/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_RAISEATTENTION
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

/// The number that `value` is everywhere, if it is one.
static std::optional<double> splatOf(Value value) {
  SplatElementsAttr splat;
  if (matchPattern(value, m_Constant(&splat)) && isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().convertToDouble();
  return std::nullopt;
}

/// The dimension of `value` of which each element is the position, or none.
static std::optional<int64_t> positionAlong(Value value) {
  if (auto iota = value.getDefiningOp<IotaOp>())
    return iota.getDim();
  if (auto cast = value.getDefiningOp<arith::SIToFPOp>())
    return positionAlong(cast.getIn());
  if (auto broadcast = value.getDefiningOp<BroadcastOp>())
    if (std::optional<int64_t> dim = positionAlong(broadcast.getOperand()))
      return broadcast.getDims()[*dim];
  return std::nullopt;
}

namespace {

/// Positions along `before` are at most those along `behind`.
struct Order {
  int64_t before, behind;
};

} // namespace

/// What `mask` says of its dimensions, if it is a comparison of positions.
static std::optional<Order> orderOf(Value mask) {
  if (auto broadcast = mask.getDefiningOp<BroadcastOp>()) {
    std::optional<Order> order = orderOf(broadcast.getOperand());
    if (order)
      order = Order{broadcast.getDims()[order->before], broadcast.getDims()[order->behind]};
    return order;
  }
  Value left, right;
  bool isUpTo = false, isFrom = false;
  if (auto compare = mask.getDefiningOp<arith::CmpFOp>()) {
    left = compare.getLhs(), right = compare.getRhs();
    isUpTo = compare.getPredicate() == arith::CmpFPredicate::OLE;
    isFrom = compare.getPredicate() == arith::CmpFPredicate::OGE;
  } else if (auto compare = mask.getDefiningOp<arith::CmpIOp>()) {
    left = compare.getLhs(), right = compare.getRhs();
    isUpTo = compare.getPredicate() == arith::CmpIPredicate::sle;
    isFrom = compare.getPredicate() == arith::CmpIPredicate::sge;
  }
  if (!isUpTo && !isFrom)
    return std::nullopt;
  std::optional<int64_t> a = positionAlong(isUpTo ? left : right), b = positionAlong(isUpTo ? right : left);
  return a && b ? std::optional(Order{*a, *b}) : std::nullopt;
}

namespace {

/// Reads an attention backwards, from the product with the values.
class Reader {
public:
  /// `product` reads the softmax `weights`, and `values` besides.
  Reader(ContractOp product, SoftmaxOp weights) : product(product), weights(weights) {}

  /// Makes it one op, or says in a remark why not.
  void raise() {
    if (std::string why = read(); !why.empty())
      return reportMissed(product, "attention", [&] { return why; });
    OpBuilder b(product);
    IntegerAttr first = isCausal ? b.getI64IntegerAttr(0) : IntegerAttr();
    auto attention =
        AttentionOp::create(b, b.getFusedLoc({scores.getLoc(), product.getLoc()}), product.getType(), query, keys,
                            values, b.getStringAttr(terms.str()), b.getF64FloatAttr(scale), first);
    product.replaceAllUsesWith(attention.getResult());
    reportDone(attention, "attention", [&] {
      return "scores, softmax and values of \"" + terms.str() + "\" in blocks of queries" +
             (isCausal ? ", causal" : "");
    });
  }

private:
  /// Fills the fields; what it returns is why it is no attention.
  std::string read() {
    auto function = product->getParentOfType<func::FuncOp>();
    if (product->getParentOp() != function)
      return "in a loop";
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (function.getArgAttr(i, attributeOf(Role::length)))
        return "a call may have fewer positions, of which products alone are made";
    Einsum sum = Einsum::ofVerified(product.getSpec());
    bool weightsLeft = product.getLhs() == weights.getResult();
    if (product.getLhs() == product.getRhs() || !weights->hasOneUse())
      return "the weights are read elsewhere too";
    std::string points = weightsLeft ? sum.lhs : sum.rhs;
    values = weightsLeft ? product.getRhs() : product.getLhs();
    terms.values = weightsLeft ? sum.rhs : sum.lhs;
    terms.result = sum.result;
    char key = points[weights.getDim()];
    if (std::string why = readScores(points, key); !why.empty())
      return why;
    std::optional<AttentionTerms> read = AttentionTerms::read(terms.str());
    if (!read || read->key != key)
      return "\"" + terms.str() + "\" is not the form of an attention";
    terms = *read;
    if (order && (points[order->before] != key || points[order->behind] != terms.position))
      return "the mask is none of keys behind their query";
    return checkSizes();
  }

  /// From the softmax up to the product of queries and keys, in the letters `points`.
  std::string readScores(std::string points, char key) {
    Value value = weights.getOperand();
    while (true) {
      Operation *op = value.getDefiningOp();
      if (!op || !value.hasOneUse())
        return "the scores are read elsewhere too";
      if ((scores = dyn_cast<ContractOp>(op)))
        return takeTerms(points, key);
      auto select = dyn_cast<arith::SelectOp>(op);
      if (select && !order) {
        std::optional<double> other = splatOf(select.getFalseValue());
        order = orderOf(select.getCondition());
        // What stands between it and the softmax scales it too.
        if (!order || !other || !(*other * scale <= -1e9))
          return "the mask is none of keys behind their query";
        isCausal = true;
        value = select.getTrueValue();
        continue;
      }
      bool isProduct = isa<arith::MulFOp>(op), isQuotient = isa<arith::DivFOp>(op);
      if (!isProduct && !isQuotient)
        return "between scores and softmax is " + op->getName().getStringRef().str();
      std::optional<double> left = splatOf(op->getOperand(0)), right = splatOf(op->getOperand(1));
      std::optional<double> factor = isProduct && left ? left : right;
      if (!factor || (isQuotient && *factor == 0))
        return "the scores' factor is not the same for all";
      scale = isQuotient ? scale / *factor : scale * *factor;
      value = op->getOperand(isProduct && left ? 1 : 0);
    }
  }

  /// Names the letters of the scores' operands as those of `points`, and what is summed by a new letter.
  std::string takeTerms(StringRef points, char key) {
    Einsum sum = Einsum::ofVerified(scores.getSpec());
    std::string summed = sum.contracted();
    if (summed.size() != 1 || !StringRef(sum.lhs).contains(summed) || !StringRef(sum.rhs).contains(summed))
      return "scores are not sums over one dimension";
    Einsum used{points.str(), terms.values, terms.result};
    char fresh = used.freshLetter();
    for (std::string *term : {&sum.lhs, &sum.rhs})
      for (char &letter : *term)
        letter = letter == summed[0] ? fresh : points[sum.result.find(letter)];
    bool keysRight = StringRef(sum.rhs).contains(key);
    query = keysRight ? scores.getLhs() : scores.getRhs();
    keys = keysRight ? scores.getRhs() : scores.getLhs();
    terms.query = keysRight ? sum.lhs : sum.rhs;
    terms.keys = keysRight ? sum.rhs : sum.lhs;
    return "";
  }

  /// Whether the queries of each matrix of keys are worth packing it, and a block of them has room.
  std::string checkSizes() {
    int64_t queries = 1;
    auto type = cast<RankedTensorType>(query.getType());
    for (auto [letter, size] : llvm::zip(terms.query, type.getShape()))
      if (!StringRef(terms.keys).contains(letter))
        queries *= size;
    if (queries < Machine::rowsWorthPacking)
      return std::to_string(queries) + " queries share keys: too few";
    if (int64_t features = product.getType().getShape().back(); features > Machine::featuresOnStack)
      return std::to_string(features) + " features: too many for a block of queries";
    if (product.getType().getNumElements() == 0 || type.getNumElements() == 0 ||
        weights.getType().getNumElements() == 0)
      return "empty";
    return "";
  }

  ContractOp product, scores;
  SoftmaxOp weights;
  Value query, keys, values;
  AttentionTerms terms;
  double scale = 1;
  bool isCausal = false;
  std::optional<Order> order; // dimensions of the scores
};

struct RaiseAttention : rondo::impl::RaiseAttentionBase<RaiseAttention> {
  void runOnOperation() override {
    SmallVector<std::pair<ContractOp, SoftmaxOp>> found;
    getOperation()->walk([&](ContractOp op) {
      for (Value operand : op->getOperands())
        if (auto softmax = operand.getDefiningOp<SoftmaxOp>()) {
          found.push_back({op, softmax});
          return;
        }
    });
    for (auto [product, softmax] : found)
      Reader(product, softmax).raise();
    SmallVector<Operation *> ops; // what nothing reads any more goes, from the last on
    getOperation()->walk([&](Operation *op) { ops.push_back(op); });
    if (!found.empty())
      for (Operation *op : llvm::reverse(ops))
        if (isOpTriviallyDead(op))
          op->erase();
  }
};

} // namespace
