// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which thread does what of a function on buffers.

#include "passes/threads/ThreadShares.h"

#include "passes/support/ShareUnits.h"
#include "passes/threads/OwnResults.h"
#include "passes/threads/ShareCost.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo;

namespace {

int64_t unitsOf(const ParallelNest &nest, unsigned loop) {
  return llvm::divideCeil(nest.extents[loop], nest.unitOf(loop));
}

Choice splitOver(const ParallelNest &nest, unsigned loop) { return {Choice::Split, 0, {loop, nest.unitOf(loop)}}; }

/// The bytes that every thread reads if loop `loop` is dealt out.
double bytesReadByAll(const ParallelNest &nest, unsigned loop) {
  llvm::SmallSetVector<Value, 8> buffers;
  for (const ParallelNest::Operand &operand : nest.operands)
    if (operand.read && !operand.map.isFunctionOfDim(loop))
      buffers.insert(operand.buffer);
  double bytes = 0;
  for (Value buffer : buffers)
    bytes += bytesOf(buffer);
  return bytes;
}

bool isInside(Value value, Operation *op) {
  return llvm::any_of(op->getRegions(), [&](Region &region) { return region.isAncestor(value.getParentRegion()); });
}

/// Gives small nests between two that one thread runs to that thread: a barrier before and one behind would cost more
/// than is shared. A row that is normalised, of one row, is sums, differences and sums again.
void keepBetween(const Nests &nests, const Machine &machine, Choices &choices) {
  llvm::DenseSet<Value> written, read;
  auto isAlone = [&](Operation *op) { return choices.lookup(op).kind == Choice::Thread; };
  for (auto &[op, nest] : nests)
    if (isAlone(op))
      for (const ParallelNest::Operand &operand : nest.operands) {
        if (operand.write)
          written.insert(wholeOf(operand.buffer));
        else
          read.insert(wholeOf(operand.buffer));
      }
  for (auto &[op, nest] : nests) {
    auto needs = [&](const ParallelNest::Operand &operand) {
      return operand.read && !operand.write && written.contains(wholeOf(operand.buffer));
    };
    auto feeds = [&](const ParallelNest::Operand &operand) {
      return operand.write && read.contains(wholeOf(operand.buffer));
    };
    if (!isAlone(op) && nest.work() < machine.worthThread() && llvm::any_of(nest.operands, needs) &&
        llvm::any_of(nest.operands, feeds))
      choices[op] = Choice();
  }
}

/// A load's or store's one element.
Access elementAccess(Value buffer, ValueRange indices, bool write) {
  Access access = Access::of(buffer, write);
  if (!access.root)
    return access;
  SmallVector<Access::Dimension> positions = std::move(access.dimensions);
  access.dimensions.clear();
  for (auto [index, dimension] : llvm::zip(indices, positions))
    access.move(index, dimension);
  return access;
}

} // namespace

SmallVector<Access> rondo::accessesOf(Operation *op, const Choices &choices) {
  auto choice = choices.find(op);
  bool chosen = choice != choices.end();
  SmallVector<Access> accesses;
  if (std::optional<ParallelNest> nest = ParallelNest::of(op)) {
    if (chosen && choice->second.kind == Choice::Split)
      return nest->accesses(choice->second.split);
    if (chosen && choice->second.kind == Choice::Each)
      return nest->accessesOfEach();
    return nest->accesses(chosen ? choice->second.thread : 0);
  }
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    accesses.push_back(elementAccess(load.getMemRef(), load.getIndices(), /*write=*/false));
  } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
    accesses.push_back(elementAccess(store.getMemRef(), store.getIndices(), /*write=*/true));
  } else {
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        accesses.append(accessesOf(&inner, Choices()));
  }
  if (op->getNumRegions() != 0) {
    auto loop = dyn_cast<scf::ForOp>(op);
    for (Access &access : accesses) {
      access.share = Share();
      access.expand([&](Value value) { return isInside(value, op) && (!loop || value != loop.getInductionVar()); });
      std::optional<unsigned> along;
      if (loop)
        along = access.expand([&](Value value) { return value == loop.getInductionVar(); });
      if (chosen && choice->second.kind == Choice::Split && along)
        access.share = {Share::Units, *along, choice->second.split.unit, endWithCall(loop) ? 1 : 0};
    }
  }
  if (chosen && choice->second.kind == Choice::Thread)
    for (Access &access : accesses)
      access.share = {Share::One, 0, choice->second.thread};
  return accesses;
}

SmallVector<Choice> rondo::choicesFor(const ParallelNest &nest, const Machine &machine) {
  SmallVector<Choice> choices;
  SmallVector<unsigned> loops = nest.outputLoops();
  // Four units are enough for balance; where there are fewer, as many as can be had.
  SmallVector<unsigned> good;
  llvm::copy_if(loops, std::back_inserter(good), [&](unsigned loop) { return unitsOf(nest, loop) >= 4; });
  if (good.empty() && !loops.empty()) {
    unsigned most =
        *llvm::max_element(loops, [&](unsigned a, unsigned b) { return unitsOf(nest, a) < unitsOf(nest, b); });
    if (unitsOf(nest, most) > 1)
      good.push_back(most);
  }
  // The outermost one first, unless each thread would read large weights where another loop deals them out.
  if (!good.empty() && bytesReadByAll(nest, good.front()) > machine.readByEachCore()) {
    auto *least = llvm::min_element(
        good, [&](unsigned a, unsigned b) { return bytesReadByAll(nest, a) < bytesReadByAll(nest, b); });
    if (2 * bytesReadByAll(nest, *least) < bytesReadByAll(nest, good.front()))
      std::rotate(good.begin(), least, least + 1);
  }
  for (unsigned loop : good)
    choices.push_back(splitOver(nest, loop));
  if (choices.empty() || nest.work() < machine.worthThread())
    choices.push_back(Choice());
  return choices;
}

std::optional<Choice> rondo::splitIterations(scf::ForOp loop) {
  std::optional<int64_t> count = tripCount(loop);
  if (!count || loop.getNumResults() != 0)
    return std::nullopt;
  // As the rows of the nests around it, which end with a call's positions too.
  Choice choice{Choice::Split, 0, {0, endWithCall(loop) ? openRowUnit(*count) : rowUnit(*count)}};
  if (*count <= choice.split.unit)
    return std::nullopt;
  Choices choices;
  choices[loop] = choice;
  SmallVector<Access> accesses = accessesOf(loop, choices);
  for (const Access &write : accesses)
    if (write.write && llvm::any_of(accesses, [&](const Access &other) { return write.conflictsWith(other); }))
      return std::nullopt;
  return choice;
}

/// The outermost of the loops over a nest's results that is more than one iteration, if there is one.
static std::optional<unsigned> leadingLoop(const ParallelNest &nest) {
  SmallVector<unsigned> loops = nest.outputLoops();
  auto *leading = llvm::find_if(loops, [&](unsigned loop) { return nest.extents[loop] > 1; });
  return leading == loops.end() ? std::nullopt : std::optional(*leading);
}

/// Rows of a loop's nests that are dealt out, in units.
struct Rows {
  int64_t extent, unit;
  bool withinOne = false; // the parts of a single row
};

/// The share of a nest that is this thread's rows of it, where it has these rows: in a loop of their number, or, of the
/// parts of one, in a loop along which they lie one behind the other, as the heads of a row do.
static std::optional<Choice> shareOfRows(const ParallelNest &nest, Rows rows) {
  std::optional<unsigned> leading = rows.withinOne ? leadingLoop(nest) : nest.outputLoops().front();
  if (!leading || nest.extents[*leading] % rows.extent != 0 ||
      (!rows.withinOne && nest.extents[*leading] != rows.extent))
    return std::nullopt;
  int64_t length = nest.extents[*leading] / rows.extent, unit = rows.unit * length;
  if (!nest.canBeCutIn(*leading, unit) || (length != 1 && unit % laneUnit(1) != 0))
    return std::nullopt;
  return Choice{Choice::Split, 0, {*leading, unit}};
}

/// Deals out the nests of a loop by its rows, or (none) by features.
static Choices shareNests(scf::ForOp loop, const Nests &nests, std::optional<Rows> rows, const Machine &machine) {
  Choices choices;
  for (auto &[op, nest] : nests) {
    Choice &choice = choices[op];
    SmallVector<unsigned> loops = nest.outputLoops();
    if (loops.empty())
      continue;
    // A number for each row is cut as the rows are.
    bool isNumberOfARow = loops.size() == 1 && llvm::is_contained(nest.parallel, false);
    if (std::optional<Choice> share = rows ? shareOfRows(nest, *rows) : std::nullopt)
      choice = *share;
    else if (isNumberOfARow && nest.work() < machine.worthThread())
      continue;
    else if (unitsOf(nest, loops.back()) > 1)
      choice = splitOver(nest, loops.back());
    else if (unitsOf(nest, loops.front()) > 1 && nest.work() >= machine.worthThread())
      choice = splitOver(nest, loops.front());
  }
  keepBetween(nests, machine, choices);
  OwnResults(loop, nests, machine, choices).choose();
  return choices;
}

/// Of one row of matrices, what is dealt out in its place: the matrices, or the rows of one; nothing where there are
/// no matrices.
static std::optional<Rows> rowsWithinOne(const Nests &nests) {
  std::map<int64_t, double> work;
  for (const auto &entry : nests) {
    const ParallelNest &nest = entry.second;
    if (llvm::count_if(nest.outputLoops(), [&](unsigned loop) { return nest.extents[loop] > 1; }) > 1)
      work[nest.extents[*leadingLoop(nest)]] += nest.work();
  }
  if (work.empty())
    return std::nullopt;
  int64_t rows = llvm::max_element(work, llvm::less_second())->first;
  // The rows of a matrix are the features of what it is multiplied with.
  constexpr int64_t features = 32;
  return Rows{rows, rows < features ? rowUnit(rows) : laneUnit(rows), /*withinOne=*/true};
}

SmallVector<Choices> rondo::waysToShare(scf::ForOp loop, const Machine &machine) {
  Nests nests;
  loop.getBody()->walk([&](Operation *op) {
    if (std::optional<ParallelNest> nest = ParallelNest::of(op))
      nests.push_back({op, *nest});
  });
  // The rows of a loop are those of most of its work on rows of features.
  std::map<int64_t, double> workByRows;
  for (auto &[op, nest] : nests)
    if (SmallVector<unsigned> loops = nest.outputLoops(); loops.size() > 1)
      workByRows[nest.extents[loops.front()]] += nest.work();
  int64_t rows = 0;
  for (auto [extent, work] : workByRows)
    if (rows == 0 || work > workByRows[rows])
      rows = extent;
  llvm::SmallDenseSet<Value> invariant;
  for (auto &[op, nest] : nests)
    if (SmallVector<unsigned> loops = nest.outputLoops(); !loops.empty())
      for (const ParallelNest::Operand &operand : nest.operands)
        if (operand.read && !isInside(operand.buffer, loop) && !operand.map.isFunctionOfDim(loops.front()))
          invariant.insert(operand.buffer);
  double bytes = 0;
  for (Value buffer : invariant)
    bytes += bytesOf(buffer);
  // By features, each sum within the rows waits for what the other threads made of its terms.
  int64_t sums = llvm::count_if(nests, [&](auto &entry) {
    auto &[op, nest] = entry;
    SmallVector<unsigned> loops = nest.outputLoops();
    return !loops.empty() && nest.extents[loops.front()] == rows && llvm::is_contained(nest.parallel, false);
  });
  // Rows enough are best, where both threads have about as much of them. Eight are one tile where registers are many,
  // of which each thread would have half and read the panel for that; so does a call that one thread runs.
  const int64_t enoughRows = machine.hasManyRegisters() ? 9 : 8;
  constexpr double aboutHalf = 0.6;
  bool byRows = rows > 1 && bytes <= double(machine.readByEachCore(sums));
  SmallVector<Choices> ways;
  if (byRows)
    ways.push_back(shareNests(loop, nests, Rows{rows, rowUnit(rows)}, machine));
  if (!byRows || rows < enoughRows || partOfRows(rows, rowUnit(rows)) > aboutHalf)
    ways.push_back(shareNests(loop, nests, std::nullopt, machine));
  if (std::optional<Rows> within = rows == 1 ? rowsWithinOne(nests) : std::nullopt)
    ways.push_back(shareNests(loop, nests, within, machine));
  for (Choices &way : ways)
    loop.getBody()->walk([&](memref::StoreOp store) { way[store] = Choice(); });
  return ways;
}
