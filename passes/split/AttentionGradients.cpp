// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Finds what differentiation made of an attention: the products of the results' cotangent with weights and values, the
// derivative of the softmax, and behind what leads from scores to the softmax the products with keys and queries.

#include "passes/split/AttentionGradients.h"

#include "dialect/Einsum.h"
#include "passes/split/PositionOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;

static bool isZero(Value value) {
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_NegZeroFloat());
}

/// The other operand of a product of two, one of which is `value`.
static Value otherOperand(Operation *op, Value value) { return op->getOperand(op->getOperand(0) == value ? 1 : 0); }

/// Whether `op`, of which one operand is `value` with the letters `term`, is a product of it with `other` of the
/// letters `otherTerm`, whose result has those of `result`; letters that `term` has not are any.
static bool isProduct(ContractOp op, Value value, StringRef term, Value other, StringRef otherTerm, StringRef result) {
  Einsum sum = Einsum::ofVerified(op.getSpec());
  if ((op.getLhs() == value) == (op.getRhs() == value) || otherOperand(op, value) != other)
    return false;
  StringRef mine = op.getLhs() == value ? sum.lhs : sum.rhs, others = op.getLhs() == value ? sum.rhs : sum.lhs;
  if (others.size() != otherTerm.size() || mine.size() != term.size() || sum.result.size() != result.size())
    return false;
  // From the letters of this op to those of the attention.
  std::array<char, 26> name = {};
  auto bind = [&](StringRef from, StringRef to) {
    for (auto [a, z] : llvm::zip(from, to)) {
      if (name[a - 'a'] && name[a - 'a'] != z)
        return false;
      name[a - 'a'] = z;
    }
    return true;
  };
  return bind(mine, term) && bind(others, otherTerm) && bind(sum.result, result);
}

/// Whether both are one value, or the same one repeated.
static bool areEqual(Value left, Value right) {
  auto repeated = left.getDefiningOp<BroadcastOp>(), other = right.getDefiningOp<BroadcastOp>();
  return left == right ||
         (repeated && other && repeated.getOperand() == other.getOperand() && repeated.getDims() == other.getDims());
}

std::optional<AttentionGradient> AttentionGradient::of(SoftmaxOp weights, arith::SelectOp zeroes, ContractOp product,
                                                       StringRef points, const AttentionTerms &terms, Value query,
                                                       Value keys, Value values, double scale, const Masks &masks) {
  AttentionGradient found;
  // Beside the product: that for the values, and twice in the softmax's derivative.
  SmallVector<arith::MulFOp> multiplications;
  Value p = weights.getResult(), shown = zeroes ? zeroes.getResult() : p;
  SmallVector<Operation *> users(p.getUsers());
  if (zeroes)
    llvm::append_range(users, shown.getUsers());
  for (Operation *user : users) {
    if (user == product || user == zeroes)
      continue;
    if (auto multiplication = dyn_cast<arith::MulFOp>(user))
      multiplications.push_back(multiplication);
    else if (auto contract = dyn_cast<ContractOp>(user); contract && !found.ofValues)
      found.ofValues = contract;
    else
      return std::nullopt;
  }
  if (!found.ofValues || multiplications.size() != 2)
    return std::nullopt;
  found.cotangent = otherOperand(found.ofValues, shown);
  if (!isProduct(found.ofValues, shown, points, found.cotangent, terms.result, terms.values))
    return std::nullopt;
  // p * (d - sum(d * p)) of the weights' derivative d
  for (arith::MulFOp outer : multiplications) {
    auto centred = otherOperand(outer, p).getDefiningOp<arith::SubFOp>();
    if (!centred || !centred->hasOneUse())
      continue;
    Value d = centred.getLhs();
    auto repeated = centred.getRhs().getDefiningOp<BroadcastOp>();
    auto sum = repeated ? repeated.getOperand().getDefiningOp<ReduceOp>() : nullptr;
    arith::MulFOp inner = multiplications[0] == outer ? multiplications[1] : multiplications[0];
    if (!sum || sum.getKind() != ReduceKind::sum || sum.getDims() != ArrayRef<int64_t>{int64_t(weights.getDim())} ||
        sum.getOperand() != inner.getResult() || otherOperand(inner, p) != d || !inner->hasOneUse() ||
        !sum->hasOneUse() || !repeated->hasOneUse())
      continue;
    SmallVector<int64_t> others;
    for (int64_t dim = 0; dim < weights.getType().getRank(); ++dim)
      if (dim != int64_t(weights.getDim()))
        others.push_back(dim);
    Value whole = d; // of all rows
    if (zeroes) {
      auto kept = d.getDefiningOp<arith::SelectOp>();
      if (!kept || !areEqual(kept.getCondition(), zeroes.getCondition()) || !isZero(kept.getFalseValue()) ||
          !kept.getTrueValue().hasOneUse())
        return std::nullopt;
      whole = kept.getTrueValue();
    }
    found.ofWeights = whole.getDefiningOp<ContractOp>();
    if (repeated.getDims() != ArrayRef(others) || !found.ofWeights || !llvm::hasNItems(d.getUses(), 2) ||
        !isProduct(found.ofWeights, found.cotangent, terms.result, values, terms.values, points))
      return std::nullopt;
    if (found.followScores(outer.getResult(), scale, masks, weights.getDim(), points, terms, query, keys))
      return found;
  }
  return std::nullopt;
}

/// From the derivative of what the softmax is of to that of the products, and the products with it.
bool AttentionGradient::followScores(Value value, double scale, const Masks &masks, int64_t keyDim, StringRef points,
                                     const AttentionTerms &terms, Value query, Value keys) {
  double factor = 1;
  bool isMasked = false, isEnded = false;
  while (true) {
    SmallVector<Operation *> users(value.getUsers());
    // 0 / c is made 0 by itself, for the sake of numbers that are none: nothing else where c is a number.
    if (users.size() == 2 && (isa<arith::CmpFOp>(users[0]) || isa<arith::CmpFOp>(users[1]))) {
      auto compare = cast<arith::CmpFOp>(isa<arith::CmpFOp>(users[0]) ? users[0] : users[1]);
      Operation *other = users[compare == users[0] ? 1 : 0];
      auto guard = compare->hasOneUse() ? dyn_cast<arith::SelectOp>(*compare->user_begin()) : nullptr;
      if (!guard || compare.getPredicate() != arith::CmpFPredicate::OEQ || compare.getLhs() != value ||
          !isZero(compare.getRhs()) || guard.getCondition() != compare.getResult() || !isZero(guard.getTrueValue()) ||
          other->getNumResults() != 1 || guard.getFalseValue() != other->getResult(0) || !other->hasOneUse() ||
          !scaleBy(other, value, factor))
        return false;
      value = guard.getResult();
      continue;
    }
    if (users.size() == 2)
      break;
    if (users.size() != 1)
      return false;
    Operation *op = users.front();
    if (auto select = dyn_cast<arith::SelectOp>(op)) {
      auto here = positionOrderOf(select.getCondition());
      if (here && here->before != keyDim)
        here = here->reversed();
      if (!here)
        return false;
      bool isOrder = masks.order && here->isLike(*masks.order), isEnd = here->endsAt(masks.lengths);
      if (isOrder ? isMasked : !isEnd || isEnded)
        return false;
      (isOrder ? isMasked : isEnded) = true;
      Value seen = here->isOpposite ? select.getFalseValue() : select.getTrueValue();
      if (seen != value || !isZero(here->isOpposite ? select.getTrueValue() : select.getFalseValue()))
        return false;
      value = select.getResult();
      continue;
    }
    if (!scaleBy(op, value, factor))
      return false;
    value = op->getResult(0);
  }
  if (isMasked != masks.order.has_value() || isEnded != bool(masks.lengths.numbers) || factor != scale || query == keys)
    return false;
  for (Operation *user : value.getUsers()) {
    auto contract = dyn_cast<ContractOp>(user);
    if (!contract)
      return false;
    if (isProduct(contract, value, points, keys, terms.keys, terms.query))
      ofQuery = contract;
    else if (isProduct(contract, value, points, query, terms.query, terms.keys))
      ofKeys = contract;
  }
  return ofQuery && ofKeys;
}

bool AttentionGradient::scaleBy(Operation *op, Value value, double &factor) {
  if (!isa<arith::MulFOp, arith::DivFOp>(op))
    return false;
  bool isQuotient = isa<arith::DivFOp>(op);
  SplatElementsAttr splat;
  Value other = otherOperand(op, value);
  if (other == value || (isQuotient && op->getOperand(0) != value) || !matchPattern(other, m_Constant(&splat)) ||
      !isa<FloatType>(splat.getElementType()))
    return false;
  double by = splat.getSplatValue<APFloat>().convertToDouble();
  factor = isQuotient ? factor / by : factor * by;
  return true;
}
