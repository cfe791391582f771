// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of which buffer each thread touches, and whether two accesses need a barrier between them.
//
// Two accesses that are dealt out to threads do not meet if both say of each byte that the same thread touches it. With
// s the stride of the dimension that is dealt out, a byte belongs to position ((address - start) mod period) / s, where
// the period divides all larger strides. Both agree if s, the unit and the number of positions are the same and `start`
// can be the same for both, modulo the common period. Whole units may be positions of their own.

#include "passes/threads/MemoryAccess.h"

#include "passes/support/Strides.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include <numeric>

using namespace mlir;
using namespace rondo;

std::optional<int64_t> rondo::leastLower(scf::ForOp loop) {
  Value lower = loop.getLowerBound();
  if (std::optional<int64_t> constant = getConstantIntValue(lower))
    return constant;
  // A scan that runs backward from a limit: its length less the positions that run.
  auto skipped = lower.getDefiningOp<arith::SubIOp>();
  auto run = skipped ? skipped.getRhs().getDefiningOp<arith::MinUIOp>() : arith::MinUIOp();
  std::optional<int64_t> length = skipped ? getConstantIntValue(skipped.getLhs()) : std::nullopt;
  std::optional<int64_t> most = run ? getConstantIntValue(run.getRhs()) : std::nullopt;
  return length && most ? std::optional(*length - *most) : std::nullopt;
}

Value rondo::endWithCall(scf::ForOp loop) {
  Value upper = loop.getUpperBound();
  bool isCounted = getConstantIntValue(loop.getLowerBound()) == 0 && getConstantIntValue(loop.getStep()) == 1;
  return isCounted && upper.getDefiningOp<arith::MinUIOp>() ? upper : nullptr;
}

std::optional<int64_t> rondo::tripCount(scf::ForOp loop) {
  std::optional<int64_t> lower = leastLower(loop);
  std::optional<int64_t> upper = getConstantIntValue(loop.getUpperBound());
  if (auto least = loop.getUpperBound().getDefiningOp<arith::MinUIOp>())
    upper = getConstantIntValue(least.getRhs());
  std::optional<int64_t> step = getConstantIntValue(loop.getStep());
  if (!lower || !upper || !step || *step <= 0)
    return std::nullopt;
  return *upper <= *lower ? 0 : (*upper - *lower + *step - 1) / *step;
}

/// Whether no integer holds the distances in a buffer of static shape.
static bool isEnormous(MemRefType type) {
  std::optional<SmallVector<int64_t>> strides = constantStrides(type);
  if (!strides || !type.hasStaticShape())
    return false;
  double elements = 1;
  for (auto [stride, size] : llvm::zip(*strides, type.getShape()))
    elements += std::abs(double(stride)) * double(size);
  return elements * double(llvm::divideCeil(type.getElementTypeBitWidth(), 8)) > 0x1p60;
}

Access Access::of(Value buffer, bool write) {
  Access access;
  access.write = write;
  auto type = cast<MemRefType>(buffer.getType());
  access.elementBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  std::optional<SmallVector<int64_t>> strides = constantStrides(type);
  if (!strides || !type.hasStaticShape() || isEnormous(type))
    return access;
  for (auto [stride, size] : llvm::zip(*strides, type.getShape()))
    access.dimensions.push_back({stride * access.elementBytes, size});
  while (!isEnormous(cast<MemRefType>(buffer.getType()))) {
    if (auto argument = dyn_cast<BlockArgument>(buffer)) {
      if (isa<FunctionOpInterface>(argument.getOwner()->getParentOp()))
        access.root = argument;
      return access;
    }
    Operation *op = buffer.getDefiningOp();
    if (auto view = dyn_cast<memref::ViewOp>(op)) {
      access.offset.add(linearSum(view.getByteShift()), 1);
      if (std::optional<int64_t> start = getConstantIntValue(view.getByteShift());
          start && view.getType().hasStaticShape()) {
        access.first = *start;
        access.end = *start + view.getType().getNumElements() * access.elementBytes;
      }
      buffer = view.getSource();
    } else if (auto part = dyn_cast<memref::SubViewOp>(op)) {
      std::optional<SmallVector<int64_t>> sourceStrides = constantStrides(part.getSourceType());
      if (!sourceStrides)
        return access;
      for (auto [start, stride, whole] :
           llvm::zip(part.getMixedOffsets(), *sourceStrides, part.getSourceType().getShape())) {
        int64_t factor = stride * access.elementBytes;
        if (std::optional<int64_t> value = getConstantIntValue(start))
          access.offset.constant += *value * factor;
        else
          access.move(cast<Value>(start), {factor, whole});
      }
      buffer = part.getSource();
    } else if (isa<memref::CastOp, memref::CollapseShapeOp, memref::ExpandShapeOp>(op)) {
      buffer = op->getOperand(0);
    } else {
      return access;
    }
  }
  return access;
}

void Access::move(Value index, Dimension positions) {
  LinearSum sum = linearSum(index);
  bool known = llvm::all_of(sum.terms, [](auto &term) {
    auto argument = dyn_cast<BlockArgument>(term.first);
    auto loop = argument ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()) : scf::ForOp();
    return loop && loop.getInductionVar() == term.first && tripCount(loop);
  });
  if (known)
    offset.add(sum, positions.stride);
  else
    dimensions.push_back(positions);
}

std::optional<unsigned> Access::expand(llvm::function_ref<bool(Value)> isTerm) {
  std::optional<unsigned> last;
  SmallVector<std::pair<Value, int64_t>> terms = std::move(offset.terms);
  offset.terms.clear();
  for (auto [value, factor] : terms) {
    if (!isTerm(value)) {
      offset.terms.push_back({value, factor});
      continue;
    }
    int64_t size = unknown, stride = std::abs(factor);
    if (auto argument = dyn_cast<BlockArgument>(value))
      if (auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()); loop && loop.getInductionVar() == value)
        if (std::optional<int64_t> count = tripCount(loop); count && *count > 0) {
          int64_t step = *getConstantIntValue(loop.getStep()), first = *leastLower(loop);
          stride *= step;
          size = *count;
          offset.constant += factor * first - (factor < 0 ? stride * (size - 1) : 0);
        }
    last = dimensions.size();
    dimensions.push_back({stride, size});
  }
  return last;
}

namespace {

/// The bytes between the first and the last byte's end, or nothing if a size is not known.
std::optional<int64_t> spanOf(const Access &access) {
  int64_t span = access.elementBytes;
  for (auto [stride, size] : access.dimensions) {
    if (size == Access::unknown)
      return std::nullopt;
    span += stride * (size - 1);
  }
  return span;
}

/// Bytes beside each other, repeated at multiples of a period (0: once): those within one position of a dimension.
struct Run {
  int64_t span, period;
};

/// The run of the dimensions whose stride is below `stride`, without `skip`; nothing if one has no known size.
std::optional<Run> runBelow(const Access &access, int64_t stride, std::optional<unsigned> skip) {
  Run run{access.elementBytes, 0};
  for (auto [i, dimension] : llvm::enumerate(access.dimensions)) {
    if (i == skip || dimension.size == 1)
      continue;
    if (dimension.stride >= stride)
      run.period = std::gcd(run.period, dimension.stride);
    else if (dimension.size == Access::unknown)
      return std::nullopt;
    else
      run.span += dimension.stride * (dimension.size - 1);
  }
  return run;
}

/// Whether the intervals [low, high] and [otherLow, otherHigh] have a number in common, modulo `period` (0: none).
bool meet(int64_t low, int64_t high, int64_t otherLow, int64_t otherHigh, int64_t period) {
  if (period != 0) {
    // Moved by whole periods until the first begins in [otherLow, otherLow + period).
    int64_t move = otherLow - low;
    int64_t periods = move >= 0 ? (move + period - 1) / period : -(-move / period);
    low += periods * period;
    high += periods * period;
    if (low - period <= otherHigh && otherLow <= high - period)
      return true;
  }
  return low <= otherHigh && otherLow <= high;
}

/// Makes the units that are dealt out positions, if they are whole, so that 8 heads in units of 4 are 8 x 64 features
/// in units of 256.
void joinUnits(Access &access) {
  if (access.share.kind != Share::Units || access.share.rows != 0)
    return;
  Access::Dimension &units = access.dimensions[access.share.dimension];
  int64_t unit = access.share.number;
  if (units.size == Access::unknown || unit < 1 || units.size % unit != 0)
    return;
  Access::Dimension within{units.stride, unit};
  units = {units.stride * unit, units.size / unit};
  access.share.number = 1;
  access.dimensions.push_back(within);
}

/// Whether both accesses say of each byte that the same thread touches it.
bool sameOwners(Access a, Access b) {
  joinUnits(a);
  joinUnits(b);
  if (a.share.kind != Share::Units || b.share.kind != Share::Units || a.share.number != b.share.number ||
      a.share.rows != b.share.rows)
    return false;
  const Access::Dimension &dimension = a.dimensions[a.share.dimension];
  if (!(dimension == b.dimensions[b.share.dimension]) || dimension.size == Access::unknown || dimension.stride == 0)
    return false;
  std::optional<Run> runA = runBelow(a, dimension.stride, a.share.dimension);
  std::optional<Run> runB = runBelow(b, dimension.stride, b.share.dimension);
  if (!runA || !runB || runA->span > dimension.stride || runB->span > dimension.stride)
    return false;
  int64_t period = std::gcd(runA->period, runB->period);
  if (period != 0 && dimension.stride * dimension.size > period)
    return false;
  // Where position 0 may begin, so that a run lies within one position.
  int64_t startA = a.offset.constant, startB = b.offset.constant;
  return meet(startA + runA->span - dimension.stride, startA, startB + runB->span - dimension.stride, startB, period);
}

/// Whether no byte can be in both, the offsets having no terms.
bool areApart(const Access &a, const Access &b) {
  if (a.end <= b.first || b.end <= a.first)
    return true;
  int64_t startA = a.offset.constant, startB = b.offset.constant;
  std::optional<int64_t> spanA = spanOf(a), spanB = spanOf(b);
  if (spanA && spanB && (startA + *spanA <= startB || startB + *spanB <= startA))
    return true;
  // Different columns of one matrix: runs that are apart modulo a stride.
  for (const Access *access : {&a, &b})
    for (const Access::Dimension &dimension : access->dimensions) {
      std::optional<Run> runA = runBelow(a, dimension.stride, std::nullopt);
      std::optional<Run> runB = runBelow(b, dimension.stride, std::nullopt);
      if (!runA || !runB)
        continue;
      int64_t period = std::gcd(runA->period, runB->period);
      if (period != 0 && runA->span + runB->span <= period &&
          !meet(startA, startA + runA->span - 1, startB, startB + runB->span - 1, period))
        return true;
    }
  return false;
}

} // namespace

bool Access::conflictsWith(const Access &other) const {
  if ((!write && !other.write) || share.kind == Share::Own || other.share.kind == Share::Own)
    return false;
  if (share.kind == Share::One && share == other.share)
    return false;
  if (!root || !other.root)
    return true;
  if (root != other.root)
    return false; // the buffers of a call never overlap
  if (end <= other.first || other.end <= first)
    return false; // nor do those of an arena: most of the pairs that are asked for
  Access a = *this, b = other;
  if (a.offset.terms == b.offset.terms) {
    a.offset.terms.clear();
    b.offset.terms.clear();
  }
  auto all = [](Value) { return true; };
  a.expand(all);
  b.expand(all);
  return !sameOwners(a, b) && !areApart(a, b);
}
