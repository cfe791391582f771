// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Forward-mode differentiation of a block.

#ifndef RONDO_PASSES_TRAINING_FORWARDMODE_H
#define RONDO_PASSES_TRAINING_FORWARDMODE_H

#include "passes/training/Activity.h"

namespace rondo {

/// The tangents of the values of a block and of the bodies of its scans: their derivatives along a direction.
class ForwardMode {
public:
  explicit ForwardMode(Activity &activity) : activity(activity) {}

  void setTangent(mlir::Value value, mlir::Value tangent) { tangents[value] = tangent; }
  /// Null where it is zero, or not asked for.
  mlir::Value tangent(mlir::Value value) const { return tangents.lookup(value); }
  /// The same with zeros instead of null.
  mlir::Value tangentOrZero(mlir::OpBuilder &builder, mlir::Value value) const;

  /// Builds the tangents of what is active, each behind the op that computes the value. A scan is replaced by one that
  /// carries and emits tangents too. An error, located at the op, where it has no derivative rule.
  mlir::LogicalResult forward(mlir::Block &block);

private:
  mlir::LogicalResult forward(mlir::Operation *op);
  mlir::LogicalResult forward(ScanOp scan);

  Activity &activity;
  llvm::DenseMap<mlir::Value, mlir::Value> tangents;
};

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_FORWARDMODE_H
