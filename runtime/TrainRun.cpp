// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run of training is, and how it goes on.
#include "runtime/TrainRun.h"

#include "runtime/SharedWeights.h"

#include <cstdio>

using namespace rondo;

TrainRun::TrainRun(const Model &model, const Arguments &options)
    : seed(options.seed("--seed", 1)), split(options.real("--split", 0.1)), model(model), options(options) {}

/// Takes from the checkpoint what the options do not say. A text that is no number differs from what is made of it.
void TrainRun::readOptions() {
  isRateGiven = options.has("--rate");
  givenRate = Rate(options.real("--rate", 0));
  if (!resumed())
    return;
  if (const Text *found = from.setting("seed"); found && !options.has("--seed"))
    seed = strtoull(found->c_str(), nullptr, 10);
  if (const Text *found = from.setting("split"); found && !options.has("--split"))
    split = strtod(found->c_str(), nullptr);
  if (const Text *found = from.setting("given_rate"); found && !found->empty() && !isRateGiven) {
    isRateGiven = true;
    givenRate = Rate(strtod(found->c_str(), nullptr));
  }
}

/// What the program and the options say of the run.
void TrainRun::describe() {
  settings = programSettings(model);
  settings.add({"seed", "seed", Text::format("%llu", static_cast<unsigned long long>(seed))});
  settings.add({"rate", "rate", rate().text()});
  settings.add({"given_rate", "--rate", isRateGiven ? rate().text() : Text()});
}

bool TrainRun::begin(Parameters &parameters, WeightsInfo &info, Error &error) {
  const char *path = resumed();
  if (path && !from.read(path, error))
    return false;
  readOptions();
  describe();
  Setting equations = equationsOf(model);
  if (!path) {
    settings.add(equations);
    const char *init = options.text("--init");
    Layout layout;
    bool isReady = init ? parseLayout(options.text("--layout"), "--layout", layout, error) &&
                              loadWeights(init, layout, parameters, model.element, info, error)
                        : initializeWeights(parameters, model.element, seed, error);
    stepsAtStart = info.steps;
    const char *shared = options.text("--share");
    return isReady && (!shared || takeShared(shared, parameters, model.element, info, error));
  }
  if (!from.check(settings, error) || !readWeights(from.tensors(), path, parameters, model.element, info, error))
    return false;
  settings.add(equations);
  progress = from.progress;
  if (!curve.read(from, path, error))
    return false;
  stepsAtStart = info.steps - progress.step;
  if (stepsAtStart < 0)
    return error.fail("%s: expected no more steps behind the run than behind the weights, found %lld and %lld", path,
                      static_cast<long long>(progress.step), static_cast<long long>(info.steps));
  return from.check(settings, error);
}

bool TrainRun::setData(const Text &data, const Text &valid, bool isSplit, Error &error) {
  settings.add({"data", "file of --data", data});
  settings.add({"valid", "file of --valid", valid});
  settings.add({"split", "--split", isSplit ? Text::format("%.17g", split) : Text()});
  return !resumed() || from.check(settings, error);
}

bool TrainRun::setSteps(const Feed &feed, Error &error) {
  int64_t epochs = options.integer("--epochs", 0);
  if (epochs && feed.drawnFrom())
    return error.fail("--epochs: the program draws windows (data windows), which makes no passes; expected --steps");
  auto perPass = static_cast<long long>(feed.stepsPerPass());
  if (epochs && epochs > (INT64_C(1) << 62) / perPass)
    return error.fail("--epochs: %lld passes of %lld steps are too many", static_cast<long long>(epochs), perPass);
  if (epochs && epochs * perPass < model.train.accumulate)
    return error.fail("--epochs: expected as many batches as an update takes, %lld, found %lld",
                      static_cast<long long>(model.train.accumulate), static_cast<long long>(epochs * perPass));
  progress.steps = epochs ? epochs * perPass / model.train.accumulate
                          : options.integer("--steps", resumed() ? progress.steps : model.train.steps);
  if (!resumed() || progress.steps > progress.step)
    return true;
  error.fail("%s: the run has done %lld steps, expected %s to give more", resumed(),
             static_cast<long long>(progress.step), epochs ? "--epochs" : "--steps");
  Text pass = Text::format("a pass has %lld", perPass);
  if (model.train.accumulate > 1)
    pass.appendFormat(" batches, of which an update takes %lld", static_cast<long long>(model.train.accumulate));
  return epochs && error.hint(pass.c_str());
}

/// How windows are cut, in a message.
static Text displaySegments(const Text &text) {
  return text.empty() ? Text("whole windows")
                      : Text::format("windows in segments (%s)", quoted(text.c_str(), text.size()).c_str());
}

bool TrainRun::bind(const Call &gradients, const Call &update, const HessianFree &optimizer, Feed &feed, Error &error) {
  kept = keptTensors(gradients, update);
  if (HessianFree::isUsedBy(model))
    optimizer.addKept(kept);
  if (!resumed())
    return true;
  if (!from.has(kept, error))
    return false;
  from.restore(kept);
  feed.skip(progress.step * model.train.accumulate);
  printf("%s: going on behind step %lld of %lld\n", resumed(), static_cast<long long>(progress.step),
         static_cast<long long>(progress.steps));
  // The order in which gradients are added: what goes on is the same run but for last bits.
  const Text *cut = from.setting("segments");
  Text before = cut ? *cut : Text(), here = model.train.segments.text();
  if (before != here)
    printf("note: the run began with %s, and goes on with %s (rondoc --mem): gradients have other last bits\n",
           displaySegments(before).c_str(), displaySegments(here).c_str());
  if (from.isOfLibrary())
    printf("note: the run began in another program: data, seed and rate are those that are given here\n");
  from.release();
  return true;
}

void TrainRun::advance(int64_t step, WeightsInfo &info) {
  progress.step = step;
  info.steps = stepsAtStart + step;
}

bool TrainRun::save(const char *path, Parameters &parameters, const WeightsInfo &info, Error &error) const {
  List<Setting> all;
  for (const Setting &setting : settings)
    all.add(setting);
  addSegments(model, all);
  curve.appendTo(all);
  return saveCheckpoint(path, parameters, model.element, info, progress, all, kept, error);
}
