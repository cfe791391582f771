// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.phase on buffers, over vectors.
//
// The lanes' tiles come outermost: the panel of weights that they read stays in the cache for all rows. A tile of rows
// x sums x vectors accumulators stays in registers over the whole sum, each one chain of additions, and goes through
// the pointwise body from there.

#include "passes/PhaseEmitter.h"

#include "passes/LinalgBuilders.h"
#include "passes/LoopRange.h"
#include "passes/Step.h"
#include "passes/VectorBody.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

namespace {

class PhaseEmitter {
public:
  PhaseEmitter(OpBuilder &builder, PhaseOp op, const PhasePlan &plan, bool fma)
      : b(builder), loc(op.getLoc()), op(op), plan(plan), fma(fma), bounds(op.getBounds()), indices(bounds.size()) {}

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
  static constexpr unsigned firstLevel = 3, secondLevel = 2; // cache, as memref.prefetch counts them
  /// Bytes beyond which what is read again and again may not stay in a core's own cache: it is read there and back, so
  /// that what was read last is read first the next time. Beyond `anyCache` it comes from memory.
  static constexpr int64_t ownCache = 1 << 18, anyCache = 1 << 24;

  Value constant(int64_t value) { return indexConstant(b, loc, value); }

  std::optional<Split> splitAlong(unsigned loop) {
    std::optional<Split> split = splitOf(op);
    return split && split->loop == loop ? split : std::nullopt;
  }

  void emitLanes() {
    int64_t extent = bounds[plan.lanes], tail = extent % plan.laneTile();
    // A last tile that has as many vectors as the others is one of them, with a mask that lets all of theirs pass: half
    // of the code. Masks are cheap where vectors are wide.
    bool oneForm = tail % plan.width != 0 && int64_t(llvm::divideCeil(tail, plan.width)) == plan.vectors &&
                   extent > plan.laneTile() && plan.width >= 8 &&
                   llvm::all_of(llvm::seq<unsigned>(0, op->getNumOperands()),
                                [&](unsigned operand) { return !along(operand, plan.lanes) || isContiguous(operand); });
    if (oneForm)
      extent = llvm::alignTo(extent, plan.laneTile());
    Value step = stepOf(op);
    bool comeRound = step && bytesAlong(plan.lanes, plan.rows) > ownCache && extent > plan.laneTile();
    Value backwards = comeRound ? isOdd(step, 1) : nullptr;
    emitTiles(b, loc, extent, plan.laneTile(), splitAlong(plan.lanes), backwards, [&](Value position, int64_t size) {
      indices[plan.lanes] = position;
      nextLanes = comeRound && plan.rows && !splitAlong(*plan.rows) ? lanesAfter(position, backwards) : nullptr;
      if (oneForm)
        lastMask = maskBelow(b.createOrFold<arith::SubIOp>(
            loc, constant(bounds[plan.lanes] - (plan.vectors - 1) * plan.width), position));
      vectors = llvm::divideCeil(size, plan.width);
      lanesOfLast = size - (vectors - 1) * plan.width;
      emitPoints(0);
    });
  }

  /// The bytes that the sums read along one loop, but not along the other.
  int64_t bytesAlong(unsigned loop, std::optional<unsigned> other) {
    int64_t bytes = 0;
    for (unsigned i = 0; i < op.getInputs().size(); ++i)
      if (auto type = dyn_cast<MemRefType>(op->getOperand(i).getType());
          type && op.readsInSums(i) && along(i, loop) && !along(i, other))
        bytes += type.getNumElements() * type.getElementTypeBitWidth() / 8;
    return bytes;
  }

  /// Where the lanes' next whole tile is; at the end some tile.
  Value lanesAfter(Value position, Value backwards) {
    int64_t tile = plan.laneTile();
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
    if (bytesAlong(*plan.rows, plan.lanes) > ownCache && bounds[plan.lanes] > plan.laneTile())
      backwards = isOdd(indices[plan.lanes], plan.laneTile());
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

  //===-- memory -------------------------------------------------------------------------------------------===//

  /// The index that `expr` gives for a row and a lane of the tile. Tiles begin at whole blocks of packed operands.
  Value evaluate(AffineExpr expr, int64_t row, int64_t lane) {
    auto plus = [&](Value value, int64_t offset) {
      return offset ? b.createOrFold<arith::AddIOp>(loc, value, constant(offset)) : value;
    };
    if (auto number = dyn_cast<AffineConstantExpr>(expr))
      return constant(number.getValue());
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      unsigned loop = dim.getPosition();
      return plus(indices[loop], loop == plan.rows ? row : loop == plan.lanes ? lane : 0);
    }
    auto binary = cast<AffineBinaryOpExpr>(expr);
    int64_t right = cast<AffineConstantExpr>(binary.getRHS()).getValue();
    if (expr.getKind() == AffineExprKind::Add)
      return plus(evaluate(binary.getLHS(), row, lane), right);
    unsigned loop = cast<AffineDimExpr>(binary.getLHS()).getPosition();
    if (expr.getKind() == AffineExprKind::FloorDiv)
      return b.createOrFold<arith::DivUIOp>(loc, indices[loop], constant(right));
    if (loop == plan.lanes)
      return constant(lane);
    return plus(b.createOrFold<arith::RemUIOp>(loc, indices[loop], constant(right)), row);
  }

  SmallVector<Value> position(unsigned operand, int64_t row, int64_t lane) {
    SmallVector<Value> result;
    for (AffineExpr expr : op.getMap(operand).getResults())
      result.push_back(evaluate(expr, row, lane));
    return result;
  }

  bool along(unsigned operand, std::optional<unsigned> loop) {
    return loop && op.getMap(operand).isFunctionOfDim(*loop);
  }

  /// An index as another one plus a constant.
  static std::pair<AffineExpr, int64_t> splitConstant(AffineExpr expr) {
    if (expr.getKind() != AffineExprKind::Add)
      return {expr, 0};
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return {binary.getLHS(), cast<AffineConstantExpr>(binary.getRHS()).getValue()};
  }

  /// Whether the elements that the lanes of a vector read or write are neighbours in memory.
  bool isContiguous(unsigned operand) {
    auto type = cast<MemRefType>(op->getOperand(operand).getType());
    // A vector of i1 is packed into bits, a buffer of i1 is not.
    if (!type.isLastDimUnitStride() || type.getElementType().isInteger(1))
      return false;
    ArrayRef<AffineExpr> results = op.getMap(operand).getResults();
    return results.back().isFunctionOfDim(plan.lanes) &&
           splitConstant(results.back()).first.getKind() != AffineExprKind::FloorDiv &&
           llvm::all_of(results.drop_back(), [&](AffineExpr expr) {
             return !expr.isFunctionOfDim(plan.lanes) ||
                    splitConstant(expr).first.getKind() == AffineExprKind::FloorDiv;
           });
  }

  /// Whether it lies in blocks of lanes.
  bool isPacked(unsigned operand) {
    AffineExpr last = splitConstant(op.getMap(operand).getResults().back()).first;
    return last.getKind() == AffineExprKind::Mod && last.isFunctionOfDim(plan.lanes);
  }

  /// Whether there are whole blocks in memory, also where the lanes end within one.
  bool isPadded(unsigned operand) {
    auto [expr, offset] = splitConstant(op.getMap(operand).getResults().back());
    return expr.getKind() == AffineExprKind::Mod &&
           offset + plan.laneTile() <= cast<MemRefType>(op->getOperand(operand).getType()).getShape().back();
  }

  int64_t lanesOf(int64_t vector) { return vector == vectors - 1 ? lanesOfLast : plan.width; }
  bool isMasked(int64_t vector) { return vector == vectors - 1 && (lastMask || lanesOfLast < plan.width); }

  /// The lanes below `count`.
  Value maskBelow(Value count) {
    count = arith::IndexCastOp::create(b, loc, b.getI32Type(), count);
    SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, plan.width));
    Value lanes = arith::ConstantOp::create(b, loc, b.getI32VectorAttr(numbers));
    Value counts = vector::BroadcastOp::create(b, loc, lanes.getType(), count);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, lanes, counts);
  }

  Value mask() {
    if (lastMask)
      return lastMask;
    SmallVector<bool> used(plan.width, false);
    std::fill_n(used.begin(), lanesOfLast, true);
    return arith::ConstantOp::create(b, loc, b.getBoolVectorAttr(used));
  }

  Value zeros(VectorType type) { return arith::ConstantOp::create(b, loc, b.getZeroAttr(type)); }

  /// Operand's value at a row and vector of the tile: a vector if it varies along the lanes, else a scalar.
  Value load(unsigned operand, int64_t row, int64_t vector) {
    Value buffer = op->getOperand(operand);
    auto memref = dyn_cast<MemRefType>(buffer.getType());
    if (!memref)
      return buffer;
    int64_t first = vector * plan.width;
    SmallVector<Value> at = position(operand, row, first);
    if (!along(operand, plan.lanes) || plan.width == 1)
      return memref::LoadOp::create(b, loc, buffer, at);
    auto type = VectorType::get(plan.width, memref.getElementType());
    if (!isContiguous(operand)) {
      Value result = zeros(type);
      for (int64_t lane = 0; lane < lanesOf(vector); ++lane) {
        Value element = memref::LoadOp::create(b, loc, buffer, position(operand, row, first + lane));
        result = vector::InsertOp::create(b, loc, element, result, lane);
      }
      return result;
    }
    if (!isMasked(vector) || isPadded(operand))
      return vector::LoadOp::create(b, loc, type, buffer, at);
    return vector::MaskedLoadOp::create(b, loc, type, buffer, at, mask(), zeros(type));
  }

  void store(unsigned operand, int64_t row, int64_t vector, Value value) {
    Value buffer = op->getOperand(operand);
    int64_t first = vector * plan.width;
    SmallVector<Value> at = position(operand, row, first);
    if (plan.width == 1)
      memref::StoreOp::create(b, loc, value, buffer, at);
    else if (!isContiguous(operand))
      for (int64_t lane = 0; lane < lanesOf(vector); ++lane)
        memref::StoreOp::create(b, loc, vector::ExtractOp::create(b, loc, value, lane), buffer,
                                position(operand, row, first + lane));
    else if (!isMasked(vector))
      vector::StoreOp::create(b, loc, value, buffer, at);
    else
      vector::MaskedStoreOp::create(b, loc, buffer, at, mask(), value);
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

  VectorBody bodyOf(Block &block) { return VectorBody(b, block, plan.width, fma, indices, plan.lanes); }

  /// The place of a sum's accumulator among those of the tile.
  unsigned slot(unsigned sum, int64_t row, int64_t vector) { return (sum * rows + row) * vectors + vector; }

  void prefetch(unsigned operand, ArrayRef<Value> at, unsigned locality) {
    memref::PrefetchOp::create(b, loc, op->getOperand(operand), at, /*isWrite=*/false, locality, /*isDataCache=*/true);
  }

  /// Asks for what the sums read of packed operands: some terms ahead, where a panel is larger than the first-level
  /// cache, and of the next panel, where panels come from further away than the second-level cache in each step. For
  /// few rows the processor sees by itself what comes next, but for the next page in memory.
  void prefetchPanels(const llvm::BitVector &reads) {
    constexpr int64_t line = 16, cache = 8192;
    int64_t terms = bounds.back(), lanes = plan.laneTile() * op.getNumSums();
    Type element = op.getSums().front().getTerminator()->getOperand(0).getType();
    bool fewRows = rows<4, far = bytesAlong(plan.lanes, plan.rows)> anyCache;
    if (!element.isF32() || (fewRows && !far) || terms * lanes < cache)
      return;
    int64_t ahead = fewRows ? 2048 : 1024;
    Value &term = indices.back();
    Value now = term, later = arith::AddIOp::create(b, loc, now, constant(std::max<int64_t>(4, ahead / lanes)));
    for (unsigned i : reads.set_bits()) {
      if (!isPacked(i) || !along(i, bounds.size() - 1))
        continue;
      int64_t offset = splitConstant(op.getMap(i).getResults().back()).second;
      if (nextLanes && offset == 0)
        prefetchNextPanel(i, now);
      term = later;
      for (int64_t vector = 0; vector < vectors; ++vector)
        if ((offset + vector * plan.width) % line == 0)
          prefetch(i, position(i, 0, vector * plan.width), firstLevel);
      term = now;
    }
  }

  /// Each tile of rows asks for its share of the lines of the next panel, evenly over its terms: else the first tile
  /// would wait for memory and the others not use it.
  void prefetchNextPanel(unsigned operand, Value term) {
    constexpr int64_t line = 16, most = 16;
    int64_t terms = bounds.back(), ofATerm = cast<MemRefType>(op->getOperand(operand).getType()).getShape().back();
    int64_t allRows = bounds[*plan.rows], lines = llvm::divideCeil(ofATerm * rows, line * allRows);
    if (allRows > most * rows || bounds.size() != op.getNumParallel() + 1)
      return;
    Value rowTerms = b.createOrFold<arith::MulIOp>(loc, indices[*plan.rows], constant(terms));
    Value lanesNow = std::exchange(indices[plan.lanes], nextLanes);
    Value termNow = std::exchange(indices.back(), arith::DivUIOp::create(b, loc, rowTerms, constant(allRows)));
    SmallVector<Value> at = position(operand, 0, 0);
    Value first = arith::AddIOp::create(b, loc, at.back(), arith::MulIOp::create(b, loc, term, constant(line * lines)));
    for (int64_t i = 0; i < lines; ++i) {
      at.back() = arith::AddIOp::create(b, loc, first, constant(line * i));
      prefetch(operand, at, secondLevel);
    }
    indices[plan.lanes] = lanesNow;
    indices.back() = termNow;
  }

  /// Asks for what the pointwise body will read, into the second-level cache: the panels go through the first.
  void prefetchForFinish(const llvm::BitVector &reads) {
    constexpr int64_t longSum = 64;
    if (ShapedType::getNumElements(bounds.drop_front(op.getNumParallel())) < longSum)
      return;
    for (unsigned i : reads.set_bits()) {
      auto type = dyn_cast<MemRefType>(op->getOperand(i).getType());
      if (!type || !type.getElementType().isF32() || !along(i, plan.rows) || !along(i, plan.lanes) || !isContiguous(i))
        continue;
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t vector = 0; vector < vectors; ++vector)
          prefetch(i, position(i, row, vector * plan.width), secondLevel);
    }
  }

  /// Whether a row's left operand and the right ones of all sums and vectors are fewer than a right one and the left
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
    Block &sumsBlock = op.getSums().front(), &finish = op.getFinish().front();
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
    llvm::BitVector finishReads(inputs);
    for (unsigned i = 0; i < inputs; ++i)
      finishReads[i] = !finish.getArgument(sums + i).use_empty();
    prefetchForFinish(finishReads);
    // One loop after another for the summands of a sum: each reads one panel from first to last, and one place of each
    // row at a time.
    for (ArrayRef<Value> summands : transposedSummands(sumsBlock)) {
      llvm::BitVector reads = argumentsOf(summands, inputs);
      accumulators = sumOver(op.getNumParallel(), accumulators, [&](ValueRange carried) {
        prefetchPanels(reads);
        return addTerm(carried, summands);
      });
    }
    Inputs loaded(*this, sums);
    forTile([&](int64_t row, int64_t vector) {
      VectorBody body = bodyOf(finish);
      for (unsigned sum = 0; sum < sums; ++sum)
        body.setArgument(sum, accumulators[slot(sum, row, vector)]);
      loaded.set(body, finishReads, row, vector);
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
    auto forOp = scf::ForOp::create(b, loc, lower, upper, step, accumulators);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    indices[loop] = forOp.getInductionVar();
    SmallVector<Value> next = sumOver(loop + 1, SmallVector<Value>(forOp.getRegionIterArgs()), body);
    scf::YieldOp::create(b, loc, next);
    return forOp.getResults();
  }

  OpBuilder &b;
  Location loc;
  PhaseOp op;
  const PhasePlan &plan;
  bool fma;
  ArrayRef<int64_t> bounds;
  SmallVector<Value> indices;                     // of the loops, as far as they are open
  int64_t rows = 1, vectors = 1, lanesOfLast = 1; // of the current tile
  Value lastMask;                                 // of the tile's last vector, where the position decides about it
  Value nextLanes;                                // of the panel after this one, where it is asked for
  Value blockBegin, blockEnd, firstBlock;
};

} // namespace

void rondo::emitPhase(OpBuilder &builder, PhaseOp op, const PhasePlan &plan, bool fma) {
  PhaseEmitter(builder, op, plan, fma).emit();
}
