// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which values a derivative concerns: those that depend on a source and lead to a sink.

#ifndef RONDO_PASSES_TRAINING_ACTIVITY_H
#define RONDO_PASSES_TRAINING_ACTIVITY_H

#include "dialect/RondoDialect.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

namespace rondo {

/// For a block and the bodies of its scans: a value is varied if it depends on a source through floating-point values,
/// useful if a sink depends on it in that way, and active if it is both. In a scan that is a fixpoint over the
/// states. Any other op passes dependence from every operand to every result.
class Activity {
public:
  Activity(mlir::Block &block, llvm::ArrayRef<mlir::Value> sources, llvm::ArrayRef<mlir::Value> sinks);

  bool isActive(mlir::Value value) const { return varied.contains(value) && useful.contains(value); }

  /// Makes `copy` as active as `original`, whatever it was before.
  void copy(mlir::Value original, mlir::Value copy);
  /// The same for an op's results and all that is in its regions; `copy` is a clone of `original`.
  void copy(mlir::Operation *original, mlir::Operation *copy);

private:
  void goForward(mlir::Block &block);
  void goForward(ScanOp scan);
  void goBackward(mlir::Block &block);
  void goBackward(ScanOp scan);

  llvm::DenseSet<mlir::Value> varied, useful;
};

/// Whether a value can have a derivative: a floating-point number or a tensor of them.
bool isDifferentiable(mlir::Value value);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_ACTIVITY_H
