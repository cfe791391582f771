// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What training tells of its steps.
#include "runtime/TrainReport.h"

using namespace rondo;

bool TrainReport::open(const Arguments &options, int64_t stepsBefore, const Call &update, Error &error) {
  const char *logPath = options.text("--log"), *folder = options.text("--tensorboard");
  if ((logPath && !log.open(logPath, model, stepsBefore, error)) ||
      (folder && !events.open(folder, stepsBefore, error)))
    return false;
  isComplete = events.isOpen() || (log.isOpen() && log.isComplete());
  if (isComplete)
    norm.open(update);
  return true;
}

void TrainReport::beginUpdate() {
  if (isComplete)
    norm.begin();
}

bool TrainReport::add(const StepNumbers &step, const Call &gradients, Error &error) {
  if (!log.isOpen() && !events.isOpen())
    return true;
  List<Scalar> parts, columns, all;
  for (const Loss &part : model.losses)
    if (!part.name.empty())
      parts.add({Text::format("loss.%s", part.name.c_str()), gradients.loss(part)});
  Text perSecond = Text::format("%s_per_s", model.unit());
  columns.add({"loss", step.loss});
  all.add({"loss", step.loss});
  columns.add({"norm", step.gradientNorm});
  columns.add({perSecond, step.unitsPerSecond});
  for (const Scalar &part : parts) {
    columns.add(part);
    all.add(part);
  }
  all.add({"gradient_norm", step.gradientNorm});
  all.add({"update_norm", step.updateNorm});
  all.add({"rate", step.rate});
  if (HessianFree::isUsedBy(model)) {
    all.add({"damping", step.search.damping});
    all.add({"cg_steps", static_cast<double>(step.search.iterations)});
    all.add({"reduction_ratio", step.search.rho});
    all.add({"step_factor", step.search.factor});
  }
  all.add({perSecond, step.unitsPerSecond});
  if (events.isOpen() && !events.add(step.number, "train/", all, error))
    return false;
  all.add({"seconds", step.seconds}); // events have the time themselves
  return !log.isOpen() || log.add(step.number, "", log.isComplete() ? all : columns, error);
}

bool TrainReport::add(int64_t step, const Evaluation &validation, double loss, Error &error) {
  List<Scalar> scalars;
  scalars.add({"loss", loss});
  for (const LossSum &part : validation.losses) {
    Text ending = part.loss->name.empty() ? Text() : Text::format(".%s", part.loss->name.c_str());
    if (!ending.empty())
      scalars.add({Text::format("loss%s", ending.c_str()), part.mean()});
    if (part.loss->isCrossEntropy())
      scalars.add({Text::format("accuracy%s", ending.c_str()),
                   static_cast<double>(part.correct) / static_cast<double>(part.positions)});
  }
  return (!events.isOpen() || events.add(step, "validation/", scalars, error)) &&
         (!log.isOpen() || !log.isComplete() || log.add(step, "validation.", scalars, error));
}
