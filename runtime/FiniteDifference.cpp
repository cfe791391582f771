// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finite differences.
#include "runtime/FiniteDifference.h"

#include <cfloat>
#include <cmath>

using namespace rondo;

double rondo::measureNoise(const Curve &curve) {
  constexpr int points = 9, middle = points / 2, order = 4;
  double difference[points];
  for (int i = 0; i < points; ++i)
    difference[i] = curve.at((i - middle) * 0x1p-36);
  for (int level = 1; level <= order; ++level)
    for (int i = 0; i + level < points; ++i)
      difference[i] = difference[i + 1] - difference[i];
  double square = 0;
  for (int i = 0; i < points - order; ++i)
    square += difference[i] * difference[i];
  // The variance of a fourth difference of independent values is 1 + 16 + 36 + 16 + 1 times theirs.
  double deviation = std::sqrt(square / (points - order) / 70), last = DBL_EPSILON * std::fabs(curve.value) + DBL_MIN;
  return deviation > last ? deviation : last;
}

namespace {

constexpr int widest = 2, usual = 8, narrowest = 34;

/// What the steps 2^-k, 2^-(k+1) and 2^-(k+2) say about the derivative.
struct Estimate {
  /// Whether successive extrapolations agree.
  bool agrees = false;
  double derivative = 0;
  /// How far it may be off: what rounding makes of it, and what the extrapolations differ by.
  double rounding = 0, doubt = 0;
  /// By how much the derivative of the right side is more than that of the left one.
  double jump = 0;
};

/// Values of the curve at both sides of the point, each computed once.
class Stencil {
public:
  explicit Stencil(const Curve &curve) : curve(curve) {}

  Estimate estimate(int k, const Measure &measure) {
    double slope[3], bend[3];
    for (int i = 0; i < 3; ++i) {
      double h = std::ldexp(1, -(k + i));
      Pair pair = values(k + i);
      slope[i] = (pair.right - pair.left) / (2 * h);
      bend[i] = (pair.right - 2 * curve.value + pair.left) / h;
    }
    double wide = (4 * slope[1] - slope[0]) / 3, narrow = (4 * slope[2] - slope[1]) / 3;
    Estimate result;
    result.derivative = (16 * narrow - wide) / 15;
    result.rounding = 4 * measure.noise * std::ldexp(1, k + 2);
    double apart = std::fabs(narrow - wide);
    result.agrees = std::isfinite(apart) && apart <= result.rounding + measure.tolerance * measure.scale / 2;
    result.doubt = result.rounding + apart;
    // Of a smooth function these vanish as h and h^3; what does not vanish is a kink.
    result.jump = (8 * (2 * bend[2] - bend[1]) - (2 * bend[1] - bend[0])) / 7;
    return result;
  }

  /// The size of the values nearby.
  double size() const {
    double largest = std::fabs(curve.value);
    for (int k = usual; k < usual + 3; ++k)
      if (known[k] && std::isfinite(pairs[k].left - pairs[k].right))
        largest = std::fmax(largest, std::fmax(std::fabs(pairs[k].left), std::fabs(pairs[k].right)));
    return largest + DBL_MIN / DBL_EPSILON;
  }

private:
  struct Pair {
    double left, right;
  };
  Pair values(int k) {
    if (!known[k]) {
      double h = std::ldexp(1, -k);
      pairs[k] = {curve.at(-h), curve.at(h)};
      known[k] = true;
    }
    return pairs[k];
  }

  const Curve &curve;
  Pair pairs[narrowest + 3];
  bool known[narrowest + 3] = {};
};

class Judge {
public:
  Judge(const Curve &curve, double claim, const Measure &measure)
      : stencil(curve), claim(claim), measure(measure), allowed(measure.tolerance * measure.scale) {}

  Judgement run() {
    // Narrower until the extrapolations agree with the claim, or twice against it, or rounding hides what matters.
    int k = usual;
    for (; k <= narrowest && (!found || (doubted() && !(agreeing && refuted()))); ++k)
      if (!look(k) && k >= usual + 6 && 4 * measure.noise * std::ldexp(1, k + 2) > 0.01 * measure.scale)
        break;
    // Wider, where rounding is more than the tolerance and nothing else disturbs.
    for (k = (found ? firstFound : usual) - 1; k >= widest && !(found && best.rounding <= allowed); --k)
      if (!look(k) && found)
        break;
    return verdict();
  }

private:
  /// Takes one more estimate. Returns whether its extrapolations agree, and it with a wider one before it.
  bool look(int k) {
    Estimate estimate = stencil.estimate(k, measure);
    if (!estimate.agrees)
      return false;
    double apart = std::fabs(estimate.derivative - best.derivative);
    bool consistent = found && apart <= allowed + best.doubt + estimate.doubt;
    if (found && !consistent && k < firstFound)
      return false;
    agreeing = consistent ? agreeing + 1 : 0;
    if (!consistent || estimate.doubt < best.doubt || (doubted() && near(estimate.derivative, allowed)))
      best = estimate;
    if (!consistent)
      firstFound = k;
    found = true;
    return true;
  }

  bool near(double derivative, double slack) const { return std::fabs(claim - derivative) <= slack; }
  double slack() const { return allowed + 2 * best.doubt; }
  bool doubted() const { return !near(best.derivative, slack()); }
  /// Many small kinks look like a smooth curve of another slope, but only nearly: what is wrong is off by more.
  bool refuted() const { return !near(best.derivative, allowed + 32 * best.doubt); }

  Judgement verdict() const {
    if (!found)
      return {};
    Judgement right{Verdict::Right, best.derivative};
    // Within rounding a zero is confirmed; anything else must be seen well enough to be told from another value.
    bool seen = best.doubt <= 0.05 * measure.scale;
    bool zero = near(0, best.doubt) && std::fabs(best.derivative) <= best.doubt && best.doubt <= 1e-6 * stencil.size();
    if (!doubted())
      return seen || zero ? right : Judgement{};
    if (std::fabs(best.jump) > 16 * best.rounding + 4 * slack()) {
      double half = best.jump / 2;
      if (near(best.derivative - half, slack()) || near(best.derivative + half, slack()))
        return {Verdict::Right, claim};
      if (near(best.derivative, std::fabs(half)))
        return {};
    }
    return agreeing && refuted() ? Judgement{Verdict::Wrong, best.derivative} : Judgement{};
  }

  Stencil stencil;
  double claim;
  const Measure &measure;
  double allowed;
  Estimate best;
  bool found = false;
  /// The widest step of those that agree with each other, and how many agree with it.
  int firstFound = 0, agreeing = 0;
};

} // namespace

bool rondo::confirms(const Curve &curve, double claim, const Measure &measure, double &numeric) {
  constexpr double h = 0x1p-13;
  numeric = (curve.at(h) - curve.at(-h)) / (2 * h);
  return measure.scale > 0 && std::fabs(numeric - claim) <= measure.tolerance * measure.scale / 2;
}

Judgement rondo::judge(const Curve &curve, double claim, const Measure &measure) {
  return Judge(curve, claim, measure).run();
}
