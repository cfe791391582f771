// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which dimensions of a function's buffers, and loops of its nests, are over the positions of a call.

#include "passes/buffer/PositionFinder.h"

#include "dialect/RondoDialect.h"
#include "passes/support/LinearSum.h"
#include "passes/threads/ParallelNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include <map>

using namespace mlir;
using namespace rondo;

/// The maps of a nest's operands, none of another op.
static SmallVector<AffineMap> mapsOf(Operation *op) {
  SmallVector<AffineMap> maps;
  if (auto phase = dyn_cast<PhaseOp>(op)) {
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      maps.push_back(phase.getMap(i));
  } else if (auto nest = dyn_cast<linalg::LinalgOp>(op)) {
    maps = nest.getIndexingMapsArray();
  } else if (std::optional<ParallelNest> kernel = isa<PackOp, AttendOp>(op) ? ParallelNest::of(op) : std::nullopt) {
    for (const ParallelNest::Operand &operand : kernel->operands)
      maps.push_back(operand.map);
  }
  return maps;
}

/// The dimension of the result that this one of the source is, if it is a part of it with a beginning that is known.
static std::optional<int64_t> dimensionIn(memref::SubViewOp view, int64_t dimension) {
  llvm::SmallBitVector dropped = view.getDroppedDims();
  if (dropped[dimension] || !getConstantIntValue(view.getMixedOffsets()[dimension]) ||
      getConstantIntValue(view.getMixedStrides()[dimension]) != 1)
    return std::nullopt;
  int64_t before = 0;
  for (int64_t i = 0; i < dimension; ++i)
    before += !dropped[i];
  return before;
}

/// The dimension of a joined one that varies least, but for those of one element.
static int64_t outermost(memref::CollapseShapeOp view, ArrayRef<int64_t> group) {
  for (int64_t dimension : group)
    if (view.getSrcType().getDimSize(dimension) != 1)
      return dimension;
  return group.front();
}

/// The elements of the joined dimension for each of this one's.
static int64_t rowsIn(memref::CollapseShapeOp view, ArrayRef<int64_t> group, int64_t outer) {
  int64_t rows = 1;
  for (int64_t dimension : group)
    rows *= dimension > outer ? view.getSrcType().getDimSize(dimension) : 1;
  return rows;
}

PositionFinder::PositionFinder(func::FuncOp function, Value length) : function(function), length(length) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    looksAhead |= bool(function.getArgAttr(i, positionsAttribute));
}

std::optional<int64_t> PositionFinder::find() {
  function.walk([&](scf::ForOp loop) { begin(loop); });
  for (BlockArgument argument : function.getArguments())
    if (auto known = function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), positionsAttribute)) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      if (!type) // not in memory yet
        return std::nullopt;
      setWindow(type.getDimSize(known.getInt()));
      add(argument, {known.getInt(), 1});
    }
  while (!pending.empty()) {
    auto [buffer, positions] = pending.pop_back_val();
    goToSource(buffer, positions);
    for (Operation *user : llvm::to_vector(buffer.getUsers()))
      goToUser(user, positions);
  }
  return agrees && argumentsAgree() ? window : std::nullopt;
}

SmallVector<LoopLimit> PositionFinder::loopsOf(Operation *op) {
  std::map<unsigned, int64_t> found;
  for (auto [operand, map] : llvm::zip(op->getOperands(), mapsOf(op)))
    if (auto known = places.find(operand); known != places.end())
      for (Positions positions : known->second)
        if (auto dim = dyn_cast<AffineDimExpr>(map.getResult(positions.dimension)))
          found[dim.getPosition()] = positions.rows;
  SmallVector<LoopLimit> loops;
  for (auto [loop, rows] : found)
    loops.push_back({loop, rows});
  return loops;
}

bool PositionFinder::sumsAside(Operation *op, ArrayRef<LoopLimit> known) {
  std::optional<ParallelNest> nest = ParallelNest::of(op);
  auto isSummed = [&](unsigned loop) {
    return !nest->parallel[loop] && llvm::none_of(known, [&](LoopLimit limit) { return limit.loop == loop; });
  };
  for (auto [operand, map] : llvm::zip(op->getOperands(), mapsOf(op)))
    for (Positions positions : places.lookup(operand)) {
      AffineExpr place = map.getResult(positions.dimension);
      bool summed = false, parallel = false;
      for (unsigned loop = 0; nest && loop < map.getNumDims(); ++loop) {
        summed |= place.isFunctionOfDim(loop) && isSummed(loop);
        parallel |= place.isFunctionOfDim(loop) && nest->parallel[loop];
      }
      // With a parallel one each result is of positions near its own, none of them later.
      if (!nest || (summed && !parallel))
        return true;
    }
  return false;
}

bool PositionFinder::isOverPositions(scf::ForOp loop) {
  if (loop.getNumResults() != 0 || getConstantIntValue(loop.getLowerBound()) != 0 ||
      getConstantIntValue(loop.getUpperBound()) != window || getConstantIntValue(loop.getStep()) != 1)
    return false;
  auto isWritten = [](Operation *op, Value buffer) {
    if (auto nest = dyn_cast<DestinationStyleOpInterface>(op))
      return llvm::is_contained(nest.getDpsInits(), buffer);
    if (auto copy = dyn_cast<memref::CopyOp>(op))
      return copy.getTarget() == buffer;
    return !isa<memref::LoadOp>(op) && !isa_and_nonnull<ViewLikeOpInterface>(op);
  };
  WalkResult result = loop.getBody()->walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (isa<MemRefType>(operand.getType()) && isWritten(op, operand) && !isAtPosition(op, operand, loop))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return !result.wasInterrupted();
}

bool PositionFinder::staysWithin(Value buffer) {
  auto known = places.find(buffer);
  return known != places.end() && known->second.size() == 1 &&
         llvm::all_of(buffer.getUses(), [&](OpOperand &use) { return staysWithin(use, known->second[0]); });
}

/// Whether nothing that arguments say is not over positions was found to be. A nest that earlier passes made of
/// loops of one size, which for some operands go over positions and for others over rows or features, would do that.
bool PositionFinder::argumentsAgree() {
  auto isKnown = [&](BlockArgument argument) {
    unsigned index = argument.getArgNumber();
    if (!looksAhead || function.getArgAttr(index, attributeOf(Role::output)))
      return true;
    // What is computed of parameters and positions alone is over positions too, but a matrix is not.
    if (function.getArgAttr(index, attributeOf(Role::packed)))
      return !isSummed(argument);
    auto said = function.getArgAttrOfType<IntegerAttr>(index, positionsAttribute);
    return llvm::all_of(places.lookup(argument), [&](Positions positions) {
      return said && said.getInt() == positions.dimension && positions.rows == 1;
    });
  };
  return llvm::all_of(function.getArguments(), isKnown);
}

/// Whether a nest sums over positions of the buffer.
bool PositionFinder::isSummed(Value buffer) {
  return llvm::any_of(buffer.getUsers(), [&](Operation *user) {
    if (isa_and_nonnull<ViewLikeOpInterface>(user))
      return isSummed(user->getResult(0));
    std::optional<ParallelNest> nest = ParallelNest::of(user);
    for (auto [operand, map] : llvm::zip(user->getOperands(), nest ? mapsOf(user) : SmallVector<AffineMap>()))
      for (Positions positions : operand == buffer ? places.lookup(buffer) : SmallVector<Positions>())
        if (auto dim = dyn_cast<AffineDimExpr>(map.getResult(positions.dimension)))
          if (!nest->parallel[dim.getPosition()])
            return true;
    return false;
  });
}

bool PositionFinder::staysWithin(OpOperand &use, Positions positions) {
  Operation *user = use.getOwner();
  if (auto view = dyn_cast<memref::SubViewOp>(user)) {
    OpFoldResult offset = view.getMixedOffsets()[positions.dimension];
    auto step = dyn_cast_if_present<BlockArgument>(dyn_cast<Value>(offset));
    if (step && limited.contains(step.getOwner()->getParentOp()))
      return positions.rows == 1 && step.getArgNumber() == 0 &&
             getConstantIntValue(view.getMixedSizes()[positions.dimension]) == 1;
    return getConstantIntValue(offset) == 0 && dimensionIn(view, positions.dimension) && staysWithin(view.getResult());
  }
  if (auto view = dyn_cast<memref::CollapseShapeOp>(user))
    return staysWithin(view.getResult());
  SmallVector<LoopLimit> limits = limitsOf(user);
  if (limits.size() != 1)
    return false;
  LoopLimit limit = limits[0];
  // Vectors along positions, or blocks of them, could reach further.
  SmallVector<AffineMap> maps = mapsOf(user);
  AffineExpr loop = getAffineDimExpr(limit.loop, user->getContext());
  auto isAlong = [&](AffineMap map) {
    ArrayRef<AffineExpr> results = map.getResults();
    bool isBlocked = llvm::any_of(
        results, [&](AffineExpr expression) { return expression != loop && expression.isFunctionOfDim(limit.loop); });
    return isBlocked || (!results.empty() && results.back() == loop);
  };
  return maps[use.getOperandNumber()].getResult(positions.dimension) == loop && limit.rows == positions.rows &&
         llvm::none_of(maps, isAlong);
}

/// Whether what `op` touches of the buffer is at the loop's position of it.
bool PositionFinder::isAtPosition(Operation *op, Value buffer, scf::ForOp loop) {
  auto isHere = [&](Value whole, auto offsets) {
    for (Positions positions : places.lookup(whole))
      if (positions.rows == 1 && OpFoldResult(offsets[positions.dimension]) == OpFoldResult(loop.getInductionVar()))
        return true;
    return false;
  };
  if (auto store = dyn_cast<memref::StoreOp>(op))
    if (isHere(buffer, store.getIndices()))
      return true;
  while (auto view = buffer.getDefiningOp<memref::SubViewOp>()) {
    if (isHere(view.getSource(), view.getMixedOffsets()))
      return true;
    buffer = view.getSource();
  }
  return false;
}

/// What a scan's loop with a limit goes through slot by slot.
void PositionFinder::begin(scf::ForOp loop) {
  auto end = loop.getUpperBound().getDefiningOp<arith::MinUIOp>();
  if (auto skipped = loop.getLowerBound().getDefiningOp<arith::SubIOp>(); skipped && !end) // it runs backward
    end = skipped.getRhs().getDefiningOp<arith::MinUIOp>();
  auto cast = end ? end.getLhs().getDefiningOp<arith::IndexCastOp>() : arith::IndexCastOp();
  auto load = cast ? cast.getIn().getDefiningOp<memref::LoadOp>() : memref::LoadOp();
  std::optional<int64_t> most = end ? getConstantIntValue(end.getRhs()) : std::nullopt;
  if (!load || load.getMemRef() != length || !most)
    return;
  limited.insert(loop);
  setWindow(*most);
  loop.walk([&](memref::SubViewOp view) {
    for (auto [i, offset] : llvm::enumerate(view.getMixedOffsets())) {
      auto value = dyn_cast<Value>(offset);
      if (!value)
        continue;
      LinearSum sum = linearSum(value);
      if (sum.terms.size() == 1 && sum.terms[0].first == loop.getInductionVar() && std::abs(sum.terms[0].second) == 1)
        add(view.getSource(), {int64_t(i), 1});
    }
  });
}

void PositionFinder::setWindow(int64_t most) {
  agrees &= window.value_or(most) == most;
  window = most;
}

void PositionFinder::add(Value buffer, Positions positions) {
  SmallVector<Positions> &known = places[buffer];
  if (llvm::any_of(known, [&](Positions other) { return other.dimension == positions.dimension; }))
    return;
  known.push_back(positions);
  pending.push_back({buffer, positions});
}

/// What a view goes on to; where positions are not the outermost of what it joins, what lies behind a call's cannot
/// be told from the rest.
void PositionFinder::goThrough(memref::CollapseShapeOp view, Positions positions) {
  for (auto [i, group] : llvm::enumerate(view.getReassociationIndices())) {
    if (!llvm::is_contained(group, positions.dimension))
      continue;
    bool isOutermost = group.size() == 1 || outermost(view, group) == positions.dimension;
    if (isOutermost)
      add(view.getResult(), {int64_t(i), positions.rows * rowsIn(view, group, positions.dimension)});
    agrees &= isOutermost || !looksAhead;
  }
}

void PositionFinder::goToSource(Value buffer, Positions positions) {
  Operation *op = buffer.getDefiningOp();
  if (auto view = dyn_cast_or_null<memref::SubViewOp>(op)) {
    for (int64_t i = 0; i < view.getSourceType().getRank(); ++i)
      if (dimensionIn(view, i) == positions.dimension)
        add(view.getSource(), {i, positions.rows});
  } else if (auto view = dyn_cast_or_null<memref::CollapseShapeOp>(op)) {
    ReassociationIndices group = view.getReassociationIndices()[positions.dimension];
    int64_t outer = outermost(view, group), rows = rowsIn(view, group, outer);
    bool isOutermost = rows > 0 && positions.rows % rows == 0;
    if (isOutermost)
      add(view.getSrc(), {outer, positions.rows / rows});
    agrees &= isOutermost || !looksAhead;
  }
}

void PositionFinder::goToUser(Operation *user, Positions positions) {
  if (auto view = dyn_cast<memref::SubViewOp>(user)) {
    if (std::optional<int64_t> dimension = dimensionIn(view, positions.dimension))
      add(view.getResult(), {*dimension, positions.rows});
  } else if (auto view = dyn_cast<memref::CollapseShapeOp>(user)) {
    goThrough(view, positions);
  } else if (auto copy = dyn_cast<memref::CopyOp>(user)) {
    add(copy.getSource(), positions);
    add(copy.getTarget(), positions);
  } else if (auto load = dyn_cast<memref::LoadOp>(user)) {
    if (positions.rows == 1 && looksAhead)
      goAlong(load.getIndices()[positions.dimension]);
  } else {
    for (LoopLimit limit : loopsOf(user))
      for (auto [operand, map] : llvm::zip(user->getOperands(), mapsOf(user)))
        for (auto [i, expression] : llvm::enumerate(map.getResults()))
          if (auto dim = dyn_cast<AffineDimExpr>(expression);
              dim && dim.getPosition() == limit.loop && isa<MemRefType>(operand.getType()))
            add(operand, {int64_t(i), limit.rows});
  }
}

/// What a loop over tokens touches at the position of the token.
void PositionFinder::goAlong(Value position) {
  auto argument = dyn_cast<BlockArgument>(position);
  auto loop = argument ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()) : scf::ForOp();
  if (!loop || loop.getInductionVar() != position || getConstantIntValue(loop.getUpperBound()) != window)
    return;
  auto addAt = [&](Value buffer, auto offsets) {
    for (auto [i, offset] : llvm::enumerate(offsets))
      if (OpFoldResult(offset) == OpFoldResult(position))
        add(buffer, {int64_t(i), 1});
  };
  loop.walk([&](Operation *op) {
    if (auto view = dyn_cast<memref::SubViewOp>(op))
      addAt(view.getSource(), view.getMixedOffsets());
    else if (auto store = dyn_cast<memref::StoreOp>(op))
      addAt(store.getMemRef(), store.getIndices());
  });
}
