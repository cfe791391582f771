// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-gauss-newton: @f -> @f_gauss_newton.
//
// The loss is cut at values z: behind them is its head, before them the model. With J the derivatives of z by the
// parameters and H the second derivatives of the head, the product of a direction v is J^T H J v: forward mode gives J
// v and, of the head, the slope whose gradient by z is H J v; reverse mode through the model gives the rest.

#include "dialect/DirectionAttributes.h"
#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/Reads.h"
#include "passes/support/Remarks.h"
#include "passes/support/TensorBuilder.h"
#include "passes/training/DerivedFunction.h"
#include "passes/training/ReverseMode.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_GAUSSNEWTON
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// What the outputs are, and what they are made of by moving elements: a value that has its own axes in the program is
/// the same output.
llvm::DenseSet<Value> outputValues(func::FuncOp func) {
  llvm::DenseSet<Value> values;
  for (unsigned i : resultsWith(func, Role::output)) {
    Value value = getReturn(func).getOperand(i);
    values.insert(value);
    while (Operation *op = value.getDefiningOp()) {
      if (!isa<BroadcastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
        break;
      values.insert(value = op->getOperand(0));
    }
  }
  return values;
}

constexpr StringLiteral noCut = "leads to the loss neither through an output nor through the logits of a "
                                "cross_entropy, so that there is no Gauss-Newton product";

/// The values at which the loss is cut: where the way back from it meets an output or the logits of a cross-entropy.
/// The second is null, or a scan that it meets before: then there is no cut.
std::pair<SetVector<Value>, Operation *> findCut(func::FuncOp func, Value loss, const ForwardMode &forward) {
  llvm::DenseSet<Value> outputs = outputValues(func);
  SetVector<Value> cut, seen;
  seen.insert(loss);
  for (size_t i = 0; i < seen.size(); ++i) {
    Value value = seen[i];
    Operation *op = value.getDefiningOp();
    if (value != loss && outputs.contains(value)) {
      cut.insert(value);
    } else if (auto entropy = dyn_cast_or_null<CrossEntropyOp>(op)) {
      cut.insert(entropy.getLogits());
    } else if (isa_and_nonnull<ScanOp>(op)) {
      return {cut, op};
    } else if (op) {
      for (Value operand : op->getOperands())
        if (forward.tangent(operand))
          seen.insert(operand);
    }
  }
  return {cut, nullptr};
}

/// The ops of the function's block that `slope` is computed by from the cut and its tangents, in their order.
SmallVector<Operation *> headOps(Value slope, const SetVector<Value> &cut, const ForwardMode &forward) {
  SetVector<Value> seen(cut.begin(), cut.end());
  for (Value value : cut)
    seen.insert(forward.tangent(value));
  size_t first = seen.size();
  seen.insert(slope);
  llvm::SetVector<Operation *> ops;
  for (size_t i = first; i < seen.size(); ++i)
    if (Operation *op = seen[i].getDefiningOp()) {
      ops.insert(op);
      for (Value read : readsOf(op))
        seen.insert(read);
    }
  SmallVector<Operation *> sorted = ops.takeVector();
  llvm::sort(sorted, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return sorted;
}

/// Turns a copy of a model's function into that of its Gauss-Newton products. Where there are none, it fails: with an
/// error if they are `required`, else it sets `isMissing`.
LogicalResult makeProducts(func::FuncOp func, bool required, bool &isMissing) {
  FailureOr<unsigned> number = findScalarResult(func, attributeOf(Role::loss));
  FailureOr<SmallVector<Value>> parameters = trainedValues(func);
  if (failed(number) || failed(parameters))
    return failure();
  Block &block = func.front();
  auto lossOf = [&]() -> Value { return getReturn(func).getOperand(*number); };
  Activity toLoss(block, *parameters, lossOf());
  ForwardMode forward(toLoss);
  addDirections(func, *parameters, forward);
  if (failed(forward.forward(block)))
    return failure();
  Value loss = lossOf(); // a scan may have been replaced
  auto [cut, scan] = findCut(func, loss, forward);
  if (scan && required)
    return emitError(scan->getLoc()) << "this scan " << noCut;
  if (scan) {
    reportMissed(scan, "products", [] { return noCut.str(); });
    isMissing = true;
    return failure();
  }

  OpBuilder builder(getReturn(func));
  Value slope = forward.tangentOrZero(builder, loss);
  SmallVector<Value> sources(*parameters);
  llvm::append_range(sources, cut);
  Activity toSlope(block, sources, slope);
  ReverseMode head(toSlope, /*second=*/true);
  head.accumulate(builder, slope, TensorBuilder(builder, loss.getLoc()).constant(slope.getType(), 1));
  if (failed(head.reverse(headOps(slope, cut, forward), builder)))
    return failure();

  Activity toCut(block, *parameters, cut.getArrayRef());
  ReverseMode model(toCut);
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  for (Value value : cut)
    if (Value cotangent = head.cotangent(value))
      model.accumulate(builder, value, cotangent);
  if (failed(model.reverse(ops, builder)))
    return failure();

  auto unit = [&](StringRef attribute) {
    return builder.getDictionaryAttr(builder.getNamedAttr(attribute, builder.getUnitAttr()));
  };
  SmallVector<Value> results{lossOf(), slope};
  SmallVector<DictionaryAttr> attributes{unit(attributeOf(Role::loss)), unit(slopeAttribute)};
  for (Value parameter : *parameters) {
    // A penalty's second derivatives by a parameter itself are the head's.
    Value product = model.cotangentOrZero(builder, parameter);
    if (Value own = head.cotangent(parameter))
      product = TensorBuilder(builder, parameter.getLoc()).add(product, own);
    results.push_back(product);
    attributes.push_back(attributesFor(productAttribute, parameter));
  }
  setResults(func, results, attributes);
  eraseDead(func);
  return success();
}

struct GaussNewtonPass : rondo::impl::GaussNewtonBase<GaussNewtonPass> {
  using GaussNewtonBase::GaussNewtonBase;
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions = chooseFunctions(getOperation(), function, Role::loss);
    if (failed(functions))
      return signalPassFailure();
    for (func::FuncOp func : *functions) {
      std::string name = (func.getName() + gaussNewtonSuffix).str();
      bool isMissing = false;
      auto make = [&](func::FuncOp copy) { return makeProducts(copy, /*required=*/!replace, isMissing); };
      if (failed(deriveFunction(func, name, EntryKind::train_grad, make)) && !isMissing)
        return signalPassFailure();
      if (replace)
        func.erase();
    }
  }
};

} // namespace
