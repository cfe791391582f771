// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loss as a function of one number: how far a parameter is moved along a direction.
#ifndef RONDO_RUNTIME_PROBE_H
#define RONDO_RUNTIME_PROBE_H

#include "runtime/FiniteDifference.h"
#include "runtime/RandomCall.h"

namespace rondo {

/// The entries of a parameter from `begin` to before `end`, each moved up or down as `signs` draws it, by as much that
/// the whole way has the length of the offset. One entry alone is moved up.
struct Direction {
  int64_t begin, end;
  Random signs;

  double step(int64_t i) const;
  /// The derivative along it of what has this gradient.
  double slope(const Buffer &gradient) const;
};

/// Moves the double values of one parameter, and has them as they were at its end.
class Probe {
public:
  /// `base` is the loss where nothing is moved.
  Probe(RandomCall &loss, const Parameter &parameter, double base);
  Probe(const Probe &) = delete;
  Probe &operator=(const Probe &) = delete;
  ~Probe();

  /// Entries of the parameter.
  int64_t count() const { return static_cast<int64_t>(kept.size()); }

  /// The loss along a direction; valid until the next one is asked for.
  Curve along(const Direction &direction);

private:
  static double evaluate(void *context, double offset);
  /// The values, to write to.
  double *values() const;
  void move(double offset) const;

  RandomCall &loss;
  const Parameter &parameter;
  double base;
  /// The values at the beginning, and how far each is moved for an offset of 1.
  List<double> kept, steps;
  Direction direction{0, 0, Random(0, uint64_t(0))};
};

} // namespace rondo

#endif
