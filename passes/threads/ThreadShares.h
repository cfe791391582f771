// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which thread does what of a function on buffers.

#ifndef RONDO_PASSES_THREADS_THREADSHARES_H
#define RONDO_PASSES_THREADS_THREADSHARES_H

#include "passes/support/Machine.h"
#include "passes/threads/ParallelNest.h"

namespace rondo {

/// How the threads share an op that writes memory.
struct Choice {
  enum Kind {
    Thread, // one thread does all of it
    Each,   // each thread does all of it, with a copy of the results of its own
    Split   // each thread does its units of a loop: of a nest's or, for scf.for, of the op itself
  } kind = Thread;
  int64_t thread = 0; // modulo the number of threads
  rondo::Split split{0, 1};
};

/// The choices of a function, by op. Ops that are not in it and write nothing are done by all threads; a scf.for or
/// scf.if that is not in it is run by all threads, each op in it by its own choice.
using Choices = llvm::DenseMap<mlir::Operation *, Choice>;

/// The nests of a loop, at any depth, in order.
using Nests = llvm::SmallVector<std::pair<mlir::Operation *, ParallelNest>>;

/// What the threads touch in `op`, including all that is inside of it. Ops without a choice count as run by all.
llvm::SmallVector<Access> accessesOf(mlir::Operation *op, const Choices &choices);

/// The choices for a nest outside of loops that may be taken, the best one first; never empty.
llvm::SmallVector<Choice> choicesFor(const ParallelNest &nest, const Machine &machine);

/// The choice of dealing out the iterations of a loop, if no two of them touch the same data.
std::optional<Choice> splitIterations(mlir::scf::ForOp loop);

/// The ways to deal out all nests in a loop between which their cost decides, so that as many nests as possible agree:
/// by rows, where there are several and the weights that each thread then reads are small, by features, but where there
/// are rows enough, and of one row by the matrices of its states or by the rows of one. Never empty.
llvm::SmallVector<Choices> waysToShare(mlir::scf::ForOp loop, const Machine &machine);

} // namespace rondo

#endif // RONDO_PASSES_THREADS_THREADSHARES_H
