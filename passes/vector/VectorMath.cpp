// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Elementary functions as arithmetic. The coefficients are minimax fits of relative error; the comments say how good.

#include "passes/vector/VectorMath.h"

#include "passes/vector/VectorArithmetic.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;
using Predicate = arith::CmpFPredicate;

namespace {

/// What the functions need to know about a binary format.
struct Format {
  int64_t mantissa, bias; // bits of the mantissa, bias of the exponent
  double rounder;         // 1.5 * 2^mantissa: to add it rounds to an integer, which the low bits then hold
  double minimum;         // the smallest normal number
  double logHigh, logLow; // log 2 in two parts; a multiple of the first by any exponent is exact
  double low, high;       // below and above these exp is 0 and infinite
  int64_t rootHalf;       // the bits of sqrt(1/2)
  /// (e^u - 1 - u) / u^2 in 0 .. log 2; relative error of e^u 3e-9 and 4e-18
  ArrayRef<double> exp;
  /// (2 atanh(s) / s - 2) / s^2 in s^2 up to (sqrt 2 - 1)^4; relative error of the logarithm 8e-10 and 1e-18
  ArrayRef<double> log;
  /// erf(x) / x in x^2 up to 1; relative error of erf 2e-9 and 8e-18
  ArrayRef<double> erf;
  /// log(1 - erf(x)) in x - 1, for x from 1 to where erf rounds to 1; absolute error of erf 2e-9 and 2e-18
  ArrayRef<double> logErfc;
  double erfIsOne; // from here on erf is 1
};

constexpr double exp32[] = {0x1.00004cp-1, 0x1.55431cp-3, 0x1.56e046p-5, 0x1.01d514p-7, 0x1.f55930p-10};
constexpr double log32[] = {0x1.55557ap-1, 0x1.995eb6p-2, 0x1.31e34cp-2};
constexpr double exp64[] = {0x1.ffffffffffe28p-2,  0x1.55555555603aep-3,  0x1.5555555231665p-5,  0x1.1111118bf7624p-7,
                            0x1.6c16aade6581ep-10, 0x1.a01ca42e710f3p-13, 0x1.9fe6a831a28b6p-16, 0x1.74664672646a2p-19,
                            0x1.1410cfdf2000dp-22, 0x1.2d3ca0ef2621ap-25};
constexpr double log64[] = {0x1.5555555555592p-1, 0x1.999999997fd77p-2, 0x1.24924941f4fe6p-2, 0x1.c71c5206067bbp-3,
                            0x1.74663fa248825p-3, 0x1.39a1a6f78d28ep-3, 0x1.2f0634621258cp-3};
constexpr double erf32[] = {0x1.20dd76p+0, -0x1.81273ep-2,  0x1.ce2cf8p-4, -0x1.b7f90ep-6,
                            0x1.5405b2p-8, -0x1.a3f700p-11, 0x1.496a30p-14};
constexpr double erf64[] = {0x1.20dd750429b6dp+0,   -0x1.812746b0379bdp-2,  0x1.ce2f21a040d16p-4,
                            -0x1.b82ce311fa950p-6,  0x1.565bccf92b559p-8,   -0x1.c02db03ddcb70p-11,
                            0x1.f9a2baa9811b8p-14,  -0x1.f4ca4d76c9129p-17, 0x1.b97fd420fcc57p-20,
                            -0x1.5c07289236019p-23, 0x1.d71b19dcbc05dp-27,  -0x1.abae67a084389p-31};
constexpr double logErfc32[] = {-0x1.d97fc0p+0, -0x1.51c9aap+1,  -0x1.afad34p-1, -0x1.53f93ep-5,
                                0x1.441ac2p-7,  -0x1.deb75cp-10, 0x1.852c68p-13};
constexpr double logErfc64[] = {
    -0x1.d97fbf27aa2a1p+0,  -0x1.51c9b0006c236p+1,  -0x1.afabc11a295f4p-1,  -0x1.5477f09c0368bp-5,
    0x1.48c9d3eb1e286p-7,   -0x1.033f65b0107c1p-9,  0x1.f1b3897dd283dp-13,  0x1.b8de9d26912f4p-16,
    -0x1.c7a77fd44adffp-16, 0x1.426bd4df6d05ep-17,  -0x1.1475464609666p-19, 0x1.32d35d05e0c78p-23,
    0x1.a2f55dcb362b0p-24,  -0x1.beff6e25d6defp-25, 0x1.002c879b3e8cdp-26,  -0x1.89a01eecfe7d9p-29,
    0x1.94e30a3760fe0p-32,  -0x1.faeb9eea416eep-36, 0x1.2479c8777e37bp-40};

// The bound below is where the scale 2^n becomes zero, the one above where it becomes infinite.
const Format single = {23, 127,        0x1.8p23, 0x1p-126, 0x1.63p-1, -0x1.bd0106p-13, -87.75,
                       89, 0x3F3504F3, exp32,    log32,    erf32,     logErfc32,       3.95};
const Format twice = {52,        1023,  0x1.8p52,           0x1p-1022, 0x1.62e42feep-1, 0x1.a39ef35793c76p-33,
                      -708.75,   709.9, 0x3FE6A09E667F3BCC, exp64,     log64,           erf64,
                      logErfc64, 5.95};

const Format &formatOf(Type type) { return getElementTypeOrSelf(type).isF32() ? single : twice; }

/// log(2^e (1 + f)), f from sqrt(1/2) - 1 to sqrt(2) - 1; `e` is a float.
Value combineLog(const VectorArithmetic &m, const Format &format, Value e, Value f) {
  Value s = m.div(f, m.add(m.constant(2), f));
  Value square = m.mul(s, s);
  Value series = m.mul(square, m.polynomial(square, format.log));
  // log(1 + f) = f - f^2/2 + s (f^2/2 + series): the small parts are summed up first.
  Value half = m.mul(m.mul(m.constant(0.5), f), f);
  Value small = m.fma(s, m.add(half, series), m.mul(e, m.constant(format.logLow)));
  return m.fma(e, m.constant(format.logHigh), m.sub(f, m.sub(half, small)));
}

/// The logarithm `found` of x with its special values: log 0, of negative numbers, of infinity and of NaN.
Value finishLog(const VectorArithmetic &m, const Format &format, Value x, Value found) {
  Value least = m.constant(format.minimum), infinity = m.constant(INFINITY);
  Value special = m.select(m.compare(Predicate::OLT, m.abs(x), least), m.constant(-INFINITY), m.constant(NAN));
  found = m.select(m.compare(Predicate::OEQ, x, infinity), infinity, found);
  return m.select(m.compare(Predicate::OGE, x, least), found, special);
}

/// x = 2^exponent * mantissa, the mantissa from sqrt(1/2) to sqrt(2).
struct Parts {
  Value exponent, mantissa, exponentBits;
};
Parts takeApart(const VectorArithmetic &m, const Format &format, Value x) {
  // Counted from sqrt(1/2), the exponent's bits are those of the number that is wanted, and always positive here: a
  // shift of the sign would have no vector instruction for f64.
  Value root = m.integer(format.rootHalf);
  Value distance = m.addBits(m.subBits(m.bitsOf(x), root), m.integer(format.bias << format.mantissa));
  Value exponentBits = m.shiftRight(distance, format.mantissa);
  Value mask = m.integer((int64_t(1) << format.mantissa) - 1);
  Value mantissa = m.floatOf(m.addBits(m.andBits(distance, mask), root));
  // An integer below 2^mantissa in the low bits of `rounder` is that number added to it.
  Value shifted = m.floatOf(m.addBits(exponentBits, m.bitsOf(m.constant(format.rounder))));
  return {m.sub(shifted, m.constant(format.rounder + format.bias)), mantissa, exponentBits};
}

} // namespace

static Value expOf(const VectorArithmetic &m, const Format &format, Value x) {
  // Of exp(-y) the bounds change sides, and the sign costs nothing in the products that follow.
  auto negated = x.getDefiningOp<arith::NegFOp>();
  x = negated ? m.neg(m.clamp(negated.getOperand(), -format.high, -format.low)) : m.clamp(x, format.low, format.high);
  Value rounder = m.constant(format.rounder + format.bias);
  Value shifted = m.add(m.fma(x, m.constant(M_LOG2E), m.constant(-0.5)), rounder);
  Value n = m.sub(shifted, rounder);
  Value u = m.fma(n, m.constant(-format.logHigh), x);
  u = m.fma(n, m.constant(-format.logLow), u);
  Value one = m.constant(1);
  Value power = m.fma(m.fma(m.polynomial(u, format.exp), u, one), u, one);
  // The low bits of `shifted` are n + bias: as an exponent, 2^n, and at the bounds zero and infinity.
  return m.mul(power, m.floatOf(m.shiftLeft(m.bitsOf(shifted), format.mantissa)));
}

Value rondo::buildExp(OpBuilder &b, Location loc, Value x) {
  return expOf(VectorArithmetic(b, loc, x.getType()), formatOf(x.getType()), x);
}

static Value logOf(const VectorArithmetic &m, const Format &format, Value x) {
  Parts parts = takeApart(m, format, x);
  Value f = m.sub(parts.mantissa, m.constant(1));
  return finishLog(m, format, x, combineLog(m, format, parts.exponent, f));
}

Value rondo::buildLog(OpBuilder &b, Location loc, Value x) {
  return logOf(VectorArithmetic(b, loc, x.getType()), formatOf(x.getType()), x);
}

Value rondo::buildLog1p(OpBuilder &b, Location loc, Value x) {
  VectorArithmetic m(b, loc, x.getType());
  const Format &format = formatOf(x.getType());
  Value one = m.constant(1), sum = m.add(one, x);
  Parts parts = takeApart(m, format, sum);
  // (1 + x) / 2^e - 1 without the rounding of 1 + x, which is what is left of a small x. 2^-e is 0 for the largest x,
  // where there is nothing to save.
  Value scaleBits = m.subBits(m.integer(2 * format.bias), parts.exponentBits);
  Value scale = m.floatOf(m.shiftLeft(scaleBits, format.mantissa));
  Value large = m.compare(Predicate::OGT, x, m.constant(format.rounder));
  Value f = m.select(large, m.sub(parts.mantissa, one), m.fma(x, scale, m.sub(scale, one)));
  return finishLog(m, format, sum, combineLog(m, format, parts.exponent, f));
}

/// 1 - 2 / (exp(2 |x|) + 1) and, for small x, where that cancels, a rational function of relative error 4e-19.
static Value buildTanhByExp(OpBuilder &b, Location loc, Value x) {
  static constexpr double numerator[] = {-0x1.5555555555554p-2, -0x1.4fd73d6bdf72cp-6, -0x1.a1a426a8d22b6p-13};
  static constexpr double denominator[] = {1, 0x1.d891f51dd3742p-2, 0x1.7d96fc170bbb2p-6, 0x1.b11005da0c145p-13};
  VectorArithmetic m(b, loc, x.getType());
  Value one = m.constant(1), magnitude = m.abs(x);
  Value power = buildExp(b, loc, m.add(magnitude, magnitude));
  Value large = m.sub(one, m.div(m.constant(2), m.add(power, one)));
  large = math::CopySignOp::create(b, loc, large, x);
  Value square = m.mul(x, x);
  Value quotient = m.div(m.polynomial(square, numerator), m.polynomial(square, denominator));
  Value small = m.fma(m.mul(x, square), quotient, x);
  return m.select(m.compare(Predicate::OLT, magnitude, m.constant(0.6)), small, large);
}

Value rondo::buildTanh(OpBuilder &b, Location loc, Value x, bool fma) {
  if (!fma || getElementTypeOrSelf(x.getType()).isF64())
    return buildTanhByExp(b, loc, x);
  // x P(x^2) / Q(x^2) up to where the result is 1; relative error 2e-8
  static constexpr double numerator[] = {1, 0x1.120440p-3, 0x1.c9f848p-9, 0x1.59553ep-16, 0x1.c9a36ap-27};
  static constexpr double denominator[] = {1, 0x1.de5768p-2, 0x1.a7df1ep-6, 0x1.5841c6p-12, 0x1.a0b824p-21};
  VectorArithmetic m(b, loc, x.getType());
  x = m.clamp(x, -9.02, 9.02);
  Value square = m.mul(x, x);
  return m.div(m.mul(x, m.polynomial(square, numerator)), m.polynomial(square, denominator));
}

Value rondo::buildErf(OpBuilder &b, Location loc, Value x) {
  VectorArithmetic m(b, loc, x.getType());
  const Format &format = formatOf(x.getType());
  Value one = m.constant(1), magnitude = m.abs(x), square = m.mul(x, x);
  Value small = m.mul(x, m.polynomial(square, format.erf));
  Value distance = m.sub(m.clamp(magnitude, 1, format.erfIsOne), one);
  Value large = m.sub(one, buildExp(b, loc, m.polynomial(distance, format.logErfc)));
  large = math::CopySignOp::create(b, loc, large, x);
  return m.select(m.compare(Predicate::OLT, magnitude, one), small, large);
}

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
  Value rounder = m.constant(twice.rounder), shifted = m.fma(wide, m.constant(M_2_PI), rounder);
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

/// x to the power of halves / 2, by products and a root that round once each.
static Value buildHalfPower(OpBuilder &b, Location loc, Value x, int64_t halves) {
  VectorArithmetic m(b, loc, x.getType());
  // Of a negative exponent the factors are inverses: their product is infinite or zero only where the power is.
  auto factor = [&](Value value) { return halves < 0 ? m.div(m.constant(1), value) : value; };
  Value power = halves % 2 != 0 ? factor(math::SqrtOp::create(b, loc, x)) : m.constant(1), base;
  for (int64_t i = 0; i < std::abs(halves) / 2; ++i) {
    base = base ? base : factor(x);
    power = i == 0 && halves % 2 == 0 ? base : m.mul(power, base);
  }
  return power;
}

/// x to the power of y, of f32, by logarithm and exponential function in f64.
static Value buildPowByExp(OpBuilder &b, Location loc, Value x, Value y) {
  // No more terms than f32 needs, where the exponent is at most 89: relative errors 3e-9 and 5e-12.
  static constexpr double log[] = {0x1.555554fde2d86p-1, 0x1.999a7a1a2c12cp-2, 0x1.2438f15e71923p-2,
                                   0x1.e2f2d41f1620dp-3};
  Format format = twice;
  format.exp = exp32;
  format.log = log;
  Type narrowType = x.getType();
  VectorArithmetic narrow(b, loc, narrowType);
  Type wide = narrow.replaceElement(b.getF64Type());
  VectorArithmetic m(b, loc, wide);
  x = arith::ExtFOp::create(b, loc, wide, x);
  y = arith::ExtFOp::create(b, loc, wide, y);
  // A larger exponent gives no other result, and of one below 2^51 it is easy to see whether it is whole and odd.
  y = m.clamp(y, -0x1p40, 0x1p40);
  Value zero = m.constant(0), one = m.constant(1), rounder = m.constant(twice.rounder);
  Value power = expOf(m, format, m.mul(y, logOf(m, format, m.abs(x))));
  Value shifted = m.add(y, rounder);
  Value whole = m.compare(Predicate::OEQ, m.sub(shifted, rounder), y);
  Value sign = m.shiftLeft(m.andBits(m.bitsOf(shifted), m.integer(1)), 63);
  Value signedPower = m.floatOf(m.xorBits(m.bitsOf(power), sign));
  Value negative = m.compare(Predicate::OLT, x, zero);
  power = m.select(negative, m.select(whole, signedPower, m.constant(NAN)), power);
  power = m.select(m.compare(Predicate::OEQ, y, zero), one, power);
  return arith::TruncFOp::create(b, loc, narrowType, power);
}

/// The one number that all lanes of `value` have, if it is a constant.
static std::optional<double> constantOf(Value value) {
  if (auto repeated = value.getDefiningOp<vector::BroadcastOp>())
    value = repeated.getSource();
  FloatAttr number;
  if (DenseFPElementsAttr elements; matchPattern(value, m_Constant(&elements)) && elements.isSplat())
    return elements.getSplatValue<APFloat>().convertToDouble();
  if (matchPattern(value, m_Constant(&number)))
    return number.getValueAsDouble();
  return std::nullopt;
}

Value rondo::buildPow(OpBuilder &b, Location loc, Value x, Value y) {
  constexpr double mostHalves = 6;
  if (std::optional<double> exponent = constantOf(y))
    if (double halves = 2 * *exponent; std::abs(halves) <= mostHalves && halves == std::floor(halves))
      return buildHalfPower(b, loc, x, int64_t(halves));
  return getElementTypeOrSelf(x.getType()).isF32() ? buildPowByExp(b, loc, x, y) : Value();
}
