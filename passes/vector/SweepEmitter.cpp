// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop over time, point by point.

#include "passes/vector/SweepEmitter.h"

#include "passes/support/LinalgBuilders.h"
#include "passes/vector/LoopRange.h"
#include "passes/vector/VectorBody.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo;

namespace {

class SweepEmitter {
public:
  SweepEmitter(OpBuilder &builder, scf::ForOp loop, const SweepPlan &plan, bool fma)
      : b(builder), loc(loop.getLoc()), loop(loop), plan(plan), fma(fma), indices(plan.sizes.size()) {}

  scf::ForOp emit() {
    Value step = indexConstant(b, loc, plan.steps);
    auto chunks = scf::ForOp::create(b, loc, loop.getLowerBound(), loop.getUpperBound(), step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(chunks.getBody());
    begin = chunks.getInductionVar();
    end = arith::MinUIOp::create(b, loc, arith::AddIOp::create(b, loc, begin, step), loop.getUpperBound());
    first = viewsAt(begin);
    emitPoints(0);
    return chunks;
  }

private:
  /// The positions and views of the step at `position`.
  IRMapping viewsAt(Value position) {
    IRMapping views;
    views.map(loop.getInductionVar(), position);
    for (Operation *op : plan.others)
      b.clone(*op, views);
    return views;
  }

  /// The loops over points from `dim` on, the lanes innermost.
  void emitPoints(unsigned dim) {
    bool last = dim == plan.sizes.size();
    if (dim == plan.lanes)
      return emitPoints(dim + 1);
    unsigned along = last ? plan.lanes : dim;
    std::optional<Split> split = plan.split && plan.split->loop == along ? plan.split : std::nullopt;
    emitTiles(b, loc, plan.sizes[along], last ? plan.vectors * plan.width : 1, split,
              [&](Value position, int64_t size) {
                indices[along] = position;
                if (!last)
                  return emitPoints(dim + 1);
                int64_t tail = size % plan.width, whole = size - tail;
                if (whole > 0)
                  emitTile(whole / plan.width, plan.width);
                if (tail == 0)
                  return;
                indices[along] = b.createOrFold<arith::AddIOp>(loc, position, indexConstant(b, loc, whole));
                emitTile(1, tail);
              });
  }

  /// The steps of a tile of points.
  void emitTile(int64_t count, int64_t used) {
    vectors = count;
    lanesUsed = used;
    once.clear();
    SmallVector<Value> states;
    for (const SweepWrite &write : plan.writes)
      for (int64_t vector = 0; write.carriedAs && vector < vectors; ++vector)
        states.push_back(load(*write.carriedAs, first, vector));
    for (unsigned number = 0; number < plan.nests.size(); ++number)
      for (OpOperand &operand : plan.nests[number]->getOpOperands())
        loadOnce(operandOf(number, operand));
    Value step = indexConstant(b, loc, 1);
    if (states.empty()) // a loop that carries nothing ends by itself
      emitLoop(b, loc, begin, end, 1, /*backwards=*/nullptr, [&](Value position) { emitStep(position, {}); });
    else
      states = emitSumLoop(b, loc, begin, end, step, states,
                           [&](Value position, ValueRange carried) { return emitStep(position, carried); });
    unsigned next = 0;
    for (const SweepWrite &write : plan.writes) {
      // Without steps there is no chunk of them, so what is carried has been written.
      for (int64_t vector = 0; write.carriedAs && vector < vectors; ++vector, ++next)
        if (!write.isSlot)
          store(write.to, first, vector, states[next]);
    }
  }

  SweepOperand operandOf(unsigned number, OpOperand &operand) {
    linalg::LinalgOp nest = plan.nests[number];
    return {number, operand.getOperandNumber(), operand.get(), nest.getMatchingIndexingMap(&operand)};
  }

  void loadOnce(const SweepOperand &operand) {
    auto read = plan.reads.find({operand.nest, operand.number});
    if (read == plan.reads.end() || read->second.source != SweepRead::Once)
      return;
    for (int64_t vector = 0; vector < (isAlongLanes(operand) ? vectors : 1); ++vector)
      once[{operand.nest, operand.number, vector}] = load(operand, first, vector);
  }

  SmallVector<Value> emitStep(Value position, ValueRange carried) {
    IRMapping views = viewsAt(position);
    askAhead(position);
    SmallVector<SmallVector<Value>> written(plan.writes.size());
    unsigned write = 0;
    for (unsigned number = 0; number < plan.nests.size(); ++number) {
      linalg::LinalgOp nest = plan.nests[number];
      Block &block = nest->getRegion(0).front();
      for (int64_t vector = 0; vector < vectors; ++vector) {
        SmallVector<Value> at = indicesAt(vector);
        VectorBody body(b, block, plan.width, fma, at, plan.lanes);
        for (OpOperand &operand : nest->getOpOperands())
          if (nest.payloadUsesValueFromOperand(&operand))
            body.setArgument(operand.getOperandNumber(), read({unsigned(number), operand.getOperandNumber(),
                                                               operand.get(), nest.getMatchingIndexingMap(&operand)},
                                                              views, vector, carried, written));
        for (auto [output, value] : llvm::enumerate(body.evaluate()))
          written[write + output].push_back(value);
      }
      for (unsigned output = 0; output < nest.getNumDpsInits(); ++output, ++write) {
        const SweepWrite &to = plan.writes[write];
        for (int64_t vector = 0; vector < vectors; ++vector)
          if (to.isSlot || !to.carriedAs)
            store(to.to, views, vector, written[write][vector], to.isPast);
      }
    }
    SmallVector<Value> next;
    for (auto [to, values] : llvm::zip(plan.writes, written))
      if (to.carriedAs)
        llvm::append_range(next, values);
    return next;
  }

  /// Asks for what a later step of this tile reads.
  void askAhead(Value position) {
    if (plan.ahead == 0)
      return;
    Value last = arith::SubIOp::create(b, loc, loop.getUpperBound(), indexConstant(b, loc, 1));
    Value later = arith::AddIOp::create(b, loc, position, indexConstant(b, loc, plan.ahead));
    IRMapping views = viewsAt(arith::MinUIOp::create(b, loc, later, last));
    for (unsigned number = 0; number < plan.nests.size(); ++number)
      for (OpOperand &operand : plan.nests[number]->getOpOperands()) {
        auto read = plan.reads.find({number, operand.getOperandNumber()});
        if (read == plan.reads.end() || read->second.source != SweepRead::Memory ||
            !isa<MemRefType>(operand.get().getType()))
          continue;
        SweepOperand at = operandOf(number, operand);
        int64_t bytes =
            plan.width * llvm::divideCeil(getElementTypeOrSelf(at.buffer.getType()).getIntOrFloatBitWidth(), 8);
        for (int64_t vector = 0; vector < (isAlongLanes(at) ? vectors : 1); ++vector)
          if (vector * bytes % Machine::line == 0) // else it is a line that has been asked for
            memref::PrefetchOp::create(b, loc, views.lookupOrDefault(at.buffer), positionOf(at, vector),
                                       /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
      }
  }

  Value read(const SweepOperand &operand, const IRMapping &views, int64_t vector, ValueRange carried,
             ArrayRef<SmallVector<Value>> written) {
    SweepRead from = plan.reads.find({operand.nest, operand.number})->second;
    switch (from.source) {
    case SweepRead::Once:
      return once.lookup({operand.nest, operand.number, isAlongLanes(operand) ? vector : 0});
    case SweepRead::Written:
      return written[from.write][vector];
    case SweepRead::Carried: {
      unsigned before = 0;
      for (const SweepWrite &write : ArrayRef(plan.writes).take_front(from.write))
        before += write.carriedAs ? vectors : 0;
      return carried[before + vector];
    }
    case SweepRead::Memory:
      break;
    }
    return load(operand, views, vector);
  }

  //===-- memory -------------------------------------------------------------------------------------------===//

  bool isAlongLanes(const SweepOperand &operand) { return operand.map.isFunctionOfDim(plan.lanes); }

  SmallVector<Value> indicesAt(int64_t vector) {
    SmallVector<Value> at(indices);
    if (vector != 0)
      at[plan.lanes] = b.createOrFold<arith::AddIOp>(loc, at[plan.lanes], indexConstant(b, loc, vector * plan.width));
    return at;
  }

  SmallVector<Value> positionOf(const SweepOperand &operand, int64_t vector) {
    SmallVector<Value> at = indicesAt(vector), position;
    for (AffineExpr expression : operand.map.getResults())
      position.push_back(at[cast<AffineDimExpr>(expression).getPosition()]);
    return position;
  }

  /// Null where all lanes are used.
  Value mask() { return lanesUsed < plan.width ? firstLanes(b, loc, plan.width, lanesUsed) : Value(); }

  Value load(const SweepOperand &operand, const IRMapping &views, int64_t vector) {
    auto type = dyn_cast<MemRefType>(operand.buffer.getType());
    Value buffer = views.lookupOrDefault(operand.buffer);
    if (!type)
      return buffer;
    SmallVector<Value> at = positionOf(operand, vector);
    if (!isAlongLanes(operand) || plan.width == 1)
      return memref::LoadOp::create(b, loc, buffer, at);
    return loadVector(b, loc, VectorType::get(plan.width, type.getElementType()), buffer, at, mask());
  }

  void store(const SweepOperand &operand, const IRMapping &views, int64_t vector, Value value, bool isPast = false) {
    Value buffer = views.lookupOrDefault(operand.buffer);
    SmallVector<Value> at = positionOf(operand, vector);
    if (plan.width == 1)
      memref::StoreOp::create(b, loc, value, buffer, at);
    else if (isPast && lanesUsed == plan.width)
      storeVectorPast(b, loc, value, buffer, at);
    else
      storeVector(b, loc, value, buffer, at, mask());
  }

  OpBuilder &b;
  Location loc;
  scf::ForOp loop;
  const SweepPlan &plan;
  bool fma;
  Value begin, end;                   // of the steps that a tile runs
  IRMapping first;                    // the views of the first of them
  SmallVector<Value> indices;         // of the loops over points, as far as they are open
  int64_t vectors = 1, lanesUsed = 1; // of the tile
  /// What the tile takes once, by nest, operand and vector.
  llvm::DenseMap<std::tuple<unsigned, unsigned, int64_t>, Value> once;
};

} // namespace

scf::ForOp rondo::emitSweep(OpBuilder &builder, scf::ForOp loop, const SweepPlan &plan, bool fma) {
  return SweepEmitter(builder, loop, plan, fma).emit();
}
