// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-differentiate: @f -> @f_grad.

#include "dialect/DirectionAttributes.h"
#include "passes/Passes.h"
#include "passes/support/JoinExponentials.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/OpCost.h"
#include "passes/support/TensorBuilder.h"
#include "passes/training/DerivedFunction.h"
#include "passes/training/InvariantFunctions.h"
#include "passes/training/ReverseMode.h"
#include "passes/training/TrainedParameters.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// Whether what is differentiated is a derivative itself: that of the loss along a direction.
bool isTangent(func::FuncOp func) { return !resultsWith(func, slopeAttribute).empty(); }

/// Turns a copy of a model's function into its gradient function.
LogicalResult differentiate(func::FuncOp func) {
  bool second = isTangent(func);
  FailureOr<unsigned> lossNumber = findScalarResult(func, second ? StringRef(slopeAttribute) : attributeOf(Role::loss));
  if (failed(lossNumber))
    return failure();
  // The derivative of one exponential takes less, and stores less, than that of two.
  joinExponentials(func, /*hasStops=*/true);
  hoistInvariants(func);
  FailureOr<SmallVector<Value>> parameters = trainedValues(func);
  if (failed(parameters))
    return failure();
  func::ReturnOp ret = getReturn(func);
  Value loss = ret.getOperand(*lossNumber);

  Activity activity(func.front(), *parameters, loss);
  ReverseMode reverse(activity, second);
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
  for (StringRef kept :
       {attributeOf(Role::loss), StringRef(slopeAttribute), attributeOf(Role::loss_part), attributeOf(Role::state)})
    keep(resultsWith(func, kept));
  keep(primedResults(func));
  for (Value parameter : *parameters) {
    results.push_back(reverse.cotangentOrZero(builder, parameter));
    attributes.push_back(attributesFor(second ? StringRef(productAttribute) : attributeOf(Role::gradient), parameter));
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
      StringRef base = func.getName();
      bool second = isTangent(func) && base.consume_back(tangentSuffix);
      std::string name = (base + (second ? StringRef(hessianSuffix) : StringRef("_grad"))).str();
      if (failed(deriveFunction(func, name, EntryKind::train_grad, differentiate)))
        return signalPassFailure();
      if (replace)
        func.erase();
    }
  }
};

} // namespace
