// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a phase asks for before it is read.

#include "passes/vector/PhasePrefetch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo;

static constexpr unsigned firstLevel = 3, secondLevel = 2; // cache, as memref.prefetch counts them
static constexpr int64_t line = 16;                        // elements of f32 in a line of a cache

static void prefetch(PhaseTile &tile, unsigned operand, ArrayRef<Value> at, unsigned locality) {
  memref::PrefetchOp::create(tile.b, tile.loc, tile.op->getOperand(operand), at, /*isWrite=*/false, locality,
                             /*isDataCache=*/true);
}

/// Each tile of rows asks for its share of the lines of the next panel, evenly over its terms: else the first tile
/// would wait for memory and the others not use it.
static void prefetchNextPanel(PhaseTile &tile, unsigned operand, Value term, Value nextLanes) {
  constexpr int64_t most = 16;
  OpBuilder &b = tile.b;
  Location loc = tile.loc;
  unsigned rowLoop = *tile.plan.rows, laneLoop = tile.plan.lanes;
  int64_t ofATerm = cast<MemRefType>(tile.op->getOperand(operand).getType()).getShape().back();
  int64_t allRows = tile.bounds[rowLoop], lines = llvm::divideCeil(ofATerm * tile.rows, line * allRows);
  if (allRows > most * tile.rows || tile.bounds.size() != tile.op.getNumParallel() + 1)
    return;
  Value rowTerms = b.createOrFold<arith::MulIOp>(loc, tile.indices[rowLoop], tile.constant(tile.bounds.back()));
  Value firstTerm = arith::DivUIOp::create(b, loc, rowTerms, tile.constant(allRows));
  Value lanesNow = std::exchange(tile.indices[laneLoop], nextLanes);
  Value termNow = std::exchange(tile.indices.back(), firstTerm);
  SmallVector<Value> at = tile.position(operand, 0, 0);
  Value shift = arith::MulIOp::create(b, loc, term, tile.constant(line * lines));
  Value first = arith::AddIOp::create(b, loc, at.back(), shift);
  for (int64_t i = 0; i < lines; ++i) {
    at.back() = arith::AddIOp::create(b, loc, first, tile.constant(line * i));
    prefetch(tile, operand, at, secondLevel);
  }
  tile.indices[laneLoop] = lanesNow;
  tile.indices.back() = termNow;
}

void rondo::prefetchPanels(PhaseTile &tile, const llvm::BitVector &reads, Value nextLanes) {
  constexpr int64_t firstCache = 8192;   // elements, below the first level's size
  constexpr int64_t allCaches = 1 << 24; // bytes: more than that come from memory
  PhaseOp op = tile.op;
  int64_t lanes = tile.plan.laneTile * op.getNumSums();
  Type element = op.getSums().front().getTerminator()->getOperand(0).getType();
  bool far = tile.bytesAlong(tile.plan.lanes, tile.plan.rows) > allCaches;
  bool fewRows = tile.rows < 4;
  if (!element.isF32() || (fewRows && !far) || tile.bounds.back() * lanes < firstCache)
    return;
  int64_t ahead = std::max<int64_t>(4, (fewRows ? 2048 : 1024) / lanes);
  Value now = tile.indices.back(), later = arith::AddIOp::create(tile.b, tile.loc, now, tile.constant(ahead));
  for (unsigned i : reads.set_bits()) {
    if (!tile.isPacked(i) || !tile.along(i, tile.bounds.size() - 1))
      continue;
    int64_t offset = PhaseTile::splitConstant(op.getMap(i).getResults().back()).second;
    if (nextLanes && offset == 0)
      prefetchNextPanel(tile, i, now, nextLanes);
    tile.indices.back() = later;
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      if ((offset + vector * tile.plan.width) % line == 0)
        prefetch(tile, i, tile.position(i, 0, vector * tile.plan.width), firstLevel);
    tile.indices.back() = now;
  }
}

void rondo::prefetchForFinish(PhaseTile &tile, const llvm::BitVector &reads) {
  constexpr int64_t longSum = 64;
  const PhasePlan &plan = tile.plan;
  if (ShapedType::getNumElements(tile.bounds.drop_front(tile.op.getNumParallel())) < longSum)
    return;
  for (unsigned i : reads.set_bits()) {
    auto type = dyn_cast<MemRefType>(tile.op->getOperand(i).getType());
    if (!type || !type.getElementType().isF32() || !tile.along(i, plan.rows) || !tile.along(i, plan.lanes) ||
        !tile.isContiguous(i))
      continue;
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        prefetch(tile, i, tile.position(i, row, vector * plan.width), secondLevel);
  }
}
