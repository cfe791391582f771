// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checkpoints of training in a library, in the format of `train`.
#include "runtime/LibraryTrainer.h"

using namespace rondo;

using LongLong = long long;

CheckpointFile rondo_model_trainer::checkpointFile(const WeightsInfo &info) const {
  List<Setting> settings = programSettings(model);
  settings.add(equationsOf(model));
  addSegments(model, settings);
  for (const Setting &setting : dataSettings)
    settings.add({setting.name, setting.what, setting.value});
  if (dataSettings.empty())
    settings.add({"data", "", ""});
  if (knowsPlace) {
    settings.add({"group", "", Text::format("%lld", LongLong(group))});
    settings.add({"position", "", Text::format("%lld", LongLong(position))});
  }
  return CheckpointFile(weights.parameters, model.element, info, progress, settings, kept);
}

/// The place of the last window, where the file says one.
static bool readPlace(const Checkpoint &from, bool &isKnown, int64_t &group, int64_t &position, Error &error) {
  const Text *groupText = from.setting("group"), *positionText = from.setting("position");
  isKnown = groupText || positionText;
  bool isPlace = groupText && positionText && parseSteps(*groupText, group) && parseSteps(*positionText, position) &&
                 group <= mostPlace && position <= mostPlace;
  return !isKnown || isPlace ||
         error.fail("expected rondo.run.group and rondo.run.position to be integers from 0 to %lld",
                    LongLong(mostPlace));
}

/// Whether what the file says of its run is no longer than a checkpoint has room for: `train` writes far less.
static bool checkSettings(const Checkpoint &from, Error &error) {
  constexpr size_t most = 1024;
  for (const Setting &setting : from.dataSettings())
    if (setting.value.size() > most)
      return error.fail("expected rondo.run.%s to have at most %zu characters, found %zu", setting.name, most,
                        setting.value.size());
  return true;
}

int rondo_model_trainer::resume(const void *data, size_t bytes, int64_t *step, Error &error) {
  if (!data)
    return error.fail("expected the bytes of a checkpoint, found a null pointer"), RONDO_NULL;
  Checkpoint from;
  List<Setting> equations;
  equations.add(equationsOf(model));
  WeightsInfo info;
  bool hasPlace = false;
  int64_t groupBefore = 0, positionBefore = 0;
  if (!from.parse(data, bytes, error) || !checkSettings(from, error) || !from.check(programSettings(model), error) ||
      !from.has(kept, error) || !from.check(equations, error) ||
      !readPlace(from, hasPlace, groupBefore, positionBefore, error))
    return RONDO_WEIGHTS;
  // What is no number is an error of the weights.
  int64_t stepsBehind = 0;
  const Text *steps = from.tensors().findText("rondo.steps");
  if ((!steps || parseSteps(*steps, stepsBehind)) && stepsBehind < from.progress.step)
    return error.fail("expected no more steps behind the run than behind the weights, found %lld and %lld",
                      LongLong(from.progress.step), LongLong(stepsBehind)),
           RONDO_WEIGHTS;
  // All that takes memory, and so may fail, comes before anything is changed.
  List<Setting> ofData = from.isOfLibrary() ? List<Setting>() : from.dataSettings();
  if (!takeWeights(from.tensors(), weights.parameters, model.element, info, error))
    return RONDO_WEIGHTS;
  from.restore(kept);
  weights.info = info;
  weights.changed();
  progress = from.progress;
  weights.stepsBefore = info.steps - progress.step;
  dataSettings = std::move(ofData);
  hasGradients = isPlaceGiven = false;
  sum.clear();
  hasStates = progress.step > 0;
  isAtUpdate = true;
  knowsPlace = hasPlace;
  group = groupBefore;
  position = positionBefore;
  if (step)
    *step = progress.step;
  return RONDO_OK;
}

/// What a checkpoint of now would hold, given to `use` with its header; an error if there is none.
template <typename Use> static int withCheckpoint(rondo_model_trainer *trainer, Use use) {
  return guard(trainer, [&](Error &error) -> int {
    const rondo_model_weights &weights = trainer->weights;
    if (!weights.isLoaded)
      return error.fail("the weights have no values yet"), RONDO_ORDER;
    if (!trainer->isAtUpdate)
      return error.fail("expected an update behind the last gradients before a checkpoint"), RONDO_ORDER;
    // Weights that come from elsewhere since have no steps before the run.
    int64_t steps = weights.info.steps - weights.stepsBefore;
    if (trainer->progress.step > 0 && steps != trainer->progress.step)
      return error.fail("expected the weights of the last update, found others, with %lld steps behind them in place "
                        "of %lld",
                        LongLong(steps), LongLong(trainer->progress.step)),
             RONDO_ORDER;
    CheckpointFile file = trainer->checkpointFile(weights.info);
    return use(file, tensorFileHeader(file.tensors, file.metadata), error);
  });
}

extern "C" int rondo_model_checkpoint_bytes(rondo_model_trainer *trainer, size_t *bytes) {
  return withCheckpoint(trainer, [&](const CheckpointFile &file, const Text &header, Error &error) -> int {
    if (!bytes)
      return error.fail("expected a place for the size, found a null pointer"), RONDO_NULL;
    *bytes = fileBytes(header, file.tensors);
    return RONDO_OK;
  });
}

extern "C" int rondo_model_checkpoint(rondo_model_trainer *trainer, void *data, size_t bytes) {
  return withCheckpoint(trainer, [&](const CheckpointFile &file, const Text &header, Error &error) -> int {
    return file.checkFinite(error) ? writeFileBytes(header, file.tensors, data, bytes, error) : RONDO_VALUE;
  });
}

extern "C" int rondo_model_resume(rondo_model_trainer *trainer, const void *data, size_t bytes, int64_t *step) {
  return guard(
      trainer, [&](Error &error) -> int { return trainer->resume(data, bytes, step, error); },
      /*keepsNothing=*/true);
}
