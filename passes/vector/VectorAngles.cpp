// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Angles: sine, cosine and the arc of a point, as arithmetic (VectorMath.h).

#include "passes/vector/VectorMath.h"

#include "passes/vector/VectorArithmetic.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;
using Predicate = arith::CmpFPredicate;

/// x = quarters * pi/2 + rest, in f64 and in the low bits of a number.
struct Quarters {
  Value rest, quarters;
};

/// The same for any finite f32 by its bits: x is a whole number of 24 bits times a power of two, and of 2/pi times that
/// power only the bits from 2^1 down to 2^-94 tell in which quarter it lies and where.
static Quarters reduceByBits(OpBuilder &b, Location loc, const VectorArithmetic &m, Value x) {
  static constexpr uint64_t twoOverPi[] = {0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
                                           0xfe5163abdebbc561}; // the bits from 2^-1 on
  Type bits = m.bitsOf(m.constant(0)).getType();
  Value narrow = VectorArithmetic(b, loc, x.getType()).bitsOf(x);
  Value all = arith::ExtUIOp::create(b, loc, bits, narrow);
  Value whole = m.orBits(m.andBits(all, m.integer(0x7fffff)), m.integer(0x800000));
  // x = whole * 2^exponent; the first bit that counts is that of 2^(1 - exponent).
  Value exponent = m.subBits(m.andBits(m.shiftRight(all, 23), m.integer(0xff)), m.integer(150));
  Value first = m.subBits(exponent, m.integer(2)), shift = m.andBits(first, m.integer(63));
  Value left = m.subBits(m.integer(63), shift), isFirst = m.isZero(m.andBits(first, m.integer(64)));
  SmallVector<Value> words, window;
  for (unsigned i = 0; i < 3; ++i)
    words.push_back(m.select(isFirst, m.integer(twoOverPi[i]), m.integer(twoOverPi[i + 1])));
  for (unsigned i = 0; i < 2; ++i) {
    Value high = arith::ShLIOp::create(b, loc, words[i], shift);
    Value low = arith::ShRUIOp::create(b, loc, m.shiftRight(words[i + 1], 1), left);
    window.push_back(m.orBits(high, low));
  }
  // x 2/pi modulo 4, in units of 2^-62.
  Value product = arith::MulIOp::create(b, loc, whole, window[0]);
  Value rest = arith::MulIOp::create(b, loc, whole, m.shiftRight(window[1], 32));
  product = m.addBits(product, m.shiftRight(rest, 32));
  Value negative = m.isZero(m.andBits(m.shiftRight(all, 31), m.integer(1)));
  product = m.select(negative, product, m.subBits(m.integer(0), product));
  Value quarters = m.shiftRight(m.addBits(product, m.integer(int64_t(1) << 61)), 62);
  product = m.subBits(product, m.shiftLeft(quarters, 62));
  Value distance = arith::SIToFPOp::create(b, loc, m.constant(0).getType(), product);
  return {m.mul(distance, m.constant(M_PI_2 * 0x1p-62)), quarters};
}

/// Where any lane is beyond what two parts of pi/2 are exact enough for, and that is hardly ever, these lanes are
/// reduced by their bits.
static Quarters reduceToQuarter(OpBuilder &b, Location loc, const VectorArithmetic &m, Value x) {
  constexpr double largest = 0x1p28;
  VectorArithmetic narrow(b, loc, x.getType());
  Value wide = arith::ExtFOp::create(b, loc, m.constant(0).getType(), x);
  // Of the first part of pi/2 a product with the number of quarters is exact.
  Value rounder = m.constant(0x1.8p52), shifted = m.fma(wide, m.constant(M_2_PI), rounder);
  Value n = m.sub(shifted, rounder);
  Value rest = m.fma(n, m.constant(-0x1.921fb5p0), wide);
  Quarters near = {m.fma(n, m.constant(-0x1.110b4611a6263p-26), rest), m.bitsOf(shifted)};
  // Infinity has become NaN, as it should.
  Value magnitude = narrow.abs(x), isFar = narrow.compare(Predicate::OGE, magnitude, narrow.constant(largest));
  Value isFinite = narrow.compare(Predicate::OLT, magnitude, narrow.constant(INFINITY)), any = isFar;
  if (auto lanes = dyn_cast<VectorType>(isFar.getType())) {
    auto row = VectorType::get(lanes.getNumElements(), b.getI1Type());
    any = b.createOrFold<vector::ShapeCastOp>(loc, row, isFar);
    any = vector::ReductionOp::create(b, loc, vector::CombiningKind::OR, any);
  }
  auto choice = scf::IfOp::create(b, loc, {near.rest.getType(), near.quarters.getType()}, any, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  Quarters far = reduceByBits(b, loc, m, x);
  Value mine = arith::AndIOp::create(b, loc, isFar, isFinite);
  far = {m.select(mine, far.rest, near.rest), m.select(mine, far.quarters, near.quarters)};
  scf::YieldOp::create(b, loc, {far.rest, far.quarters});
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, loc, {near.rest, near.quarters});
  return {choice.getResult(0), choice.getResult(1)};
}

/// sin(x) if `quarters` is 0, cos(x) if it is 1: in f64, of f32.
static Value buildWave(OpBuilder &b, Location loc, Value x, int64_t quarters) {
  // (sin r / r - 1) / r^2 and (cos r - 1 + r^2/2) / r^4 in r^2 up to (pi/4)^2; relative error 4e-9 and 1e-10
  static constexpr double sine[] = {-0x1.55554596f2abbp-3, 0x1.11075f55914d2p-7, -0x1.994e5b1b5c553p-13};
  static constexpr double cosine[] = {1, -0.5, 0x1.55554ab26290bp-5, -0x1.6c0c8aaec436cp-10, 0x1.9a020a677d589p-16};
  Type type = VectorArithmetic(b, loc, x.getType()).replaceElement(b.getF64Type());
  VectorArithmetic m(b, loc, type);
  Quarters reduced = reduceToQuarter(b, loc, m, x);
  Value r = reduced.rest, square = m.mul(r, r);
  Value sin = m.fma(m.mul(r, square), m.polynomial(square, sine), r), cos = m.polynomial(square, cosine);
  Value quadrant = m.addBits(reduced.quarters, m.integer(quarters));
  Value isSine = m.isZero(m.andBits(quadrant, m.integer(1)));
  Value sign = m.shiftLeft(m.andBits(quadrant, m.integer(2)), 62);
  Value result = m.floatOf(m.xorBits(m.bitsOf(m.select(isSine, sin, cos)), sign));
  return arith::TruncFOp::create(b, loc, x.getType(), result);
}

Value rondo::buildSin(OpBuilder &b, Location loc, Value x) { return buildWave(b, loc, x, 0); }
Value rondo::buildCos(OpBuilder &b, Location loc, Value x) { return buildWave(b, loc, x, 1); }

// The arc of the point (x, y) from that of the smaller magnitude over the larger one.
Value rondo::buildAtan2(OpBuilder &b, Location loc, Value y, Value x) {
  // (atan(t) / t - 1) / t^2 in t^2 up to tan(pi/8)^2; relative error of the arc 7e-10 and 2e-21
  static constexpr double arc32[] = {-0x1.55554ap-2, 0x1.999196p-3, -0x1.23b522p-3, 0x1.b1ec32p-4, -0x1.f1ed90p-5};
  static constexpr double arc64[] = {
      -0x1.5555555555555p-2, 0x1.9999999999970p-3,  -0x1.2492492490a0cp-3, 0x1.c71c71c60cc9ep-4,  -0x1.745d1712719bfp-4,
      0x1.3b13aaf8fd151p-4,  -0x1.11108ccc1ff92p-4, 0x1.e1d2a2835a10ap-5,  -0x1.ae891181975b7p-5, 0x1.817afed82e71cp-5,
      -0x1.4c2f1c0d0b726p-5, 0x1.e51c113fb18e7p-6,  -0x1.a93ec5c0355a1p-7};
  VectorArithmetic m(b, loc, x.getType());
  bool isSingle = getElementTypeOrSelf(x.getType()).isF32();
  ArrayRef<double> arc = isSingle ? ArrayRef(arc32) : ArrayRef(arc64);
  // pi/2 and pi in two parts of the format
  double high = isSingle ? 0x1.921fb6p0 : M_PI_2, low = isSingle ? -0x1.777a5cp-25 : 0x1.1a62633145c07p-54;
  constexpr double tanPi8 = 0.41421356237309503;
  Value zero = m.constant(0), one = m.constant(1), width = m.abs(x), height = m.abs(y);
  Value isSteep = m.compare(Predicate::OGT, height, width);
  Value least = m.select(isSteep, width, height), most = m.select(isSteep, height, width);
  // Two infinities are as far from both axes, and so is no number from any; of two zeros the smaller one is nothing.
  Value isEqual = m.compare(Predicate::OEQ, least, most);
  Value t = m.select(isEqual, one, m.div(least, most));
  t = m.select(m.compare(Predicate::OEQ, most, zero), zero, t);
  // Beyond pi/8 from pi/4 downwards.
  Value isLarge = m.compare(Predicate::OGT, t, m.constant(tanPi8));
  Value u = m.select(isLarge, m.div(m.sub(t, one), m.add(t, one)), t), square = m.mul(u, u);
  Value small = m.mul(m.mul(u, square), m.polynomial(square, arc));
  auto plus = [&](double factor, Value rest) { // factor * pi/2 + rest
    return m.add(m.constant(factor * high), m.add(m.constant(factor * low), rest));
  };
  Value angle = m.add(u, small);
  angle = m.select(isLarge, plus(0.5, angle), angle);
  angle = m.select(isSteep, plus(1, m.neg(angle)), angle);
  // Also where x is the negative zero.
  Value isLeft = m.compare(Predicate::OLT, math::CopySignOp::create(b, loc, one, x), zero);
  angle = m.select(isLeft, plus(2, m.neg(angle)), angle);
  angle = math::CopySignOp::create(b, loc, angle, y);
  Value isNumber = arith::AndIOp::create(b, loc, m.compare(Predicate::ORD, x, x), m.compare(Predicate::ORD, y, y));
  return m.select(isNumber, angle, m.constant(NAN));
}
