// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The arithmetic of rondo.random on one element.

#include "passes/linalg/RandomNumbers.h"

#include "passes/support/LinalgBuilders.h"
#include "runtime/Philox.h"

#include <array>

using namespace mlir;
using namespace rondo;

/// Word 0 that Philox4x32-10 draws for a counter and a key of 32-bit words. The vectors have a high half of a product
/// only as a shifted one of 64 bits, which LLVM sees through.
static Value buildPhilox(OpBuilder &b, Location loc, std::array<Value, 4> counter, std::array<Value, 2> key) {
  Type i32 = b.getI32Type(), i64 = b.getI64Type();
  auto word = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(i32, APInt(32, value)));
  };
  auto low = [&](Value v, uint32_t factor) -> Value { return arith::MulIOp::create(b, loc, v, word(factor)); };
  auto high = [&](Value v, uint32_t factor) -> Value {
    Value wide = arith::ExtUIOp::create(b, loc, i64, v);
    Value by = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(factor));
    Value bits = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(32));
    wide = arith::MulIOp::create(b, loc, wide, by);
    return arith::TruncIOp::create(b, loc, i32, arith::ShRUIOp::create(b, loc, wide, bits));
  };
  auto mix = [&](Value product, Value v, Value k) -> Value {
    return arith::XOrIOp::create(b, loc, product, arith::XOrIOp::create(b, loc, v, k));
  };
  for (uint32_t round = 0; round < uint32_t(philoxRounds); ++round) {
    Value k0 = arith::AddIOp::create(b, loc, key[0], word(round * philoxStep[0]));
    Value k1 = arith::AddIOp::create(b, loc, key[1], word(round * philoxStep[1]));
    counter = {mix(high(counter[2], philoxFactor[1]), counter[1], k0), low(counter[2], philoxFactor[1]),
               mix(high(counter[0], philoxFactor[0]), counter[3], k1), low(counter[0], philoxFactor[0])};
  }
  return counter[0];
}

Value rondo::buildRandom(OpBuilder &b, Location loc, RandomOp op, Value seed, Value first) {
  Type i32 = b.getI32Type(), i64 = b.getI64Type(), real = op.getType().getElementType();
  auto word = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(i32, APInt(32, value)));
  };
  auto indexAlong = [&](int64_t dim, Type type) -> Value {
    return arith::IndexCastOp::create(b, loc, type, linalg::IndexOp::create(b, loc, dim));
  };
  auto halves = [&](Value v) -> std::array<Value, 2> {
    Value bits = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(32));
    Value high = arith::ShRUIOp::create(b, loc, v, bits);
    return {arith::TruncIOp::create(b, loc, i32, v), arith::TruncIOp::create(b, loc, i32, high)};
  };
  Value element = word(0);
  for (auto [i, size] : llvm::enumerate(op.getType().getShape())) {
    int64_t dim = static_cast<int64_t>(i);
    if (dim == op.getRows() || dim == op.getTime())
      continue;
    Value scaled = arith::MulIOp::create(b, loc, element, word(uint32_t(size)));
    element = arith::AddIOp::create(b, loc, scaled, indexAlong(dim, i32));
  }
  Value position = op.getTime() ? indexAlong(*op.getTime(), i64) : Value();
  if (position && first)
    position = arith::AddIOp::create(b, loc, first, position);
  else if (!position)
    position = first ? first : Value(arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(0)));
  auto [low, high] = halves(position);
  Value drawn = buildPhilox(b, loc, {element, low, high, word(op.getStream())}, halves(seed));
  Value bits = arith::ShRUIOp::create(b, loc, drawn, word(8));
  Value number = arith::SIToFPOp::create(b, loc, real, bits); // 24 bits: never negative
  return arith::MulFOp::create(b, loc, number, floatConstant(b, loc, real, 1.0 / (1 << 24)));
}
