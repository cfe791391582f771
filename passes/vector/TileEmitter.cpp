// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The sums of one rondo.phase on buffers in a register tile, and the pointwise body behind them.
//
// A tile of rows x sums x vectors accumulators stays in registers over the whole sum, each one chain of additions, and
// goes through the pointwise body from there. Where registers are too few for all sums, one is computed after the
// other, and they go through memory, as they do where a body for each register would be much code.

#include "passes/vector/TileEmitter.h"

#include "passes/support/PhaseShape.h"
#include "passes/vector/PhasePrefetch.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

void TileEmitter::Inputs::set(VectorBody &body, const llvm::BitVector &reads, int64_t row, int64_t vector) {
  for (unsigned i : reads.set_bits()) {
    Value &value = loaded[{i, tile.along(i, tile.plan.rows) ? row : 0, tile.along(i, tile.plan.lanes) ? vector : 0}];
    if (!value)
      value = body.repeat(tile.load(i, row, vector));
    body.setArgument(first + i, value);
  }
}

void TileEmitter::forTile(bool byRow, llvm::function_ref<void(int64_t row, int64_t vector)> body) {
  for (int64_t outer = 0; outer < (byRow ? rows : vectors); ++outer)
    for (int64_t inner = 0; inner < (byRow ? vectors : rows); ++inner)
      byRow ? body(outer, inner) : body(inner, outer);
}

Type TileEmitter::sumType() {
  Type element = op.getSums().front().getTerminator()->getOperand(0).getType();
  return plan.width == 1 ? element : Type(VectorType::get(plan.width, element));
}

void TileEmitter::emitTile() {
  llvm::BitVector reads = epilogueReads();
  prefetchForEpilogue(*this, reads);
  if (plan.aside || plan.sums < op.getNumSums())
    return emitTurns(reads);
  SmallVector<Value> accumulators = emitSums({0, op.getNumSums()});
  if (yieldsSums(op))
    return storeSums({0, op.getNumSums()}, accumulators);
  Inputs loaded(*this, op.getNumSums());
  forTile(isByRow(op.getNumSums()), [&](int64_t row, int64_t vector) {
    emitEpilogue(loaded, reads, row, vector, [&](unsigned sum) { return accumulators[slot(sum, row, vector)]; });
  });
}

//===-- sums ---------------------------------------------------------------------------------------------===//

/// The n-th summand of each sum of `count` from `first` on, null where it has fewer.
static SmallVector<SmallVector<Value>> transposedSummands(Block &body, unsigned first, unsigned count) {
  SmallVector<SmallVector<Value>> all = summandsOf(body), result;
  ArrayRef<SmallVector<Value>> bySum = ArrayRef(all).slice(first, count);
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

/// The sums of a turn over all terms, or over those of a block with what was there before.
SmallVector<Value> TileEmitter::emitSums(Turn turn) {
  unsigned inputs = op.getInputs().size();
  Block &sumsBlock = op.getSums().front();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(sumType()));
  SmallVector<Value> accumulators(turn.count * rows * vectors, zero);
  if (plan.blocked || op.getAccumulate())
    for (unsigned sum = 0; sum < turn.count; ++sum)
      forTile(isByRow(turn.count), [&](int64_t row, int64_t vector) {
        Value before = load(inputs + turn.first + sum, row, vector);
        accumulators[slot(sum, row, vector)] =
            op.getAccumulate() ? before : Value(arith::SelectOp::create(b, loc, firstBlock, zero, before));
      });
  // One loop after another for the summands of a sum: each reads one panel from first to last, and one place of each
  // row at a time.
  for (ArrayRef<Value> summands : transposedSummands(sumsBlock, turn.first, turn.count)) {
    llvm::BitVector reads = argumentsOf(summands, inputs);
    accumulators = sumOver(op.getNumParallel(), accumulators, [&](ValueRange carried) {
      prefetchPanels(*this, reads, nextLanes);
      if (nextRow)
        prefetchNextRows(*this, reads, nextRow);
      return addTerm(carried, summands);
    });
  }
  return accumulators;
}

/// The summed loops from `loop` on, which carry `accumulators`; `body` returns the next ones.
SmallVector<Value> TileEmitter::sumOver(unsigned loop, SmallVector<Value> accumulators,
                                        llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
  if (loop == bounds.size())
    return body(accumulators);
  bool blocked = loop == plan.blocked, innermost = loop + 1 == bounds.size();
  Value lower = blocked ? blockBegin : constant(0), upper = blocked ? blockEnd : constant(bounds[loop]);
  if (ends[loop] && !blocked)
    upper = ends[loop];
  // Iterations are counted from the end of all where they descend.
  Value all = ends[loop] ? ends[loop] : constant(bounds[loop]);
  Value last = op.getDescending() ? b.createOrFold<arith::SubIOp>(loc, all, constant(1)) : Value();
  auto termsInSteps = [&](Value begin, Value end, int64_t terms) {
    accumulators = emitSumLoop(b, loc, begin, end, constant(terms), accumulators, [&](Value at, ValueRange sums) {
      SmallVector<Value> next(sums);
      for (int64_t i = 0; i < terms; ++i) {
        term = i, termsInStep = terms;
        indices[loop] = i == 0 ? at : arith::AddIOp::create(b, loc, at, constant(i));
        if (op.getDescending())
          indices[loop] = arith::SubIOp::create(b, loc, last, indices[loop]);
        next = sumOver(loop + 1, next, body);
      }
      return next;
    });
  };
  // Of several terms LLVM would hold the sums of more rows twice: each row's number is read for one of them only.
  int64_t terms = innermost && rows <= plan.rowTile ? plan.terms : 1;
  bool rest = terms > 1 && (ends[loop] || bounds[loop] % terms != 0 || (blocked && plan.block % terms != 0));
  Value whole = upper;
  if (rest)
    whole = b.createOrFold<arith::SubIOp>(
        loc, upper,
        b.createOrFold<arith::RemUIOp>(loc, b.createOrFold<arith::SubIOp>(loc, upper, lower), constant(terms)));
  termsInSteps(lower, whole, terms);
  if (rest)
    termsInSteps(whole, upper, 1);
  return accumulators;
}

/// The accumulators with one term of a summand of each sum.
SmallVector<Value> TileEmitter::addTerm(ValueRange carried, ArrayRef<Value> summands) {
  unsigned sums = summands.size();
  Inputs loaded(*this, 0);
  SmallVector<Value> next(carried);
  auto add = [&](ArrayRef<Value> some) {
    llvm::BitVector reads = argumentsOf(some, op.getInputs().size());
    forTile(isByRow(sums), [&](int64_t row, int64_t vector) {
      VectorBody body = bodyOf(op.getSums().front());
      loaded.set(body, reads, row, vector);
      SmallVector<Value> before;
      for (unsigned sum = 0; sum < sums; ++sum)
        before.push_back(next[slot(sum, row, vector)]);
      for (auto [sum, value] : llvm::enumerate(body.addTo(before, some)))
        next[slot(sum, row, vector)] = value;
    });
  };
  if (isByRow(sums)) {
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

void TileEmitter::storeSums(Turn turn, ArrayRef<Value> accumulators) {
  forTile(isByRow(turn.count), [&](int64_t row, int64_t vector) {
    for (unsigned sum = 0; sum < turn.count; ++sum)
      store(op.getInputs().size() + turn.first + sum, row, vector, accumulators[slot(sum, row, vector)]);
  });
}

//===-- sums one after the other -------------------------------------------------------------------------===//

void TileEmitter::emitTurns(const llvm::BitVector &reads) {
  if (plan.aside)
    makeAside();
  if (plan.sameForAllSums) {
    auto loop = scf::ForOp::create(b, loc, constant(0), constant(op.getNumSums()), constant(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    sumAtHand = loop.getInductionVar();
    putAside(sumAtHand, 1, emitSums({0, 1}));
    sumAtHand = nullptr;
  } else {
    for (unsigned first = 0; first < op.getNumSums(); first += plan.sums) {
      Turn turn{first, std::min<unsigned>(plan.sums, op.getNumSums() - first)};
      SmallVector<Value> accumulators = emitSums(turn);
      if (plan.aside)
        putAside(constant(first), turn.count, accumulators);
      else
        storeSums(turn, accumulators);
    }
  }
  if (plan.aside)
    emitEpilogueOfThoseAside(reads);
}

/// Memory for the sums of a tile.
void TileEmitter::makeAside() {
  if (aside)
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&op->getParentOfType<func::FuncOp>().getBody().front());
  int64_t shape[] = {std::max(plan.rowTile, plan.lastTile), plan.vectors, op.getNumSums()};
  aside = memref::AllocaOp::create(b, loc, MemRefType::get(shape, sumType()));
}

void TileEmitter::putAside(Value first, unsigned count, ArrayRef<Value> accumulators) {
  forTile(isByRow(count), [&](int64_t row, int64_t vector) {
    for (unsigned sum = 0; sum < count; ++sum) {
      Value number = sum == 0 ? first : arith::AddIOp::create(b, loc, first, constant(sum));
      memref::StoreOp::create(b, loc, accumulators[slot(sum, row, vector)], aside,
                              ValueRange{constant(row), constant(vector), number});
    }
  });
}

/// In a loop over rows, and over vectors that are alike: from memory one comes like the other.
void TileEmitter::emitEpilogueOfThoseAside(const llvm::BitVector &reads) {
  OpBuilder::InsertionGuard guard(b);
  auto openLoop = [&](int64_t count) -> Value {
    if (count == 1)
      return constant(0);
    auto loop = scf::ForOp::create(b, loc, constant(0), constant(count), constant(1));
    b.setInsertionPointToStart(loop.getBody());
    return loop.getInductionVar();
  };
  auto emit = [&](Value row, Value vectorAside, int64_t vector, Inputs &loaded) {
    emitEpilogue(loaded, reads, 0, vector, [&](unsigned sum) -> Value {
      return memref::LoadOp::create(b, loc, aside, ValueRange{row, vectorAside, constant(sum)});
    });
  };
  SmallVector<Value> first(indices);
  Value row = openLoop(rows);
  if (rows > 1)
    indices[*plan.rows] = arith::AddIOp::create(b, loc, first[*plan.rows], row);
  Inputs loaded(*this, op.getNumSums());
  bool alike = vectors > 1 && (lastMask || lanesOfLast == plan.width) &&
               llvm::none_of(reads.set_bits(), [&](unsigned i) { return isInBlocks(i); });
  if (alike) {
    Value vector = openLoop(vectors), mask = lastMask;
    indices[plan.lanes] =
        arith::AddIOp::create(b, loc, first[plan.lanes], arith::MulIOp::create(b, loc, vector, constant(plan.width)));
    if (mask) {
      Value before = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, vector, constant(vectors - 1));
      lastMask = arith::OrIOp::create(b, loc, mask, vector::BroadcastOp::create(b, loc, mask.getType(), before));
    }
    int64_t all = std::exchange(vectors, 1);
    emit(row, vector, 0, loaded);
    vectors = all, lastMask = mask;
  } else {
    for (int64_t vector = 0; vector < vectors; ++vector)
      emit(row, constant(vector), vector, loaded);
  }
  indices = first;
}

//===-- the pointwise body -------------------------------------------------------------------------------===//

llvm::BitVector TileEmitter::epilogueReads() {
  llvm::BitVector result(op.getInputs().size());
  for (unsigned i = 0; i < result.size(); ++i)
    result[i] = !op.getEpilogue().front().getArgument(op.getNumSums() + i).use_empty();
  return result;
}

void TileEmitter::emitEpilogue(Inputs &loaded, const llvm::BitVector &reads, int64_t row, int64_t vector,
                               llvm::function_ref<Value(unsigned sum)> sumAt) {
  VectorBody body = bodyOf(op.getEpilogue().front());
  for (unsigned sum = 0; sum < op.getNumSums(); ++sum)
    body.setArgument(sum, sumAt(sum));
  loaded.set(body, reads, row, vector);
  for (auto [output, value] : llvm::enumerate(body.evaluate()))
    store(op.getInputs().size() + output, row, vector, value);
}
