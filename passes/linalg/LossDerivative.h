// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivative of a cross-entropy by its logits, where it is computed beside the loss.

#ifndef RONDO_PASSES_LINALG_LOSSDERIVATIVE_H
#define RONDO_PASSES_LINALG_LOSSDERIVATIVE_H

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace rondo {

/// g * (softmax(logits) - one_hot(tokens)), as the derivative of the cross-entropy is written.
struct LossDerivative {
  SoftmaxOp softmax;
  mlir::arith::SubFOp difference;
  mlir::arith::MulFOp product;
  mlir::Value factors;          // g, one for each row; or null:
  mlir::FloatAttr commonFactor; // it is the same for all rows

  /// The derivative by the logits of `op`, if it is computed in the same block and does not depend on the loss. What
  /// the factors are computed of stands before `op` then.
  static std::optional<LossDerivative> find(CrossEntropyOp op);

  /// Puts `value` in the place of the derivative, whose ops go; null if nobody reads it.
  void replaceBy(mlir::Value value);
};

} // namespace rondo

#endif // RONDO_PASSES_LINALG_LOSSDERIVATIVE_H
