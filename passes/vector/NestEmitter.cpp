// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one linalg op on buffers, over vectors.

#include "passes/vector/NestEmitter.h"

#include "dialect/SumAttributes.h"

#include "passes/support/LinalgBuilders.h"
#include "passes/support/LoopLimit.h"
#include "passes/vector/LoopRange.h"
#include "passes/vector/VectorBody.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Emits the loops of one linalg op.
class NestEmitter {
public:
  NestEmitter(OpBuilder &builder, linalg::LinalgOp op, const NestPlan &plan, bool fma)
      : b(builder), loc(op.getLoc()), op(op), plan(plan), fma(fma), split(splitOf(op)), indices(plan.sizes.size()) {}

  void emit() {
    for (unsigned loop = 0; loop < plan.sizes.size(); ++loop)
      ends.push_back(buildEndAlong(op, loop));
    // A product's lanes come outermost: the panel of weights they read stays in the cache for all rows.
    if (plan.hasReduction() && !plan.reducesLanes() && plan.lanes)
      forLanes([&] { forParallel(0); });
    else
      forParallel(0);
  }

private:
  using Body = llvm::function_ref<void()>;

  Value constant(int64_t value) { return indexConstant(b, loc, value); }

  std::optional<Split> splitAlong(unsigned dim) { return split && split->loop == dim ? split : std::nullopt; }

  /// The loop along the lanes: tiles of several vectors, then the vectors that are left, then a masked one.
  void forLanes(Body body) {
    unsigned dim = *plan.lanes;
    int64_t wide = plan.vectors;
    while (splitAlong(dim) && split->unit % (wide * plan.width) != 0)
      --wide;
    emitTiles(b, loc, plan.sizes[dim], wide * plan.width, splitAlong(dim), nullptr, ends[dim],
              [&](Value position, int64_t size) {
                int64_t tail = size % plan.width, whole = size - tail;
                indices[dim] = position;
                vectors = whole / plan.width;
                lanesUsed = plan.width;
                if (whole > 0)
                  body();
                if (tail == 0)
                  return;
                indices[dim] = b.createOrFold<arith::AddIOp>(loc, position, constant(whole));
                vectors = 1;
                lanesUsed = tail;
                body();
              });
  }

  /// The other parallel loops from `dim` on, lanes (where they are not outermost) innermost.
  void forParallel(unsigned dim) {
    if (dim < plan.sizes.size()) {
      if (dim == plan.lanes || plan.isReduction(dim))
        return forParallel(dim + 1);
      return emitTiles(b, loc, plan.sizes[dim], 1, splitAlong(dim), nullptr, ends[dim], [&](Value position, int64_t) {
        indices[dim] = position;
        forParallel(dim + 1);
      });
    }
    if (plan.reducesLanes())
      return emitLaneReduction();
    if (plan.hasReduction())
      return emitReduction();
    if (plan.lanes)
      return forLanes([&] { emitPointwise(); });
    emitPointwise();
  }

  //===-- memory -------------------------------------------------------------------------------------------===//

  MemRefType bufferType(unsigned operand) { return cast<MemRefType>(op->getOperand(operand).getType()); }

  /// The position in operand's buffer for vector `vector` of the tile.
  SmallVector<Value> position(unsigned operand, int64_t vector) {
    SmallVector<Value> result;
    for (AffineExpr expression : plan.maps[operand].getResults()) {
      unsigned dim = cast<AffineDimExpr>(expression).getPosition();
      Value index = indices[dim];
      int64_t offset = dim == plan.lanes ? vector * plan.width : 0;
      if (offset != 0)
        index = b.createOrFold<arith::AddIOp>(loc, index, constant(offset));
      result.push_back(index);
    }
    return result;
  }

  bool alongLanes(unsigned operand) { return plan.lanes && plan.maps[operand].isFunctionOfDim(*plan.lanes); }

  VectorType vectorOf(unsigned operand) { return VectorType::get(plan.width, bufferType(operand).getElementType()); }

  Value mask() { return lastMask ? lastMask : firstLanes(b, loc, plan.width, lanesUsed); }
  /// Null where all lanes are used.
  Value tailMask() { return lastMask || lanesUsed < plan.width ? mask() : Value(); }

  /// Operand's value at a vector of the tile: a vector if it varies along the lanes, else a scalar.
  Value load(unsigned operand, int64_t vector) {
    Value buffer = op->getOperand(operand);
    if (!isa<MemRefType>(buffer.getType()))
      return buffer;
    SmallVector<Value> at = position(operand, vector);
    if (!alongLanes(operand) || plan.width == 1)
      return memref::LoadOp::create(b, loc, buffer, at);
    VectorType type = vectorOf(operand);
    AffineMap map = plan.maps[operand];
    bool last = map.getResult(map.getNumResults() - 1) == b.getAffineDimExpr(*plan.lanes);
    if (last && bufferType(operand).isLastDimUnitStride())
      return loadVector(b, loc, type, buffer, at, tailMask());
    // Strided: lane i reads i strides further on.
    int64_t offset;
    SmallVector<int64_t> strides;
    (void)bufferType(operand).getStridesAndOffset(strides, offset);
    int64_t stride = 0;
    for (auto [i, expression] : llvm::enumerate(map.getResults()))
      if (expression == b.getAffineDimExpr(*plan.lanes))
        stride = strides[i];
    SmallVector<int32_t> steps;
    for (int64_t lane = 0; lane < plan.width; ++lane)
      steps.push_back(lane * stride);
    Value index = arith::ConstantOp::create(b, loc, b.getI32VectorAttr(steps));
    return vector::GatherOp::create(b, loc, type, buffer, at, index, mask(), zeroVector(b, loc, type));
  }

  void store(unsigned operand, int64_t vector, Value value) {
    Value buffer = op->getOperand(operand);
    SmallVector<Value> at = position(operand, vector);
    if (plan.width == 1 || !alongLanes(operand))
      memref::StoreOp::create(b, loc, value, buffer, at);
    else
      storeVector(b, loc, value, buffer, at, tailMask());
  }

  //===-- tiles --------------------------------------------------------------------------------------------===//

  unsigned numInputs() { return op.getNumDpsInputs(); }
  unsigned numOutputs() { return op.getNumDpsInits(); }

  VectorBody bodyAt(ArrayRef<Value> at) {
    return VectorBody(b, op->getRegion(0).front(), plan.width, fma, at, plan.lanes);
  }

  /// The loops' positions for a vector of the tile, for linalg.index.
  SmallVector<Value> indicesAt(int64_t vector) {
    SmallVector<Value> at(indices);
    if (plan.lanes && vector != 0)
      at[*plan.lanes] = b.createOrFold<arith::AddIOp>(loc, at[*plan.lanes], constant(vector * plan.width));
    return at;
  }

  void emitPointwise() {
    for (int64_t vector = 0; vector < vectors; ++vector) {
      SmallVector<Value> at = indicesAt(vector);
      VectorBody body = bodyAt(at);
      for (unsigned i = 0; i < numInputs() + numOutputs(); ++i)
        if (!op->getRegion(0).front().getArgument(i).use_empty())
          body.setArgument(i, load(i, vector));
      for (auto [i, value] : llvm::enumerate(body.evaluate()))
        store(numInputs() + i, vector, value);
    }
  }

  /// Nested loops over the reduced dimensions (without `skip`) that carry `accumulators`; `body` returns the next ones.
  SmallVector<Value> reduceOver(unsigned dim, std::optional<unsigned> skip, SmallVector<Value> accumulators,
                                llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
    while (dim < plan.sizes.size() && (!plan.isReduction(dim) || dim == skip))
      ++dim;
    if (dim == plan.sizes.size())
      return body(accumulators);
    if (plan.sizes[dim] == 1) {
      indices[dim] = constant(0);
      return reduceOver(dim + 1, skip, accumulators, body);
    }
    Value lower = constant(0), upper = ends[dim] ? ends[dim] : constant(plan.sizes[dim]), step = constant(1);
    Value last = op->hasAttr(descendingAttribute) ? b.createOrFold<arith::SubIOp>(loc, upper, step) : Value();
    return emitSumLoop(b, loc, lower, upper, step, accumulators, [&](Value position, ValueRange sums) {
      indices[dim] = last ? arith::SubIOp::create(b, loc, last, position) : position;
      return reduceOver(dim + 1, skip, SmallVector<Value>(sums), body);
    });
  }

  /// Several vectors of accumulators, each one chain over the reduced loops.
  void emitReduction() {
    int64_t tile = plan.lanes ? vectors : 1;
    SmallVector<Value> accumulators;
    VectorBody shape = bodyAt(indices);
    for (unsigned output = 0; output < numOutputs(); ++output)
      for (int64_t vector = 0; vector < tile; ++vector)
        accumulators.push_back(shape.repeat(load(numInputs() + output, vector)));
    SmallVector<Value> sums = reduceOver(0, std::nullopt, accumulators, [&](ValueRange carried) {
      // What does not vary along the lanes is loaded once for all of them.
      llvm::DenseMap<std::pair<unsigned, int64_t>, Value> loaded;
      SmallVector<Value> next(carried);
      for (int64_t vector = 0; vector < tile; ++vector) {
        SmallVector<Value> at = indicesAt(vector);
        VectorBody body = bodyAt(at);
        for (unsigned i = 0; i < numInputs(); ++i) {
          Value &value = loaded[{i, alongLanes(i) ? vector : 0}];
          if (!value)
            value = body.repeat(load(i, vector));
          body.setArgument(i, value);
        }
        for (unsigned output = 0; output < numOutputs(); ++output)
          body.setArgument(numInputs() + output, carried[output * tile + vector]);
        for (auto [output, value] : llvm::enumerate(body.evaluate()))
          next[output * tile + vector] = value;
      }
      return next;
    });
    for (unsigned output = 0; output < numOutputs(); ++output)
      for (int64_t vector = 0; vector < tile; ++vector)
        store(numInputs() + output, vector, sums[output * tile + vector]);
  }

  /// How the lanes of an output are combined.
  vector::CombiningKind kindOf(unsigned output) {
    Operation *terminator = op->getRegion(0).front().getTerminator();
    Operation *combiner = terminator->getOperand(output).getDefiningOp();
    return isa<arith::MaxNumFOp>(combiner)    ? vector::CombiningKind::MAXNUMF
           : isa<arith::MaximumFOp>(combiner) ? vector::CombiningKind::MAXIMUMF
                                              : vector::CombiningKind::ADD;
  }

  Value combine(unsigned output, Value sum, Value value) {
    switch (kindOf(output)) {
    case vector::CombiningKind::MAXNUMF: {
      // One instruction, since what is carried is never NaN.
      Value isMore = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, value, sum);
      return arith::SelectOp::create(b, loc, isMore, value, sum);
    }
    case vector::CombiningKind::MAXIMUMF:
      return arith::MaximumFOp::create(b, loc, sum, value);
    default:
      return arith::AddFOp::create(b, loc, sum, value);
    }
  }

  /// Vectors of what changes no result of each output.
  SmallVector<Value> neutralVectors() {
    SmallVector<Value> neutral;
    for (unsigned output = 0; output < numOutputs(); ++output) {
      VectorType type = vectorOf(numInputs() + output);
      auto element = cast<FloatType>(type.getElementType());
      APFloat value = kindOf(output) == vector::CombiningKind::ADD
                          ? APFloat::getZero(element.getFloatSemantics())
                          : APFloat::getInf(element.getFloatSemantics(), /*Negative=*/true);
      neutral.push_back(arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, value)));
    }
    return neutral;
  }

  /// The same up to a number of lanes that is known when it runs: whole tiles, then the last one's vectors with masks,
  /// so that each lane has the terms that it would have in a loop made for so many.
  SmallVector<Value> accumulateTo(Value end, SmallVector<Value> sums,
                                  llvm::function_ref<SmallVector<Value>(ValueRange, int64_t)> accumulate) {
    unsigned lanes = *plan.lanes;
    Value tile = constant(plan.vectors * plan.width);
    Value whole = arith::SubIOp::create(b, loc, end, arith::RemUIOp::create(b, loc, end, tile));
    sums = emitSumLoop(b, loc, constant(0), whole, tile, sums, [&](Value position, ValueRange carried) {
      indices[lanes] = position;
      return accumulate(carried, plan.vectors * plan.width);
    });
    auto each = scf::IfOp::create(b, loc, TypeRange(ValueRange(sums)),
                                  arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, whole, end), true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(each.elseBlock());
    scf::YieldOp::create(b, loc, sums);
    b.setInsertionPointToStart(each.thenBlock());
    unsigned outputs = numOutputs();
    for (int64_t vector = 0; vector < plan.vectors; ++vector) {
      indices[lanes] = b.createOrFold<arith::AddIOp>(loc, whole, constant(vector * plan.width));
      lastMask = lanesBelow(b, loc, plan.width, arith::SubIOp::create(b, loc, end, indices[lanes]));
      auto own = MutableArrayRef(sums).slice(vector * outputs, outputs);
      llvm::copy(accumulate(own, plan.width), own.begin());
    }
    lastMask = nullptr;
    scf::YieldOp::create(b, loc, sums);
    return SmallVector<Value>(each.getResults());
  }

  /// Outputs that sum (or maximise) along the lanes: plan.vectors vectors of partial results of each, which are
  /// combined at the end.
  void emitLaneReduction() {
    SmallVector<Value> neutral = neutralVectors(), partial;
    unsigned outputs = numOutputs();
    for (int64_t vector = 0; vector < plan.vectors; ++vector)
      partial.append(neutral);
    // Combines the first `size` lanes from indices[lanes] on with what is carried.
    auto accumulate = [&](ValueRange carried, int64_t size) {
      SmallVector<Value> next(carried);
      for (int64_t vector = 0; vector * plan.width < size; ++vector) {
        lanesUsed = std::min(plan.width, size - vector * plan.width);
        SmallVector<Value> at = indicesAt(vector);
        VectorBody body = bodyAt(at);
        for (unsigned i = 0; i < numInputs(); ++i)
          body.setArgument(i, load(i, vector));
        for (auto [output, value] : llvm::enumerate(body.evaluateContributions())) {
          if (tailMask())
            value = arith::SelectOp::create(b, loc, mask(), value, neutral[output]);
          Value &sum = next[vector * outputs + output];
          sum = combine(output, sum, value);
        }
      }
      return next;
    };
    SmallVector<Value> lanes = reduceOver(0, plan.lanes, partial, [&](ValueRange carried) {
      int64_t size = plan.sizes[*plan.lanes], tile = plan.vectors * plan.width, whole = size / tile * tile;
      SmallVector<Value> next(carried);
      if (ends[*plan.lanes])
        return accumulateTo(ends[*plan.lanes], next, accumulate);
      if (whole > 0) {
        Value lower = constant(0), upper = constant(whole), step = constant(tile);
        next = emitSumLoop(b, loc, lower, upper, step, next, [&](Value position, ValueRange sums) {
          indices[*plan.lanes] = position;
          return accumulate(sums, tile);
        });
      }
      if (whole < size) {
        indices[*plan.lanes] = constant(whole);
        next = accumulate(next, size - whole);
      }
      return next;
    });
    for (unsigned output = 0; output < outputs; ++output) {
      for (int64_t count = plan.vectors / 2; count > 0; count /= 2)
        for (int64_t vector = 0; vector < count; ++vector) {
          Value &left = lanes[vector * outputs + output];
          left = combine(output, left, lanes[(vector + count) * outputs + output]);
        }
      Value start = load(numInputs() + output, 0);
      Value total =
          vector::ReductionOp::create(b, loc, kindOf(output), lanes[output], start, arith::FastMathFlags::reassoc);
      store(numInputs() + output, 0, total);
    }
  }

  OpBuilder &b;
  Location loc;
  linalg::LinalgOp op;
  const NestPlan &plan;
  bool fma;
  std::optional<Split> split;
  SmallVector<Value> ends;            // of the loops, how many iterations the call needs; null: all
  SmallVector<Value> indices;         // of the loops, as far as they are open
  int64_t vectors = 1, lanesUsed = 1; // of the current tile
  Value lastMask;                     // of the lanes that are used, where that is not known before
};

} // namespace

void rondo::emitNest(OpBuilder &builder, linalg::LinalgOp op, const NestPlan &plan, bool fma) {
  NestEmitter(builder, op, plan, fma).emit();
}
