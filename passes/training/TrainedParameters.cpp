// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "passes/training/TrainedParameters.h"

#include "dialect/FrozenAttribute.h"
#include "passes/support/ModelFunction.h"

using namespace mlir;
using namespace rondo;

bool rondo::isFrozen(func::FuncOp func, unsigned argument) {
  return func.getArgAttr(argument, frozenAttribute) != nullptr;
}

SmallVector<unsigned> rondo::trainedParameters(func::FuncOp func) {
  SmallVector<unsigned> indices = argumentsWith(func, Role::parameter);
  llvm::erase_if(indices, [&](unsigned i) { return isFrozen(func, i); });
  return indices;
}

SmallVector<unsigned> rondo::primedResults(func::FuncOp func) { return resultsWith(func, primedAttribute); }
