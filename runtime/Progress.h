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

/// Shows step, loss, tokens/s and time left on standard output: on a terminal one line, rewritten several times a
/// second; elsewhere a line for every twentieth part of the steps or every ten seconds.
class Progress {
public:
  /// `tokensPerStep`: positions of the batch in a step.
  Progress(int64_t steps, int64_t tokensPerStep);

  /// Reports step `step` (from 1) with its loss.
  void step(int64_t step, double loss);
  /// Ends the line on a terminal, so that other text may follow.
  void finish();

private:
  void show(int64_t step, double loss, double time);

  int64_t steps, tokensPerStep;
  double began, lastTime;
  bool terminal, open = false;
};

} // namespace rondo

#endif
