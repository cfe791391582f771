// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finite differences.
#include "runtime/FiniteDifference.h"

#include <cfloat>
#include <cmath>

using namespace rondo;

double rondo::centralDifference(const Curve &curve, double h) {
  double near = curve.at(h) - curve.at(-h), far = curve.at(2 * h) - curve.at(-2 * h);
  return (8 * near - far) / (12 * h);
}

double rondo::roundingNoise(const Curve &curve, double h) {
  return 4 * DBL_EPSILON * (std::fabs(curve.value) + DBL_MIN) / h;
}

/// Whether second differences at h and h / 4 shrink by 16, as those of a smooth function; at a kink it is less or far
/// more.
static bool isSmooth(const Curve &curve, double h) {
  double wide = curve.at(h) - 2 * curve.value + curve.at(-h);
  double narrow = curve.at(h / 4) - 2 * curve.value + curve.at(-h / 4);
  return std::fabs(wide - 16 * narrow) <= 0.25 * std::fabs(wide) + 512 * DBL_EPSILON * std::fabs(curve.value);
}

Verdict rondo::judge(const Curve &curve, double h, double claim, double tolerance, double scale, double &numeric) {
  double step = h;
  for (int i = 0; i < 5; ++i) {
    step /= 4;
    double noise = roundingNoise(curve, step);
    if (noise > 1e-5 * scale)
      break;
    double estimate = centralDifference(curve, step), error = std::fabs(claim - estimate);
    if (error <= tolerance && isSmooth(curve, h)) {
      numeric = estimate;
      return Verdict::Agrees;
    }
    if (error <= tolerance + 2 * noise && !isSmooth(curve, h))
      return Verdict::KinkNearby;
  }
  double right = (4 * curve.at(step) - 3 * curve.value - curve.at(2 * step)) / (2 * step);
  double left = (curve.at(-2 * step) + 3 * curve.value - 4 * curve.at(-step)) / (2 * step);
  double slack = tolerance + 1e-4 * scale;
  bool sidesDiffer = std::fabs(right - left) > 1e-3 * scale;
  if (sidesDiffer && claim >= std::fmin(left, right) - slack && claim <= std::fmax(left, right) + slack)
    return Verdict::KinkHere;
  return Verdict::Differs;
}
