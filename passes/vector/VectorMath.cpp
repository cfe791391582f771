// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Elementary functions as arithmetic. The coefficients are minimax fits of relative error; the comments say how good.

#include "passes/vector/VectorMath.h"

#include "passes/vector/VectorArithmetic.h"

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
  /// (e^u - 1 - u) / u^2 in -(log 2)/2 .. (log 2)/2; relative error of e^u - 1 3e-10 and 3e-21
  ArrayRef<double> expM1;
  /// The same of e^-u and the signs of its powers; relative error of e^-u 3e-9 and 4e-18
  ArrayRef<double> expOfMinus;
};

constexpr double exp32[] = {0x1.00004cp-1, 0x1.55431cp-3, 0x1.56e046p-5, 0x1.01d514p-7, 0x1.f55930p-10};
constexpr double log32[] = {0x1.55557ap-1, 0x1.995eb6p-2, 0x1.31e34cp-2};
constexpr double expM1_32[] = {0x1.000000p-1, 0x1.555554p-3,  0x1.5554b2p-5,
                               0x1.11118ap-7, 0x1.6d71f8p-10, 0x1.a032c0p-13};
constexpr double expM1_64[] = {0x1.0000000000000p-1,  0x1.5555555555555p-3,  0x1.5555555555559p-5,
                               0x1.1111111111105p-7,  0x1.6c16c16c14e3bp-10, 0x1.a01a01a02093fp-13,
                               0x1.a01a01ad8e2eep-16, 0x1.71de3a3d7411fp-19, 0x1.27e4cc7cd5880p-22,
                               0x1.ae6499552ef09p-26, 0x1.1f8ab49f7a6b0p-29, 0x1.61282cce952afp-33};
constexpr double expOfMinus32[] = {0x1.fffffcp-2, -0x1.555492p-3, 0x1.5558f0p-5, -0x1.1239d4p-7, 0x1.6a2498p-10};
constexpr double expOfMinus64[] = {0x1.000000000000ap-1,  -0x1.55555555554fap-3,  0x1.555555555088cp-5,
                                   -0x1.1111111127b50p-7, 0x1.6c16c184266d7p-10,  -0x1.a01a012a832fdp-13,
                                   0x1.a0199a16e6755p-16, -0x1.71df2501e5477p-19, 0x1.28ad689d657e4p-22,
                                   -0x1.ad7fd28f60377p-26};
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
const Format single = {23,    127,   0x1.8p23, 0x1p-126,  0x1.63p-1, -0x1.bd0106p-13, -87.75,      89, 0x3F3504F3,
                       exp32, log32, erf32,    logErfc32, 3.95,      expM1_32,        expOfMinus32};
const Format twice = {52,        1023,  0x1.8p52,           0x1p-1022,   0x1.62e42feep-1, 0x1.a39ef35793c76p-33,
                      -708.75,   709.9, 0x3FE6A09E667F3BCC, exp64,       log64,           erf64,
                      logErfc64, 5.95,  expM1_64,           expOfMinus64};

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

/// exp(-|x|): the exponent has one bound, and may be rounded to the nearest, as no scale is more than 1.
static Value expOfMagnitude(const VectorArithmetic &m, const Format &format, Value magnitude) {
  Value most = m.constant(-format.low), one = m.constant(1);
  Value bounded = m.select(m.compare(Predicate::OGT, magnitude, most), most, magnitude);
  Value rounder = m.constant(format.rounder + format.bias);
  Value shifted = m.fma(bounded, m.constant(-M_LOG2E), rounder), n = m.sub(shifted, rounder);
  Value u = m.fma(n, m.constant(format.logHigh), bounded);
  u = m.fma(n, m.constant(format.logLow), u);
  Value power = m.fma(m.fma(m.polynomial(u, format.expOfMinus), u, m.constant(-1)), u, one);
  return m.mul(power, m.floatOf(m.shiftLeft(m.bitsOf(shifted), format.mantissa)));
}

static Value expOf(const VectorArithmetic &m, const Format &format, Value x) {
  // Of exp(-y) the bounds change sides, and the sign costs nothing in the products that follow.
  auto negated = x.getDefiningOp<arith::NegFOp>();
  if (auto magnitude = negated ? negated.getOperand().getDefiningOp<math::AbsFOp>() : nullptr)
    return expOfMagnitude(m, format, magnitude);
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

Value rondo::buildExpM1(OpBuilder &b, Location loc, Value x) {
  VectorArithmetic m(b, loc, x.getType());
  const Format &format = formatOf(x.getType());
  // Below, the result is -1; above, infinite. By half of 2^n no scale is infinite before the result is.
  Value bounded = m.clamp(x, format.mantissa * -0.75, (format.bias + 1.4) * M_LN2);
  Value rounder = m.constant(format.rounder + format.bias - 1);
  Value shifted = m.fma(bounded, m.constant(M_LOG2E), rounder), n = m.sub(shifted, rounder);
  Value u = m.fma(n, m.constant(-format.logHigh), bounded);
  u = m.fma(n, m.constant(-format.logLow), u);
  Value power = m.fma(m.mul(u, u), m.polynomial(u, format.expM1), u);
  Value half = m.floatOf(m.shiftLeft(m.bitsOf(shifted), format.mantissa)); // 2^(n - 1)
  Value result = m.fma(half, power, m.sub(half, m.constant(0.5)));
  // Half of the smallest numbers would count as zero; of small ones the result is x.
  Value isSmall = m.compare(Predicate::OLT, m.abs(x), m.constant(std::ldexp(1.0, -int(format.mantissa) - 2)));
  return m.select(isSmall, x, m.add(result, result));
}

Value rondo::buildFloor(OpBuilder &b, Location loc, Value x) {
  VectorArithmetic m(b, loc, x.getType());
  // From 2^mantissa on there are no fractions, and below it to add that number rounds to the nearest integer.
  Value magnitude = m.abs(x), whole = m.constant(std::ldexp(1.0, formatOf(x.getType()).mantissa));
  Value nearest = math::CopySignOp::create(b, loc, m.sub(m.add(magnitude, whole), whole), x);
  Value below = m.sub(nearest, m.constant(1));
  Value floor = m.select(m.compare(Predicate::OGT, nearest, x), below, nearest);
  return m.select(m.compare(Predicate::OLT, magnitude, whole), floor, x);
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
