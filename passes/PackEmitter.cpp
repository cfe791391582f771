// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.pack on buffers, over vectors.

#include "passes/PhaseEmitter.h"

#include "passes/LinalgBuilders.h"
#include "passes/LoopRange.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

namespace {

class PackEmitter {
public:
  PackEmitter(OpBuilder &builder, PackOp op, const VectorTarget &target)
      : b(builder), loc(op.getLoc()), op(op), type(cast<MemRefType>(op.getInputs()[0].getType())),
        lanesTotal(type.getDimSize(op.getLanes())), terms(type.getDimSize(1 - op.getLanes())), blockWidth(op.getWidth()) {
    // A vector may not reach over the end of a block.
    width = target.lanesOf(type.getElementType());
    while (blockWidth % width != 0)
      width /= 2;
  }

  void emit() {
    std::optional<Split> split = splitOf(op);
    emitTiles(b, loc, lanesTotal, width, split, [&](Value lane, int64_t lanes) {
      Value block = b.createOrFold<arith::DivUIOp>(loc, lane, constant(blockWidth));
      Value inBlock = b.createOrFold<arith::RemUIOp>(loc, lane, constant(blockWidth));
      for (unsigned slot = 0; slot < op.getInputs().size(); ++slot) {
        Value weight = op.getInputs()[slot];
        Value offset = b.createOrFold<arith::AddIOp>(loc, inBlock, constant(slot * blockWidth));
        // Vectors along the terms are as many as lanes when they are turned in registers.
        emitTiles(b, loc, terms, op.getLanes() == 1 ? 1 : width, std::nullopt, [&](Value term, int64_t count) {
          if (op.getLanes() == 1)
            store(load(weight, {term, lane}, lanes), block, term, 0, offset);
          else
            turn(weight, lane, lanes, term, count, block, offset);
        });
      }
    });
  }

private:
  Value constant(int64_t value) { return indexConstant(b, loc, value); }
  Value plus(Value value, int64_t offset) { return b.createOrFold<arith::AddIOp>(loc, value, constant(offset)); }

  /// `used` elements from a position on, and zeros.
  Value load(Value buffer, ArrayRef<Value> at, int64_t used) {
    if (width == 1)
      return memref::LoadOp::create(b, loc, buffer, at);
    auto vector = VectorType::get(width, type.getElementType());
    if (used == width)
      return vector::LoadOp::create(b, loc, vector, buffer, at);
    SmallVector<bool> mask(width, false);
    std::fill_n(mask.begin(), used, true);
    Value bits = arith::ConstantOp::create(b, loc, b.getBoolVectorAttr(mask));
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vector));
    return vector::MaskedLoadOp::create(b, loc, vector, buffer, at, bits, zero);
  }

  /// The whole vector is written: past the last lane there is padding.
  void store(Value value, Value block, Value term, int64_t offset, Value lane) {
    Value at[] = {block, plus(term, offset), lane};
    if (width == 1)
      memref::StoreOp::create(b, loc, value, op.getOutputs()[0], at);
    else
      vector::StoreOp::create(b, loc, value, op.getOutputs()[0], at);
  }

  /// A square of `lanes` x `count` weights, whose terms are contiguous, turned in registers: in step s the off-diagonal
  /// squares of s x s elements change places.
  void turn(Value weight, Value lane, int64_t lanes, Value term, int64_t count, Value block, Value offset) {
    SmallVector<Value> vectors;
    for (int64_t i = 0; i < width; ++i)
      vectors.push_back(load(weight, {plus(lane, std::min(i, lanes - 1)), term}, count));
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
      store(vectors[i], block, term, i, offset);
  }

  OpBuilder &b;
  Location loc;
  PackOp op;
  MemRefType type;
  int64_t lanesTotal, terms, blockWidth, width;
};

} // namespace

void rondo::emitPack(OpBuilder &builder, PackOp op, const VectorTarget &target) {
  PackEmitter(builder, op, target).emit();
}
