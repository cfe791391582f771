// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Carrying out a split.
//
// 1. The ops before are built on the sequences; their results become sequences of the new scan.
// 2. The new scan takes over the body. It emits what the ops after it read.
// 3. The ops after are built, each when something asks for it; sums over time become contractions and reductions.
//
// Ops that left and are read no more are dead in the body and erased.

#include "passes/split/ScanSplitter.h"

#include "passes/support/Remarks.h"

#include "passes/split/LiftRules.h"
#include "passes/support/TensorBuilder.h"

#include "dialect/Einsum.h"
#include "dialect/ScanParts.h"
#include "dialect/SumAttributes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

namespace {

class ScanSplitter {
public:
  ScanSplitter(ScanOp scan, SplitPlan plan) : dependences(scan), scan(scan), plan(std::move(plan)), builder(scan) {}
  /// Replaces the scan; returns the new one.
  ScanOp split();

private:
  void buildBefore();
  void buildScan();
  void buildAccumulated(ScanOp old);
  void lift(Operation *op);
  Value getLifted(Value value);
  Value buildSum(Value value);
  Value buildSumOfContract(ContractOp contract);
  /// Whether `value` is the same at all positions.
  bool isTheSame(Value value) const {
    return dependences.isOutside(value) && !lifted.contains(value) && !totals.contains(value);
  }
  Value sumLifted(Value value, ArrayRef<int64_t> dims);
  int64_t getLength() { return scan.getLength(); }

  ScanDependences dependences;
  ScanOp scan;
  SplitPlan plan;
  OpBuilder builder;
  /// A value of the body -> its sequence outside.
  llvm::DenseMap<Value, Value> lifted;
  /// A value that the loop adds up -> the sum.
  llvm::DenseMap<Value, Value> totals;
};

} // namespace

//===-- lifting ----------------------------------------------------------------------------------------------===//

/// Builds `op` on the whole sequence.
void ScanSplitter::lift(Operation *op) {
  SmallVector<Value> operands;
  SmallVector<bool> isLifted;
  for (Value operand : op->getOperands()) {
    operands.push_back(getLifted(operand));
    isLifted.push_back(operands.back() != operand);
  }
  auto results = cast<LiftableOpInterface>(op).buildLifted(builder, getLength(), operands, isLifted);
  for (auto [value, sequence] : llvm::zip(op->getResults(), *results))
    lifted[value] = sequence;
}

/// The sequence of all positions of `value`; a value from outside is returned as it is.
Value ScanSplitter::getLifted(Value value) {
  if (Value sequence = lifted.lookup(value))
    return sequence;
  if (Operation *op = dependences.getBodyOp(value)) {
    lift(op);
    return lifted.lookup(value);
  }
  return value;
}

//===-- before and during the loop ---------------------------------------------------------------------------===//

void ScanSplitter::buildBefore() {
  for (auto [argument, sequence] : llvm::zip(scan.getSequenceArguments(), scan.getSequences()))
    lifted[argument] = sequence;
  for (Operation &op : dependences.getBlock())
    if (plan.before.contains(&op)) {
      if (isExpensive(&op))
        reportDone(&op, "hoisted", [] { return "computed for the whole sequence before the time loop"; });
      lift(&op);
    }
}

/// `sum` with `summand` added.
static Value addTo(OpBuilder &inside, Value sum, Value summand) {
  auto next = arith::AddFOp::create(inside, summand.getLoc(), sum, summand);
  next->setAttr(roundedAttribute, inside.getUnitAttr());
  return next;
}

/// Moves the body into a scan with more sequences, other emitted values and other states.
void ScanSplitter::buildScan() {
  ScanOp old = scan;
  YieldOp yield = old.getYield();
  llvm::SmallDenseMap<unsigned, Accumulator *> accumulators;
  for (Accumulator &accumulator : plan.accumulators)
    accumulators[accumulator.state] = &accumulator;

  ScanParts parts(old);
  parts.inits.clear();
  parts.names.clear();
  SmallVector<Value> stored;
  SmallVector<unsigned> states;
  for (auto [i, init] : llvm::enumerate(old.getInits()))
    if (!accumulators.count(i) || !accumulators[i]->staying.empty()) {
      states.push_back(i);
      parts.inits.push_back(init);
      parts.names.push_back(old.getStateName(i));
    }
  for (Value value : plan.added) {
    parts.inits.push_back(TensorBuilder(builder, value.getLoc()).zero(value.getType()));
    parts.names.push_back("");
  }
  for (Operation *op : plan.before)
    if (!isExpansion(op) && !plan.again.contains(op))
      for (Value value : op->getResults()) {
        stored.push_back(value);
        parts.sequences.push_back(lifted.lookup(value));
      }
  // What is known outside in any case need not be emitted.
  for (Value value : yield.getEmitted())
    if (Operation *op = dependences.getBodyOp(value);
        !lifted.count(value) && !plan.after.contains(op) && !dependences.isOutside(value))
      plan.emitted.insert(value);
  SmallVector<Value> emitted = plan.emitted.takeVector();
  parts.emitted = llvm::to_vector(ValueRange(emitted).getTypes());
  scan = parts.create(builder);
  Block &block = scan.getBlock();
  block.getOperations().splice(block.end(), old.getBlock().getOperations());
  dependences = ScanDependences(scan);

  IRMapping renamed;
  for (auto [i, state] : llvm::enumerate(states))
    renamed.map(old.getStateArguments()[state], scan.getStateArguments()[i]);
  for (auto [from, to] : llvm::zip(old.getSequenceArguments(), scan.getSequenceArguments()))
    renamed.map(from, to);
  for (auto [from, to] : renamed.getValueMap())
    Value(from).replaceAllUsesWith(to);
  for (auto [value, argument] : llvm::zip(stored, scan.getSequenceArguments().take_back(stored.size())))
    value.replaceAllUsesWith(argument);
  for (auto [argument, sequence] : llvm::zip(scan.getSequenceArguments(), scan.getSequences()))
    lifted[argument] = sequence;
  for (auto [value, sequence] : llvm::zip(emitted, scan.getEmitted())) {
    lifted[value] = sequence;
    value = renamed.lookupOrDefault(value);
    lifted[value] = sequence;
  }
  SmallVector<Value> added = plan.added.takeVector();
  for (auto [value, total] : llvm::zip(added, scan.getFinals().drop_front(states.size()))) {
    totals[value] = total;
    value = renamed.lookupOrDefault(value);
    totals[value] = total;
  }

  // The accumulators that go on add up only what stays.
  OpBuilder inside(yield);
  SmallVector<Value> next;
  for (auto [i, state] : llvm::enumerate(states)) {
    Value value = yield.getNext()[state];
    if (accumulators.count(state)) {
      value = scan.getStateArguments()[i];
      for (Value summand : accumulators[state]->staying)
        value = addTo(inside, value, renamed.lookupOrDefault(summand));
    }
    next.push_back(value);
  }
  for (auto [value, sum] : llvm::zip(added, scan.getStateArguments().drop_front(states.size())))
    next.push_back(addTo(inside, sum, value));
  YieldOp::create(inside, yield.getLoc(), next, emitted);

  // Results that go on as they are; buildAccumulated makes the others.
  builder.setInsertionPointAfter(scan);
  for (auto [i, state] : llvm::enumerate(states))
    if (!accumulators.count(state))
      old.getFinals()[state].replaceAllUsesWith(scan.getFinals()[i]);
  for (auto [i, value] : llvm::enumerate(yield.getEmitted())) {
    Value sequence = getLifted(value);
    if (sequence == value)
      sequence = repeatOverTime(builder, old.getLoc(), old.getLength(), value);
    old.getEmitted()[i].replaceAllUsesWith(sequence);
  }
  yield.erase();
  buildAccumulated(old);
  // What left is dead now; additions of dropped states read the old scan's arguments.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  old.erase();
}

//===-- sums over time ---------------------------------------------------------------------------------------===//

Value ScanSplitter::sumLifted(Value value, ArrayRef<int64_t> dims) {
  return ReduceOp::create(builder, value.getLoc(), ReduceKind::sum, value, dims);
}

/// The sum over all positions of `contract`: the time's letter joins those that are summed over, or, where one operand
/// is the same at all positions, the product is one of the other's sum.
Value ScanSplitter::buildSumOfContract(ContractOp contract) {
  auto sumOf = [&](Value value) {
    Value total = totals.lookup(value);
    return total ? total : sumLifted(getLifted(value), {0});
  };
  Value lhs = contract.getLhs(), rhs = contract.getRhs();
  Einsum spec = Einsum::ofVerified(contract.getSpec());
  if (isTheSame(rhs)) {
    lhs = sumOf(lhs);
  } else if (isTheSame(lhs)) {
    rhs = sumOf(rhs);
  } else {
    lhs = getLifted(lhs), rhs = getLifted(rhs);
    char time = spec.freshLetter();
    spec.lhs.insert(0, 1, time);
    spec.rhs.insert(0, 1, time);
  }
  auto sum = ContractOp::create(builder, contract.getLoc(), lhs, rhs, spec.str());
  reportDone(sum, "hoisted", [] { return "summed over time by one product after the time loop"; });
  return sum;
}

/// The sum over all positions of `value`.
Value ScanSplitter::buildSum(Value value) {
  if (isTheSame(value)) {
    if (matchPattern(value, m_AnyZeroFloat()))
      return value;
    auto type = cast<RankedTensorType>(value.getType());
    Attribute length = builder.getFloatAttr(type.getElementType(), getLength());
    Value factor = arith::ConstantOp::create(builder, value.getLoc(), DenseElementsAttr::get(type, length));
    return arith::MulFOp::create(builder, value.getLoc(), value, factor);
  }
  if (Value sequence = lifted.lookup(value))
    return sumLifted(sequence, {0});
  if (Value total = totals.lookup(value))
    return total;
  Operation *op = value.getDefiningOp();
  switch (getSumForm(dependences, value)) {
  case SumForm::Contract:
    return buildSumOfContract(cast<ContractOp>(op));
  case SumForm::Reduce: {
    auto reduce = cast<ReduceOp>(op);
    if (Value total = totals.lookup(reduce.getOperand()))
      return sumLifted(total, reduce.getDims());
    SmallVector<int64_t> dims{0};
    for (int64_t dim : reduce.getDims())
      dims.push_back(dim + 1);
    return sumLifted(getLifted(reduce.getOperand()), dims);
  }
  case SumForm::ScatterAdd: {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      Value sequence = getLifted(operand);
      operands.push_back(sequence == operand ? repeatOverTime(builder, op->getLoc(), getLength(), operand) : sequence);
    }
    // The positions are further ones of the tokens.
    StringAttr spec = cast<ScatterAddOp>(op).getSpecAttr();
    if (spec) {
      Einsum terms = Einsum::ofVerified(spec);
      char time = terms.freshLetter();
      terms.rhs.insert(0, 1, time);
      terms.result.insert(0, 1, time);
      spec = builder.getStringAttr(terms.str());
    }
    return ScatterAddOp::create(builder, op->getLoc(), op->getResultTypes()[0], operands[0], operands[1], spec);
  }
  case SumForm::Linear: {
    IRMapping sums;
    for (Value operand : op->getOperands()) {
      bool isFactor = isa<arith::MulFOp, arith::DivFOp>(op) && dependences.isOutside(operand);
      if (!isFactor && isa<RankedTensorType>(operand.getType()))
        sums.map(operand, buildSum(operand));
    }
    return builder.clone(*op, sums)->getResult(0);
  }
  case SumForm::Leaf:
    return sumLifted(getLifted(value), {0});
  }
  llvm_unreachable("all forms are handled");
}

/// Replaces the finals of accumulators.
void ScanSplitter::buildAccumulated(ScanOp old) {
  unsigned dropped = 0; // accumulators are in the order of their states
  for (Accumulator &accumulator : plan.accumulators) {
    Value total = old.getInits()[accumulator.state];
    if (!accumulator.staying.empty())
      total = scan.getFinals()[accumulator.state - dropped];
    else
      ++dropped;
    if (old.getFinals()[accumulator.state].use_empty())
      continue;
    for (Value summand : accumulator.leaving) {
      Value sum = buildSum(summand);
      if (matchPattern(total, m_AnyZeroFloat())) {
        total = sum;
        continue;
      }
      total = arith::AddFOp::create(builder, sum.getLoc(), total, sum);
      // As in the loop, a sum goes on from what the state began with.
      if (isa_and_nonnull<ContractOp, ReduceOp, ScatterAddOp>(sum.getDefiningOp()) &&
          accumulator.leaving.size() + accumulator.staying.size() == 1)
        total.getDefiningOp()->setAttr(chainAttribute, builder.getUnitAttr());
    }
    old.getFinals()[accumulator.state].replaceAllUsesWith(total);
  }
}

ScanOp ScanSplitter::split() {
  buildBefore();
  buildScan();
  return scan;
}

ScanOp rondo::splitScan(ScanOp scan, SplitPlan plan) { return ScanSplitter(scan, std::move(plan)).split(); }
