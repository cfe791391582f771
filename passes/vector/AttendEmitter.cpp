// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of rondo.attend on buffers.
//
// For each block of keys: their scores, the maximum so far, exponentials in the scores' place, their sum and that of
// the values, where what was summed before is scaled to the new maximum (Milakov & Gimelshein 2018).

#include "passes/vector/AttendEmitter.h"

using namespace mlir;
using namespace rondo;

namespace {

class AttendEmitter : public AttentionBlocks {
public:
  AttendEmitter(OpBuilder &builder, AttendOp op, Stack &stack)
      : AttentionBlocks(builder, stack, operandsOf(op)), packedValues(op.getInputs()[2]), output(op.getOutputs()[0]) {
    // Else the sums are made in the output itself.
    if (!isOneBlock() && bytesOf(queryBlock * features) <= totalBytes)
      totalBuffer = take(Stack::Rows, {queryBlock, features});
  }

private:
  // Scores of 32 queries in single precision, and sums of 128 features.
  static constexpr int64_t keysInBlock = 256, scoresBytes = 36 << 10, totalBytes = 16 << 10;

  static Operands operandsOf(AttendOp op) {
    OperandRange inputs = op.getInputs();
    int64_t keys = cast<MemRefType>(inputs[2].getType()).getShape().drop_back().back();
    return {op,
            op.getSpec(),
            op.getScale().convertToDouble(),
            op.getFirst(),
            inputs[0],
            inputs[1],
            op.getOutputs()[0],
            keys,
            keysInBlock,
            op.getKeyLanes(),
            scoresBytes,
            /*queriesInBlock=*/0,
            /*allScoresBytes=*/0,
            op.getFirsts(),
            op.getLengths(),
            op.getRows()};
  }

  void emitQueries() override {
    outputRows = queriesOf(output, terms.result);
    beginQueries();
    if (isOneBlock())
      return forEachKeyBlock([&](Value key, int64_t count) {
        emitWeights(key, count);
        invertSum();
        emitValues(key, count, {sum}, outputRows, [&](ValueRange elements) { return mul(elements[0], elements[3]); });
      });
    total = totalBuffer ? corner(totalBuffer, {rows, features}) : outputRows;
    fill(0, total);
    forEachKeyBlock([&](Value key, int64_t count) {
      emitWeights(key, count);
      emitValues(key, count, {factor, total}, total,
                 [&](ValueRange elements) { return add(mul(elements[4], elements[3]), elements[0]); });
    });
    invertSum();
    if (total == outputRows)
      return forEach({sum}, total, false, [&](ValueRange elements) { return mul(elements[1], elements[0]); });
    forEach({total, sum}, outputRows, false, [&](ValueRange elements) { return mul(elements[0], elements[1]); });
  }

  /// The sums of weights and values; `others` are of a row, then of a point.
  void emitValues(Value key, int64_t count, ArrayRef<Value> others, Value output, Body epilogue) {
    int64_t width = cast<MemRefType>(packedValues.getType()).getShape().back();
    Value matrix =
        packedPart(packedValues, terms.values, b.getIndexAttr(0), llvm::divideCeil(features, width), key, count);
    SmallVector<Value> inputs{scores, matrix};
    SmallVector<AffineMap> maps{mapTo({loop(0), loop(2)}), packedMap(width)};
    llvm::append_range(inputs, others);
    maps.push_back(mapTo({loop(0)}));
    if (others.size() > 1)
      maps.push_back(mapTo({loop(0), loop(1)}));
    maps.push_back(mapTo({loop(0), loop(1)}));
    phase(rows, features, count, inputs, output, maps, /*loopOverKeys=*/2, epilogue);
  }

  Value packedValues, output;
  Value totalBuffer;       // on the stack, or none
  Value outputRows, total; // of the block's queries; the sums of values
};

} // namespace

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
  return emitAttentionGrads(rewriter, function, stack);
}
