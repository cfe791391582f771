// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The function that an update is, of what is done to each parameter.

#ifndef RONDO_PASSES_TRAINING_UPDATEFUNCTION_H
#define RONDO_PASSES_TRAINING_UPDATEFUNCTION_H

#include "passes/training/Optimizers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo {

/// How the gradients of some parameters are clipped: to a norm of all of them together, or each number by itself.
struct Clip {
  enum class By { Nothing, Norm, Value } by = By::Nothing;
  double bound = 0;
};

/// What is done to a parameter.
struct ParameterPlan {
  double decay = 0, rateFactor = 1;
  unsigned clip = 0, rule = 0; // which one of the plan's
};

struct UpdatePlan {
  std::vector<Optimizer> rules;
  /// In the order of the gradient function's.
  std::vector<ParameterPlan> parameters;
  std::vector<Clip> clips;
  /// What an average of the parameters keeps of itself; 0 where there is none.
  double average = 0;
};

/// Adds `@update` behind `model`, a gradient function whose parameters have one floating-point type.
void buildUpdate(mlir::func::FuncOp model, const UpdatePlan &plan);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_UPDATEFUNCTION_H
