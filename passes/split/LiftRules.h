// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How each op is applied to all positions of a sequence at once (LiftableOpInterface), and the helpers that passes over
// scans share with it.

#ifndef RONDO_PASSES_SPLIT_LIFTRULES_H
#define RONDO_PASSES_SPLIT_LIFTRULES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir {
class DialectRegistry;
}

namespace rondo {

/// Attaches LiftableOpInterface to the ops of rondo, arith, math and tensor that have a lifted form.
void registerLiftRules(mlir::DialectRegistry &registry);

/// tensor<AxB> becomes tensor<length x AxB>. `type` is a ranked tensor.
mlir::RankedTensorType addLeadingDim(int64_t length, mlir::Type type);

/// `value`, a ranked tensor, repeated along a new leading dimension of `length`.
mlir::Value repeatOverTime(mlir::OpBuilder &builder, mlir::Location loc, int64_t length, mlir::Value value);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_LIFTRULES_H
