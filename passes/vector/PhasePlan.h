// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How a phase's loops are cut into register tiles and blocks for the caches.

#ifndef RONDO_PASSES_VECTOR_PHASEPLAN_H
#define RONDO_PASSES_VECTOR_PHASEPLAN_H

#include "dialect/RondoDialect.h"
#include "passes/support/Machine.h"
#include "passes/threads/WorkShare.h"

namespace rondo {

struct PhasePlan {
  unsigned lanes;               // the parallel loop that runs along the lanes: the last one
  std::optional<unsigned> rows; // the parallel loop of which several iterations share a tile, or none
  int64_t width;                // lanes of a vector
  int64_t sums;                 // sums that are computed at once
  /// If one is computed at a time, and each as the first but for the number of its operand among those packed apart:
  /// how far one is from the next.
  std::optional<int64_t> sameForAllSums;
  /// Whether the pointwise body takes a tile's sums from memory, in a loop, and not each from its register.
  bool aside = false;
  int64_t vectors;           // vectors of a tile along the lanes
  int64_t terms;             // terms of a sum in one iteration of its loop
  int64_t laneTile;          // lanes of a tile: all of its vectors', or fewer where that divides a thread's unit
  int64_t rowTile = 1;       // rows of a tile
  int64_t lowTile = 0;       // rows of a lower one, where there are two heights
  int64_t fullRows = 0;      // if > 0, so many of each cutRows are in high tiles, the others in lower ones
  int64_t lastTile = 0;      // if > 0, rows of the tiles of a last panel with fewer vectors than the others have
  bool endsAnywhere = false; // whether a call may have any number of the rows (rondo.limit): tiles follow from it then
  int64_t cutRows = 1;       // all rows, those of a thread's unit or of a packed block
  int64_t chunk = 0;         // if > 0, so many rows go through all panels before the next ones
  /// The loop whose iterations are summed in blocks, with the sums kept in the outputs between them, or none.
  std::optional<unsigned> blocked;
  int64_t block = 0; // its iterations in one block

  /// Of so many rows or more, any number is tiles of both heights, which have no common divisor.
  int64_t leastRows() const { return (rowTile - 1) * (lowTile - 1); }

  /// Whether all vectors of a tile are full.
  bool fillsVectors() const { return laneTile == vectors * width; }
};

/// Plans a phase on buffers; an error says what about it cannot be turned into loops.
mlir::FailureOr<PhasePlan> planPhase(PhaseOp op, const Machine &machine);

/// The plan in words, for remarks: "6 x 64 (rows x lanes), 1 sum(s) of 256 terms ..".
std::string describePlan(PhaseOp op, const PhasePlan &plan);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_PHASEPLAN_H
