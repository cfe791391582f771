// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which parameters of a function have a gradient, and what others take in an update.

#ifndef RONDO_PASSES_TRAINING_TRAINEDPARAMETERS_H
#define RONDO_PASSES_TRAINING_TRAINEDPARAMETERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo {

/// Whether this argument is a parameter without a gradient.
bool isFrozen(mlir::func::FuncOp func, unsigned argument);

/// The indices of the arguments that are parameters and not frozen, in order.
llvm::SmallVector<unsigned> trainedParameters(mlir::func::FuncOp func);

/// The indices of the results that an update gives to frozen parameters, in order.
llvm::SmallVector<unsigned> primedResults(mlir::func::FuncOp func);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_TRAINEDPARAMETERS_H
