// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the nests of a loop cost, all of them and dealt out to threads.

#include "passes/threads/ShareCost.h"

using namespace mlir;
using namespace rondo;

/// The sum of what `cost` gives for each nest in `block`, at any depth and as often as it runs.
static double sumOverNests(Block &block, llvm::function_ref<double(Operation *op, const ParallelNest &nest)> cost) {
  double sum = 0;
  for (Operation &op : block) {
    if (std::optional<ParallelNest> nest = ParallelNest::of(&op)) {
      sum += cost(&op, *nest);
      continue;
    }
    double inside = 0;
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        inside += sumOverNests(inner, cost);
    if (auto loop = dyn_cast<scf::ForOp>(op))
      inside *= double(tripCount(loop).value_or(1));
    sum += inside;
  }
  return sum;
}

double rondo::workIn(Block &block) {
  return sumOverNests(block, [](Operation *, const ParallelNest &nest) { return nest.work(); });
}

/// What so many rows of a product cost, in rows: a tile of few rows reads its panel like one of many.
static int64_t rowsOfTiles(int64_t rows) {
  constexpr int64_t rowsOfATile = 6, rowsForAPanel = 3;
  return rows + rowsForAPanel * int64_t(llvm::divideCeil(rows, rowsOfATile));
}

/// The iterations that the busier of two threads runs, if `extent` are dealt out in units.
static int64_t shareOfTheBusier(int64_t extent, int64_t unit) {
  int64_t first = int64_t(llvm::divideCeil(extent, unit)) / 2 * unit;
  return std::max(first, extent - first);
}

double rondo::partOfRows(int64_t rows, int64_t unit) {
  if (rows < 1)
    return 1;
  int64_t busier = shareOfTheBusier(rows, unit);
  return double(busier / unit * rowsOfTiles(unit) + rowsOfTiles(busier % unit)) / double(rowsOfTiles(rows));
}

namespace {

/// What of a nest the busier of two threads does.
struct BusierShare {
  double part = 1, partOfWork = 1;
  std::optional<Split> split;

  BusierShare(Operation *op, const ParallelNest &nest, const Choices &choices) {
    auto choice = choices.find(op);
    if (choice == choices.end() || choice->second.kind != Choice::Split)
      return;
    split = choice->second.split;
    int64_t extent = nest.extents[split->loop];
    part = partOfWork = double(shareOfTheBusier(extent, split->unit)) / double(std::max<int64_t>(1, extent));
    SmallVector<unsigned> loops = nest.outputLoops();
    if (llvm::is_contained(nest.parallel, false) && loops.size() > 1 && split->loop != loops.back())
      partOfWork = partOfRows(extent, split->unit);
  }

  /// The bytes that it touches.
  double bytesOf(const ParallelNest &nest) const {
    double bytes = 0;
    llvm::SmallDenseSet<Value> known; // gates that are packed together are one buffer
    for (const ParallelNest::Operand &operand : nest.operands)
      if (known.insert(operand.buffer).second)
        bytes += rondo::bytesOf(operand.buffer) * (split && operand.map.isFunctionOfDim(split->loop) ? part : 1);
    return bytes;
  }
};

} // namespace

double rondo::cyclesOfTheBusier(Block &block, const Choices &choices, const Machine &machine) {
  double bytesOfAStep = sumOverNests(
      block, [&](Operation *op, const ParallelNest &nest) { return BusierShare(op, nest, choices).bytesOf(nest); });
  // The operations, of which half of the most that a core starts are done in practice, or the bytes: whichever
  // takes longer.
  return sumOverNests(block, [&](Operation *op, const ParallelNest &nest) {
    BusierShare share(op, nest, choices);
    return std::max(nest.work() * share.partOfWork * 2 / double(machine.operationsIn(1)),
                    share.bytesOf(nest) / machine.bytesInCycle(bytesOfAStep));
  });
}
