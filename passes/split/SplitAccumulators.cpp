// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Recognising the states that only sum up (in reverse scans: the gradients of parameters), and how each summand is
// summed without a loop.

#include "passes/split/SplitAccumulators.h"

#include "dialect/SegmentsAttribute.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

/// Whether the sum of `op` over positions is `op` of the sums of its operands.
static bool isLinear(const ScanDependences &dependences, Operation *op) {
  if (isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, BroadcastOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
          tensor::ConcatOp>(op))
    return true;
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return reduce.getKind() == ReduceKind::mean;
  if (isa<arith::MulFOp>(op))
    return dependences.isOutside(op->getOperand(0)) || dependences.isOutside(op->getOperand(1));
  if (isa<arith::DivFOp>(op))
    return dependences.isOutside(op->getOperand(1));
  return false;
}

SumForm rondo::getSumForm(const ScanDependences &dependences, Value value) {
  Operation *op = dependences.getBodyOp(value);
  // Who else reads the value needs it at each position.
  if (!op || !value.hasOneUse())
    return SumForm::Leaf;
  if (isa<ContractOp>(op))
    return SumForm::Contract;
  if (auto reduce = dyn_cast<ReduceOp>(op); reduce && reduce.getKind() == ReduceKind::sum)
    return SumForm::Reduce;
  if (isa<ScatterAddOp>(op))
    return SumForm::ScatterAdd;
  return isLinear(dependences, op) ? SumForm::Linear : SumForm::Leaf;
}

bool rondo::sumsProduct(const ScanDependences &dependences, Value value) {
  SumForm form = getSumForm(dependences, value);
  if (form == SumForm::Linear)
    return llvm::any_of(value.getDefiningOp()->getOperands(),
                        [&](Value operand) { return sumsProduct(dependences, operand); });
  return form != SumForm::Leaf;
}

/// Takes sums of summands apart as far as that separates products from the rest.
static void addSummands(const ScanDependences &dependences, Value value, Accumulator &accumulator) {
  auto add = value.getDefiningOp<arith::AddFOp>();
  if (add && sumsProduct(dependences, value)) {
    accumulator.chain.push_back(add);
    addSummands(dependences, add.getLhs(), accumulator);
    addSummands(dependences, add.getRhs(), accumulator);
    return;
  }
  accumulator.leaving.push_back(value);
}

/// Whether the state goes on from window to window, or from segment to segment: its bits must not depend on where one
/// ends, and so not on an order of additions in it.
static bool isCarried(ScanOp scan, unsigned state) {
  return llvm::any_of(scan->getResult(state).getUses(), [](OpOperand &use) {
    if (auto yield = dyn_cast<YieldOp>(use.getOwner()))
      return hasSegments(yield->getParentOp()) && use.getOperandNumber() < yield.getNext().size();
    auto function = dyn_cast<func::FuncOp>(use.getOwner()->getParentOp());
    return function && isa<func::ReturnOp>(use.getOwner()) &&
           function.getResultAttr(use.getOperandNumber(), attributeOf(Role::state));
  });
}

SmallVector<Accumulator> rondo::findAccumulators(const ScanDependences &dependences) {
  ScanOp scan = dependences.getScan();
  YieldOp yield = scan.getYield();
  SmallVector<Accumulator> result;
  // A sum of all positions would go on behind those that run.
  if (scan.getLimit())
    return result;
  for (unsigned i = 0; i < scan.getNumStates(); ++i) {
    if (!scan.getStateName(i).empty() || isCarried(scan, i))
      continue;
    Accumulator accumulator{i, {}, {}, {}};
    SmallVector<Value> summands;
    Value sum = scan.getStateArguments()[i];
    while (sum.hasOneUse()) {
      auto add = dyn_cast<arith::AddFOp>(*sum.user_begin());
      if (!add || add->getBlock() != &dependences.getBlock())
        break;
      summands.push_back(add.getLhs() == sum ? add.getRhs() : add.getLhs());
      accumulator.chain.push_back(add);
      sum = add.getResult();
    }
    if (summands.empty() || !sum.hasOneUse() || sum != yield.getNext()[i])
      continue;
    for (Value summand : summands)
      addSummands(dependences, summand, accumulator);
    result.push_back(accumulator);
  }
  return result;
}
