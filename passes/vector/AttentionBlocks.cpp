// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Blocks of queries and keys.

#include "passes/vector/AttentionBlocks.h"

#include "passes/support/LoopLimit.h"
#include "passes/support/ShareUnits.h"
#include "passes/vector/LoopRange.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

static MemRefType bytesType(OpBuilder &b, int64_t bytes) { return MemRefType::get({bytes}, b.getI8Type()); }

Value Stack::take(OpBuilder &b, Location loc, Buffer number, MemRefType type) {
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

LogicalResult rondo::expectStrides(Operation *op) {
  for (Type type : op->getOperandTypes()) {
    int64_t offset;
    SmallVector<int64_t> strides;
    if (failed(cast<MemRefType>(type).getStridesAndOffset(strides, offset)))
      return op->emitError() << "expected buffers with a stride for each dimension, found " << type;
  }
  return success();
}

AttentionBlocks::AttentionBlocks(OpBuilder &builder, Stack &stack, const Operands &operands)
    : b(builder), loc(operands.op->getLoc()), stack(stack), terms(AttentionTerms::ofVerified(operands.spec)),
      scale(operands.scale), packedKeys(operands.packedKeys), query(operands.query), keys(operands.keys),
      given(operands), split(splitOf(operands.op)) {
  auto result = cast<MemRefType>(operands.result.getType());
  element = result.getElementType();
  llvm::append_range(extents, result.getShape());
  features = extents.back();
  dims = cast<MemRefType>(query.getType()).getDimSize(terms.query.find(terms.term));
  keyBlock = llvm::alignTo(operands.keysInBlock, operands.keyLanes);
  queries = extents[terms.result.find(terms.position)];
  if (operands.first)
    first = std::min<int64_t>(*operands.first, endsAnywhere() ? std::numeric_limits<int32_t>::max() : keys);
  holdsAllScores = isOneBlock() || enoughQueries * bytesOf(rowOf(keys)) <= operands.allScoresBytes;
  int64_t scoresOfRow = rowOf(holdsAllScores ? keys : keyBlock);
  queryBlock = chooseQueryBlock(operands, bytesOf(scoresOfRow),
                                isOneBlock() || !holdsAllScores ? operands.scoresBytes : operands.allScoresBytes);
  scoresBuffer = take(Stack::Scores, {queryBlock, scoresOfRow});
  mostBuffer = take(Stack::Most, {queryBlock});
  sumBuffer = take(Stack::Sum, {queryBlock});
  if (!holdsAllScores)
    factorBuffer = take(Stack::Factor, {queryBlock});
}

Value AttentionBlocks::lowest() {
  APFloat value = APFloat::getLargest(cast<FloatType>(element).getFloatSemantics(), /*Negative=*/true);
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(element, value));
}

Value AttentionBlocks::exp(Value x) { return math::ExpOp::create(b, loc, x); }

Value AttentionBlocks::plus(Value value, int64_t number) {
  return b.createOrFold<arith::AddIOp>(loc, value, constant(number));
}

void AttentionBlocks::fill(double value, Value buffer) { linalg::FillOp::create(b, loc, number(value), buffer); }

//===-- loops --------------------------------------------------------------------------------------------------===//

/// Where threads deal out queries that see some of the keys, the place of the tile of `size` that is run instead of
/// that at `position`: the first one, the last one, the second one, .. (ParallelNest::scattered).
Value AttentionBlocks::scattered(Value position, int64_t size) {
  if (!first || !splitAlong(terms.position))
    return position;
  Value whole = constant(queries / size);
  if (queriesEnd) {
    Value blocks = b.createOrFold<arith::DivUIOp>(loc, plus(queriesEnd, size - 1), constant(size));
    whole = b.createOrFold<arith::MinUIOp>(loc, whole, blocks);
  }
  Value number = b.createOrFold<arith::DivUIOp>(loc, position, constant(size));
  Value half = b.createOrFold<arith::DivUIOp>(loc, number, constant(2));
  Value isOdd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                      b.createOrFold<arith::AndIOp>(loc, number, constant(1)), constant(0));
  Value fromEnd = b.createOrFold<arith::SubIOp>(loc, plus(whole, -1), half);
  Value block = arith::SelectOp::create(b, loc, isOdd, fromEnd, half);
  return b.createOrFold<arith::MulIOp>(loc, block, constant(size));
}

/// Queries of one block: a part of the queries, or a thread's unit, is a number of whole blocks.
int64_t AttentionBlocks::chooseQueryBlock(const Operands &operands, int64_t bytesOfQuery, int64_t bytes) {
  int64_t block = operands.queriesInBlock      ? operands.queriesInBlock
                  : splitAlong(terms.position) ? split->unit
                  : queries <= mostQueries     ? std::max<int64_t>(1, queries)
                                               : rowUnit(queries);
  while (block > 1 && (block > mostQueries || block * bytesOfQuery > bytes))
    block = block % 2 == 0 ? block / 2 : 1;
  return block;
}

void AttentionBlocks::forEachPoint(StringRef letters, llvm::function_ref<void()> body) {
  if (letters.empty())
    return body();
  char letter = letters.front();
  emitTiles(b, loc, extents[terms.result.find(letter)], 1, splitAlong(letter), [&](Value position, int64_t) {
    at[letter] = position;
    forEachPoint(letters.drop_front(), body);
  });
}

/// The number in `buffer` of the row at hand.
Value AttentionBlocks::numberIn(Value buffer) {
  SmallVector<Value> row;
  if (cast<MemRefType>(buffer.getType()).getRank() != 0)
    row.push_back(at[given.rows->front()]);
  Value number = memref::LoadOp::create(b, loc, buffer, row);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
}

void AttentionBlocks::readBounds() {
  if (first)
    firstSeen = constant(*first);
  if (given.firsts)
    firstSeen = b.createOrFold<arith::AddIOp>(loc, numberIn(given.firsts), firstSeen);
  if (given.lengths)
    keysThere = numberIn(given.lengths);
}

void AttentionBlocks::forEachTile(int64_t size, llvm::function_ref<void(Value position, int64_t size)> body) {
  queriesEnd = buildEndAlong(given.op, terms.result.find(terms.position));
  emitTiles(b, loc, queries, size, splitAlong(terms.position), /*backwards=*/nullptr, queriesEnd,
            [&](Value position, int64_t found) { body(found == size ? scattered(position, size) : position, found); });
}

void AttentionBlocks::emit() {
  std::string letters = terms.outerOf(terms.result);
  llvm::erase(letters, terms.position);
  forEachPoint(letters, [&] {
    readBounds();
    forEachTile(queryBlock, [&](Value position, int64_t size) {
      firstQuery = position, rows = size;
      emitQueries();
    });
  });
}

void AttentionBlocks::forEachKeyBlock(llvm::function_ref<void(Value key, int64_t count)> body) {
  Value seen;
  if (endsAnywhere()) {
    seen = constant(keys);
    if (first) // by the last of these queries
      seen = b.createOrFold<arith::MinSIOp>(loc, seen,
                                            b.createOrFold<arith::AddIOp>(loc, firstSeen, plus(firstQuery, rows)));
    if (keysThere)
      seen = b.createOrFold<arith::MinSIOp>(loc, seen, keysThere);
    return forEachBlockUpTo(b.createOrFold<arith::MaxSIOp>(loc, seen, constant(0)), body);
  }
  if (isOneBlock())
    return body(constant(0), keys);
  int64_t whole = keys / keyBlock * keyBlock;
  Value end = constant(whole);
  if (first) {
    seen = plus(firstQuery, rows + *first);
    end = b.createOrFold<arith::MinSIOp>(loc, seen, end);
  }
  emitLoop(b, loc, constant(0), end, keyBlock, nullptr, [&](Value position) { body(position, keyBlock); });
  if (whole == keys)
    return;
  OpBuilder::InsertionGuard guard(b);
  if (seen) {
    Value isSeen = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, seen, constant(whole));
    b.setInsertionPointToStart(scf::IfOp::create(b, loc, isSeen, /*withElseRegion=*/false).thenBlock());
  }
  body(constant(whole), keys - whole);
}

/// Blocks as for all keys, and what is left of the last one: a query's sums have their terms in one order, wherever
/// keys end.
void AttentionBlocks::forEachBlockUpTo(Value seen, llvm::function_ref<void(Value key, int64_t count)> body) {
  Value whole = constant(0), part = seen;
  if (!isOneBlock()) {
    part = arith::RemUIOp::create(b, loc, seen, constant(keyBlock));
    whole = arith::SubIOp::create(b, loc, seen, part);
    emitLoop(b, loc, constant(0), whole, keyBlock, nullptr, [&](Value position) { body(position, keyBlock); });
  }
  OpBuilder::InsertionGuard guard(b);
  if (!isOneBlock()) {
    Value isLeft = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, part, constant(0));
    b.setInsertionPointToStart(scf::IfOp::create(b, loc, isLeft, /*withElseRegion=*/false).thenBlock());
  }
  keysInPart = arith::IndexCastOp::create(b, loc, b.getI64Type(), part);
  body(whole, std::min(keys, keyBlock));
  keysInPart = nullptr;
}

//===-- parts of buffers ---------------------------------------------------------------------------------------===//

/// The part of `buffer` at these offsets, without the dimensions marked in `isDropped`.
Value AttentionBlocks::part(Value buffer, ArrayRef<OpFoldResult> offsets, ArrayRef<int64_t> sizes,
                            const llvm::BitVector &isDropped) {
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

Value AttentionBlocks::rowsOf(Value buffer, StringRef term, char letter, Value first, int64_t count) {
  SmallVector<OpFoldResult> offsets;
  SmallVector<int64_t> sizes;
  llvm::BitVector isDropped(term.size());
  for (auto [i, other] : llvm::enumerate(term)) {
    bool isWhole = other == terms.term || other == terms.feature, isRow = other == letter;
    offsets.push_back(isWhole ? OpFoldResult(b.getIndexAttr(0)) : isRow ? first : at[other]);
    sizes.push_back(isWhole ? cast<MemRefType>(buffer.getType()).getDimSize(i) : isRow ? count : 1);
    isDropped[i] = !isWhole && !isRow;
  }
  return part(buffer, offsets, sizes, isDropped);
}

Value AttentionBlocks::allOf(Value buffer, StringRef term, StringRef letters) {
  auto shape = cast<MemRefType>(buffer.getType()).getShape();
  SmallVector<OpFoldResult> offsets;
  SmallVector<int64_t> sizes;
  llvm::BitVector isDropped(term.size());
  for (auto [i, letter] : llvm::enumerate(term)) {
    isDropped[i] = at.contains(letter) && !letters.contains(letter);
    offsets.push_back(isDropped[i] ? OpFoldResult(at[letter]) : b.getIndexAttr(0));
    sizes.push_back(isDropped[i] ? 1 : shape[i]);
  }
  return part(buffer, offsets, sizes, isDropped);
}

Value AttentionBlocks::packedPart(Value buffer, StringRef term, OpFoldResult block, int64_t blocks, OpFoldResult first,
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

Value AttentionBlocks::corner(Value buffer, ArrayRef<int64_t> sizes) {
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  return part(buffer, offsets, sizes, llvm::BitVector(sizes.size()));
}

//===-- ops on blocks ------------------------------------------------------------------------------------------===//

void AttentionBlocks::forEach(ValueRange inputs, Value output, bool isSum, Body body) {
  SmallVector<Value> operands(inputs);
  operands.push_back(output);
  auto ranks =
      llvm::map_to_vector(operands, [](Value value) { return unsigned(cast<MemRefType>(value.getType()).getRank()); });
  unsigned rank = *llvm::max_element(ranks);
  auto maps = llvm::map_to_vector(
      ranks, [&](unsigned results) { return b.getMultiDimIdentityMap(rank).getMajorSubMap(results); });
  SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
  if (isSum)
    kinds.back() = utils::IteratorType::reduction;
  bool endsInPart = keysInPart && llvm::is_contained(operands, scores);
  SmallVector<Value> read(inputs);
  if (endsInPart) {
    read.push_back(keysInPart);
    maps.insert(maps.end() - 1, AffineMap::get(rank, 0, b.getContext()));
  }
  auto nest = linalg::GenericOp::create(b, loc, TypeRange(), read, output, maps, kinds,
                                        [&](OpBuilder &inner, Location, ValueRange arguments) {
                                          SmallVector<Value> elements(arguments);
                                          if (endsInPart)
                                            elements.erase(elements.end() - 2);
                                          OpBuilder::InsertionGuard guard(b);
                                          b.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
                                          linalg::YieldOp::create(b, loc, body(elements));
                                        });
  if (endsInPart)
    setEnd(nest, {rank - 1, unsigned(inputs.size())});
}

void AttentionBlocks::phase(int64_t points, int64_t lanes, int64_t summed, ValueRange inputs, Value output,
                            ArrayRef<AffineMap> maps, unsigned loopOverKeys, Body epilogue) {
  SmallVector<Value> read(inputs);
  SmallVector<AffineMap> places(maps);
  if (keysInPart) {
    read.push_back(keysInPart);
    places.insert(places.end() - 1, mapTo({}));
  }
  auto phase = PhaseOp::create(b, loc, TypeRange(), ArrayRef<int64_t>{points, lanes, summed}, 2, read, output,
                               b.getAffineMapArrayAttr(places));
  if (keysInPart)
    setEnd(phase, {loopOverKeys, unsigned(inputs.size())});
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Type> types(inputs.size(), element);
  if (keysInPart)
    types.push_back(keysInPart.getType());
  SmallVector<Location> locations(types.size() + 1, loc);
  Block *sums = b.createBlock(&phase.getSums(), {}, types, ArrayRef(locations).drop_back());
  PhaseYieldOp::create(b, loc, mul(sums->getArgument(0), sums->getArgument(1)));
  types.insert(types.begin(), element);
  Block *finish = b.createBlock(&phase.getEpilogue(), {}, types, locations);
  PhaseYieldOp::create(b, loc, epilogue(finish->getArguments()));
}

void AttentionBlocks::beginQueries() {
  queryRows = queriesOf(query, terms.query);
  most = corner(mostBuffer, rows), sum = corner(sumBuffer, rows);
  factor = factorBuffer ? corner(factorBuffer, rows) : nullptr;
  // Not an infinity, of which the difference from scores that are one is no number.
  linalg::FillOp::create(b, loc, lowest(), most);
  fill(0, sum);
}

void AttentionBlocks::emitWeights(Value key, int64_t count) {
  if (factor)
    forEach({most}, factor, false, [](ValueRange elements) { return elements[0]; });
  emitScores(key, count);
  emitMost();
  if (factor) {
    forEach({most}, factor, false, [&](ValueRange elements) { return exp(sub(elements[1], elements[0])); });
    forEach({factor}, sum, false, [&](ValueRange elements) { return mul(elements[1], elements[0]); });
  }
  emitExponentials();
}

void AttentionBlocks::emitMost() {
  forEach({scores}, most, true,
          [&](ValueRange elements) { return arith::MaximumFOp::create(b, loc, elements[1], elements[0]); });
}

void AttentionBlocks::emitExponentials() {
  forEach({most}, scores, false, [&](ValueRange elements) { return exp(sub(elements[1], elements[0])); });
  forEach({scores}, sum, true, [&](ValueRange elements) { return add(elements[1], elements[0]); });
}

void AttentionBlocks::invertSum() {
  forEach({}, sum, false, [&](ValueRange elements) -> Value {
    Value inverse = arith::DivFOp::create(b, loc, number(1), elements[0]);
    return endsAnywhere() ? arith::SelectOp::create(b, loc, seesNothing(), number(0), inverse) : inverse;
  });
}

/// In a body over the block's queries, whether there is no key for one.
Value AttentionBlocks::seesNothing() {
  auto isBelow = [&](Value value, int64_t least) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, value, constant(least));
  };
  Value none;
  if (first) {
    Value query = arith::AddIOp::create(b, loc, linalg::IndexOp::create(b, loc, 0), firstQuery);
    none = isBelow(arith::AddIOp::create(b, loc, query, firstSeen), 0);
  }
  Value empty = keysThere ? Value(isBelow(keysThere, 1)) : Value();
  return none && empty ? Value(arith::OrIOp::create(b, loc, none, empty)) : none ? none : empty;
}

Value AttentionBlocks::scoresOf(Value key, int64_t count) {
  OpFoldResult place = holdsAllScores ? getAsOpFoldResult(key) : OpFoldResult(b.getIndexAttr(0));
  return part(scoresBuffer, {b.getIndexAttr(0), place}, {rows, count}, llvm::BitVector(2));
}

void AttentionBlocks::emitScores(Value key, int64_t count) {
  scores = scoresOf(key, count);
  int64_t width = cast<MemRefType>(packedKeys.getType()).getShape().back();
  Value block = b.createOrFold<arith::DivUIOp>(loc, key, constant(width));
  Value matrix = packedPart(packedKeys, terms.keys, block, llvm::divideCeil(count, width), b.getIndexAttr(0), dims);
  bool rowsFirst = terms.query.find(terms.position) < terms.query.find(terms.term);
  AffineMap ofQueries = rowsFirst ? mapTo({loop(0), loop(2)}) : mapTo({loop(2), loop(0)});
  phase(rows, count, dims, {queryRows, matrix}, scores, {ofQueries, packedMap(width), mapTo({loop(0), loop(1)})},
        /*loopOverKeys=*/1,
        [&](ValueRange elements) { return scale == 1 ? elements[0] : mul(elements[0], number(scale)); });
  if (first)
    hideUnseen(key, count);
}

/// Key `key` + j is seen by query `firstQuery` + i if j <= i + how much further the first query sees.
void AttentionBlocks::hideUnseen(Value key, int64_t count) {
  Value last = b.createOrFold<arith::AddIOp>(loc, firstQuery, firstSeen);
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
