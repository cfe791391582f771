// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-vjp: the vector-Jacobian products of a function.

#include "passes/Passes.h"
#include "passes/support/JoinExponentials.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/ReverseMode.h"
#include "passes/training/TrainedParameters.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_VJP
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// An argument that there is a gradient by, and the role of the gradient.
struct Source {
  BlockArgument argument;
  Role role, gradient;
};

SmallVector<Source> findSources(func::FuncOp func) {
  constexpr std::pair<Role, Role> roles[] = {{Role::parameter, Role::gradient},
                                             {Role::input, Role::input_gradient},
                                             {Role::target, Role::input_gradient},
                                             {Role::state, Role::state_gradient}};
  SmallVector<Source> sources;
  for (auto [role, gradient] : roles)
    for (unsigned i : argumentsWith(func, role))
      if (isDifferentiable(func.getArgument(i)) && !isFrozen(func, i))
        sources.push_back({func.getArgument(i), role, gradient});
  return sources;
}

LogicalResult makeVjp(func::FuncOp func) {
  OpBuilder builder(getReturn(func));
  auto attribute = [&](Role role, Attribute name) {
    return builder.getDictionaryAttr(builder.getNamedAttr(attributeOf(role), name));
  };
  SmallVector<Value> sinks, cotangents;
  constexpr std::pair<Role, Role> roles[] = {{Role::output, Role::cotangent}, {Role::state, Role::state_cotangent}};
  for (auto [role, cotangent] : roles)
    for (unsigned i : resultsWith(func, role)) {
      Value sink = getReturn(func).getOperand(i);
      if (!isDifferentiable(sink))
        return func.emitOpError() << "expected floating-point outputs and states, found " << sink.getType();
      DictionaryAttr named = attribute(cotangent, func.getResultAttr(i, attributeOf(role)));
      (void)func.insertArgument(func.getNumArguments(), sink.getType(), named, sink.getLoc());
      sinks.push_back(sink);
      cotangents.push_back(func.getArguments().back());
    }

  joinExponentials(func, /*hasStops=*/true);
  SmallVector<Source> sources = findSources(func);
  Activity activity(func.front(),
                    llvm::map_to_vector(sources, [](const Source &source) -> Value { return source.argument; }), sinks);
  ReverseMode reverse(activity);
  SmallVector<Operation *> ops;
  for (Operation &op : func.front().without_terminator())
    ops.push_back(&op);
  for (auto [sink, cotangent] : llvm::zip_equal(sinks, cotangents))
    reverse.accumulate(builder, sink, cotangent);
  if (failed(reverse.reverse(ops, builder)))
    return failure();

  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  for (const Source &source : sources) {
    results.push_back(reverse.cotangentOrZero(builder, source.argument));
    attributes.push_back(
        attribute(source.gradient, func.getArgAttr(source.argument.getArgNumber(), attributeOf(source.role))));
  }
  setResults(func, results, attributes);
  eraseDead(func.front());
  return success();
}

struct VjpPass : rondo::impl::VjpBase<VjpPass> {
  using VjpBase::VjpBase;
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions = chooseFunctions(getOperation(), function, Role::output);
    if (failed(functions))
      return signalPassFailure();
    for (func::FuncOp func : *functions)
      if (failed(makeVjp(func)))
        return signalPassFailure();
  }
};

} // namespace
