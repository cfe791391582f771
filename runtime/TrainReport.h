// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What training tells of each step and each validation, to the log and to the event file.
#ifndef RONDO_RUNTIME_TRAINREPORT_H
#define RONDO_RUNTIME_TRAINREPORT_H

#include "runtime/Arguments.h"
#include "runtime/Evaluation.h"
#include "runtime/EventFile.h"
#include "runtime/HessianFree.h"
#include "runtime/UpdateNorm.h"

namespace rondo {

/// A step, and what its update was.
struct StepNumbers {
  int64_t number = 0;
  double loss = 0, gradientNorm = 0, updateNorm = 0, rate = 0, unitsPerSecond = 0;
  /// The seconds since the program trains.
  double seconds = 0;
  /// With the optimizer hessian_free.
  SearchNumbers search;
};

class TrainReport {
public:
  explicit TrainReport(const Model &model) : model(model) {}

  /// Opens the files that the options name, which go on where steps are behind the run.
  bool open(const Arguments &options, int64_t stepsBefore, const Call &update, Error &error);
  /// To be called around each update; norms of updates take time and are computed where a file has them.
  void beginUpdate();
  double updateNorm() const { return isComplete ? norm.value() : 0; }
  /// Adds a step, with the losses that `gradients` has computed.
  bool add(const StepNumbers &step, const Call &gradients, Error &error);
  /// Adds a validation behind a step, of which `loss` is the sum that is compared.
  bool add(int64_t step, const Evaluation &validation, double loss, Error &error);

private:
  const Model &model;
  TrainLog log;
  EventFile events;
  UpdateNorm norm;
  bool isComplete = false;
};

} // namespace rondo

#endif
