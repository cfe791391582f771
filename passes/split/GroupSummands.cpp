// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Regrouping of sums in a scan's body.

#include "passes/split/GroupSummands.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace rondo;

/// The addition that alone reads `add`, if there is one in the body.
static arith::AddFOp getOuterAddition(const ScanDependences &dependences, arith::AddFOp add) {
  if (!add->hasOneUse())
    return {};
  auto outer = dyn_cast<arith::AddFOp>(*add->user_begin());
  return outer && outer->getBlock() == &dependences.getBlock() ? outer : arith::AddFOp();
}

namespace {
/// A tree of additions, taken apart.
struct Sum {
  SmallVector<Value> summands;
  SmallVector<arith::AddFOp> additions; ///< the root first
};
} // namespace

static void collect(const ScanDependences &dependences, arith::AddFOp add, Sum &sum) {
  sum.additions.push_back(add);
  for (Value operand : add->getOperands()) {
    auto inner = operand.getDefiningOp<arith::AddFOp>();
    if (inner && getOuterAddition(dependences, inner) == add)
      collect(dependences, inner, sum);
    else
      sum.summands.push_back(operand);
  }
}

/// Whether `value` is the next value of a state that it adds to: SplitAccumulators takes that apart.
static bool addsToState(const ScanDependences &dependences, Value value, ArrayRef<Value> summands) {
  ScanOp scan = dependences.getScan();
  for (auto [argument, next] : llvm::zip(scan.getStateArguments(), scan.getYield().getNext()))
    if (next == value && llvm::is_contained(summands, argument))
      return true;
  return false;
}

void rondo::groupSummands(const ScanDependences &dependences) {
  llvm::DenseSet<Operation *> free = dependences.findFree();
  groupSummands(dependences, [&](Value value) {
    return dependences.isOutside(value) || dependences.isSequence(value) || free.contains(dependences.getBodyOp(value));
  });
}

void rondo::groupSummands(const ScanDependences &dependences, llvm::function_ref<bool(Value)> isEarly) {
  auto gains = [&](Value value) {
    llvm::DenseSet<Operation *> slice;
    dependences.addSlice(value, slice);
    return llvm::any_of(slice, isExpensive);
  };
  SmallVector<Sum> sums;
  for (auto add : dependences.getBlock().getOps<arith::AddFOp>())
    if (!getOuterAddition(dependences, add))
      collect(dependences, add, sums.emplace_back());
  // A sum may be a summand of a later one, so what replaced it is kept in mind; and a dead addition lives to the end,
  // so that no new one gets its address, by which `isEarly` knows it.
  llvm::DenseMap<Value, Value> replacements;
  SmallVector<arith::AddFOp> dead;
  for (Sum &sum : sums) {
    for (Value &summand : sum.summands)
      if (Value replacement = replacements.lookup(summand))
        summand = replacement;
    arith::AddFOp root = sum.additions.front();
    SmallVector<Value> earlyOnes, lateOnes;
    for (Value summand : sum.summands)
      (isEarly(summand) ? earlyOnes : lateOnes).push_back(summand);
    size_t grouped = llvm::count_if(sum.additions, [&](arith::AddFOp add) { return isEarly(add); });
    if (lateOnes.empty() || earlyOnes.size() < grouped + 2 || llvm::none_of(earlyOnes, gains) ||
        addsToState(dependences, root, sum.summands))
      continue;
    OpBuilder builder(root);
    Value total = earlyOnes.front();
    for (Value summand : llvm::concat<Value>(llvm::MutableArrayRef(earlyOnes).drop_front(), lateOnes))
      total = arith::AddFOp::create(builder, root.getLoc(), total, summand);
    replacements[root] = total;
    root.replaceAllUsesWith(total);
    llvm::append_range(dead, sum.additions);
  }
  // Later sums are after those that they read, and in a sum the root is before its parts.
  for (arith::AddFOp add : dead)
    add->dropAllUses();
  for (arith::AddFOp add : dead)
    add.erase();
}
