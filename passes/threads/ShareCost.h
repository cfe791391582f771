// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the nests of a loop cost, all of them and dealt out to threads.

#ifndef RONDO_PASSES_THREADS_SHARECOST_H
#define RONDO_PASSES_THREADS_SHARECOST_H

#include "passes/threads/ThreadShares.h"

namespace rondo {

/// An estimate of the scalar operations of all nests in `block`, at any depth.
double workIn(mlir::Block &block);

/// The part of a product's cost that the busier of two threads has, if rows are dealt out in units.
double partOfRows(int64_t rows, int64_t unit);

/// An estimate of the cycles for which the busier of two threads is at work in `block`, without what it waits for. A
/// nest without a choice counts as done by one.
double cyclesOfTheBusier(mlir::Block &block, const Choices &choices, const Machine &machine);

} // namespace rondo

#endif // RONDO_PASSES_THREADS_SHARECOST_H
