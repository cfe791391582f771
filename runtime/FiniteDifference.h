// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derivatives of a function of one variable from its values, and the judgement on a claimed derivative.
#ifndef RONDO_RUNTIME_FINITEDIFFERENCE_H
#define RONDO_RUNTIME_FINITEDIFFERENCE_H

namespace rondo {

/// A function of one variable near `x`, with its value there.
struct Curve {
  double (*evaluate)(void *context, double x);
  void *context;
  double x, value;

  double at(double offset) const { return evaluate(context, x + offset); }
};

/// The derivative at x from four values, x - 2h .. x + 2h; exact for polynomials of degree four.
double centralDifference(const Curve &curve, double h);

/// About how far rounding throws centralDifference() off.
double roundingNoise(const Curve &curve, double h);

enum class Verdict {
  /// The claim is the derivative.
  Agrees,
  /// There is a kink (ReLU, abs, max) between the points of the wide stencil; narrower ones confirm the claim.
  KinkNearby,
  /// The function has a kink at x itself, and the claim lies between the derivatives of its two sides.
  KinkHere,
  Differs
};

/// Judges a claim that differs from centralDifference() with step h by more than `tolerance`, with narrower steps.
/// `scale` is the size of derivatives that matter. Where the verdict is Agrees, `numeric` gets the better estimate.
Verdict judge(const Curve &curve, double h, double claim, double tolerance, double scale, double &numeric);

} // namespace rondo

#endif
