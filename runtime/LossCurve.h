// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loss over the steps of a run, as much of it as a picture shows: means of equally many steps, which are joined two
// by two when there are too many, and validations, of which every second one is left out then. What it holds depends on
// the losses alone, so that a run that goes on from a checkpoint comes to the same one.
#ifndef RONDO_RUNTIME_LOSSCURVE_H
#define RONDO_RUNTIME_LOSSCURVE_H

#include "runtime/Checkpoint.h"

namespace rondo {

class LossCurve {
public:
  struct Point {
    double step, loss;
  };

  /// Adds the loss of the step behind those so far; of the first one says what came before it.
  void add(int64_t step, double loss);
  void addValidation(int64_t step, double loss);

  /// Each mean at the middle of its steps; the last one may be of fewer steps.
  List<Point> training() const;
  const List<Point> &validation() const { return validations; }

  /// What checkpoints hold, and back. Errors: a text that this does not write.
  void appendTo(List<Setting> &settings) const;
  bool read(const Checkpoint &from, const char *path, Error &error);

private:
  static constexpr size_t most = 512;

  int64_t first = 0, width = 1, open = 0, every = 1, seen = 0;
  double sum = 0;
  List<float> means;
  /// Those whose number is a multiple of `every`, and the last one.
  List<Point> validations;
};

} // namespace rondo

#endif
