// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Of two exponentials less their maximum one is 1.

#include "passes/support/JoinExponentials.h"

#include "passes/support/Remarks.h"
#include "passes/support/TensorBuilder.h"

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace rondo;

/// Whether both are the same by how they are computed, in few ops: before differentiation equal values need not be one.
static bool isSame(Value a, Value b, unsigned depth = 4) {
  if (a == b || depth == 0)
    return a == b;
  auto of = dyn_cast<OpResult>(a), other = dyn_cast<OpResult>(b);
  return of && other && of.getResultNumber() == other.getResultNumber() && isMemoryEffectFree(of.getOwner()) &&
         OperationEquivalence::isEquivalentTo(
             of.getOwner(), other.getOwner(), [&](Value x, Value y) { return success(isSame(x, y, depth - 1)); },
             nullptr, OperationEquivalence::IgnoreLocations);
}

/// exp(side - most), if nothing else reads that difference; null without it.
static math::ExpOp exponentialOf(arith::MaximumFOp most, Value side) {
  for (Operation *user : most->getUsers())
    if (auto rest = dyn_cast<arith::SubFOp>(user); rest && rest->hasOneUse() && isSame(rest.getLhs(), side))
      if (auto exponential = dyn_cast<math::ExpOp>(*rest->user_begin()))
        return exponential;
  return {};
}

/// Which of a and b is larger is decided as the maximum's derivative decides it, so that at a tie the derivatives of
/// all three fit together. That of a maximum with a constant decides otherwise.
static void join(IRRewriter &rewriter, arith::MaximumFOp most, bool hasStops) {
  Value a = most.getLhs(), b = most.getRhs();
  math::ExpOp ofA = exponentialOf(most, a), ofB = exponentialOf(most, b);
  if (isSame(a, b) || !ofA || !ofB || ofA->getBlock() != ofB->getBlock() || matchPattern(a, m_Constant()) ||
      matchPattern(b, m_Constant()))
    return;
  reportDone(most, "joined", [] { return "of two exponentials less their maximum one is 1"; });
  rewriter.setInsertionPoint(ofA->isBeforeInBlock(ofB) ? ofA : ofB);
  TensorBuilder t(rewriter, rewriter.getFusedLoc({ofA.getLoc(), ofB.getLoc()}));
  Value isFirst = t.compare(arith::CmpFPredicate::OGE, a, b);
  Value apart = t.sub(a, b);
  Value smaller = t.make<math::ExpOp>(t.select(isFirst, t.neg(apart), apart));
  // An infinite maximum less itself is no number, and neither is the exponential of that.
  Value nothing = t.sub(most, most);
  Value larger = t.add(hasStops ? t.make<StopOp>(nothing) : nothing, t.constant(most.getType(), 1));
  Operation *restOfA = ofA.getOperand().getDefiningOp(), *restOfB = ofB.getOperand().getDefiningOp();
  rewriter.replaceOp(ofA, t.select(isFirst, larger, smaller));
  rewriter.replaceOp(ofB, t.select(isFirst, smaller, larger));
  rewriter.eraseOp(restOfA);
  rewriter.eraseOp(restOfB);
}

void rondo::joinExponentials(Operation *op, bool hasStops) {
  SmallVector<arith::MaximumFOp> maxima;
  op->walk([&](arith::MaximumFOp most) {
    if (isa<RankedTensorType>(most.getType()))
      maxima.push_back(most);
  });
  IRRewriter rewriter(op->getContext());
  for (arith::MaximumFOp most : maxima)
    join(rewriter, most, hasStops);
}
