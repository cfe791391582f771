// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of the processor the code depends on.

#include "passes/support/Machine.h"

#include "passes/support/ShareUnits.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rondo;

LogicalResult Machine::verify(Operation *op) const {
  if (width < 4 || registers < 1)
    return op->emitError() << "expected a width of at least 4 floats and at least 1 register, found " << width
                           << " and " << registers;
  for (int64_t bytes : {l1, l2, l3})
    if (bytes < page)
      return op->emitError() << "expected caches of at least " << page << " bytes, found " << bytes;
  if (barrier < 0)
    return op->emitError() << "expected a barrier of no fewer than 0 cycles, found " << barrier;
  return success();
}

Machine::Tile Machine::tileOf(Type element, int64_t sums, int64_t rows, int64_t lanes) const {
  constexpr int64_t manyRows = 4;
  // Many rows of few vectors read each panel least often, and where registers are few two vectors of one sum leave more
  // of them to rows than several sums do. One row alone needs more sums under way; a few rows are enough of them.
  Tile tile{sums, 4};
  int64_t most = rows >= 8 ? 2 : rows >= 3 ? 4 : 6;
  if (element.isF64() && !hasManyRegisters()) {
    tile.vectors = most = 2;
  } else if (!hasManyRegisters()) {
    tile.vectors = most = rows >= manyRows ? 2 : rows >= 2 ? 4 : 8;
    // A core that starts four operations at once has no place for the loop's own beside twelve multiply-adds and their
    // loads; where these are two operations each, little is gained.
    if (rows >= manyRows && fma)
      tile.terms = 2;
    if (rows >= manyRows && sums > 2)
      tile.sums = 1;
  } else if (rows >= manyRows) {
    tile.sums = llvm::divideCeil(sums, llvm::divideCeil(sums, sumsForManyRows));
  }
  while (tile.vectors > 1 && tile.vectors * tile.sums > most)
    tile.vectors /= 2;
  // A thread's share is a number of whole tiles.
  while (tile.vectors > 1 && tile.vectors * lanesOf(element) > laneUnit(lanes))
    tile.vectors /= 2;
  return tile;
}

int64_t Machine::blockTerms() const {
  constexpr int64_t enough = 256; // longer blocks gained nothing where they were measured
  return std::min<int64_t>(enough, llvm::bit_floor(uint64_t(std::max(l2 / 16, l1 / 2) / panelTerm())));
}

int64_t Machine::wholeTerms() const { return std::max(2 * blockTerms(), l2 * 3 / 8 / panelTerm()); }
