// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reverse-mode differentiation of a list of ops.

#ifndef RONDO_PASSES_TRAINING_REVERSEMODE_H
#define RONDO_PASSES_TRAINING_REVERSEMODE_H

#include "passes/training/Activity.h"

namespace rondo {

/// The cotangents of one block's values: the derivatives of the loss by them, summed up while ops are gone through
/// last to first.
class ReverseMode {
public:
  /// `second`: what is differentiated is a derivative, whose factors may be infinite where nobody asks for them.
  explicit ReverseMode(Activity &activity, bool second = false) : activity(activity), second(second) {}

  /// Adds to the cotangent of `value`, if `value` is active.
  void accumulate(mlir::OpBuilder &builder, mlir::Value value, mlir::Value contribution);

  /// The cotangent so far, or null where nothing has been added.
  mlir::Value cotangent(mlir::Value value) const { return cotangents.lookup(value); }
  /// The same with zeros instead of null.
  mlir::Value cotangentOrZero(mlir::OpBuilder &builder, mlir::Value value) const;

  /// Adds to the cotangents of what `ops`, in the order of the program, read. Everything is built at the builder's
  /// place, which lies after them. A scan among them may be replaced by one that emits residuals too, behind its
  /// own results. An error, located at the op, where it has no derivative rule.
  mlir::LogicalResult reverse(llvm::ArrayRef<mlir::Operation *> ops, mlir::OpBuilder &builder);

  /// The scans that replaced others, each with the one that was there before, which is erased.
  llvm::ArrayRef<std::pair<mlir::Operation *, mlir::Operation *>> getReplacedScans() const { return replaced; }
  void noteReplaced(mlir::Operation *old, mlir::Operation *augmented) { replaced.push_back({augmented, old}); }

  bool isSecond() const { return second; }

private:
  mlir::LogicalResult reverseOp(mlir::Operation *op, mlir::OpBuilder &builder);

  Activity &activity;
  bool second;
  llvm::DenseMap<mlir::Value, mlir::Value> cotangents;
  llvm::SmallVector<std::pair<mlir::Operation *, mlir::Operation *>> replaced;
};

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_REVERSEMODE_H
