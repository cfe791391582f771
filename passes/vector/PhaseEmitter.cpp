// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.phase on buffers, over vectors.
//
// The lanes' tiles come outermost: the panel of weights that they read stays in the cache for all rows. A tile of rows
// x sums x vectors accumulators stays in registers over the whole sum, each one chain of additions, and goes through
// the pointwise body from there.

#include "passes/vector/PhaseEmitter.h"

#include "passes/vector/LoopRange.h"
#include "passes/vector/PhasePrefetch.h"
#include "passes/vector/Step.h"
#include "passes/vector/VectorBody.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

namespace {

class PhaseEmitter : PhaseTile {
public:
  using PhaseTile::PhaseTile;

  void emit() {
    if (!plan.blocked)
      return emitLanes();
    Value lower = constant(0), upper = constant(bounds[*plan.blocked]), step = constant(plan.block);
    auto loop = scf::ForOp::create(b, loc, lower, upper, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    blockBegin = loop.getInductionVar();
    Value end = arith::AddIOp::create(b, loc, blockBegin, step);
    blockEnd = arith::MinUIOp::create(b, loc, end, upper);
    firstBlock = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, blockBegin, lower);
    emitLanes();
  }

private:
  std::optional<Split> splitAlong(unsigned loop) {
    std::optional<Split> split = splitOf(op);
    return split && split->loop == loop ? split : std::nullopt;
  }

  void emitLanes() {
    int64_t extent = bounds[plan.lanes], tail = extent % plan.laneTile;
    // A last tile that has as many vectors as the others is one of them, with a mask that lets all of theirs pass: half
    // of the code. Masks are cheap where vectors are wide.
    bool oneForm = tail % plan.width != 0 && int64_t(llvm::divideCeil(tail, plan.width)) == plan.vectors &&
                   extent > plan.laneTile && plan.width >= 8 && plan.fillsVectors() &&
                   llvm::all_of(llvm::seq<unsigned>(0, op->getNumOperands()),
                                [&](unsigned operand) { return !along(operand, plan.lanes) || isContiguous(operand); });
    if (oneForm)
      extent = llvm::alignTo(extent, plan.laneTile);
    Value step = stepOf(op);
    // What a core's own cache does not keep is read in alternating order: what was read last comes first the next time.
    bool alternates = step && bytesAlong(plan.lanes, plan.rows) > machine.keptBytes() && extent > plan.laneTile;
    Value backwards = alternates ? isOdd(step, 1) : nullptr;
    emitTiles(b, loc, extent, plan.laneTile, splitAlong(plan.lanes), backwards, [&](Value position, int64_t size) {
      indices[plan.lanes] = position;
      nextLanes = alternates && plan.rows && !splitAlong(*plan.rows) ? lanesAfter(position, backwards) : nullptr;
      if (oneForm)
        lastMask = maskBelow(b.createOrFold<arith::SubIOp>(
            loc, constant(bounds[plan.lanes] - (plan.vectors - 1) * plan.width), position));
      vectors = llvm::divideCeil(size, plan.width);
      lanesOfLast = size - (vectors - 1) * plan.width;
      emitPoints(0);
    });
  }

  /// Where the lanes' next whole tile is; at the end some tile.
  Value lanesAfter(Value position, Value backwards) {
    int64_t tile = plan.laneTile;
    Value stride = arith::SelectOp::create(b, loc, backwards, constant(-tile), constant(tile));
    Value next = arith::MaxSIOp::create(b, loc, arith::AddIOp::create(b, loc, position, stride), constant(0));
    return arith::MinSIOp::create(b, loc, next, constant((bounds[plan.lanes] / tile - 1) * tile));
  }

  /// Whether `position` is an odd number of tiles.
  Value isOdd(Value position, int64_t tile) {
    Value number = b.createOrFold<arith::DivUIOp>(loc, position, constant(tile));
    Value bit = b.createOrFold<arith::AndIOp>(loc, number, constant(1));
    return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ne, bit, constant(0));
  }

  /// The parallel loops from `loop` on, the rows innermost.
  void emitPoints(unsigned loop) {
    if (loop < op.getNumParallel()) {
      if (loop == plan.rows || loop == plan.lanes)
        return emitPoints(loop + 1);
      return emitTiles(b, loc, bounds[loop], 1, splitAlong(loop), [&](Value position, int64_t) {
        indices[loop] = position;
        emitPoints(loop + 1);
      });
    }
    if (!plan.rows) {
      rows = 1;
      return emitTile();
    }
    int64_t extent = bounds[*plan.rows];
    std::optional<Split> split = splitAlong(*plan.rows);
    Value backwards;
    if (bytesAlong(*plan.rows, plan.lanes) > machine.keptBytes() && bounds[plan.lanes] > plan.laneTile)
      backwards = isOdd(indices[plan.lanes], plan.laneTile);
    auto emitRows = [&](Value first, int64_t count, int64_t tile, std::optional<Split> split) {
      emitTiles(b, loc, count, tile, split, backwards, [&](Value position, int64_t size) {
        indices[*plan.rows] = b.createOrFold<arith::AddIOp>(loc, first, position);
        rows = size;
        emitTile();
      });
    };
    if (!plan.fullRows)
      return emitRows(constant(0), extent, plan.rowTile, split);
    // Tiles of both heights in each unit.
    emitTiles(b, loc, extent, split ? split->unit : extent, split, backwards, [&](Value unit, int64_t size) {
      emitRows(unit, plan.fullRows, plan.rowTile, std::nullopt);
      Value rest = b.createOrFold<arith::AddIOp>(loc, unit, constant(plan.fullRows));
      emitRows(rest, size - plan.fullRows, plan.rowTile - 1, std::nullopt);
    });
  }

  //===-- tiles --------------------------------------------------------------------------------------------===//

  /// The inputs that a body reads, loaded once for all rows or vectors along which they do not vary. They are its
  /// arguments from `first` on.
  class Inputs {
  public:
    Inputs(PhaseEmitter &emitter, unsigned first) : emitter(emitter), first(first) {}

    /// Sets those that are read.
    void set(VectorBody &body, const llvm::BitVector &reads, int64_t row, int64_t vector) {
      for (unsigned i : reads.set_bits()) {
        Value &value = loaded[{i, emitter.along(i, emitter.plan.rows) ? row : 0,
                               emitter.along(i, emitter.plan.lanes) ? vector : 0}];
        if (!value)
          value = body.repeat(emitter.load(i, row, vector));
        body.setArgument(first + i, value);
      }
    }

  private:
    PhaseEmitter &emitter;
    unsigned first;
    llvm::DenseMap<std::tuple<unsigned, int64_t, int64_t>, Value> loaded;
  };

  /// The n-th summand of each sum, null where it has fewer.
  static SmallVector<SmallVector<Value>> transposedSummands(Block &body) {
    SmallVector<SmallVector<Value>> bySum = summandsOf(body), result;
    for (auto [sum, summands] : llvm::enumerate(bySum))
      for (auto [n, summand] : llvm::enumerate(summands)) {
        if (n == result.size())
          result.emplace_back(bySum.size());
        result[n][sum] = summand;
      }
    return result;
  }

  /// Which of a body's first `count` arguments these values of it depend on.
  static llvm::BitVector argumentsOf(ArrayRef<Value> values, unsigned count) {
    llvm::BitVector result(count);
    SmallVector<Value> pending;
    llvm::copy_if(values, std::back_inserter(pending), [](Value value) { return bool(value); });
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (auto argument = dyn_cast<BlockArgument>(value))
        result.set(argument.getArgNumber());
      else
        llvm::append_range(pending, value.getDefiningOp()->getOperands());
    }
    return result;
  }

  VectorBody bodyOf(Block &block) { return VectorBody(b, block, plan.width, machine.fma, indices, plan.lanes); }

  /// The place of a sum's accumulator among those of the tile.
  unsigned slot(unsigned sum, int64_t row, int64_t vector) { return (sum * rows + row) * vectors + vector; }

  /// Whether a row's left operand and the right ones of all sums and vectors are no more than a right one and the left
  /// ones of all rows: so many are held at once.
  bool isByRow() { return int64_t(op.getNumSums()) * vectors <= rows; }

  void forTile(llvm::function_ref<void(int64_t row, int64_t vector)> body) {
    bool byRow = isByRow();
    for (int64_t outer = 0; outer < (byRow ? rows : vectors); ++outer)
      for (int64_t inner = 0; inner < (byRow ? vectors : rows); ++inner)
        byRow ? body(outer, inner) : body(inner, outer);
  }

  /// The accumulators with one term of a summand of each sum.
  SmallVector<Value> addTerm(ValueRange carried, ArrayRef<Value> summands) {
    unsigned sums = op.getNumSums();
    Inputs loaded(*this, 0);
    SmallVector<Value> next(carried);
    auto add = [&](ArrayRef<Value> some) {
      llvm::BitVector reads = argumentsOf(some, op.getInputs().size());
      forTile([&](int64_t row, int64_t vector) {
        VectorBody body = bodyOf(op.getSums().front());
        loaded.set(body, reads, row, vector);
        SmallVector<Value> before;
        for (unsigned sum = 0; sum < sums; ++sum)
          before.push_back(next[slot(sum, row, vector)]);
        for (auto [sum, value] : llvm::enumerate(body.addTo(before, some)))
          next[slot(sum, row, vector)] = value;
      });
    };
    if (isByRow()) {
      add(summands);
      return next;
    }
    for (unsigned sum = 0; sum < sums; ++sum) {
      SmallVector<Value> one(sums);
      one[sum] = summands[sum];
      add(one);
    }
    return next;
  }

  void emitTile() {
    unsigned sums = op.getNumSums(), inputs = op.getInputs().size();
    Block &sumsBlock = op.getSums().front(), &epilogue = op.getEpilogue().front();
    Type element = sumsBlock.getTerminator()->getOperand(0).getType();
    Type type = plan.width == 1 ? element : Type(VectorType::get(plan.width, element));
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    SmallVector<Value> accumulators(sums * rows * vectors, zero);
    if (plan.blocked)
      for (unsigned sum = 0; sum < sums; ++sum)
        forTile([&](int64_t row, int64_t vector) {
          Value before = load(inputs + sum, row, vector);
          accumulators[slot(sum, row, vector)] = arith::SelectOp::create(b, loc, firstBlock, zero, before);
        });
    llvm::BitVector epilogueReads(inputs);
    for (unsigned i = 0; i < inputs; ++i)
      epilogueReads[i] = !epilogue.getArgument(sums + i).use_empty();
    prefetchForEpilogue(*this, epilogueReads);
    // One loop after another for the summands of a sum: each reads one panel from first to last, and one place of each
    // row at a time.
    for (ArrayRef<Value> summands : transposedSummands(sumsBlock)) {
      llvm::BitVector reads = argumentsOf(summands, inputs);
      accumulators = sumOver(op.getNumParallel(), accumulators, [&](ValueRange carried) {
        prefetchPanels(*this, reads, nextLanes);
        return addTerm(carried, summands);
      });
    }
    Inputs loaded(*this, sums);
    forTile([&](int64_t row, int64_t vector) {
      VectorBody body = bodyOf(epilogue);
      for (unsigned sum = 0; sum < sums; ++sum)
        body.setArgument(sum, accumulators[slot(sum, row, vector)]);
      loaded.set(body, epilogueReads, row, vector);
      for (auto [output, value] : llvm::enumerate(body.evaluate()))
        store(inputs + output, row, vector, value);
    });
  }

  /// The summed loops from `loop` on, which carry `accumulators`; `body` returns the next ones.
  SmallVector<Value> sumOver(unsigned loop, SmallVector<Value> accumulators,
                             llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
    if (loop == bounds.size())
      return body(accumulators);
    bool blocked = loop == plan.blocked;
    Value lower = blocked ? blockBegin : constant(0), upper = blocked ? blockEnd : constant(bounds[loop]);
    Value step = constant(1);
    return emitSumLoop(b, loc, lower, upper, step, accumulators, [&](Value position, ValueRange sums) {
      indices[loop] = position;
      return sumOver(loop + 1, SmallVector<Value>(sums), body);
    });
  }

  Value nextLanes; // of the panel after this one, where it is asked for
  Value blockBegin, blockEnd, firstBlock;
};

} // namespace

void rondo::emitPhase(OpBuilder &builder, PhaseOp op, const PhasePlan &plan, const Machine &machine) {
  PhaseEmitter(builder, op, plan, machine).emit();
}
