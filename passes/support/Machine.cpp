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

int64_t Machine::tileVectors(Type element, int64_t sums, int64_t rows, int64_t lanes) const {
  // Many rows of few vectors read each panel least often. One row alone needs more sums under way; a few rows are
  // enough of them.
  int64_t vectors = mostVectors();
  int64_t most = !hasManyRegisters() ? registers / 8 : rows >= 8 ? 2 : rows >= 3 ? 4 : 6;
  while (vectors > 1 && vectors * sums > most)
    vectors /= 2;
  // A thread's share is a number of whole tiles.
  while (vectors > 1 && vectors * lanesOf(element) > laneUnit(lanes))
    vectors /= 2;
  return vectors;
}

int64_t Machine::blockTerms() const {
  constexpr int64_t enough = 256; // longer blocks gained nothing where they were measured
  return std::min<int64_t>(enough, llvm::bit_floor(uint64_t(std::max(l2 / 16, l1 / 2) / panelTerm())));
}

int64_t Machine::wholeTerms() const { return std::max(2 * blockTerms(), l2 * 3 / 8 / panelTerm()); }
