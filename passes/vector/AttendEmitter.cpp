// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of rondo.attend on buffers.
//
// For each matrix of keys and each block of queries the keys come in blocks, from the first one on: their scores, the
// maximum so far, exponentials in the scores' place, their sum and that of the values, where what was summed before is
// scaled to the new maximum (Milakov & Gimelshein 2018). A block of scores stays in the first-level cache, whatever the
// number of keys, and a block that no query sees is left out. Blocks begin at the same keys for each query, so no bit
// of a query's result depends on which others are in its block, nor on the thread.

#include "passes/vector/AttendEmitter.h"

#include "dialect/AttentionTerms.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/ShareUnits.h"
#include "passes/threads/WorkShare.h"
#include "passes/vector/LoopRange.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Buffers on the stack, each of which all ops of a function use, one after the other: it has room for the largest part
/// that one of them takes.
class Stack {
public:
  Stack(func::FuncOp function) : function(function) {}

  Value take(OpBuilder &b, Location loc, unsigned number, MemRefType type) {
    int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
    memref::AllocaOp &buffer = buffers[number];
    if (!buffer) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&function.getBody().front());
      buffer = memref::AllocaOp::create(b, function.getLoc(), bytesType(b, bytes), b.getI64IntegerAttr(Machine::line));
    }
    if (buffer.getType().getNumElements() < bytes)
      buffer.getResult().setType(bytesType(b, bytes));
    return memref::ViewOp::create(b, loc, type, buffer, indexConstant(b, loc, 0), ValueRange());
  }

private:
  static MemRefType bytesType(OpBuilder &b, int64_t bytes) { return MemRefType::get({bytes}, b.getI8Type()); }

  func::FuncOp function;
  llvm::DenseMap<unsigned, memref::AllocaOp> buffers;
};

class AttendEmitter {
public:
  AttendEmitter(OpBuilder &builder, AttendOp op, Stack &stack)
      : b(builder), loc(op.getLoc()), op(op), terms(AttentionTerms::ofVerified(op.getSpec())), split(splitOf(op)) {
    auto output = cast<MemRefType>(op.getOutputs()[0].getType());
    element = output.getElementType();
    features = output.getShape().back();
    dims = cast<MemRefType>(op.getInputs()[0].getType()).getDimSize(terms.query.find(terms.term));
    keys = cast<MemRefType>(op.getInputs()[2].getType()).getShape().drop_back().back();
    keyBlock = llvm::alignTo(keysInBlock, op.getKeyLanes());
    queries = output.getDimSize(terms.result.find(terms.position));
    first = op.getFirst() ? std::optional(std::min(int64_t(*op.getFirst()), keys)) : std::nullopt;
    int64_t inBlock = std::min(keys, keyBlock), bytes = element.getIntOrFloatBitWidth() / 8;
    // Rows are a line longer than the block: they would fall on few sets of the first-level cache.
    constexpr int64_t line = Machine::line / 4;
    int64_t scoresOfRow = llvm::alignTo(inBlock, line) + line;
    queryBlock = chooseQueryBlock(scoresOfRow * bytes);
    scoresBuffer = stack.take(b, loc, 0, MemRefType::get({queryBlock, scoresOfRow}, element));
    mostBuffer = stack.take(b, loc, 1, MemRefType::get({queryBlock}, element));
    sumBuffer = stack.take(b, loc, 2, MemRefType::get({queryBlock}, element));
    if (inBlock < keys) {
      factorBuffer = stack.take(b, loc, 3, MemRefType::get({queryBlock}, element));
      // Else the sums are made in the output itself.
      if (queryBlock * features * bytes <= totalBytes)
        totalBuffer = stack.take(b, loc, 4, MemRefType::get({queryBlock, features}, element));
    }
  }

  void emit() { emitPoint(0); }

private:
  static constexpr int64_t keysInBlock = 256, mostQueries = 32;
  // On the stack, of which a thread of another program's may have no more than 128 KB: scores of 32 queries in single
  // precision, and sums of 128 features.
  static constexpr int64_t scoresBytes = 36 << 10, totalBytes = 16 << 10;

  Value constant(int64_t value) { return indexConstant(b, loc, value); }
  Value number(double value) { return floatConstant(b, loc, element, value); }
  Value lowest() {
    APFloat value = APFloat::getLargest(cast<FloatType>(element).getFloatSemantics(), /*Negative=*/true);
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(element, value));
  }

  bool isSplitByQueries() { return split && split->loop == terms.result.find(terms.position); }

  /// Where threads deal out queries that see some of the keys, the place of the block that is run instead of that at
  /// `position`: the first one, the last one, the second one, .. (ParallelNest::scattered).
  Value scattered(Value position) {
    if (!first || !isSplitByQueries())
      return position;
    int64_t whole = queries / queryBlock;
    Value number = b.createOrFold<arith::DivUIOp>(loc, position, constant(queryBlock));
    Value half = b.createOrFold<arith::DivUIOp>(loc, number, constant(2));
    Value isOdd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                        b.createOrFold<arith::AndIOp>(loc, number, constant(1)), constant(0));
    Value fromEnd = b.createOrFold<arith::SubIOp>(loc, constant(whole - 1), half);
    Value block = arith::SelectOp::create(b, loc, isOdd, fromEnd, half);
    return b.createOrFold<arith::MulIOp>(loc, block, constant(queryBlock));
  }

  /// Queries of one block: a thread's unit is a number of whole blocks.
  int64_t chooseQueryBlock(int64_t bytesOfQuery) {
    int64_t block = isSplitByQueries()       ? split->unit
                    : queries <= mostQueries ? std::max<int64_t>(1, queries)
                                             : rowUnit(queries);
    while (block > 1 && (block > mostQueries || block * bytesOfQuery > scoresBytes))
      block = block % 2 == 0 ? block / 2 : 1;
    return block;
  }

  std::optional<Split> splitAlong(unsigned loop) { return split && split->loop == loop ? split : std::nullopt; }

  /// The loops over the output's dimensions from `loop` on, but for queries, and these inside of them.
  void emitPoint(unsigned loop) {
    if (loop + 1 == terms.result.size()) {
      unsigned ofQueries = terms.result.find(terms.position);
      return emitTiles(b, loc, queries, queryBlock, splitAlong(ofQueries), nullptr, nullptr,
                       [&](Value position, int64_t size) {
                         firstQuery = size == queryBlock ? scattered(position) : position, rows = size;
                         emitQueries();
                       });
    }
    char letter = terms.result[loop];
    if (letter == terms.position)
      return emitPoint(loop + 1);
    int64_t extent = cast<MemRefType>(op.getOutputs()[0].getType()).getDimSize(loop);
    emitTiles(b, loc, extent, 1, splitAlong(loop), nullptr, nullptr, [&](Value position, int64_t) {
      at[letter] = position;
      emitPoint(loop + 1);
    });
  }

  //===-- parts of buffers ---------------------------------------------------------------------------------===//

  /// The part of `buffer` at these offsets, without the first `dropped` dimensions or those marked in `isDropped`.
  Value part(Value buffer, ArrayRef<OpFoldResult> offsets, ArrayRef<int64_t> sizes, const llvm::BitVector &isDropped) {
    auto type = cast<MemRefType>(buffer.getType());
    SmallVector<OpFoldResult> lengths, strides(sizes.size(), b.getIndexAttr(1));
    SmallVector<int64_t> shape;
    for (auto [i, size] : llvm::enumerate(sizes)) {
      lengths.push_back(b.getIndexAttr(size));
      if (!isDropped[i])
        shape.push_back(size);
    }
    auto view = memref::SubViewOp::inferRankReducedResultType(shape, type, offsets, lengths, strides);
    return memref::SubViewOp::create(b, loc, view, buffer, offsets, lengths, strides);
  }

  /// The block's rows of queries or of the output, whose other dimensions are at the loops' positions.
  Value rowsOf(Value buffer, StringRef term) {
    SmallVector<OpFoldResult> offsets;
    SmallVector<int64_t> sizes;
    llvm::BitVector isDropped(term.size());
    for (auto [i, letter] : llvm::enumerate(term)) {
      bool isWhole = letter == terms.term || letter == terms.feature, isRow = letter == terms.position;
      offsets.push_back(isWhole ? OpFoldResult(b.getIndexAttr(0)) : isRow ? firstQuery : at[letter]);
      sizes.push_back(isWhole ? cast<MemRefType>(buffer.getType()).getDimSize(i) : isRow ? rows : 1);
      isDropped[i] = !isWhole && !isRow;
    }
    return part(buffer, offsets, sizes, isDropped);
  }

  /// Of the packed matrix at the loops' positions `blocks` from `block` on, and `count` terms from `first` on.
  Value packedPart(Value buffer, StringRef term, OpFoldResult block, int64_t blocks, OpFoldResult first,
                   int64_t count) {
    SmallVector<OpFoldResult> offsets;
    SmallVector<int64_t> sizes;
    for (char letter : terms.outerOf(term)) {
      offsets.push_back(at[letter]);
      sizes.push_back(1);
    }
    llvm::BitVector isDropped(sizes.size(), true);
    offsets.append({block, first, b.getIndexAttr(0)});
    sizes.append({blocks, count, cast<MemRefType>(buffer.getType()).getShape().back()});
    isDropped.resize(sizes.size(), false);
    return part(buffer, offsets, sizes, isDropped);
  }

  /// The corner of a buffer on the stack.
  Value corner(Value buffer, ArrayRef<int64_t> sizes) {
    SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
    return part(buffer, offsets, sizes, llvm::BitVector(sizes.size()));
  }

  //===-- ops on blocks ------------------------------------------------------------------------------------===//

  using Body = llvm::function_ref<Value(ValueRange elements)>;

  /// A linalg op over rows, or over rows and what `sizes` has besides; operands are of a row or of an element.
  void forEach(ValueRange inputs, Value output, bool isSum, Body body) {
    SmallVector<Value> operands(inputs);
    operands.push_back(output);
    auto ranks = llvm::map_to_vector(operands,
                                     [](Value value) { return unsigned(cast<MemRefType>(value.getType()).getRank()); });
    unsigned rank = *llvm::max_element(ranks);
    auto maps = llvm::map_to_vector(
        ranks, [&](unsigned results) { return b.getMultiDimIdentityMap(rank).getMajorSubMap(results); });
    SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
    if (isSum)
      kinds.back() = utils::IteratorType::reduction;
    linalg::GenericOp::create(b, loc, TypeRange(), inputs, output, maps, kinds,
                              [&](OpBuilder &inner, Location, ValueRange elements) {
                                OpBuilder::InsertionGuard guard(b);
                                b.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
                                linalg::YieldOp::create(b, loc, body(elements));
                              });
  }

  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value exp(Value x) { return math::ExpOp::create(b, loc, x); }

  /// A phase of products of its first two inputs: rows x lanes points, `summed` terms.
  void phase(int64_t lanes, int64_t summed, ValueRange inputs, Value output, ArrayRef<AffineMap> maps, Body epilogue) {
    auto phase = PhaseOp::create(b, loc, TypeRange(), ArrayRef<int64_t>{rows, lanes, summed}, 2, inputs, output,
                                 b.getAffineMapArrayAttr(maps));
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Type> types(inputs.size(), element);
    SmallVector<Location> places(types.size() + 1, loc);
    Block *sums = b.createBlock(&phase.getSums(), {}, types, ArrayRef(places).drop_back());
    PhaseYieldOp::create(b, loc, mul(sums->getArgument(0), sums->getArgument(1)));
    types.push_back(element);
    Block *finish = b.createBlock(&phase.getEpilogue(), {}, types, places);
    PhaseYieldOp::create(b, loc, epilogue(finish->getArguments()));
  }

  /// Maps of a phase's loops: rows, lanes, terms.
  AffineMap mapTo(ArrayRef<AffineExpr> results) { return AffineMap::get(3, 0, results, b.getContext()); }
  AffineExpr loop(unsigned number) { return b.getAffineDimExpr(number); }
  AffineMap packedMap(int64_t width) { return mapTo({loop(1).floorDiv(width), loop(2), loop(1) % width}); }

  //===-- the work -----------------------------------------------------------------------------------------===//

  void emitQueries() {
    queryRows = rowsOf(op.getInputs()[0], terms.query);
    outputRows = rowsOf(op.getOutputs()[0], terms.result);
    most = corner(mostBuffer, rows), sum = corner(sumBuffer, rows);
    // Not an infinity, of which the difference from scores that are one is no number.
    linalg::FillOp::create(b, loc, lowest(), most);
    linalg::FillOp::create(b, loc, number(0), sum);
    bool isOneBlock = keys <= keyBlock;
    if (isOneBlock) {
      emitWeights(constant(0), keys);
      invertSum();
      return emitValues(constant(0), keys, {sum}, outputRows,
                        [&](ValueRange elements) { return mul(elements[0], elements[3]); });
    }
    factor = corner(factorBuffer, rows);
    total = totalBuffer ? corner(totalBuffer, {rows, features}) : outputRows;
    linalg::FillOp::create(b, loc, number(0), total);
    int64_t whole = keys / keyBlock * keyBlock;
    Value end = constant(whole), seen;
    if (first) { // by the last of these queries
      seen = b.createOrFold<arith::AddIOp>(loc, firstQuery, constant(rows + *first));
      end = b.createOrFold<arith::MinSIOp>(loc, seen, end);
    }
    emitLoop(b, loc, constant(0), end, keyBlock, nullptr, [&](Value position) { emitBlock(position, keyBlock); });
    if (whole < keys) {
      OpBuilder::InsertionGuard guard(b);
      if (seen) {
        Value isSeen = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, seen, constant(whole));
        b.setInsertionPointToStart(scf::IfOp::create(b, loc, isSeen, /*withElseRegion=*/false).thenBlock());
      }
      emitBlock(constant(whole), keys - whole);
    }
    invertSum();
    if (total == outputRows)
      return forEach({sum}, total, false, [&](ValueRange elements) { return mul(elements[1], elements[0]); });
    forEach({total, sum}, outputRows, false, [&](ValueRange elements) { return mul(elements[0], elements[1]); });
  }

  void invertSum() {
    forEach({}, sum, false, [&](ValueRange elements) { return arith::DivFOp::create(b, loc, number(1), elements[0]); });
  }

  /// Adds the keys of one block to what the queries have seen.
  void emitBlock(Value key, int64_t count) {
    forEach({most}, factor, false, [](ValueRange elements) { return elements[0]; });
    emitWeights(key, count);
    emitValues(key, count, {factor, total}, total,
               [&](ValueRange elements) { return add(mul(elements[4], elements[3]), elements[0]); });
  }

  /// The exponentials of `count` scores from `key` on, less the maximum so far, and their sum.
  void emitWeights(Value key, int64_t count) {
    emitScores(key, count);
    forEach({scores}, most, true,
            [&](ValueRange elements) { return arith::MaximumFOp::create(b, loc, elements[1], elements[0]); });
    if (factor) {
      forEach({most}, factor, false, [&](ValueRange elements) { return exp(sub(elements[1], elements[0])); });
      forEach({factor}, sum, false, [&](ValueRange elements) { return mul(elements[1], elements[0]); });
    }
    forEach({most}, scores, false, [&](ValueRange elements) { return exp(sub(elements[1], elements[0])); });
    forEach({scores}, sum, true, [&](ValueRange elements) { return add(elements[1], elements[0]); });
  }

  void emitScores(Value key, int64_t count) {
    scores = corner(scoresBuffer, {rows, count});
    int64_t width = op.getKeyLanes();
    Value block = b.createOrFold<arith::DivUIOp>(loc, key, constant(width));
    Value matrix =
        packedPart(op.getInputs()[1], terms.keys, block, llvm::divideCeil(count, width), b.getIndexAttr(0), dims);
    bool rowsFirst = terms.query.find(terms.position) < terms.query.find(terms.term);
    AffineMap ofQueries = rowsFirst ? mapTo({loop(0), loop(2)}) : mapTo({loop(2), loop(0)});
    double scale = op.getScale().convertToDouble();
    phase(count, dims, {queryRows, matrix}, scores, {ofQueries, packedMap(width), mapTo({loop(0), loop(1)})},
          [&](ValueRange elements) { return scale == 1 ? elements[0] : mul(elements[0], number(scale)); });
    if (first)
      hideUnseen(key, count);
  }

  /// Key `key` + j is seen by query `firstQuery` + i if j <= i + how much further the first query sees.
  void hideUnseen(Value key, int64_t count) {
    Value last = b.createOrFold<arith::AddIOp>(loc, firstQuery, constant(*first));
    Value further = b.createOrFold<arith::SubIOp>(loc, last, key);
    Value isCut = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, further, constant(count - 1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(scf::IfOp::create(b, loc, isCut, /*withElseRegion=*/false).thenBlock());
    Value unseen = number(-HUGE_VAL);
    forEach({}, scores, false, [&](ValueRange elements) {
      Value row = linalg::IndexOp::create(b, loc, 0), column = linalg::IndexOp::create(b, loc, 1);
      Value end = arith::AddIOp::create(b, loc, row, further);
      Value isSeen = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, column, end);
      return arith::SelectOp::create(b, loc, isSeen, elements[0], unseen);
    });
  }

  /// The sums of weights and values; `others` are of a row, then of a point.
  void emitValues(Value key, int64_t count, ArrayRef<Value> others, Value output, Body epilogue) {
    int64_t width = op.getValueLanes();
    Value matrix =
        packedPart(op.getInputs()[2], terms.values, b.getIndexAttr(0), llvm::divideCeil(features, width), key, count);
    SmallVector<Value> inputs{scores, matrix};
    SmallVector<AffineMap> maps{mapTo({loop(0), loop(2)}), packedMap(width)};
    llvm::append_range(inputs, others);
    maps.push_back(mapTo({loop(0)}));
    if (others.size() > 1)
      maps.push_back(mapTo({loop(0), loop(1)}));
    maps.push_back(mapTo({loop(0), loop(1)}));
    phase(features, count, inputs, output, maps, epilogue);
  }

  OpBuilder &b;
  Location loc;
  AttendOp op;
  AttentionTerms terms;
  std::optional<Split> split;
  Type element;
  int64_t features, dims, keys, queries, keyBlock, queryBlock;
  std::optional<int64_t> first; // keys that the first query sees beside its own, at most all
  Value scoresBuffer, mostBuffer, sumBuffer, factorBuffer, totalBuffer; // on the stack
  llvm::DenseMap<char, Value> at;                                       // of the output's other letters
  Value firstQuery;                                                     // of the block
  int64_t rows = 0;                                                     // its queries
  // Of the block's queries: scores (then weights) of a block of keys, their maximum so far, the weights' sum (at last
  // its inverse), what sums so far are to be scaled by, and the sums of values.
  Value queryRows, outputRows, scores, most, sum, factor, total;
};

} // namespace

/// Parts of buffers are taken, of which the places must follow from strides.
static LogicalResult expectStrides(AttendOp op) {
  for (Type type : op->getOperandTypes()) {
    int64_t offset;
    SmallVector<int64_t> strides;
    if (failed(cast<MemRefType>(type).getStridesAndOffset(strides, offset)))
      return op.emitError() << "expected buffers with a stride for each dimension, found " << type;
  }
  return success();
}

LogicalResult rondo::emitAttentions(IRRewriter &rewriter, func::FuncOp function) {
  SmallVector<AttendOp> ops;
  function.walk([&](AttendOp op) { ops.push_back(op); });
  Stack stack(function);
  for (AttendOp op : ops) {
    if (failed(expectStrides(op)))
      return failure();
    rewriter.setInsertionPoint(op);
    if (cast<MemRefType>(op.getOutputs()[0].getType()).getNumElements() != 0)
      AttendEmitter(rewriter, op, stack).emit();
    rewriter.eraseOp(op);
  }
  return success();
}
