// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What each thread alone writes and reads of a buffer that all have.

#ifndef RONDO_PASSES_THREADS_OWNSHARES_H
#define RONDO_PASSES_THREADS_OWNSHARES_H

#include "passes/threads/ThreadShares.h"

namespace rondo {

/// Buffers of the arena that a step writes and reads again in the same shares, where the shares meet within a line of a
/// cache: threads that write such a line take it from each other each time. Each thread had better have a buffer of its
/// own. What phases sum up stays in memory that all share.
class OwnShares {
public:
  OwnShares(const Choices &choices, const Machine &machine) : choices(choices), machine(machine) {}

  /// Whether `buffer` is one, and no more than the first-level cache holds is each thread's own in that loop.
  bool take(mlir::Value buffer);

private:
  bool isInShares(mlir::Value buffer);

  const Choices &choices;
  const Machine &machine;
  llvm::DenseMap<mlir::Block *, double> bytesIn; // of those taken, by the loop's body
};

} // namespace rondo

#endif // RONDO_PASSES_THREADS_OWNSHARES_H
