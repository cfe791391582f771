// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The judgement on a claimed derivative by values of the function: Richardson's extrapolation of central differences,
// with steps that adapt. What rounding and kinks leave open is undecided, which is not wrong.
#ifndef RONDO_RUNTIME_FINITEDIFFERENCE_H
#define RONDO_RUNTIME_FINITEDIFFERENCE_H

namespace rondo {

/// A function of one variable near a point, with its value there.
struct Curve {
  double (*evaluate)(void *context, double offset);
  void *context;
  double value;

  double at(double offset) const { return evaluate(context, offset); }
};

/// About how far rounding throws off one value: by the fourth differences of values so near to each other that nothing
/// else is left in them (Hamming), but no less than a unit in the last place.
double measureNoise(const Curve &curve);

enum class Verdict {
  Right,
  Wrong,
  /// No two steps agree on the derivative as closely as it takes: a kink is near, the curvature is strong, or rounding
  /// hides it.
  Undecided
};

struct Judgement {
  Verdict verdict = Verdict::Undecided;
  /// The derivative, where it is not undecided.
  double numeric = 0;
};

/// What the derivatives of one parameter are held to.
struct Measure {
  /// The size of derivatives that matter.
  double scale = 0;
  /// The largest difference, relative to the scale.
  double tolerance = 1e-6;
  /// measureNoise() of the function.
  double noise = 0;
};

/// Whether a central difference alone confirms the claim to the tolerance: two values, which do for most. `numeric` is
/// set in any case. False is no judgement.
bool confirms(const Curve &curve, double claim, const Measure &measure, double &numeric);

/// Judges a claimed derivative. Steps run from 2^-2 to 2^-36, those about 2^-8 first. At a kink of the function at the
/// point itself the derivatives of both sides and their mean are right. A claim that is off by less than rounding lets
/// see is right: so is a zero that the values confirm.
Judgement judge(const Curve &curve, double claim, const Measure &measure);

} // namespace rondo

#endif
