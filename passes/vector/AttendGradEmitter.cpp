// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of rondo.attend_grad on buffers.
//
// For each block of queries the weights are computed again: the maximum and the sum over all keys first, if these are
// several blocks, then block by block the weights, the derivatives of the scores, and what they add to the gradients
// (Dao 2023). Gradients of keys and values are added up in their own places, query block after query block, by the
// thread that has the matrix: no bit depends on the threads.

#include "passes/vector/AttendEmitter.h"

#include "dialect/AttentionGradOps.h"
#include <numeric>

using namespace mlir;
using namespace rondo;

namespace {

class AttendGradEmitter : public AttentionBlocks {
public:
  AttendGradEmitter(OpBuilder &builder, AttendGradOp op, Stack &stack)
      : AttentionBlocks(builder, stack, operandsOf(op)), op(op) {
    SmallVector<int64_t> scoresShape(cast<MemRefType>(scoresBuffer.getType()).getShape());
    derivativeBuffer = take(Stack::Derivative, scoresShape);
    meanBuffer = take(Stack::Mean, {queryBlock});
    if (bytesOf(queryBlock * dims) <= rowsBytes)
      queryBuffer = take(Stack::Rows, {queryBlock, dims});
    if (bytesOf(queryBlock * features) <= rowsBytes)
      cotangentBuffer = take(Stack::Cotangent, {queryBlock, features});
  }

private:
  // Scores of 32 queries in single precision, and 64 features of them.
  static constexpr int64_t keysInBlock = 128, scoresBytes = 20 << 10, rowsBytes = 8 << 10;

  static int64_t lanesOf(Value packed) { return cast<MemRefType>(packed.getType()).getShape().back(); }

  static Operands operandsOf(AttendGradOp op) {
    OperandRange inputs = op.getInputs();
    AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
    int64_t keys = cast<MemRefType>(op.getOutputs()[1].getType()).getDimSize(terms.keys.find(terms.key));
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
            scoresBytes};
  }

  /// Gradients of keys and values begin with zero.
  void emitMatrix() override {
    fill(0, rowsOf(op.getOutputs()[1], terms.keys, terms.key, constant(0), keys));
    fill(0, rowsOf(op.getOutputs()[2], terms.values, terms.key, constant(0), keys));
    AttentionBlocks::emitMatrix();
  }

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
    forEachKeyBlock([&](Value key, int64_t count) { emitWeights(key, count); });
    invertSum();
    if (isOneBlock()) {
      forEach({sum}, scores, false, [&](ValueRange elements) { return mul(elements[1], elements[0]); });
      return emitBlock(constant(0), keys);
    }
    forEachKeyBlock([&](Value key, int64_t count) {
      emitScores(key, count);
      forEach({most, sum}, scores, false,
              [&](ValueRange elements) { return mul(exp(sub(elements[2], elements[0])), elements[1]); });
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
    Value dValues = rowsOf(op.getOutputs()[2], terms.values, terms.key, key, count);
    phase(count, features, rows, {scores, cotangent, dValues}, dValues, {leftOfKey, right, point, point}, 0, addUp);
    Value dKeys = rowsOf(op.getOutputs()[1], terms.keys, terms.key, key, count);
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
