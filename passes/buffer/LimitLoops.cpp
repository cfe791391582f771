// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loops over the positions of a window that need not run to its end where a call has fewer.
//
// The loop of a scan with a limit ends by itself. Around it are nests over all positions, of which those before it make
// what it reads and those behind it take what it writes. A dimension of a buffer is known to be over positions by how
// such a loop goes through it, or by what an argument says, and from there on by the loops of nests that index it and
// dimensions of other buffers.
//
// Where arguments say it, the model looks ahead, and sums over positions take nothing from those behind a call's: the
// front end has put there what changes none (frontend/IRGenBound.cpp). So they end there too, all of them: what nests
// that end early leave behind the call's positions is undefined.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/support/CopyNests.h"
#include "passes/support/LinearSum.h"
#include "passes/support/LoopLimit.h"
#include "passes/support/Remarks.h"
#include "passes/threads/ParallelNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include <map>

namespace rondo {
#define GEN_PASS_DEF_LIMITLOOPS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// The dimension of a buffer that runs over positions, `rows` of its elements for each.
struct Positions {
  int64_t dimension, rows;
};

/// The maps of a nest's operands, none of another op.
SmallVector<AffineMap> mapsOf(Operation *op) {
  SmallVector<AffineMap> maps;
  if (auto phase = dyn_cast<PhaseOp>(op)) {
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      maps.push_back(phase.getMap(i));
  } else if (auto nest = dyn_cast<linalg::LinalgOp>(op)) {
    maps = nest.getIndexingMapsArray();
  } else if (std::optional<ParallelNest> pack = isa<PackOp>(op) ? ParallelNest::of(op) : std::nullopt) {
    for (const ParallelNest::Operand &operand : pack->operands)
      maps.push_back(operand.map);
  }
  return maps;
}

/// What is known of a function's buffers.
class PositionFinder {
public:
  PositionFinder(func::FuncOp function, Value length) : function(function), length(length) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      looksAhead |= bool(function.getArgAttr(i, positionsAttribute));
  }

  /// The greatest number of positions; nothing where no loop has a limit, or they do not agree.
  std::optional<int64_t> find() {
    function.walk([&](scf::ForOp loop) { begin(loop); });
    for (BlockArgument argument : function.getArguments())
      if (auto known = function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), positionsAttribute)) {
        setWindow(cast<MemRefType>(argument.getType()).getDimSize(known.getInt()));
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

  /// Whether the copy is of positions.
  bool knows(memref::CopyOp copy) const { return places.contains(copy.getSource()); }

  /// Whether arguments say which of their dimensions are over positions.
  bool isOfWhole() const { return looksAhead; }

  /// The loops of a nest over positions, in their order.
  SmallVector<LoopLimit> loopsOf(Operation *op) {
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

  /// Whether the nest sums over positions that loops but these go through.
  bool sumsAside(Operation *op, ArrayRef<LoopLimit> known) {
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

  /// Whether a loop goes through all positions, and writes at the position at hand alone.
  bool isOverPositions(scf::ForOp loop) {
    if (loop.getNumResults() != 0 || getConstantIntValue(loop.getLowerBound()) != 0 ||
        getConstantIntValue(loop.getUpperBound()) != window || getConstantIntValue(loop.getStep()) != 1)
      return false;
    auto isWritten = [](Operation *op, Value buffer) {
      if (auto nest = dyn_cast<DestinationStyleOpInterface>(op))
        return llvm::is_contained(nest.getDpsInits(), buffer);
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

  /// Whether all that touches the buffer ends where the call's positions do, which the nests have limits for by now.
  bool staysWithin(Value buffer) {
    auto known = places.find(buffer);
    return known != places.end() && known->second.size() == 1 &&
           llvm::all_of(buffer.getUses(), [&](OpOperand &use) { return staysWithin(use, known->second[0]); });
  }

private:
  /// Whether nothing that arguments say is not over positions was found to be. A nest that earlier passes made of
  /// loops of one size, which for some operands go over positions and for others over rows or features, would do that.
  bool argumentsAgree() {
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
  bool isSummed(Value buffer) {
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

  bool staysWithin(OpOperand &use, Positions positions) {
    Operation *user = use.getOwner();
    if (auto view = dyn_cast<memref::SubViewOp>(user)) {
      OpFoldResult offset = view.getMixedOffsets()[positions.dimension];
      auto step = dyn_cast_if_present<BlockArgument>(dyn_cast<Value>(offset));
      if (step && limited.contains(step.getOwner()->getParentOp()))
        return positions.rows == 1 && step.getArgNumber() == 0 &&
               getConstantIntValue(view.getMixedSizes()[positions.dimension]) == 1;
      return getConstantIntValue(offset) == 0 && dimensionIn(view, positions.dimension) &&
             staysWithin(view.getResult());
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
  bool isAtPosition(Operation *op, Value buffer, scf::ForOp loop) {
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
  void begin(scf::ForOp loop) {
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

  void setWindow(int64_t most) {
    agrees &= window.value_or(most) == most;
    window = most;
  }

  void add(Value buffer, Positions positions) {
    SmallVector<Positions> &known = places[buffer];
    if (llvm::any_of(known, [&](Positions other) { return other.dimension == positions.dimension; }))
      return;
    known.push_back(positions);
    pending.push_back({buffer, positions});
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

  /// What a view goes on to; where positions are not the outermost of what it joins, what lies behind a call's cannot
  /// be told from the rest.
  void goThrough(memref::CollapseShapeOp view, Positions positions) {
    for (auto [i, group] : llvm::enumerate(view.getReassociationIndices())) {
      if (!llvm::is_contained(group, positions.dimension))
        continue;
      bool isOutermost = group.size() == 1 || outermost(view, group) == positions.dimension;
      if (isOutermost)
        add(view.getResult(), {int64_t(i), positions.rows * rowsIn(view, group, positions.dimension)});
      agrees &= isOutermost || !looksAhead;
    }
  }

  void goToSource(Value buffer, Positions positions) {
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

  void goToUser(Operation *user, Positions positions) {
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
  void goAlong(Value position) {
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

  func::FuncOp function;
  Value length;
  std::optional<int64_t> window;
  bool agrees = true, looksAhead = false;
  llvm::SmallPtrSet<Operation *, 4> limited; // loops of scans
  llvm::DenseMap<Value, SmallVector<Positions>> places;
  SmallVector<std::pair<Value, Positions>> pending;
};

/// What the iterations of a loop are for.
enum class LoopUse {
  Partial, // what is at other positions than the call's is not that of all of them, or is not known to be
  Output,  // each makes something of its own
  Sum,
};

LoopUse useOf(Operation *op, LoopLimit limit, int64_t window) {
  std::optional<ParallelNest> nest = ParallelNest::of(op);
  if (!nest || nest->extents[limit.loop] != window * limit.rows)
    return LoopUse::Partial;
  if (isa<PackOp>(op)) // the lanes of a panel's last vector are written, or repeat others
    return LoopUse::Output;
  return nest->parallel[limit.loop] ? LoopUse::Output : LoopUse::Sum;
}

/// Whether all that a nest writes are real numbers. Others may be those by which something is looked up, and must be
/// valid wherever that is done.
bool writesReals(Operation *op) {
  auto isReal = [](Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); };
  return llvm::all_of(cast<DestinationStyleOpInterface>(op).getDpsInits().getTypes(), isReal);
}

struct LimitLoops : rondo::impl::LimitLoopsBase<LimitLoops> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Value length;
    for (BlockArgument argument : function.getArguments())
      if (function.getArgAttr(argument.getArgNumber(), attributeOf(Role::length)))
        length = argument;
    if (!length)
      return;
    PositionFinder finder(function, length);
    std::optional<int64_t> window = finder.find();
    if (!window) {
      if (finder.isOfWhole())
        reportMissed(function, "limit", [] { return "runs all positions: which loops go over them is not known"; });
      return;
    }
    SmallVector<memref::CopyOp> copies;
    function.walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies)
      if (finder.knows(copy))
        makeNestOfCopy(copy);
    SmallVector<std::pair<Operation *, SmallVector<LoopLimit>>> nests;
    bool isWhole = finder.isOfWhole();
    WalkResult result = function.walk([&](Operation *op) {
      if (!isa<PhaseOp, linalg::LinalgOp>(op) && !(isWhole && isa<PackOp>(op)))
        return WalkResult::advance();
      SmallVector<LoopLimit> limits;
      for (LoopLimit limit : finder.loopsOf(op)) {
        LoopUse use = useOf(op, limit, *window);
        bool isSum = use == LoopUse::Sum;
        if (isWhole && (isSum || (use == LoopUse::Output && writesReals(op))))
          limits.push_back(limit);
        else if (isWhole && !isParallel(op, limit.loop))
          return WalkResult::interrupt();
        else if (!isWhole && use == LoopUse::Output && writesReals(op) && mayEndEarly(op, limit))
          limits.push_back(limit);
      }
      if (isWhole && finder.sumsAside(op, limits))
        return WalkResult::interrupt();
      if (!limits.empty())
        nests.push_back({op, limits});
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return reportMissed(function, "limit", [] { return "runs all positions: a sum over some of them has no end"; });
    SmallVector<scf::ForOp> loops;
    function.walk([&](scf::ForOp loop) {
      if (isWhole && finder.isOverPositions(loop))
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops) {
      Value end = buildLength(loop);
      OpBuilder b(loop.getContext());
      b.setInsertionPointAfter(end.getDefiningOp());
      Value most = arith::ConstantIndexOp::create(b, loop.getLoc(), *window);
      loop.setUpperBound(arith::MinUIOp::create(b, loop.getLoc(), end, most));
    }
    for (auto &[op, limits] : nests) {
      setLimits(op, limits);
      for (LoopLimit limit : limits)
        reportDone(op, "limit",
                   [&] { return "runs " + std::to_string(limit.rows) + " row(s) for each position of a call"; });
    }
    for (BlockArgument argument : function.getArguments())
      if (!isWhole && finder.staysWithin(argument))
        function.setArgAttr(argument.getArgNumber(), withinAttribute, UnitAttr::get(&getContext()));
  }

  static bool isParallel(Operation *op, unsigned loop) {
    std::optional<ParallelNest> nest = ParallelNest::of(op);
    return nest && nest->parallel[loop];
  }

  /// Of a window: rows alone, of which a phase's last loop is none, and nothing that is filled before a scan's states.
  static bool mayEndEarly(Operation *op, LoopLimit limit) {
    auto phase = dyn_cast<PhaseOp>(op);
    return phase ? limit.loop + 1 < phase.getNumParallel() : !isa<linalg::FillOp>(op);
  }
};

} // namespace
