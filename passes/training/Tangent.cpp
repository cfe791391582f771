// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-tangent: @f -> @f_tangent.

#include "dialect/DirectionAttributes.h"
#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/DerivedFunction.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_TANGENT
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// Turns a copy of a model's function into that of the loss and its derivative along a direction.
LogicalResult differentiateForward(func::FuncOp func) {
  FailureOr<unsigned> number = findScalarResult(func, attributeOf(Role::loss));
  if (failed(number))
    return failure();
  Value loss = getReturn(func).getOperand(*number);
  FailureOr<SmallVector<Value>> parameters = trainedValues(func);
  if (failed(parameters))
    return failure();
  Activity activity(func.front(), *parameters, loss);
  ForwardMode forward(activity);
  addDirections(func, *parameters, forward);
  if (failed(forward.forward(func.front())))
    return failure();

  loss = getReturn(func).getOperand(*number); // a scan may have been replaced
  OpBuilder builder(getReturn(func));
  auto unit = [&](StringRef attribute) {
    return builder.getDictionaryAttr(builder.getNamedAttr(attribute, builder.getUnitAttr()));
  };
  setResults(func, {loss, forward.tangentOrZero(builder, loss)}, {unit(attributeOf(Role::loss)), unit(slopeAttribute)});
  eraseDead(func);
  return success();
}

struct TangentPass : rondo::impl::TangentBase<TangentPass> {
  using TangentBase::TangentBase;
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions = chooseFunctions(getOperation(), function, Role::loss);
    if (failed(functions))
      return signalPassFailure();
    for (func::FuncOp func : *functions)
      if (failed(deriveFunction(func, (func.getName() + tangentSuffix).str(), EntryKind::train, differentiateForward)))
        return signalPassFailure();
  }
};

} // namespace
