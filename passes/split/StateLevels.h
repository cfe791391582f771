// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which states of a scan can be computed for all positions before others begin.

#ifndef RONDO_PASSES_SPLIT_STATELEVELS_H
#define RONDO_PASSES_SPLIT_STATELEVELS_H

#include "passes/split/ScanDependences.h"

#include "llvm/ADT/BitVector.h"

namespace rondo {

/// The states of a scan in levels. States that need each other are of one level, and one that needs another one's
/// product with a weight, which then is one product of all positions, is of a higher one.
class StateLevels {
public:
  explicit StateLevels(const ScanDependences &dependences);

  unsigned getCount() const { return count; }
  /// The level of a state.
  unsigned getLevel(unsigned state) const { return levels[state]; }
  /// The highest level of a state that `op` of the body depends on, none without any.
  std::optional<unsigned> getLevel(mlir::Operation *op) const;
  /// The products of a level that states of higher ones need.
  llvm::ArrayRef<mlir::Operation *> getFreed() const { return freed; }

private:
  void findReads();
  void findLevels();
  llvm::BitVector statesBehind(mlir::Value value) const;

  const ScanDependences &dependences;
  /// The states that each op depends on at its position.
  llvm::DenseMap<mlir::Operation *, llvm::BitVector> reads;
  /// Those that each state depends on at any position, itself included.
  llvm::SmallVector<llvm::BitVector> behind;
  llvm::SmallVector<unsigned> levels;
  llvm::SmallVector<mlir::Operation *> freed;
  unsigned count = 1;
};

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_STATELEVELS_H
