// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Questions about the body of a scan: where a value comes from and who reads it.

#ifndef RONDO_PASSES_SPLIT_SCANDEPENDENCES_H
#define RONDO_PASSES_SPLIT_SCANDEPENDENCES_H

#include "dialect/RondoDialect.h"
#include "passes/support/OpCost.h"

#include "llvm/ADT/DenseSet.h"

namespace rondo {

/// The dependences in the body of one scan. Answers are computed on demand, so they stay right while the body changes.
class ScanDependences {
public:
  explicit ScanDependences(ScanOp scan) : scan(scan) {}

  ScanOp getScan() const { return scan; }
  mlir::Block &getBlock() const { return scan->getRegion(0).front(); }

  /// The same value at all positions: defined outside the body.
  bool isOutside(mlir::Value value) const { return !scan->isAncestor(value.getParentBlock()->getParentOp()); }
  /// A position of one of the scan's sequences.
  bool isSequence(mlir::Value value) const;
  /// The op of the body's own block that computes `value`, null for arguments and values from outside.
  mlir::Operation *getBodyOp(mlir::Value value) const;

  /// The ops of the body's block that read a result of `op`, themselves or in a region.
  llvm::SmallVector<mlir::Operation *> getReaders(mlir::Operation *op) const;
  /// Adds to `ops` every op of the body's block that `value` depends on.
  void addSlice(mlir::Value value, llvm::DenseSet<mlir::Operation *> &ops) const;

  /// The ops of the body's block that depend on no state and can all be computed for the whole sequence.
  llvm::DenseSet<mlir::Operation *> findFree() const;
  /// Decisions of the body, and the arithmetic that they read: computed in one place only, so that all who ask get the
  /// same bits.
  llvm::DenseSet<mlir::Operation *> findDecisive() const;
  /// Has an equivalent on a whole sequence (LiftableOpInterface), given that values from outside are not lifted.
  bool isLiftable(mlir::Operation *op) const;

private:
  mutable ScanOp scan;
};

/// The number of elements of a ranked tensor.
int64_t getSize(mlir::Value value);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_SCANDEPENDENCES_H
