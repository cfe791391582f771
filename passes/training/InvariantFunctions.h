// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Functions of what is the same in all steps.

#ifndef RONDO_PASSES_TRAINING_INVARIANTFUNCTIONS_H
#define RONDO_PASSES_TRAINING_INVARIANTFUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo {

/// Moves functions of what is the same in all steps out of the scans, with what they are made of: of the sum of all
/// steps there is one derivative then, where each step would have one.
void hoistInvariants(mlir::func::FuncOp func);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_INVARIANTFUNCTIONS_H
