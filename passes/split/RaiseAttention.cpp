// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-raise-attention: scores, a softmax over their keys and a product with values are one rondo.attention, which
// never has all scores in memory.
//
// Where anything else reads the weights or the scores, as a derivative does, they are needed as they are. Of functions
// that compute the same outputs of other numbers of rows and positions either all have the op or none: its sums are in
// another order than those of the products.

#include "dialect/AttentionGradOps.h"
#include "dialect/AttentionTerms.h"
#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/split/AttentionGradients.h"
#include "passes/split/PositionOrder.h"
#include "passes/support/Machine.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/Remarks.h"
#include "passes/support/ShareUnits.h"

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

/// Whether a call of the function may have fewer positions than it is made for.
static bool mayEnd(func::FuncOp function) {
  return llvm::any_of(llvm::seq<unsigned>(0, function.getNumArguments()),
                      [&](unsigned i) { return bool(function.getArgAttr(i, attributeOf(Role::length))); });
}

/// For how many positions the function is made, all of which it takes at once; 0 where it takes windows of them.
static int64_t positionsOf(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    if (auto known = function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), positionsAttribute))
      return cast<RankedTensorType>(argument.getType()).getDimSize(known.getInt());
  return 0;
}

namespace {

/// Reads an attention backwards, from the product with the values.
class Reader {
public:
  /// `product` reads the softmax `weights`, and `values` besides; between them may be `zeroes`, by which the weights of
  /// rows without a key are zero.
  Reader(ContractOp product, SoftmaxOp weights, arith::SelectOp zeroes)
      : product(product), weights(weights), zeroes(zeroes) {}

  /// Makes it one op, for which it has been read.
  void raise() {
    OpBuilder b(product);
    IntegerAttr first = order ? b.getI64IntegerAttr(order->first) : IntegerAttr();
    StringAttr rowLetter = rows ? b.getStringAttr(std::string(1, rows)) : StringAttr();
    auto attention = AttentionOp::create(b, b.getFusedLoc({scores.getLoc(), product.getLoc()}), product.getType(),
                                         query, keys, values, firsts(), lengths.numbers, b.getStringAttr(terms.str()),
                                         b.getF64FloatAttr(scale), first, rowLetter);
    product.replaceAllUsesWith(attention.getResult());
    if (gradient)
      raiseGradient(attention);
    reportDone(attention, "attention", [&] {
      return "scores, softmax and values of \"" + terms.str() + "\" in blocks of queries" + (order ? ", causal" : "") +
             (lengths.numbers ? ", of present keys" : "");
    });
  }

  /// Fills the fields; what it returns is why it is no attention, or becomes none.
  std::string read() {
    auto function = product->getParentOfType<func::FuncOp>();
    if (product->getParentOp() != function)
      return "in a loop";
    Einsum sum = Einsum::ofVerified(product.getSpec());
    Value shown = zeroes ? zeroes.getResult() : weights.getResult();
    bool weightsLeft = product.getLhs() == shown;
    if (product.getLhs() == product.getRhs())
      return "the weights are the values too";
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
    if (std::string why = checkOrder(points, key); !why.empty())
      return why;
    if (mayEnd(function) && !positionsOf(function) && !firsts())
      return "a call may have fewer positions, of which products alone are made";
    if (zeroes && !readZeroes())
      return "between softmax and values is arith.select";
    if (!weights->hasOneUse() || !shown.hasOneUse()) {
      gradient = AttentionGradient::of(weights, zeroes, product, points, terms, query, keys, values, scale,
                                       {order, maskOfLengths});
      if (!gradient)
        return "the weights are read elsewhere too";
      if (firsts())
        return "the derivative of queries behind others is products";
      if (!product->isBeforeInBlock(beginOfGradient()))
        return "the derivative, which reads the result, stands before it";
      if (std::string why = checkGradient(); !why.empty())
        return why;
    }
    return checkSizes();
  }

private:
  /// What is added to the positions of the queries of each row, or null.
  Value firsts() const { return order ? order->addedBehind.numbers : nullptr; }

  /// Whether masks are those of causal queries and of keys that are there; `points` are the letters of the weights.
  std::string checkOrder(StringRef points, char key) {
    std::string why = "the mask is none of keys behind their query";
    auto type = cast<RankedTensorType>(query.getType());
    bool isOfQueries = !order || (order->behind < 0 ? type.getDimSize(terms.query.find(terms.position)) == 1
                                                    : points[order->behind] == terms.position);
    if (!isOfQueries || (order && (points[order->before] != key || order->addedBefore.numbers)))
      return why;
    rows = 0;
    for (RowNumbers numbers : {order ? order->addedBehind : RowNumbers(), lengths}) {
      if (numbers.rows < 0)
        continue;
      char letter = points[numbers.rows];
      if (letter == key || letter == terms.position || (rows && rows != letter))
        return why;
      rows = letter;
    }
    return "";
  }

  /// Whether rows that have no key have weights of zero, where the mask lets them see one; then lengths are those of
  /// the rows.
  bool readZeroes() {
    auto condition = zeroes.getCondition().getDefiningOp<BroadcastOp>();
    auto some = condition ? condition.getOperand().getDefiningOp<arith::CmpIOp>() : arith::CmpIOp();
    auto least = lengths.numbers ? lengths.numbers.getDefiningOp<arith::MaxSIOp>() : arith::MaxSIOp();
    if (!some || !least || some.getPredicate() != arith::CmpIPredicate::sgt || !matchPattern(some.getRhs(), m_Zero()) ||
        some.getLhs() != least.getLhs() || !matchPattern(least.getRhs(), m_One()) ||
        condition.getDims() != ArrayRef(lengths.rows) || splatOf(zeroes.getFalseValue()) != 0.0)
      return false;
    lengths.numbers = least.getLhs();
    return true;
  }

  /// The first of the operations that its op replaces: all of it is there.
  Operation *beginOfGradient() {
    bool areWeightsFirst = gradient->ofWeights->isBeforeInBlock(gradient->ofValues);
    return areWeightsFirst ? gradient->ofWeights : gradient->ofValues;
  }

  void raiseGradient(AttentionOp attention) {
    OpBuilder b(beginOfGradient());
    auto derivative = AttentionGradOp::create(
        b, b.getFusedLoc({gradient->ofValues.getLoc(), gradient->ofQuery.getLoc()}), query.getType(), keys.getType(),
        values.getType(), query, keys, values, attention.getResult(), gradient->cotangent, attention.getLengths(),
        attention.getSpecAttr(), attention.getScaleAttr(), attention.getFirstAttr(), attention.getRowsAttr());
    gradient->ofQuery.replaceAllUsesWith(derivative.getDQuery());
    gradient->ofKeys.replaceAllUsesWith(derivative.getDKeys());
    gradient->ofValues.replaceAllUsesWith(derivative.getDValues());
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
      if (select) {
        if (std::string why = readMask(select, value); !why.empty())
          return why;
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

  /// A select of scores where the mask lets a query see a key, or where there is one, and of a very low number
  /// elsewhere. `seen` becomes the scores.
  std::string readMask(arith::SelectOp select, Value &seen) {
    std::optional<PositionOrder> mask = positionOrderOf(select.getCondition());
    if (mask && mask->before != int64_t(weights.getDim()))
      mask = mask->reversed();
    std::optional<double> other;
    if (mask && mask->before == int64_t(weights.getDim()))
      other = splatOf(mask->isOpposite ? select.getTrueValue() : select.getFalseValue());
    if (!other)
      return "the mask is none of keys behind their query";
    // What stands between it and the softmax scales it too.
    if (!(*other <= mostHidden && *other * scale <= mostScaled))
      return "scores of hidden keys are not all at most -1e9, nor -1e6 when they are scaled";
    seen = mask->isOpposite ? select.getFalseValue() : select.getTrueValue();
    bool isOfLengths = mask->endsAt(mask->addedBehind);
    if (isOfLengths ? bool(lengths.numbers) : order.has_value())
      return "there are two masks of one kind";
    if (isOfLengths) {
      lengths = maskOfLengths = mask->addedBehind;
      return isAtLeastOne(lengths.numbers) ? "" : "there may be no key";
    }
    order = mask;
    return order->first < 0 ? "the first query sees no key" : "";
  }

  /// Whether numbers are known to be at least 1, as that of a call's positions is.
  static bool isAtLeastOne(Value numbers) {
    if (auto argument = dyn_cast<BlockArgument>(numbers)) {
      auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
      return function && function.getArgAttr(argument.getArgNumber(), attributeOf(Role::length));
    }
    auto least = numbers.getDefiningOp<arith::MaxSIOp>();
    return least && matchPattern(least.getRhs(), m_One());
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

  /// Whether its derivative is one op, which threads share by matrices of keys or by parts of the queries.
  std::string checkGradient() {
    if (!terms.hasSumsLast())
      return "the derivative of \"" + terms.str() + "\" is products";
    auto sizeOf = [&](char letter) {
      return cast<RankedTensorType>(query.getType()).getDimSize(terms.query.find(letter));
    };
    int64_t matrices = 1, queries = sizeOf(terms.position);
    for (char letter : terms.matrices())
      matrices *= sizeOf(letter);
    int64_t part = attentionPart(matrices, queries);
    if (matrices == 1 && part == 0)
      return std::to_string(queries) + " queries of one matrix of keys: too few for threads to share the derivative";
    return isGradientCheaper(matrices, part ? llvm::divideCeil(queries, part) : 0)
               ? ""
               : "the derivative costs less as products";
  }

  /// Whether one op costs less than the products, in elements that go through memory, each of which takes about as long
  /// as sixteen multiply-adds. Products write and read the scores, weights and their derivatives fifteen times, which
  /// costs a third where all of them are no more than any core's own cache holds. The op packs keys and values, clears,
  /// writes and reads the gradients of each part, and computes the scores once more, or twice where they are too many
  /// to be there at one time; but it leaves out what no query sees.
  bool isGradientCheaper(int64_t matrices, int64_t parts) {
    constexpr double multiplyAdd = 1.0 / 16, keysAtOneTime = 752;
    constexpr int64_t scoresInACache = 1 << 16;
    double passes = weights.getType().getNumElements() > scoresInACache ? 15 : 5;
    auto ofKeys = cast<RankedTensorType>(keys.getType()), ofValues = cast<RankedTensorType>(values.getType());
    double keyCount = double(ofKeys.getDimSize(terms.keys.find(terms.key)));
    double dims = double(ofKeys.getDimSize(terms.keys.find(terms.term)));
    double features = double(ofValues.getDimSize(terms.values.find(terms.feature)));
    double scores = double(weights.getType().getNumElements()) / double(std::max<int64_t>(1, matrices));
    double seen = 1;
    if (order) {
      double queries = double(weights.getType().getDimSize(order->behind));
      seen = std::min(1.0, (double(order->first) + queries / 2) / keyCount);
    }
    double again = seen * scores * dims * (keyCount > keysAtOneTime ? 2 : 1) * multiplyAdd;
    double leftOut = (1 - seen) * scores * (3 * dims + 2 * features) * multiplyAdd;
    double ofParts = 3 * double(parts + 1) * keyCount * (dims + features);
    return ofParts + again < passes * scores + leftOut;
  }

  /// Whether the queries of each matrix of keys are worth packing it, and there is something to compute.
  std::string checkSizes() {
    int64_t queries = 1;
    auto type = cast<RankedTensorType>(query.getType());
    for (auto [letter, size] : llvm::zip(terms.query, type.getShape()))
      if (!StringRef(terms.keys).contains(letter))
        queries *= size;
    if (queries < Machine::rowsWorthPacking && !firsts()) // else single positions and windows have the same bits
      return std::to_string(queries) + " queries share keys: too few";
    if (product.getType().getNumElements() == 0 || type.getNumElements() == 0 ||
        weights.getType().getNumElements() == 0)
      return "empty";
    return "";
  }

  static constexpr double mostHidden = -1e9, mostScaled = -1e6;

  ContractOp product, scores;
  SoftmaxOp weights;
  arith::SelectOp zeroes;
  Value query, keys, values;
  AttentionTerms terms;
  double scale = 1;
  std::optional<AttentionGradient> gradient;
  std::optional<PositionOrder> order; // dimensions of the scores
  RowNumbers maskOfLengths, lengths;  // what keys are before; how many there are
  char rows = 0;                      // the letter of the rows that these are of
};

struct Candidate {
  ContractOp product;
  SoftmaxOp weights;
  arith::SelectOp zeroes; // of weights, or null
  std::string why;        // it stays as it is, or empty

  func::FuncOp function() { return product->getParentOfType<func::FuncOp>(); }
  Reader reader() { return {product, weights, zeroes}; }
  /// What is the same in all functions that may compute the same outputs: the line; and for how many positions they
  /// are, where one of them takes all of a sequence's.
  std::pair<Location, int64_t> place() { return {product.getLoc(), positionsOf(function())}; }

  /// Whether other functions may compute the same outputs.
  bool isOfOutputs() { return computesOutputs(function()); }
};

/// The softmax of which `value` is computed element by element alone, if it reads it nowhere else.
SoftmaxOp changedSoftmax(Value value) {
  Operation *op = value.getDefiningOp();
  if (op && OpTrait::hasElementwiseMappableTraits(op))
    for (Value operand : op->getOperands())
      if (auto softmax = operand.getDefiningOp<SoftmaxOp>(); softmax && softmax->hasOneUse())
        return softmax;
  return nullptr;
}

struct RaiseAttention : rondo::impl::RaiseAttentionBase<RaiseAttention> {
  void runOnOperation() override {
    SmallVector<Candidate> found = findCandidates();
    DenseMap<std::pair<Location, int64_t>, Candidate *> refused;
    for (Candidate &candidate : found) {
      candidate.why = candidate.reader().read();
      if (!candidate.why.empty() && candidate.isOfOutputs())
        refused.try_emplace(candidate.place(), &candidate);
    }
    for (Candidate &candidate : found) {
      Candidate *other = candidate.isOfOutputs() ? refused.lookup(candidate.place()) : nullptr;
      if (candidate.why.empty() && other)
        candidate.why = "not in @" + other->function().getName().str() + ": " + other->why;
    }
    for (Candidate &candidate : found) {
      if (!candidate.why.empty()) {
        reportMissed(candidate.product, "attention", [&] { return candidate.why; });
        continue;
      }
      // Again: its operands may be the results of those before.
      Reader reader = candidate.reader();
      if (reader.read().empty())
        reader.raise();
    }
    if (!found.empty())
      eraseUnused();
  }

  SmallVector<Candidate> findCandidates() {
    SmallVector<Candidate> found;
    DenseSet<Operation *> known; // of which other products are parts of the derivative, or one reader too many
    getOperation()->walk([&](ContractOp op) {
      for (Value operand : op->getOperands()) {
        auto zeroes = operand.getDefiningOp<arith::SelectOp>();
        if (auto softmax = (zeroes ? zeroes.getTrueValue() : operand).getDefiningOp<SoftmaxOp>()) {
          if (known.insert(softmax).second)
            found.push_back({op, softmax, zeroes, ""});
          return;
        }
        if (changedSoftmax(operand))
          reportMissed(op, "attention", [&] {
            return "between softmax and values is " + operand.getDefiningOp()->getName().getStringRef().str();
          });
      }
    });
    return found;
  }

  /// What nothing reads any more goes, from the last on.
  void eraseUnused() {
    SmallVector<Operation *> ops;
    for (auto function : getOperation().getOps<func::FuncOp>())
      function.walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        op->erase();
  }
};

} // namespace
