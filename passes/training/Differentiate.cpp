// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-differentiate: @f -> @f_grad.

#include "passes/Passes.h"
#include "passes/support/JoinExponentials.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/OpCost.h"
#include "passes/support/TensorBuilder.h"
#include "passes/training/ReverseMode.h"
#include "passes/training/TrainedParameters.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// The loss's number among the results, checked to be the only one and a floating-point scalar.
FailureOr<unsigned> findLoss(func::FuncOp func) {
  SmallVector<unsigned> losses = resultsWith(func, Role::loss);
  if (losses.size() != 1)
    return func.emitOpError() << "expected one result with the attribute 'rondo.loss', found " << losses.size();
  auto type = dyn_cast<RankedTensorType>(func.getResultTypes()[losses.front()]);
  if (!type || type.getRank() != 0 || !isa<FloatType>(type.getElementType()))
    return func.emitOpError() << "expected a loss that is a floating-point tensor of rank 0, found "
                              << func.getResultTypes()[losses.front()];
  return losses.front();
}

/// Moves functions of what is the same in all steps out of the scans, with what they are made of: of the sum of all
/// steps there is one derivative then, where each step would have one.
void hoistInvariants(func::FuncOp func) {
  func.walk([](ScanOp scan) {
    auto isOutside = [&](Value value) { return !scan.getRegion().isAncestor(value.getParentRegion()); };
    llvm::DenseSet<Operation *> invariant, hoisted;
    for (Operation &op : scan.getBlock().without_terminator())
      if (op.getNumRegions() == 0 && isMemoryEffectFree(&op) && llvm::all_of(op.getOperands(), [&](Value operand) {
            return isOutside(operand) || invariant.contains(operand.getDefiningOp());
          }))
        invariant.insert(&op);
    for (Operation &op : llvm::reverse(scan.getBlock()))
      if (invariant.contains(&op) &&
          (!isCheap(&op) || llvm::any_of(op.getUsers(), [&](Operation *user) { return hoisted.contains(user); })))
        hoisted.insert(&op);
    for (Operation &op : llvm::make_early_inc_range(scan.getBlock()))
      if (hoisted.contains(&op))
        op.moveBefore(scan);
  });
}

/// Turns a copy of a model's function into its gradient function.
LogicalResult differentiate(func::FuncOp func) {
  FailureOr<unsigned> lossNumber = findLoss(func);
  if (failed(lossNumber))
    return failure();
  // The derivative of one exponential takes less, and stores less, than that of two.
  joinExponentials(func, /*hasStops=*/true);
  hoistInvariants(func);
  SmallVector<unsigned> trained = trainedParameters(func);
  SmallVector<Value> parameters;
  for (unsigned i : trained) {
    parameters.push_back(func.getArgument(i));
    if (!isDifferentiable(parameters.back()))
      return func.emitOpError() << "expected floating-point parameters, found " << parameters.back().getType();
  }
  func::ReturnOp ret = getReturn(func);
  Value loss = ret.getOperand(*lossNumber);

  Activity activity(func.front(), parameters, loss);
  ReverseMode reverse(activity);
  OpBuilder builder(ret);
  SmallVector<Operation *> ops;
  for (Operation &op : func.front().without_terminator())
    ops.push_back(&op);
  reverse.accumulate(builder, loss, TensorBuilder(builder, loss.getLoc()).constant(loss.getType(), 1));
  if (failed(reverse.reverse(ops, builder)))
    return failure();

  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  auto keep = [&](ArrayRef<unsigned> kept) {
    for (unsigned i : kept) {
      results.push_back(ret.getOperand(i));
      attributes.push_back(func.getResultAttrDict(i));
    }
  };
  for (Role kept : {Role::loss, Role::loss_part, Role::state})
    keep(resultsWith(func, kept));
  keep(primedResults(func));
  for (auto [parameter, i] : llvm::zip(parameters, trained)) {
    results.push_back(reverse.cotangentOrZero(builder, parameter));
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr(attributeOf(Role::gradient), func.getArgAttr(i, attributeOf(Role::parameter)))));
  }
  setResults(func, results, attributes);
  eraseDead(func.front());
  return success();
}

struct DifferentiatePass : rondo::impl::DifferentiateBase<DifferentiatePass> {
  using DifferentiateBase::DifferentiateBase;
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions = chooseFunctions(getOperation(), function, Role::loss);
    if (failed(functions))
      return signalPassFailure();
    for (func::FuncOp func : *functions) {
      std::string name = (func.getName() + "_grad").str();
      if (SymbolTable::lookupSymbolIn(getOperation(), name)) {
        func.emitOpError() << "cannot be differentiated into @" << name << ", which exists";
        return signalPassFailure();
      }
      func::FuncOp gradient = func.clone();
      gradient.setName(name);
      setEntryKind(func, gradient, EntryKind::train_grad);
      getOperation().insert(std::next(func->getIterator()), gradient);
      if (failed(differentiate(gradient))) {
        gradient.erase();
        return signalPassFailure();
      }
      if (replace)
        func.erase();
    }
  }
};

} // namespace
