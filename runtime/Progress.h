// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The progress line of training, and the clock.
#ifndef RONDO_RUNTIME_PROGRESS_H
#define RONDO_RUNTIME_PROGRESS_H

#include <cstdint>

namespace rondo {

/// Seconds of a clock that only goes forward.
double now();

/// Shows step, loss, units per second and time left on standard output: on a terminal one line, rewritten several
/// times a second; elsewhere a line for every twentieth part of the steps or every ten seconds.
class Progress {
public:
  /// `before`: the steps that were done before; `unitsPerStep`: what a step trains on, counted in `unit`
  /// (Model::unit()).
  Progress(int64_t before, int64_t steps, int64_t unitsPerStep, const char *unit);

  /// Reports step `step` (from before + 1) with its loss, and what that is the sum of: "  a 1.2345".
  void step(int64_t step, double loss, const char *parts);
  /// Ends the line on a terminal, so that other text may follow.
  void finish();

private:
  void show(int64_t step, double loss, const char *parts, double time);

  int64_t before, steps, unitsPerStep;
  const char *unit;
  double began, lastTime;
  bool terminal, open = false;
};

} // namespace rondo

#endif
