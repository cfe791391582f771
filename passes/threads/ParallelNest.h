// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the distribution over threads must know of an op on buffers that is a loop nest.

#ifndef RONDO_PASSES_THREADS_PARALLELNEST_H
#define RONDO_PASSES_THREADS_PARALLELNEST_H

#include "dialect/RondoDialect.h"
#include "passes/support/LoopLimit.h"
#include "passes/threads/MemoryAccess.h"
#include "passes/threads/WorkShare.h"

#include "mlir/IR/AffineMap.h"

namespace rondo {

/// The loops of a nest and its buffers.
struct ParallelNest {
  struct Operand {
    mlir::Value buffer;
    mlir::AffineMap map; // from the loops to the buffer's dimensions
    bool read, write;
  };
  llvm::SmallVector<int64_t> extents; // of the loops
  llvm::SmallVector<bool> parallel;   // whether the iterations of a loop may run in any order
  llvm::SmallVector<Operand> operands;
  llvm::SmallVector<LoopLimit, 0> limits;
  /// A loop of which each thread runs as many iterations as its share has, but others.
  std::optional<unsigned> scattered;
  /// A loop whose iterations go in blocks, of which the last one is run whole where the loop ends early.
  std::optional<unsigned> inBlocks;
  /// In which unit loops are dealt out, where it is not that of rows and lanes.
  std::optional<int64_t> unit;
  int64_t opsPerPoint = 1;

  /// The nest that `op` is, if it is one: a linalg op, a phase, a packing or an attention on buffers.
  static std::optional<ParallelNest> of(mlir::Operation *op);

  /// An estimate of its scalar operations: of sizes whose product is no number of 64 bits too.
  double work() const;

  /// Parallel loops that all outputs vary along, the outermost dimension of the first output first.
  llvm::SmallVector<unsigned> outputLoops() const;

  /// The unit in which loop `loop` is dealt out: by rows, or, for that of the outputs' last dimension, by lanes.
  int64_t unitOf(unsigned loop) const;

  /// Whether units of so many iterations of a loop are whole blocks of every packed operand.
  bool canBeCutIn(unsigned loop, int64_t unit) const;

  /// The rows for each position of a call, where `split` deals out those of its positions alone; else 0.
  int64_t limitedRows(Split split) const {
    for (LoopLimit limit : limits)
      if (limit.loop == split.loop)
        return limit.rows;
    return 0;
  }

  /// What the threads touch when `split` deals out a loop, when thread `thread` does all, or when each does, with
  /// results of its own.
  llvm::SmallVector<Access> accesses(Split split) const;
  llvm::SmallVector<Access> accesses(int64_t thread) const;
  llvm::SmallVector<Access> accessesOfEach() const;

private:
  llvm::SmallVector<Access> accesses(llvm::function_ref<Share(const Operand &)> share) const;
};

/// Whether threads share the terms of a packing: where all lanes, which come first, are one block, each term is a row
/// of its own in the result.
bool isSharedByTerms(PackOp op);

/// The bytes of a buffer's elements: of sizes whose product is no number of 64 bits too; an unknown size counts as one.
double bytesOf(mlir::Value buffer);

/// The buffer that `part` is a part of.
mlir::Value wholeOf(mlir::Value part);

} // namespace rondo

#endif // RONDO_PASSES_THREADS_PARALLELNEST_H
