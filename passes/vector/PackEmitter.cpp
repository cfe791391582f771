// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.pack on buffers, over vectors.

#include "passes/vector/PackEmitter.h"

#include "passes/support/LinalgBuilders.h"
#include "passes/support/LoopLimit.h"
#include "passes/threads/ParallelNest.h"
#include "passes/vector/LoopRange.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

namespace {

class PackEmitter {
public:
  PackEmitter(OpBuilder &builder, PackOp op, const Machine &machine)
      : b(builder), loc(op.getLoc()), op(op), type(cast<MemRefType>(op.getInputs()[0].getType())),
        outer(op.getOuterDims()), lanesTotal(type.getDimSize(op.getLanes())), terms(type.getDimSize(op.getTerms())),
        blockWidth(op.getWidth()) {
    // A vector may not reach over the end of a block, and squares are transposed by halves.
    width = llvm::bit_floor(uint64_t(machine.lanesOf(type.getElementType())));
    bool contiguous =
        int64_t(std::max(op.getLanes(), op.getTerms())) == type.getRank() - 1 &&
        llvm::all_of(op->getOperandTypes(), [](Type type) { return cast<MemRefType>(type).isLastDimUnitStride(); });
    if (!contiguous)
      width = 1;
    while (blockWidth % width != 0)
      width /= 2;
  }

  void emit() {
    for (unsigned loop = 0; loop < outer.size() + 2; ++loop)
      ends.push_back(buildEndAlong(op, loop));
    emitOuter(0);
  }

private:
  /// The loops over the outer dimensions from number `loop` on, then those of one matrix of each weight.
  void emitOuter(unsigned loop) {
    if (loop == outer.size())
      return emitMatrix();
    emitTiles(b, loc, type.getDimSize(outer[loop]), 1, splitAlong(op, loop), nullptr, ends[loop],
              [&](Value position, int64_t) {
                at.push_back(position);
                emitOuter(loop + 1);
                at.pop_back();
              });
  }

  void emitMatrix() {
    takeEnd();
    if (op.getLanes() > op.getTerms())
      return copyRows(splitAlong(op, outer.size()));
    if (isSharedByTerms(op))
      return transposeAll(splitAlong(op, outer.size() + 1));
    std::optional<Split> split = splitAlong(op, outer.size());
    emitTiles(b, loc, llvm::alignTo(lanesTotal, width), width, split, nullptr, lanesEnd(), [&](Value lane, int64_t) {
      Value block = b.createOrFold<arith::DivUIOp>(loc, lane, constant(blockWidth));
      Value inBlock = b.createOrFold<arith::RemUIOp>(loc, lane, constant(blockWidth));
      for (unsigned slot = 0; slot < op.getInputs().size(); ++slot)
        transposeSquares(slot, lane, block, inBlock);
    });
  }

  /// Where the matrix at hand ends, if its end is a number.
  void takeEnd() {
    if (!op.getEnds())
      return;
    SmallVector<Value> row;
    if (op.getRows())
      row.push_back(at[llvm::find(outer, int64_t(*op.getRows())) - outer.begin()]);
    Value number = memref::LoadOp::create(b, loc, op.getEnds(), row);
    Value end = plus(arith::IndexCastOp::create(b, loc, b.getIndexType(), number), *op.getPlus());
    end = b.createOrFold<arith::MinSIOp>(loc, end, constant(type.getDimSize(*op.getAlong())));
    bool isOfLanes = *op.getAlong() == op.getLanes();
    ends[outer.size() + !isOfLanes] = b.createOrFold<arith::MaxSIOp>(loc, end, constant(0));
  }

  /// How many lanes and terms a call needs; null: all. What lies behind them is not read, or counts for nothing.
  Value lanesEnd() { return ends[outer.size()]; }
  Value termsEnd() { return ends[outer.size() + 1]; }

  /// All lanes are one block, of which each term is a row: the squares of so many terms as are a run that the processor
  /// sees go through all lanes before the next ones, so that each line that is written is full while it is near.
  void transposeAll(std::optional<Split> split) {
    int64_t bytes = std::max(1u, type.getElementTypeBitWidth() / 8);
    SplitRange share{constant(0), constant(terms)};
    if (split)
      share = buildSplitRange(b, loc, terms, split->unit);
    Value step = constant(std::max(width, Machine::streamedBytes / bytes)), zero = constant(0),
          square = constant(width);
    // The last squares end with the share, and write some terms twice.
    Value last = arith::SubIOp::create(b, loc, share.upper, square);
    forRange(share.lower, share.upper, step, [&](Value group) {
      Value groupEnd =
          b.createOrFold<arith::MinUIOp>(loc, share.upper, b.createOrFold<arith::AddIOp>(loc, group, step));
      forRange(zero, constant(llvm::alignTo(lanesTotal, width)), square, [&](Value lane) {
        forRange(group, groupEnd, square, [&](Value term) {
          term = b.createOrFold<arith::MinUIOp>(loc, term, last);
          for (unsigned slot = 0; slot < op.getInputs().size(); ++slot)
            transpose(slot, lane, term, width, Value(), zero, lane);
        });
      });
    });
  }

  Value constant(int64_t value) { return indexConstant(b, loc, value); }
  Value plus(Value value, int64_t offset) { return b.createOrFold<arith::AddIOp>(loc, value, constant(offset)); }

  /// The elements of the matrix from a lane and a term on, along that which is contiguous, `mask` of them (null: all),
  /// and zeros.
  Value load(Value buffer, Value lane, Value term, Value mask) {
    SmallVector<Value> position(type.getRank());
    for (auto [dim, index] : llvm::zip(outer, at))
      position[dim] = index;
    position[op.getLanes()] = lane;
    position[op.getTerms()] = term;
    if (width == 1)
      return memref::LoadOp::create(b, loc, buffer, position);
    return loadVector(b, loc, VectorType::get(width, type.getElementType()), buffer, position, mask);
  }

  /// The whole vector is written, at `lane` of a block: past the last lane there is padding.
  void store(Value value, unsigned slot, Value block, Value term, Value lane) {
    SmallVector<Value> position(at);
    position.push_back(block);
    if (op.getApart())
      position.push_back(constant(slot));
    position.append({term, op.getApart() ? lane : plus(lane, slot * blockWidth)});
    if (width == 1)
      memref::StoreOp::create(b, loc, value, op.getOutputs()[0], position);
    else
      vector::StoreOp::create(b, loc, value, op.getOutputs()[0], position);
  }

  /// The lanes are contiguous: several blocks are filled side by side, so that each row of weights is read in runs
  /// that the processor sees and fetches ahead.
  void copyRows(std::optional<Split> split) {
    int64_t ofABlock = blockWidth * std::max(1u, type.getElementTypeBitWidth() / 8), whole = lanesTotal / blockWidth;
    SplitRange share{constant(0), constant(lanesTotal)};
    if (split)
      share = buildSplitRange(b, loc, lanesTotal, split->unit, lanesEnd());
    Value last = termsEnd() ? termsEnd() : constant(terms);
    if (whole > 0) {
      Value width = constant(blockWidth), step = constant(std::max<int64_t>(1, Machine::streamedBytes / ofABlock));
      Value first = b.createOrFold<arith::DivUIOp>(loc, share.lower, width);
      Value end = b.createOrFold<arith::DivUIOp>(loc, share.upper, width);
      forRange(first, end, step, [&](Value group) {
        Value groupEnd = b.createOrFold<arith::MinUIOp>(loc, end, b.createOrFold<arith::AddIOp>(loc, group, step));
        forRange(constant(0), last, constant(1), [&](Value term) {
          forRange(group, groupEnd, constant(1), [&](Value block) { copyBlock(term, block, blockWidth); });
        });
      });
    }
    if (int64_t rest = lanesTotal % blockWidth) {
      OpBuilder::InsertionGuard guard(b);
      if (split) {
        Value mine = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, share.upper, constant(lanesTotal));
        b.setInsertionPointToStart(scf::IfOp::create(b, loc, mine, /*withElseRegion=*/false).thenBlock());
      }
      forRange(constant(0), last, constant(1), [&](Value term) { copyBlock(term, constant(whole), rest); });
    }
  }

  void forRange(Value lower, Value upper, Value step, llvm::function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, lower, upper, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }

  /// One term of a block that has `lanes` lanes, and zeros to the end of their last vector.
  void copyBlock(Value term, Value block, int64_t lanes) {
    Value first = b.createOrFold<arith::MulIOp>(loc, block, constant(blockWidth));
    for (auto [slot, weight] : llvm::enumerate(op.getInputs()))
      for (int64_t lane = 0; lane < lanes; lane += width) {
        Value value = load(weight, plus(first, lane), term, lanes - lane < width ? maskOf(lanes - lane) : Value());
        store(value, slot, block, term, constant(lane));
      }
  }

  Value maskOf(int64_t count) { return firstLanes(b, loc, width, count); }

  /// The terms are contiguous: squares of weights are transposed in registers. The last square ends with the last term,
  /// and writes some of them twice; lanes past the last one repeat it.
  void transposeSquares(unsigned slot, Value lane, Value block, Value inBlock) {
    if (terms < width)
      return transpose(slot, lane, constant(0), terms, maskOf(terms), block, inBlock);
    emitTiles(b, loc, llvm::alignTo(terms, width), width, std::nullopt, nullptr, termsEnd(), [&](Value term, int64_t) {
      if (terms % width != 0)
        term = b.createOrFold<arith::MinUIOp>(loc, term, constant(terms - width));
      transpose(slot, lane, term, width, Value(), block, inBlock);
    });
  }

  /// Transposes `count` terms of the lanes: in step s the off-diagonal squares of s x s elements change places.
  void transpose(unsigned slot, Value lane, Value term, int64_t count, Value mask, Value block, Value inBlock) {
    SmallVector<Value> vectors;
    for (int64_t i = 0; i < width; ++i) {
      Value row = plus(lane, i);
      if (lanesTotal % width != 0)
        row = b.createOrFold<arith::MinUIOp>(loc, row, constant(lanesTotal - 1));
      vectors.push_back(load(op.getInputs()[slot], row, term, mask));
    }
    for (int64_t s = 1; s < width; s *= 2) {
      SmallVector<int64_t> upper, lower;
      for (int64_t l = 0; l < width; ++l) {
        upper.push_back(l & s ? width + (l ^ s) : l);
        lower.push_back(l & s ? width + l : l | s);
      }
      for (int64_t i = 0; i < width; ++i)
        if (!(i & s)) {
          Value first = vectors[i], second = vectors[i | s];
          vectors[i] = vector::ShuffleOp::create(b, loc, first, second, upper);
          vectors[i | s] = vector::ShuffleOp::create(b, loc, first, second, lower);
        }
    }
    for (int64_t i = 0; i < count; ++i)
      store(vectors[i], slot, block, plus(term, i), inBlock);
  }

  OpBuilder &b;
  Location loc;
  PackOp op;
  MemRefType type;
  SmallVector<int64_t> outer; // dimensions
  SmallVector<Value> at;      // their positions
  SmallVector<Value> ends;    // of the loops over them, the lanes and the terms
  int64_t lanesTotal, terms, blockWidth, width;
};

} // namespace

void rondo::emitPack(OpBuilder &builder, PackOp op, const Machine &machine) {
  PackEmitter(builder, op, machine).emit();
}
