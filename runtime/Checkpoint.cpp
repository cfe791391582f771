// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checkpoint files.
#include "runtime/Checkpoint.h"

using namespace rondo;

static constexpr const char *checkpointVersion = "1";

static Text metadataName(const char *setting) { return Text::format("rondo.run.%s", setting); }

const Text *Checkpoint::setting(const char *name) const { return file.findText(metadataName(name).c_str()); }

/// Reads a number that is not negative.
static bool parseLoss(const Text &text, double &value) {
  char *end;
  value = strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size() && value >= 0 && std::isfinite(value);
}

bool Checkpoint::read(const char *name, Error &error) {
  path = Text(name);
  if (!file.read(name, error))
    return false;
  const Text *version = file.findText("rondo.checkpoint");
  if (!version)
    return error.fail("%s holds weights alone, expected a checkpoint: --init starts a new run from weights", name);
  if (*version != checkpointVersion)
    return error.fail("%s: expected version %s of checkpoints, found '%s'", name, checkpointVersion,
                      quoted(version->c_str(), version->size()).c_str());
  const Text *step = setting("step"), *steps = setting("steps");
  if (!step || !steps || !parseSteps(*step, progress.step) || !parseSteps(*steps, progress.steps))
    return error.fail("%s: expected rondo.run.step and rondo.run.steps to be integers from 0 to 2^62", name);
  const Text *best = setting("best"), *bestSteps = setting("best_steps");
  if (best && (!parseLoss(*best, progress.best) || !bestSteps || !parseSteps(*bestSteps, progress.bestSteps)))
    return error.fail("%s: expected rondo.run.best to be a loss and rondo.run.best_steps an integer", name);
  return true;
}

/// The first number of an optimizer's tensor that is not finite, or -1. A state may begin with an infinity, as that of
/// a running maximum does.
static int64_t firstWrong(const Text &name, const Buffer &values) {
  return strncmp(name.c_str(), "checkpoint/state/", 17) == 0 ? -1 : firstNotFinite(values);
}

/// A setting in a message.
static Text display(const Text &value) {
  return value.empty() ? Text("none") : Text::format("'%s'", quoted(value.c_str(), value.size()).c_str());
}

bool Checkpoint::check(const List<Setting> &settings, Error &error) const {
  for (const Setting &wanted : settings) {
    const Text *found = setting(wanted.name);
    if (!found)
      return error.fail("%s: no metadata rondo.run.%s", path.c_str(), wanted.name);
    if (*found != wanted.value)
      return error.fail("%s is of a run with another %s: expected %s, found %s", path.c_str(), wanted.what,
                        display(*found).c_str(), display(wanted.value).c_str());
  }
  return true;
}

bool Checkpoint::restore(const List<NamedTensor> &kept, Error &error) const {
  for (const NamedTensor &tensor : kept) {
    const char *name = tensor.name.c_str();
    const Buffer *found = file.find(tensor.name);
    if (!found)
      return error.fail("%s: no tensor '%s'", path.c_str(), name);
    if (found->type != tensor.value.type || found->shape != tensor.value.shape)
      return error.fail("%s: '%s' is %s %s, expected %s %s", path.c_str(), name, fileNameOf(found->type),
                        found->shape.str().c_str(), fileNameOf(tensor.value.type), tensor.value.shape.str().c_str());
    if (int64_t i = firstWrong(tensor.name, *found); i >= 0)
      return error.fail("%s: '%s' holds a value that is not finite (element %lld)", path.c_str(), name,
                        static_cast<long long>(i));
  }
  for (const NamedTensor &tensor : file.tensors) {
    bool isKnown = !isOfCheckpoint(tensor.name);
    for (const NamedTensor &known : kept)
      isKnown |= known.name == tensor.name;
    if (!isKnown)
      return error.fail("%s: '%s' is nothing that the program keeps of a run", path.c_str(),
                        quoted(tensor.name.c_str(), tensor.name.size()).c_str());
  }
  for (const NamedTensor &tensor : kept)
    memcpy(tensor.value.data, file.find(tensor.name)->data, tensor.value.bytes());
  return true;
}

static void addKept(const Call &call, Role role, List<NamedTensor> &kept) {
  for (const Argument &argument : call.entry->args)
    if (argument.role == role)
      kept.add(
          {Text::format("checkpoint/%s/%s", nameOf(role), argument.name.c_str()), *call.find(role, argument.name)});
}

List<NamedTensor> rondo::keptTensors(const Call &gradients, const Call &update) {
  List<NamedTensor> kept;
  addKept(update, Role::Moment1, kept);
  addKept(update, Role::Moment2, kept);
  addKept(gradients, Role::State, kept);
  return kept;
}

bool rondo::saveCheckpoint(const char *path, Parameters &parameters, Type type, const WeightsInfo &info,
                           const RunProgress &progress, const List<Setting> &settings, const List<NamedTensor> &kept,
                           Error &error) {
  WeightsFile file(parameters, type, info);
  if (!file.checkFinite(error))
    return error.inContext(Text::format("%s is not written", path).c_str());
  for (const NamedTensor &tensor : kept) {
    if (int64_t i = firstWrong(tensor.name, tensor.value); i >= 0)
      return error.fail("%s is not written: '%s' holds a value that is not finite (element %lld)", path,
                        tensor.name.c_str(), static_cast<long long>(i));
    file.tensors.add({tensor.name, tensor.value});
  }
  file.metadata.add({"rondo.checkpoint", checkpointVersion});
  auto add = [&](const char *name, const Text &value) { file.metadata.add({metadataName(name), value}); };
  add("step", Text::format("%lld", static_cast<long long>(progress.step)));
  add("steps", Text::format("%lld", static_cast<long long>(progress.steps)));
  if (progress.hasBest()) {
    add("best", Text::format("%.17g", progress.best));
    add("best_steps", Text::format("%lld", static_cast<long long>(progress.bestSteps)));
  }
  for (const Setting &setting : settings)
    add(setting.name, setting.value);
  return writeTensorFile(path, file.tensors, file.metadata, error);
}
