// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of rondo.attend_grad on buffers.
//
// For each block of queries the weights are computed again: the maximum and the sum over all keys first, then block by
// block the weights, of scores that are there still or made once more, the derivatives of the scores, and what they add
// to the gradients (Dao 2023). Gradients of keys and values are added up in their own places, query block after query
// block, by the thread that has the matrix, or the part of the queries, which has places of its own: no bit depends on
// the threads. Of queries that share keys, as those of grouped heads, one after the other adds to them.

#include "passes/vector/AttendEmitter.h"

#include "dialect/AttentionGradOps.h"
#include "passes/vector/LoopRange.h"
#include <numeric>

using namespace mlir;
using namespace rondo;

namespace {

class AttendGradEmitter : public AttentionBlocks {
public:
  AttendGradEmitter(OpBuilder &builder, AttendGradOp op, Stack &stack)
      : AttentionBlocks(builder, stack, operandsOf(op)), op(op) {
    derivativeBuffer = take(Stack::Derivative, {queryBlock, rowOf(std::min(keys, keyBlock))});
    meanBuffer = take(Stack::Mean, {queryBlock});
    if (bytesOf(queryBlock * dims) <= rowsBytes)
      queryBuffer = take(Stack::Rows, {queryBlock, dims});
    if (bytesOf(queryBlock * features) <= rowsBytes)
      cotangentBuffer = take(Stack::Cotangent, {queryBlock, features});
  }

  void emit() override {
    std::string matrices = terms.matrices();
    forEachPoint(matrices, [&] {
      if (!op.getPart())
        return emitPart(constant(0), queries);
      int64_t part = *op.getPart();
      forEachTile(part, [&](Value position, int64_t size) {
        at[partLetter] = b.createOrFold<arith::DivUIOp>(loc, position, constant(part));
        emitPart(position, size);
      });
    });
  }

private:
  static constexpr char partLetter = 'z' + 1; // at which parts of queries stand
  // Scores of 32 queries in single precision, those of 16 queries with 752 keys, and 64 features of 32 queries.
  static constexpr int64_t keysInBlock = 128, scoresBytes = 20 << 10, allScoresBytes = 48 << 10, rowsBytes = 8 << 10;

  static int64_t lanesOf(Value packed) { return cast<MemRefType>(packed.getType()).getShape().back(); }

  /// The queries of a block, where they are no parts: as many as may be, since the gradients of keys and values are
  /// read and written for each block.
  static int64_t blockOf(Type query, const AttentionTerms &terms) {
    int64_t queries = cast<MemRefType>(query).getDimSize(terms.query.find(terms.position));
    int64_t share = llvm::divideCeil(queries, llvm::divideCeil(queries, mostQueries));
    return queries <= mostQueries ? queries : int64_t(llvm::alignTo(share, 8));
  }

  static Operands operandsOf(AttendGradOp op) {
    OperandRange inputs = op.getInputs();
    AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
    int64_t keys = op.getKeysType().getDimSize(terms.keys.find(terms.key));
    return {op,
            op.getSpec(),
            op.getScale().convertToDouble(),
            op.getFirst(),
            inputs[0],
            inputs[1],
            inputs[4],
            keys,
            keysInBlock,
            std::lcm(lanesOf(inputs[1]), lanesOf(inputs[2])),
            scoresBytes,
            op.getPart() ? int64_t(*op.getPart()) : blockOf(op.getInputs()[0].getType(), terms),
            allScoresBytes,
            /*firsts=*/nullptr,
            op.getLengths(),
            op.getRows()};
  }

  /// `count` queries from `begin` on of those that share keys or values: the gradients of these begin with zero.
  void emitPart(Value begin, int64_t count) {
    std::string matrices = terms.matrices(), others;
    for (char letter : terms.outerOf(terms.result))
      if (letter != terms.position && !StringRef(matrices).contains(letter))
        others += letter;
    for (auto [buffer, term] : {std::pair(op.getOutputs()[1], keysTerm()), std::pair(op.getOutputs()[2], valuesTerm())})
      fill(0, allOf(buffer, term, others));
    forEachPoint(others, [&] {
      readBounds();
      emitTiles(b, loc, count, queryBlock, std::nullopt, [&](Value position, int64_t size) {
        firstQuery = b.createOrFold<arith::AddIOp>(loc, begin, position), rows = size;
        emitQueries();
      });
    });
  }

  /// The dimensions of the gradients of keys, and of values.
  std::string keysTerm() { return partTerm() + terms.keys; }
  std::string valuesTerm() { return partTerm() + terms.values; }
  std::string partTerm() { return op.getPart() ? std::string(1, partLetter) : ""; }

  /// The block's rows of `buffer`, one behind the other if there is room for them.
  Value denseRows(Value buffer, StringRef term, Value copy, int64_t width) {
    Value rowsThere = queriesOf(buffer, term);
    if (!copy)
      return rowsThere;
    Value dense = corner(copy, {rows, width});
    forEach({rowsThere}, dense, false, [](ValueRange elements) { return elements[0]; });
    return dense;
  }

  void emitQueries() override {
    beginQueries();
    queryRows = denseRows(query, terms.query, queryBuffer, dims);
    cotangent = denseRows(op.getInputs()[5], terms.result, cotangentBuffer, features);
    dQuery = queriesOf(op.getOutputs()[0], terms.query);
    mean = corner(meanBuffer, rows);
    fill(0, mean);
    forEach({cotangent, queriesOf(op.getInputs()[4], terms.result)}, mean, true,
            [&](ValueRange elements) { return add(elements[2], mul(elements[0], elements[1])); });
    fill(0, dQuery);
    if (holdsAllScores)
      return emitKeysFromScores();
    forEachKeyBlock([&](Value key, int64_t count) { emitWeights(key, count); });
    invertSum();
    forEachKeyBlock([&](Value key, int64_t count) {
      emitScores(key, count);
      forEach({most, sum}, scores, false,
              [&](ValueRange elements) { return mul(exp(sub(elements[2], elements[0])), elements[1]); });
      emitBlock(key, count);
    });
  }

  /// The gradients, where there is room for the scores of all keys.
  void emitKeysFromScores() {
    forEachKeyBlock([&](Value key, int64_t count) {
      emitScores(key, count);
      emitMost();
    });
    forEachKeyBlock([&](Value key, int64_t count) {
      scores = scoresOf(key, count);
      emitExponentials();
    });
    invertSum();
    forEachKeyBlock([&](Value key, int64_t count) {
      scores = scoresOf(key, count);
      forEach({sum}, scores, false, [&](ValueRange elements) { return mul(elements[1], elements[0]); });
      emitBlock(key, count);
    });
  }

  /// What the block of weights adds to the gradients.
  void emitBlock(Value key, int64_t count) {
    AffineMap left = mapTo({loop(0), loop(2)}), leftOfKey = mapTo({loop(2), loop(0)}), row = mapTo({loop(0)}),
              right = mapTo({loop(2), loop(1)}), point = mapTo({loop(0), loop(1)});
    Value derivative = corner(derivativeBuffer, {rows, count});
    int64_t width = lanesOf(op.getInputs()[2]);
    Value block = b.createOrFold<arith::DivUIOp>(loc, key, constant(width));
    Value values =
        packedPart(op.getInputs()[2], terms.values, block, llvm::divideCeil(count, width), b.getIndexAttr(0), features);
    phase(rows, count, features, {cotangent, values, scores, mean}, derivative,
          {left, packedMap(width), point, row, point}, /*loopOverKeys=*/1, [&](ValueRange elements) {
            Value weight = scale == 1 ? elements[3] : mul(elements[3], number(scale));
            return mul(weight, sub(elements[0], elements[4]));
          });
    auto addUp = [&](ValueRange elements) { return add(elements[3], elements[0]); };
    width = lanesOf(op.getInputs()[3]);
    Value keysThere =
        packedPart(op.getInputs()[3], terms.keys, b.getIndexAttr(0), llvm::divideCeil(dims, width), key, count);
    phase(rows, dims, count, {derivative, keysThere, dQuery}, dQuery, {left, packedMap(width), point, point}, 2, addUp);
    Value dValues = rowsOf(op.getOutputs()[2], valuesTerm(), terms.key, key, count);
    phase(count, features, rows, {scores, cotangent, dValues}, dValues, {leftOfKey, right, point, point}, 0, addUp);
    Value dKeys = rowsOf(op.getOutputs()[1], keysTerm(), terms.key, key, count);
    phase(count, dims, rows, {derivative, queryRows, dKeys}, dKeys, {leftOfKey, right, point, point}, 0, addUp);
  }

  AttendGradOp op;
  Value derivativeBuffer, meanBuffer, queryBuffer, cotangentBuffer; // on the stack, the last two or none
  // Of the block's queries: the cotangent of their results, the sum of its products with these, and their gradient.
  Value cotangent, mean, dQuery;
};

} // namespace

/// Of no results.
static void fillWithZero(OpBuilder &b, AttendGradOp op) {
  Type element = cast<MemRefType>(op.getOutputs()[0].getType()).getElementType();
  Value zero = floatConstant(b, op.getLoc(), element, 0);
  for (Value output : op.getOutputs())
    linalg::FillOp::create(b, op.getLoc(), zero, output);
}

LogicalResult rondo::emitAttentionGrads(IRRewriter &rewriter, func::FuncOp function, Stack &stack) {
  SmallVector<AttendGradOp> ops;
  function.walk([&](AttendGradOp op) { ops.push_back(op); });
  for (AttendGradOp op : ops) {
    if (failed(expectStrides(op)))
      return failure();
    rewriter.setInsertionPoint(op);
    if (cast<MemRefType>(op.getInputs()[4].getType()).getNumElements() != 0)
      AttendGradEmitter(rewriter, op, stack).emit();
    else
      fillWithZero(rewriter, op);
    rewriter.eraseOp(op);
  }
  return success();
}
