// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a phase asks for before it is read.

#ifndef RONDO_PASSES_VECTOR_PHASEPREFETCH_H
#define RONDO_PASSES_VECTOR_PHASEPREFETCH_H

#include "passes/vector/PhaseTile.h"

#include "llvm/ADT/BitVector.h"

namespace rondo {

/// Asks, in the loop over terms, for what the sums read of packed operands: some terms ahead, where a panel does
/// not stay in the first-level cache, and of the panel at `nextLanes` (or null), where panels come from further away
/// than the second-level cache in each step. For few rows the processor sees by itself what comes next, but for the
/// next page in memory.
void prefetchPanels(PhaseTile &tile, const llvm::BitVector &reads, mlir::Value nextLanes);

/// Asks for the rows that begin at `nextRow`, evenly over the terms: where they come from beyond a core's own cache,
/// and are short, the processor sees too late that more is read.
void prefetchNextRows(PhaseTile &tile, const llvm::BitVector &reads, mlir::Value nextRow);

/// Asks for this tile's part of the rows of the chunk behind the one that begins at `first`, if these lie one behind
/// the other: all tiles of a chunk, through all panels, ask for the next one. False if they do not.
bool prefetchNextChunk(PhaseTile &tile, mlir::Value first);

/// Asks for what the pointwise body will read, into the second-level cache: the panels go through the first.
void prefetchForEpilogue(PhaseTile &tile, const llvm::BitVector &reads);

/// Asks for all rows that the sums will read, as far as a core's own cache keeps them: where each thread has made some
/// of their features, the others' come from another core, and would be waited for one after the other.
void prefetchRows(PhaseTile &tile);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_PHASEPREFETCH_H
