// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.phase on buffers, over vectors.
//
// Loops along which the right operands change come outermost, then the lanes' tiles: the panel of weights that they
// read stays in the cache for all rows, or for those of a chunk, where all rows are too many to be read again for each
// panel.

#include "passes/vector/PhaseEmitter.h"

#include "passes/support/LoopLimit.h"
#include "passes/vector/LoopRange.h"
#include "passes/vector/PhasePrefetch.h"
#include "passes/vector/Step.h"
#include "passes/vector/TileEmitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

namespace {

class PhaseEmitter : TileEmitter {
public:
  using TileEmitter::TileEmitter;

  void emit() {
    for (unsigned loop = 0; loop < bounds.size(); ++loop)
      ends.push_back(buildEndAlong(op, loop));
    if (stepOf(op) && splitAlong(op, plan.lanes))
      prefetchRows(*this);
    emitOuter(0);
  }

private:
  /// The iterations of the loop that the call needs, from number `first` on (or null: from the first one on); null:
  /// all.
  Value limitAlong(unsigned loop, Value first = nullptr) {
    Value end = ends[loop];
    return end && first ? b.createOrFold<arith::SubIOp>(loc, end, first) : end;
  }

  /// Whether what the lanes read in the sums is another one for each iteration.
  bool isOuter(unsigned loop) {
    return loop != plan.rows && loop != plan.lanes &&
           llvm::any_of(llvm::seq<unsigned>(0, op.getInputs().size()),
                        [&](unsigned i) { return op.readsInSums(i) && along(i, plan.lanes) && along(i, loop); });
  }

  /// The outer ones of the parallel loops from `loop` on, and all others inside of them.
  void emitOuter(unsigned loop) {
    if (loop == op.getNumParallel())
      return emitBlocks();
    if (!isOuter(loop))
      return emitOuter(loop + 1);
    emitTiles(b, loc, bounds[loop], 1, splitAlong(op, loop), nullptr, limitAlong(loop), [&](Value position, int64_t) {
      indices[loop] = position;
      emitOuter(loop + 1);
    });
  }

  void emitBlocks() {
    if (!plan.blocked)
      return emitChunks();
    Value lower = constant(0), step = constant(plan.block);
    Value upper = ends[*plan.blocked] ? ends[*plan.blocked] : constant(bounds[*plan.blocked]);
    auto loop = scf::ForOp::create(b, loc, lower, upper, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    blockBegin = loop.getInductionVar();
    Value end = arith::AddIOp::create(b, loc, blockBegin, step);
    blockEnd = arith::MinUIOp::create(b, loc, end, upper);
    firstBlock = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, blockBegin, lower);
    emitLanes();
  }

  void emitChunks() {
    if (!plan.chunk)
      return emitLanes();
    if (plan.endsAnywhere)
      return emitChunksUpTo();
    emitTiles(b, loc, bounds[*plan.rows], plan.chunk, splitAlong(op, *plan.rows), nullptr, limitAlong(*plan.rows),
              [&](Value first, int64_t size) {
                firstOfChunk = first, rowsInChunk = size;
                emitLanes();
              });
  }

  /// Chunks of as many rows as the call has, or those of a thread's share. The last one is longer, so that it is whole
  /// tiles too.
  void emitChunksUpTo() {
    Value needed = ends[*plan.rows];
    SplitRange share{constant(0), constant(bounds[*plan.rows])};
    if (std::optional<Split> split = splitAlong(op, *plan.rows))
      share = buildSplitRange(b, loc, bounds[*plan.rows], split->unit, needed);
    Value upper = b.createOrFold<arith::MinSIOp>(loc, share.upper, needed);
    // The last chunk begins before this row, and at the first one in any case.
    Value end = arith::SubIOp::create(b, loc, upper, constant(std::max<int64_t>(plan.leastRows(), 1) - 1));
    Value behindFirst = arith::AddIOp::create(b, loc, share.lower, constant(1));
    Value starts = arith::MaxSIOp::create(b, loc, end, arith::MinSIOp::create(b, loc, behindFirst, upper));
    emitLoop(b, loc, share.lower, starts, plan.chunk, nullptr, [&](Value first) {
      Value next = arith::AddIOp::create(b, loc, first, constant(plan.chunk));
      Value isLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, next, end);
      ends[*plan.rows] = arith::SelectOp::create(b, loc, isLast, upper, next);
      firstOfChunk = first, rowsInChunk = bounds[*plan.rows];
      emitLanes();
    });
    ends[*plan.rows] = needed;
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
    emitTiles(b, loc, extent, plan.laneTile, splitAlong(op, plan.lanes), backwards, ends[plan.lanes],
              [&](Value position, int64_t size) {
                indices[plan.lanes] = position;
                nextLanes =
                    alternates && plan.rows && !splitAlong(op, *plan.rows) ? lanesAfter(position, backwards) : nullptr;
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

  /// Where the rows' next tile is; at the end some tile.
  Value rowAfter(Value row, Value backwards) {
    Value stride = constant(rows);
    if (backwards)
      stride = arith::SelectOp::create(b, loc, backwards, constant(-rows), stride);
    Value next = arith::MaxSIOp::create(b, loc, arith::AddIOp::create(b, loc, row, stride), constant(0));
    return arith::MinSIOp::create(b, loc, next, constant(bounds[*plan.rows] - rows));
  }

  /// Whether `position` is an odd number of tiles.
  Value isOdd(Value position, int64_t tile) {
    Value number = b.createOrFold<arith::DivUIOp>(loc, position, constant(tile));
    Value bit = b.createOrFold<arith::AndIOp>(loc, number, constant(1));
    return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ne, bit, constant(0));
  }

  /// The others of the parallel loops from `loop` on, the rows innermost.
  void emitPoints(unsigned loop) {
    if (loop < op.getNumParallel()) {
      if (loop == plan.rows || loop == plan.lanes || isOuter(loop))
        return emitPoints(loop + 1);
      return emitTiles(b, loc, bounds[loop], 1, splitAlong(op, loop), nullptr, limitAlong(loop),
                       [&](Value position, int64_t) {
                         indices[loop] = position;
                         emitPoints(loop + 1);
                       });
    }
    if (!plan.rows) {
      rows = 1;
      return emitTile();
    }
    int64_t extent = firstOfChunk ? rowsInChunk : bounds[*plan.rows];
    std::optional<Split> split = firstOfChunk ? std::nullopt : splitAlong(op, *plan.rows);
    Value backwards;
    if (!firstOfChunk && bytesAlong(*plan.rows, plan.lanes) > machine.keptBytes() && bounds[plan.lanes] > plan.laneTile)
      backwards = isOdd(indices[plan.lanes], plan.laneTile);
    Value needed = limitAlong(*plan.rows, firstOfChunk);
    if (plan.endsAnywhere)
      return emitRowsUpTo(extent, split, needed, backwards);
    auto emitRows = [&](Value first, int64_t count, int64_t tile, std::optional<Split> split) {
      Value limit = needed ? b.createOrFold<arith::SubIOp>(loc, needed, first) : nullptr;
      emitTiles(b, loc, count, tile, split, backwards, limit, [&](Value position, int64_t size) {
        emitTileOfRows(b.createOrFold<arith::AddIOp>(loc, first, position), size, backwards);
      });
    };
    if (!plan.fullRows)
      return emitRows(constant(0), extent, plan.rowTile, split);
    if (plan.lastTile > 0 && vectors < plan.vectors)
      return emitRows(constant(0), extent, plan.lastTile, split);
    // Tiles of both heights in each unit.
    emitTiles(b, loc, extent, plan.cutRows, split, backwards, needed, [&](Value unit, int64_t size) {
      emitRows(unit, plan.fullRows, plan.rowTile, std::nullopt);
      Value rest = b.createOrFold<arith::AddIOp>(loc, unit, constant(plan.fullRows));
      emitRows(rest, size - plan.fullRows, plan.lowTile, std::nullopt);
    });
  }

  /// The tile of `count` rows from this one on, counted in the chunk if there are such.
  void emitTileOfRows(Value row, int64_t count, Value backwards) {
    indices[*plan.rows] = firstOfChunk ? b.createOrFold<arith::AddIOp>(loc, firstOfChunk, row) : row;
    rows = count;
    bool asked = firstOfChunk && !plan.endsAnywhere && prefetchNextChunk(*this, firstOfChunk);
    nextRow = asksForRows() && !asked ? rowAfter(indices[*plan.rows], backwards) : nullptr;
    emitTile();
  }

  /// As many rows as the call has, or those of a thread's share: in tiles of the plan's two heights so that none is
  /// left over. Of few rows there may be no such tiles; then the last ones are a tile by themselves or, where calls
  /// have more as a rule, which is less code, a tile each.
  void emitRowsUpTo(int64_t extent, std::optional<Split> split, Value needed, Value backwards) {
    Value lower = constant(0), upper = constant(extent), zero = constant(0);
    if (split) {
      SplitRange share = buildSplitRange(b, loc, extent, split->unit, needed);
      lower = share.lower, upper = share.upper;
    }
    upper = b.createOrFold<arith::MinSIOp>(loc, upper, needed);
    auto emitTilesOf = [&](Value from, Value to, int64_t tile) {
      emitLoop(b, loc, from, to, tile, backwards, [&](Value row) { emitTileOfRows(row, tile, backwards); });
    };
    int64_t high = plan.rowTile, low = plan.lowTile, inverse = 1;
    if (low == 0)
      return emitTilesOf(lower, upper, 1);
    // The fewest low tiles with which whole high ones are left: that many are count / low modulo `high`.
    while (inverse * low % high != 1)
      ++inverse;
    Value height = constant(high), lowHeight = constant(low);
    Value count = b.createOrFold<arith::MaxSIOp>(loc, b.createOrFold<arith::SubIOp>(loc, upper, lower), zero);
    Value lowTiles = arith::RemUIOp::create(b, loc, arith::MulIOp::create(b, loc, count, constant(inverse)), height);
    Value left = arith::SubIOp::create(b, loc, count, arith::MulIOp::create(b, loc, lowTiles, lowHeight));
    Value fits = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, left, zero);
    Value inHigh = arith::SelectOp::create(b, loc, fits, left, count);
    Value highTiles = arith::DivUIOp::create(b, loc, inHigh, height);
    Value ofHigh = arith::MulIOp::create(b, loc, highTiles, height);
    Value rest = arith::SubIOp::create(b, loc, count, ofHigh);
    Value ofLow = arith::MulIOp::create(b, loc, arith::DivUIOp::create(b, loc, rest, lowHeight), lowHeight);
    Value middle = arith::AddIOp::create(b, loc, lower, ofHigh), end = arith::AddIOp::create(b, loc, middle, ofLow);
    emitTilesOf(lower, middle, high);
    emitTilesOf(middle, end, low);
    constexpr int64_t fewRows = 96;
    if (extent > fewRows && low > 1)
      return emitTilesOf(end, upper, 1);
    Value last = b.createOrFold<arith::SubIOp>(loc, upper, end);
    for (int64_t tile = 1; tile < low; ++tile) {
      OpBuilder::InsertionGuard guard(b);
      Value isLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, last, constant(tile));
      b.setInsertionPointToStart(scf::IfOp::create(b, loc, isLast, /*withElseRegion=*/false).thenBlock());
      emitTileOfRows(end, tile, backwards);
    }
  }

  bool asksForRows() { return !plan.blocked && bytesAlong(*plan.rows, plan.lanes) > machine.l2; }

  Value firstOfChunk; // row, where they go in chunks
  int64_t rowsInChunk = 0;
};

} // namespace

void rondo::emitPhase(OpBuilder &builder, PhaseOp op, const PhasePlan &plan, const Machine &machine) {
  PhaseEmitter(builder, op, plan, machine).emit();
}
