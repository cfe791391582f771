// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which step a nest on buffers belongs to, also where it has a function of its own.

#ifndef RONDO_PASSES_VECTOR_STEP_H
#define RONDO_PASSES_VECTOR_STEP_H

#include "dialect/AttributeNames.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace rondo {

/// The step: the induction variable of the innermost loop around the op or its function's call; null outside of loops.
inline mlir::Value stepOf(mlir::Operation *op) {
  if (auto loop = op->getParentOfType<mlir::scf::ForOp>())
    return loop.getInductionVar();
  if (auto function = op->getParentOfType<mlir::FunctionOpInterface>(); function && function.isPrivate())
    for (mlir::BlockArgument argument : function.getArguments())
      if (function.getArgAttr(argument.getArgNumber(), loopStepAttribute))
        return argument;
  return nullptr;
}

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_STEP_H
