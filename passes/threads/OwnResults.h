// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What each thread does for itself, with results of its own.

#ifndef RONDO_PASSES_THREADS_OWNRESULTS_H
#define RONDO_PASSES_THREADS_OWNRESULTS_H

#include "passes/threads/ThreadShares.h"

namespace rondo {

/// Whether a buffer is a place of the function's arena, of known size, so that the stack may take that place.
bool mayLieOnStack(mlir::Value buffer);

/// Whether `op` is a phase that sums up what is in `buffer`.
bool isSummedUp(mlir::Operation *op, mlir::Value buffer);

/// Lets each thread do what one thread would do for all, as the sums of a row that is normalised: what that costs is
/// less than the barrier behind it. The results are then small buffers of each thread's own, which nothing outside of
/// the step reads; what phases sum up stays in memory that all share. A buffer of the arena has one name while it
/// lives, its view, as rondo-plan-memory gives it.
class OwnResults {
public:
  OwnResults(mlir::scf::ForOp loop, const Nests &nests, const Machine &machine, Choices &choices);

  /// Makes the choices.
  void choose();

private:
  bool canBeOwn(mlir::Value buffer);
  bool fits(mlir::Value buffer);
  bool waitsForOne(const ParallelNest &nest);
  bool canBeDoneByEach(const ParallelNest &nest);
  void goOnWithOwn();

  mlir::scf::ForOp loop;
  const Nests &nests;
  const Machine &machine;
  Choices &choices;
  llvm::DenseMap<mlir::Operation *, const ParallelNest *> nestOf;
  llvm::SetVector<mlir::Operation *> each; // the ops that each thread does
  llvm::DenseSet<mlir::Value> counted;     // buffers that may be each thread's own
  double bytesLeft;                        // for more of them
};

} // namespace rondo

#endif // RONDO_PASSES_THREADS_OWNRESULTS_H
