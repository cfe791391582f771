// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a phase asks for before it is read.

#include "passes/vector/PhasePrefetch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

static constexpr unsigned firstLevel = 3, secondLevel = 2; // cache, as memref.prefetch counts them
static constexpr int64_t bytes = 4;                        // of an element: only f32 is asked for
static constexpr int64_t line = Machine::line / bytes;     // elements

static void prefetch(PhaseTile &tile, unsigned operand, ArrayRef<Value> at, unsigned locality) {
  memref::PrefetchOp::create(tile.b, tile.loc, tile.op->getOperand(operand), at, /*isWrite=*/false, locality,
                             /*isDataCache=*/true);
}

/// Each tile of rows asks for its share of the lines of the next panel, evenly over the terms: else the first tile
/// would wait for memory and the others not use it.
static void prefetchNextPanel(PhaseTile &tile, unsigned operand, Value nextLanes) {
  constexpr int64_t mostTiles = 16; // of rows: of more, each has less than a line to ask for
  OpBuilder &b = tile.b;
  Location loc = tile.loc;
  unsigned rowLoop = *tile.plan.rows, laneLoop = tile.plan.lanes;
  int64_t ofATerm = cast<MemRefType>(tile.op->getOperand(operand).getType()).getShape().back();
  int64_t allRows = tile.bounds[rowLoop], terms = tile.bounds.back();
  if (allRows > mostTiles * tile.rows || tile.bounds.size() != tile.op.getNumParallel() + 1)
    return;
  // Where that is less than a line for each term, only one of several terms asks.
  int64_t every = tile.termsInStep > 1 && 2 * ofATerm * tile.rows <= line * allRows ? tile.termsInStep : 1;
  if (tile.term % every != 0)
    return;
  int64_t lines = llvm::divideCeil(ofATerm * tile.rows * every, line * allRows);
  Value rowTerms = b.createOrFold<arith::MulIOp>(loc, tile.indices[rowLoop], tile.constant(terms));
  Value firstTerm = arith::DivUIOp::create(b, loc, rowTerms, tile.constant(allRows));
  SmallVector<Value> there(tile.indices);
  there[laneLoop] = nextLanes;
  there.back() = firstTerm;
  SmallVector<Value> at = tile.position(operand, 0, 0, there);
  Value first = arith::MulIOp::create(b, loc, tile.indices.back(), tile.constant(line * lines / every));
  for (int64_t i = 0; i < lines; ++i) {
    at.back() = arith::AddIOp::create(b, loc, first, tile.constant(line * i));
    prefetch(tile, operand, at, secondLevel);
  }
}

void rondo::prefetchPanels(PhaseTile &tile, const llvm::BitVector &reads, Value nextLanes) {
  PhaseOp op = tile.op;
  int64_t lanes = tile.plan.laneTile * tile.plan.sums;
  Type element = op.getSums().front().getTerminator()->getOperand(0).getType();
  bool far = tile.bytesAlong(tile.plan.lanes, tile.plan.rows) > tile.machine.l3;
  bool fewRows = tile.rows < Machine::rowsWithTimeToLoad;
  if (!element.isF32() || (fewRows && !far) || tile.bounds.back() * lanes * bytes < tile.machine.panelThatStays())
    return;
  // A page, which takes about as long as a load from memory; the processor by itself does not go beyond a page's end.
  int64_t ahead = std::max<int64_t>(4, (fewRows ? 2 : 1) * Machine::page / bytes / lanes);
  SmallVector<Value> later(tile.indices);
  if (op.getDescending())
    ahead = -ahead;
  later.back() = arith::AddIOp::create(tile.b, tile.loc, later.back(), tile.constant(ahead));
  for (unsigned i : reads.set_bits()) {
    if (!tile.isPacked(i) || !tile.along(i, tile.bounds.size() - 1))
      continue;
    int64_t offset = PhaseTile::splitConstant(op.getMap(i).getResults().back()).second;
    if (nextLanes && offset == 0)
      prefetchNextPanel(tile, i, nextLanes);
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      if ((offset + vector * tile.plan.width) % line == 0)
        prefetch(tile, i, tile.position(i, 0, vector * tile.plan.width, later), firstLevel);
  }
}

void rondo::prefetchNextRows(PhaseTile &tile, const llvm::BitVector &reads, Value nextRow) {
  PhaseOp op = tile.op;
  OpBuilder &b = tile.b;
  unsigned rowLoop = *tile.plan.rows, termLoop = op.getNumParallel();
  if (tile.rows < Machine::rowsWithTimeToLoad || tile.bounds.size() != termLoop + 1 || tile.term != 0)
    return;
  MLIRContext *context = op.getContext();
  AffineExpr rowsAndTerms[] = {getAffineDimExpr(rowLoop, context), getAffineDimExpr(termLoop, context)};
  for (unsigned i : reads.set_bits()) {
    auto type = dyn_cast<MemRefType>(op->getOperand(i).getType());
    ArrayRef<AffineExpr> dims = op.getMap(i).getResults();
    // The rows of the tile lie one behind the other.
    if (!type || !type.getElementType().isF32() || !type.getLayout().isIdentity() || dims.size() < 2 ||
        dims.take_back(2) != ArrayRef(rowsAndTerms) || tile.along(i, tile.plan.lanes) ||
        type.getShape().back() != tile.bounds[termLoop])
      continue;
    SmallVector<Value> there(tile.indices);
    there[rowLoop] = nextRow;
    SmallVector<Value> at = tile.position(i, 0, 0, there);
    Value first = arith::MulIOp::create(b, tile.loc, tile.indices.back(), tile.constant(tile.rows));
    for (int64_t element = 0; element < tile.rows * tile.termsInStep; element += line) {
      at.back() = b.createOrFold<arith::AddIOp>(tile.loc, first, tile.constant(element));
      prefetch(tile, i, at, secondLevel);
    }
  }
}

/// How far an operand's rows, or those of a chunk's whole blocks of packed ones, are from each other if they lie one
/// behind the other, each with all its terms; else 0.
static int64_t distanceInRun(PhaseTile &tile, unsigned operand) {
  PhaseOp op = tile.op;
  auto type = dyn_cast<MemRefType>(op->getOperand(operand).getType());
  unsigned termLoop = op.getNumParallel();
  if (!type || !type.getElementType().isF32() || !type.getLayout().isIdentity() || tile.bounds.size() != termLoop + 1 ||
      tile.along(operand, tile.plan.lanes))
    return 0;
  AffineExpr row = getAffineDimExpr(*tile.plan.rows, op.getContext());
  AffineExpr term = getAffineDimExpr(termLoop, op.getContext());
  ArrayRef<AffineExpr> dims = op.getMap(operand).getResults();
  ArrayRef<int64_t> shape = type.getShape();
  int64_t terms = tile.bounds[termLoop], block = shape.back();
  bool areRows = dims.size() >= 2 && dims.take_back(2) == ArrayRef{row, term};
  bool areBlocks = dims.size() >= 3 && dims.take_back(3) == ArrayRef{row.floorDiv(block), term, row % block} &&
                   shape[shape.size() - 2] == terms && tile.plan.chunk % block == 0;
  return areRows ? block : areBlocks ? terms : 0;
}

bool rondo::prefetchNextChunk(PhaseTile &tile, Value first) {
  constexpr int64_t mostLines = 16; // that are under way at once, in the time of a tile of the plan's height
  PhaseOp op = tile.op;
  OpBuilder &b = tile.b;
  const PhasePlan &plan = tile.plan;
  int64_t allRows = tile.bounds[*plan.rows], panels = llvm::divideCeil(tile.bounds[plan.lanes], plan.laneTile);
  bool asks = false;
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    int64_t distance = op.readsInSums(i) ? distanceInRun(tile, i) : 0;
    int64_t share = llvm::divideCeil(distance, panels), lines = llvm::divideCeil(share * tile.rows, line);
    if (lines == 0 || lines * plan.rowTile > mostLines * tile.rows || tile.rows < Machine::rowsWithTimeToLoad)
      continue;
    asks = true;
    SmallVector<Value> there(tile.indices);
    auto plus = [&](Value left, Value right) { return b.createOrFold<arith::AddIOp>(tile.loc, left, right); };
    Value next = plus(first, tile.constant(plan.chunk));
    there[*plan.rows] = arith::MinSIOp::create(b, tile.loc, next, tile.constant(allRows - plan.chunk));
    there.back() = tile.constant(0);
    SmallVector<Value> at = tile.position(i, 0, 0, there);
    Value panel = b.createOrFold<arith::DivUIOp>(tile.loc, tile.indices[plan.lanes], tile.constant(plan.laneTile));
    Value row = plus(b.createOrFold<arith::MulIOp>(tile.loc, panel, tile.constant(plan.chunk)),
                     b.createOrFold<arith::SubIOp>(tile.loc, tile.indices[*plan.rows], first));
    Value begin = plus(at.back(), b.createOrFold<arith::MulIOp>(tile.loc, row, tile.constant(share)));
    for (int64_t n = 0; n < lines; ++n) {
      at.back() = plus(begin, tile.constant(n * line));
      prefetch(tile, i, at, secondLevel);
    }
  }
  return asks;
}

void rondo::prefetchForEpilogue(PhaseTile &tile, const llvm::BitVector &reads) {
  const PhasePlan &plan = tile.plan;
  if (ShapedType::getNumElements(tile.bounds.drop_front(tile.op.getNumParallel())) < Machine::termsOfALoad)
    return;
  for (unsigned i : reads.set_bits()) {
    auto type = dyn_cast<MemRefType>(tile.op->getOperand(i).getType());
    if (!type || !type.getElementType().isF32() || !tile.along(i, plan.rows) || !tile.along(i, plan.lanes) ||
        !tile.isContiguous(i))
      continue;
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t lane = 0; lane < tile.vectors * plan.width; lane += std::max(line, plan.width))
        prefetch(tile, i, tile.position(i, row, lane), secondLevel);
  }
}

void rondo::prefetchRows(PhaseTile &tile) {
  PhaseOp op = tile.op;
  OpBuilder &b = tile.b;
  llvm::SmallDenseSet<Value> known;
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    auto type = dyn_cast<MemRefType>(op->getOperand(i).getType());
    if (!type || !type.getElementType().isF32() || !op.readsInSums(i) || tile.along(i, tile.plan.lanes) ||
        type.getRank() == 0 || type.getNumElements() * bytes > tile.machine.keptBytes() ||
        !type.isLastDimUnitStride() || !op.getMap(i).isProjectedPermutation() ||
        !known.insert(op->getOperand(i)).second)
      continue;
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Value> at;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      Value step = tile.constant(dim + 1 == type.getRank() ? line : 1);
      auto loop = scf::ForOp::create(b, tile.loc, tile.constant(0), tile.constant(type.getDimSize(dim)), step);
      b.setInsertionPointToStart(loop.getBody());
      at.push_back(loop.getInductionVar());
    }
    prefetch(tile, i, at, firstLevel);
  }
}
