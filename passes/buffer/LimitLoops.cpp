// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loops over the positions of a window that need not run to its end where a call has fewer.
//
// The loop of a scan with a limit ends by itself. Around it are nests over all positions, of which those before it make
// what it reads and those behind it take what it writes. A dimension of a buffer is known to be over positions by how
// such a loop goes through it, and from there on by the loops of nests that index it and dimensions of other buffers.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/support/CopyNests.h"
#include "passes/support/LinearSum.h"
#include "passes/support/LoopLimit.h"
#include "passes/support/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

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
  if (auto phase = dyn_cast<PhaseOp>(op))
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      maps.push_back(phase.getMap(i));
  else if (auto nest = dyn_cast<linalg::LinalgOp>(op))
    maps = nest.getIndexingMapsArray();
  return maps;
}

/// What is known of a function's buffers.
class PositionFinder {
public:
  PositionFinder(func::FuncOp function, Value length) : function(function), length(length) {}

  /// The greatest number of positions; nothing where no loop has a limit, or they do not agree.
  std::optional<int64_t> find() {
    function.walk([&](scf::ForOp loop) { begin(loop); });
    while (!pending.empty()) {
      Value buffer = pending.pop_back_val();
      goToSource(buffer);
      for (Operation *user : llvm::to_vector(buffer.getUsers()))
        goToUser(user, buffer);
    }
    return agrees ? window : std::nullopt;
  }

  /// Whether the copy is of positions.
  bool knows(memref::CopyOp copy) const { return places.contains(copy.getSource()); }

  /// The loop of a nest over positions.
  std::optional<LoopLimit> loopOf(Operation *op) {
    std::optional<LoopLimit> found;
    for (auto [operand, map] : llvm::zip(op->getOperands(), mapsOf(op)))
      if (auto known = places.find(operand); known != places.end())
        if (auto dim = dyn_cast<AffineDimExpr>(map.getResult(known->second.dimension)))
          found = LoopLimit{dim.getPosition(), known->second.rows};
    return found;
  }

  /// Whether all that touches the buffer ends where the call's positions do, which the nests have limits for by now.
  bool staysWithin(Value buffer) {
    auto known = places.find(buffer);
    return known != places.end() &&
           llvm::all_of(buffer.getUses(), [&](OpOperand &use) { return staysWithin(use, known->second); });
  }

private:
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
    std::optional<LoopLimit> limit = limitOf(user);
    if (!limit)
      return false;
    // Vectors along positions, or blocks of them, could reach further.
    SmallVector<AffineMap> maps = mapsOf(user);
    AffineExpr loop = getAffineDimExpr(limit->loop, user->getContext());
    auto isAlong = [&](AffineMap map) {
      ArrayRef<AffineExpr> results = map.getResults();
      bool isBlocked = llvm::any_of(results, [&](AffineExpr expression) {
        return expression != loop && expression.isFunctionOfDim(limit->loop);
      });
      return isBlocked || (!results.empty() && results.back() == loop);
    };
    return maps[use.getOperandNumber()].getResult(positions.dimension) == loop && limit->rows == positions.rows &&
           llvm::none_of(maps, isAlong);
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
    agrees &= window.value_or(*most) == *most;
    window = most;
    loop.walk([&](memref::SubViewOp view) {
      for (auto [i, offset] : llvm::enumerate(view.getMixedOffsets())) {
        auto value = dyn_cast<Value>(offset);
        if (!value)
          continue;
        LinearSum sum = linearSum(value);
        if (sum.terms.size() == 1 && sum.terms[0].first == loop.getInductionVar() &&
            std::abs(sum.terms[0].second) == 1)
          add(view.getSource(), {int64_t(i), 1});
      }
    });
  }

  void add(Value buffer, Positions positions) {
    if (places.try_emplace(buffer, positions).second)
      pending.push_back(buffer);
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

  /// The elements of the joined dimension for each of its first one's.
  static int64_t rowsIn(memref::CollapseShapeOp view, ArrayRef<int64_t> group) {
    int64_t rows = 1;
    for (int64_t dimension : group.drop_front())
      rows *= view.getSrcType().getDimSize(dimension);
    return rows;
  }

  void goToSource(Value buffer) {
    Positions positions = places.lookup(buffer);
    Operation *op = buffer.getDefiningOp();
    if (auto view = dyn_cast_or_null<memref::SubViewOp>(op)) {
      for (int64_t i = 0; i < view.getSourceType().getRank(); ++i)
        if (dimensionIn(view, i) == positions.dimension)
          add(view.getSource(), {i, positions.rows});
    } else if (auto view = dyn_cast_or_null<memref::CollapseShapeOp>(op)) {
      ReassociationIndices group = view.getReassociationIndices()[positions.dimension];
      if (int64_t rows = rowsIn(view, group); rows > 0 && positions.rows % rows == 0)
        add(view.getSrc(), {group.front(), positions.rows / rows});
    }
  }

  void goToUser(Operation *user, Value buffer) {
    Positions positions = places.lookup(buffer);
    if (auto view = dyn_cast<memref::SubViewOp>(user)) {
      if (std::optional<int64_t> dimension = dimensionIn(view, positions.dimension))
        add(view.getResult(), {*dimension, positions.rows});
    } else if (auto view = dyn_cast<memref::CollapseShapeOp>(user)) {
      for (auto [i, group] : llvm::enumerate(view.getReassociationIndices()))
        if (group.front() == positions.dimension)
          add(view.getResult(), {int64_t(i), positions.rows * rowsIn(view, group)});
    } else if (auto copy = dyn_cast<memref::CopyOp>(user)) {
      add(copy.getSource(), positions);
      add(copy.getTarget(), positions);
    } else if (std::optional<LoopLimit> limit = loopOf(user)) {
      for (auto [operand, map] : llvm::zip(user->getOperands(), mapsOf(user)))
        for (auto [i, expression] : llvm::enumerate(map.getResults()))
          if (auto dim = dyn_cast<AffineDimExpr>(expression);
              dim && dim.getPosition() == limit->loop && isa<MemRefType>(operand.getType()))
            add(operand, {int64_t(i), limit->rows});
    }
  }

  func::FuncOp function;
  Value length;
  std::optional<int64_t> window;
  bool agrees = true;
  llvm::SmallPtrSet<Operation *, 4> limited; // loops of scans
  llvm::DenseMap<Value, Positions> places;
  SmallVector<Value> pending;
};

/// Whether the nest may leave out iterations of the loop: no sum, nor numbers by which others look up something, which
/// must be valid wherever that is done.
bool mayEndEarly(Operation *op, LoopLimit limit, int64_t window) {
  auto isReal = [](Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); };
  auto outputs = cast<DestinationStyleOpInterface>(op).getDpsInits();
  if (!llvm::all_of(outputs.getTypes(), isReal))
    return false;
  if (auto phase = dyn_cast<PhaseOp>(op))
    return limit.loop + 1 < phase.getNumParallel() && phase.getBounds()[limit.loop] == window * limit.rows;
  auto nest = cast<linalg::LinalgOp>(op);
  return !isa<linalg::FillOp>(op) && nest.getIteratorTypesArray()[limit.loop] == utils::IteratorType::parallel &&
         nest.getStaticLoopRanges()[limit.loop] == window * limit.rows;
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
    if (!window)
      return;
    SmallVector<memref::CopyOp> copies;
    function.walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies)
      if (finder.knows(copy))
        makeNestOfCopy(copy);
    function.walk([&](Operation *op) {
      if (!isa<PhaseOp, linalg::LinalgOp>(op))
        return;
      std::optional<LoopLimit> limit = finder.loopOf(op);
      if (!limit || !mayEndEarly(op, *limit, *window))
        return;
      setLimit(op, *limit);
      reportDone(op, "limit",
                 [&] { return "runs " + std::to_string(limit->rows) + " row(s) for each position of a call"; });
    });
    for (BlockArgument argument : function.getArguments())
      if (finder.staysWithin(argument))
        function.setArgAttr(argument.getArgNumber(), withinAttribute, UnitAttr::get(&getContext()));
  }
};

} // namespace
