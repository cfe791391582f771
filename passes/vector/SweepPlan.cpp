// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whether a loop over time may run point by point, and what of its states stays in registers then.
//
// It may where each point of a step touches, of all that the loop writes, only what the same point of other steps
// does: points are then independent, and each runs its steps in their order. A value that the step before wrote, or an
// earlier nest of the step, need not be read from memory.

#include "passes/vector/SweepPlan.h"

#include "dialect/RondoDialect.h"
#include "passes/support/LoopLimit.h"
#include "passes/support/Strides.h"
#include "passes/threads/ParallelNest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace rondo;

namespace {

/// What an operand touches at a point and a step.
struct Place {
  SweepOperand operand;
  Access access;                // of the step, with the loop's position in its offset
  Access range;                 // of all steps
  SmallVector<int64_t> strides; // in bytes, of each loop over points
  int64_t step = 0;             // bytes from one step to the next

  bool isAlong(unsigned loop) const { return operand.map.isFunctionOfDim(loop); }
};

class SweepPlanner {
public:
  SweepPlanner(scf::ForOp loop, const Machine &machine, std::string &why) : loop(loop), machine(machine), why(why) {}

  std::optional<SweepPlan> run() {
    if (!collect() || !haveSameLoops() || !chooseLanes())
      return std::nullopt;
    for (unsigned number = 0; number < plan.nests.size(); ++number)
      if (!findPlaces(number, plan.nests[number]))
        return std::nullopt;
    if (!arePointsApart())
      return std::nullopt;
    for (const Place &read : readPlaces)
      plan.reads[{read.operand.nest, read.operand.number}] = sourceOf(read);
    chooseSteps();
    chooseVectors();
    chooseDistance();
    chooseWaysToMemory();
    return plan;
  }

private:
  bool refuse(StringRef reason) {
    why = reason;
    return false;
  }

  /// The nests, and what is between them.
  bool collect() {
    for (Operation &op : loop.getBody()->without_terminator())
      if (auto nest = dyn_cast<linalg::LinalgOp>(op))
        plan.nests.push_back(nest);
      else
        plan.others.push_back(&op);
    if (plan.nests.empty() || plan.nests.front().getNumLoops() == 0)
      return refuse("it has no points");
    return loop.getNumResults() == 0 || refuse("it carries values by itself");
  }

  bool haveSameLoops() {
    linalg::LinalgOp first = plan.nests.front();
    plan.sizes = first.getStaticLoopRanges();
    plan.split = splitOf(first);
    for (linalg::LinalgOp nest : plan.nests) {
      std::optional<Split> split = splitOf(nest);
      if (nest.getStaticLoopRanges() != plan.sizes)
        return refuse("its nests have different points");
      if (split.has_value() != plan.split.has_value() ||
          (split && (split->loop != plan.split->loop || split->unit != plan.split->unit)))
        return refuse("threads share its nests in different ways");
      if (!limitsOf(nest).empty() || endOf(nest))
        return refuse("a nest ends before its last point");
      SetVector<Value> captured;
      getUsedValuesDefinedAbove(nest->getRegions(), captured);
      if (llvm::any_of(captured, [&](Value value) { return loop.getRegion().isAncestor(value.getParentRegion()); }))
        return refuse("a nest reads the step's number");
      for (AffineMap map : nest.getIndexingMapsArray())
        if (!map.isProjectedPermutation())
          return refuse("an operand is not indexed by points alone");
    }
    return llvm::none_of(plan.sizes, ShapedType::isDynamic) || refuse("it has points of unknown number");
  }

  /// The vectors are those of the nests, if these agree; the narrowest, if types differ.
  bool chooseLanes() {
    for (linalg::LinalgOp nest : plan.nests) {
      FailureOr<NestPlan> own = planNest(nest, machine);
      if (failed(own) || !own->lanes)
        return refuse("a nest has no vectors");
      bool isFirst = nest == plan.nests.front();
      if (!isFirst && plan.lanes != *own->lanes)
        return refuse("vectors of its nests run along different loops");
      plan.lanes = *own->lanes;
      plan.width = isFirst ? own->width : std::min(plan.width, own->width);
    }
    return true;
  }

  /// Notes what a nest reads and writes. False if a vector of an operand is not contiguous.
  bool findPlaces(unsigned number, linalg::LinalgOp nest) {
    for (OpOperand &operand : nest->getOpOperands()) {
      auto type = dyn_cast<MemRefType>(operand.get().getType());
      bool isOutput = nest.isDpsInit(&operand);
      if (!type) {
        bool isInside = loop.getRegion().isAncestor(operand.get().getParentRegion());
        plan.reads[{number, operand.getOperandNumber()}] = {isInside ? SweepRead::Memory : SweepRead::Once};
        continue;
      }
      Place place = placeOf({number, operand.getOperandNumber(), operand.get(), nest.getMatchingIndexingMap(&operand)});
      AffineExpr lanes = getAffineDimExpr(plan.lanes, loop.getContext());
      bool isContiguous = type.getRank() != 0 && place.operand.map.getResults().back() == lanes &&
                          type.isLastDimUnitStride() && !type.getElementType().isInteger(1);
      if (place.isAlong(plan.lanes) && !isContiguous)
        return refuse("an operand is not contiguous along the lanes");
      if (isOutput) {
        plan.writes.push_back(
            {place.operand, unsigned(operand.getOperandNumber() - nest.getNumDpsInputs()), place.step != 0});
        writePlaces.push_back(place);
        writePlaces.back().range.write = true;
      }
      if (!isOutput || nest.payloadUsesValueFromOperand(&operand))
        readPlaces.push_back(place);
    }
    return true;
  }

  Place placeOf(const SweepOperand &operand) {
    Place place{operand, Access::of(operand.buffer, /*write=*/false), {}, SmallVector<int64_t>(plan.sizes.size()), 0};
    if (Value whole = wholeOf(operand.buffer); !place.access.root && whole.getDefiningOp<memref::AllocaOp>())
      place.access.root = whole; // a thread's own
    for (auto [value, factor] : place.access.offset.terms)
      if (value == loop.getInductionVar())
        place.step = factor;
    place.range = place.access;
    place.range.expand([&](Value value) { return value == loop.getInductionVar(); });
    if (std::optional<SmallVector<int64_t>> strides = constantStrides(cast<MemRefType>(operand.buffer.getType())))
      for (auto [expression, stride] : llvm::zip(operand.map.getResults(), *strides))
        place.strides[cast<AffineDimExpr>(expression).getPosition()] = stride * place.access.elementBytes;
    for (auto [loop, size] : llvm::enumerate(plan.sizes))
      if (size == 1)
        place.strides[loop] = 0;
    return place;
  }

  /// Whether what is written lies where no two points, and no two steps, touch one byte.
  bool isInjective(const Place &place) {
    SmallVector<std::pair<int64_t, int64_t>> dimensions; // stride, size
    for (auto [stride, size] : llvm::zip(place.strides, plan.sizes))
      if (size != 1)
        dimensions.push_back({stride, size});
    llvm::sort(dimensions);
    int64_t span = place.access.elementBytes;
    for (auto [stride, size] : dimensions) {
      if (stride < span)
        return false;
      span += stride * (size - 1);
    }
    return place.step == 0 || std::abs(place.step) >= span;
  }

  /// The steps from one that does `write` to that which touches the same place by `other`, which is in the same points;
  /// nothing where it is not known to be.
  std::optional<int64_t> distance(const Place &write, const Place &other) {
    LinearSum apart = other.access.offset;
    apart.add(write.access.offset, -1);
    bool isKnown = write.access.root && write.access.root == other.access.root && apart.terms.empty() &&
                   write.step == other.step && write.strides == other.strides &&
                   write.access.elementBytes == other.access.elementBytes &&
                   write.access.dimensions.size() == write.operand.map.getNumResults() &&
                   other.access.dimensions.size() == other.operand.map.getNumResults();
    if (!isKnown)
      return std::nullopt;
    if (write.step == 0)
      return apart.constant == 0 ? std::optional<int64_t>(0) : std::nullopt;
    if (apart.constant % write.step != 0)
      return std::nullopt;
    return -apart.constant / write.step;
  }

  bool arePointsApart() {
    for (auto [i, write] : llvm::enumerate(writePlaces)) {
      if (!write.access.root || !isInjective(write))
        return refuse("it is not known what it writes");
      for (auto [j, other] : llvm::enumerate(writePlaces))
        if (i != j && write.range.conflictsWith(other.range))
          return refuse("two results have one place");
      for (const Place &read : readPlaces) {
        if (!write.range.conflictsWith(read.range))
          continue;
        std::optional<int64_t> steps = distance(write, read);
        if (!steps)
          return refuse("a point reads what another one writes");
        if (*steps < 0 || *steps > 1)
          return refuse("a step reads what another one than that before wrote");
      }
    }
    return true;
  }

  /// Where a nest takes what it reads from: all that is written there is known to be by one write at most.
  SweepRead sourceOf(const Place &read) {
    for (auto [i, write] : llvm::enumerate(writePlaces)) {
      std::optional<int64_t> steps = distance(write, read);
      if (!steps || !write.range.conflictsWith(read.range))
        continue;
      bool isBefore = write.operand.nest < read.operand.nest;
      if (*steps == 0 && isBefore)
        return {SweepRead::Written, unsigned(i)};
      if (*steps == 0 && write.step != 0) // what is there before the step writes it
        return {SweepRead::Memory};
      if (!plan.writes[i].carriedAs) {
        plan.writes[i].carriedAs = read.operand;
        ++plan.carried;
      }
      return {SweepRead::Carried, unsigned(i)};
    }
    // A place that is found by more than positions of loops has dimensions of its own.
    bool isKnown = read.access.dimensions.size() == read.operand.map.getNumResults();
    return {isKnown && read.step == 0 ? SweepRead::Once : SweepRead::Memory};
  }

  /// Eight steps. Where rows are longer than two pages, so many that the processor still sees the rows of all of them
  /// as streams, each of one of the sequences.
  void chooseSteps() {
    constexpr int64_t mostSteps = 8, mostStreams = 16;
    int64_t rowBytes = 4, sequences = 0;
    for (int64_t size : plan.sizes)
      rowBytes *= size;
    for (const Place &read : readPlaces)
      sequences += plan.reads[{read.operand.nest, read.operand.number}].source == SweepRead::Memory;
    for (const SweepWrite &write : plan.writes)
      sequences += write.isSlot;
    for (plan.steps = mostSteps;
         plan.steps > 1 && rowBytes > 2 * Machine::page && plan.steps * sequences > mostStreams;)
      plan.steps /= 2;
  }

  /// Four vectors in a tile, whose chains of steps run side by side; fewer where a step is long enough without, one
  /// where it is alone; and no more than registers hold of what a point carries and takes once.
  void chooseVectors() {
    size_t work = 0;
    for (linalg::LinalgOp nest : plan.nests)
      work += nest->getRegion(0).front().getOperations().size() - 1;
    int64_t held = plan.carried;
    for (const Place &read : readPlaces)
      held +=
          plan.reads[{read.operand.nest, read.operand.number}].source == SweepRead::Once && read.isAlong(plan.lanes);
    constexpr size_t shortStep = 24, longStep = 64;
    plan.vectors = plan.steps == 1 || work > longStep ? 1 : work > shortStep ? 2 : 4;
    auto fits = [&] {
      bool ofShare = plan.split && plan.split->loop == plan.lanes;
      return plan.vectors * held <= machine.accumulators() &&
             !(ofShare && plan.split->unit % (plan.vectors * plan.width) != 0);
    };
    while (plan.vectors > 1 && !fits())
      plan.vectors /= 2;
  }

  /// Of what comes from beyond a core's own cache the processor sees too late that more is read: a tile's rows lie
  /// apart, and the next tile's lines beside them come after all of these. Two tiles' steps ahead is soon enough.
  void chooseDistance() {
    int64_t bytes = 0;
    for (const Place &read : readPlaces)
      if (plan.reads[{read.operand.nest, read.operand.number}].source == SweepRead::Memory)
        bytes += std::abs(read.step) * tripCount(loop).value_or(0);
    plan.ahead = bytes > machine.l2 ? 2 * plan.steps : 0;
  }

  /// What is more than all caches hold is not there any more when it is read. To write it past them saves reading each
  /// line before, and what is in the caches stays. Lines that are not written as a whole at once would take longer.
  void chooseWaysToMemory() {
    int64_t bytes = 0;
    for (const Place &place : writePlaces)
      if (place.step != 0)
        bytes += std::abs(place.step) * tripCount(loop).value_or(0);
    bool areTiles =
        !plan.split || plan.split->loop != plan.lanes || plan.split->unit % (plan.vectors * plan.width) == 0;
    if (bytes <= machine.l3 || !areTiles)
      return;
    for (auto [write, place] : llvm::zip(plan.writes, writePlaces)) {
      bool areLines = plan.vectors * plan.width * place.access.elementBytes % Machine::line == 0;
      write.isPast = write.isSlot && areLines && isAligned(place);
    }
  }

  /// Whether each tile's part of each row begins with a line: what is in the arena does if its offsets say so.
  bool isAligned(const Place &place) {
    auto root = dyn_cast_or_null<BlockArgument>(place.access.root);
    auto function = root ? dyn_cast<func::FuncOp>(root.getOwner()->getParentOp()) : func::FuncOp();
    auto areLines = [](int64_t bytes) { return bytes % Machine::line == 0; };
    bool isKnown = function && function.getArgAttr(root.getArgNumber(), attributeOf(Role::arena)) &&
                   place.access.first % Machine::line == 0;
    for (auto [loop, stride] : llvm::enumerate(place.strides))
      isKnown &= loop == plan.lanes ? stride == place.access.elementBytes : areLines(stride);
    return isKnown && areLines(place.access.offset.constant) &&
           llvm::all_of(place.access.offset.terms, [&](auto term) { return areLines(term.second); });
  }

  scf::ForOp loop;
  const Machine &machine;
  std::string &why;
  SweepPlan plan;
  std::vector<Place> readPlaces, writePlaces; // of the plan's writes, in their order
};

} // namespace

std::optional<SweepPlan> rondo::planSweep(scf::ForOp loop, const Machine &machine, std::string &why) {
  return SweepPlanner(loop, machine, why).run();
}
