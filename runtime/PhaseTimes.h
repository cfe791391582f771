// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the time of training goes: the clock is read where one phase ends and another begins, a few times in a step.
#ifndef RONDO_RUNTIME_PHASETIMES_H
#define RONDO_RUNTIME_PHASETIMES_H

#include <cstdint>

namespace rondo {

/// Bringing the windows to their buffers; the entries train_grad and update, with the look for numbers that are not
/// finite behind them; what the optimizer hessian_free does between them; validations; weights and checkpoints; logs
/// and what is printed.
enum class Phase { Data, Gradients, Search, Update, Validation, Weights, Logs };

class PhaseTimes {
public:
  static constexpr int count = static_cast<int>(Phase::Logs) + 1;

  PhaseTimes();
  /// Ends the phase before. Returns the time of now.
  double enter(Phase phase);
  /// The seconds since this began, with the phase of data.
  double total() const { return last - began; }
  /// Prints a line with the parts of the time: "time 12.3 s, 500 steps: gradients 91.2 %, ..."
  void print(int64_t steps);

private:
  double began, last, seconds[count] = {};
  Phase current = Phase::Data;
};

} // namespace rondo

#endif
