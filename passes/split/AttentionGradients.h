// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What differentiation made of an attention.

#ifndef RONDO_PASSES_SPLIT_ATTENTIONGRADIENTS_H
#define RONDO_PASSES_SPLIT_ATTENTIONGRADIENTS_H

#include "dialect/AttentionTerms.h"
#include "dialect/RondoDialect.h"
#include "passes/split/PositionOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace rondo {

/// The products that are the derivatives of an attention's values, weights, queries and keys.
struct AttentionGradient {
  ContractOp ofValues, ofWeights, ofQuery, ofKeys;
  mlir::Value cotangent; // of the attention's result

  /// What hides scores: where keys are behind their query, or behind as many as there are.
  struct Masks {
    std::optional<PositionOrder> order;
    RowNumbers lengths;
  };

  /// Finds them from the softmax `weights`, whose dimensions are the letters `points`, if `product`, which is the
  /// attention's result, and they alone read it; between both may be `zeroes`, which makes the weights of some rows
  /// zero.
  static std::optional<AttentionGradient> of(SoftmaxOp weights, mlir::arith::SelectOp zeroes, ContractOp product,
                                             llvm::StringRef points, const AttentionTerms &terms, mlir::Value query,
                                             mlir::Value keys, mlir::Value values, double scale, const Masks &masks);

private:
  bool followScores(mlir::Value value, double scale, const Masks &masks, int64_t keyDim, llvm::StringRef points,
                    const AttentionTerms &terms, mlir::Value query, mlir::Value keys);
  /// Multiplies `factor` with what `op` scales `value` by, if that is what it does.
  static bool scaleBy(mlir::Operation *op, mlir::Value value, double &factor);
};

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_ATTENTIONGRADIENTS_H
