// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checkpoint files.
#include "runtime/Checkpoint.h"

using namespace rondo;

static constexpr const char *checkpointVersion = "1";

/// What `train` says of a run beside the program.
static constexpr struct {
  const char *name, *what;
} dataNames[] = {{"seed", "seed"},
                 {"rate", "rate"},
                 {"given_rate", "--rate"},
                 {"data", "file of --data"},
                 {"valid", "file of --valid"},
                 {"split", "--split"}};

List<Setting> rondo::programSettings(const Model &model) {
  const TrainSettings &train = model.train;
  auto number = [](int64_t value) { return Text::format("%lld", static_cast<long long>(value)); };
  List<Setting> settings;
  settings.add({"model", "model", model.name});
  settings.add({"element", "element type", nameOf(model.element)});
  settings.add({"data_kind", "kind of data", nameOf(train.data)});
  settings.add({"batch", "batch", number(train.batch)});
  settings.add(
      {"bptt", "bptt", Text::format("%lld, %lld", static_cast<long long>(train.k1), static_cast<long long>(train.k2))});
  settings.add({"optimizer", "optimizer", train.optimizer});
  // Those that do not change are a part of the equations.
  Text weights;
  for (const Loss &loss : model.losses)
    if (loss.weight.changes())
      weights.appendFormat("%s%s %s", weights.empty() ? "" : ", ", loss.name.c_str(), loss.weight.text().c_str());
  if (!weights.empty())
    settings.add({"weights", "schedule of the losses' weights", weights});
  return settings;
}

Setting rondo::equationsOf(const Model &model) {
  return {"equations", "program (the hash of its equations)", model.train.equations};
}

void rondo::addSegments(const Model &model, List<Setting> &settings) {
  if (Text cut = model.train.segments.text(); !cut.empty())
    settings.add({"segments", "segments of a window", cut});
}

static Text metadataName(const char *setting) { return Text::format("rondo.run.%s", setting); }

const Text *Checkpoint::setting(const char *name) const { return file.findText(metadataName(name).c_str()); }

bool Checkpoint::isOfLibrary() const {
  const Text *data = setting("data");
  return data && data->empty(); // that of a file is not
}

List<Setting> Checkpoint::dataSettings() const {
  List<Setting> settings;
  for (const auto &[name, what] : dataNames)
    if (const Text *value = setting(name))
      settings.add({name, what, *value});
  return settings;
}

/// Reads a number that is not negative.
static bool parseLoss(const Text &text, double &value) {
  char *end;
  value = strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size() && value >= 0 && std::isfinite(value);
}

bool Checkpoint::read(const char *name, Error &error) {
  path = Text(name);
  return file.read(name, error) && readProgress(": --init starts a new run from weights", error);
}

bool Checkpoint::parse(const void *bytes, size_t size, Error &error) {
  path = Text("the file");
  return file.parse(static_cast<const uint8_t *>(bytes), size, error) && readProgress("", error);
}

bool Checkpoint::readProgress(const char *advice, Error &error) {
  const char *name = path.c_str();
  const Text *version = file.findText("rondo.checkpoint");
  if (!version)
    return error.fail("%s holds weights alone, expected a checkpoint%s", name, advice);
  if (*version != checkpointVersion)
    return error.fail("%s: expected version %s of checkpoints, found '%s'", name, checkpointVersion,
                      quoted(version->c_str(), version->size()).c_str());
  const Text *step = setting("step"), *steps = setting("steps");
  if (!step || !steps || !parseSteps(*step, progress.step) || !parseSteps(*steps, progress.steps))
    return error.fail("%s: expected rondo.run.step and rondo.run.steps to be integers from 0 to 2^62", name);
  const Text *best = setting("best"), *bestSteps = setting("best_steps");
  if (best && (!parseLoss(*best, progress.best) || !bestSteps || !parseSteps(*bestSteps, progress.bestSteps)))
    return error.fail("%s: expected rondo.run.best to be a loss and rondo.run.best_steps an integer", name);
  const Text *waited = setting("waited"); // which older ones do not have
  return !best || !waited || parseSteps(*waited, progress.waited) ||
         error.fail("%s: expected rondo.run.waited to be an integer from 0 to 2^62", name);
}

/// The first number of a tensor that is not finite, or -1. A state may begin with an infinity, as that of
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
    bool isOfData = false;
    for (const auto &[name, what] : dataNames)
      isOfData |= strcmp(name, wanted.name) == 0;
    if (isOfData && isOfLibrary())
      continue;
    const Text *found = setting(wanted.name);
    if (!found)
      return error.fail("%s: no metadata rondo.run.%s", path.c_str(), wanted.name);
    if (*found != wanted.value)
      return error.fail("%s is of a run with another %s: expected %s, found %s", path.c_str(), wanted.what,
                        display(*found).c_str(), display(wanted.value).c_str());
  }
  return true;
}

bool Checkpoint::has(const List<NamedTensor> &kept, Error &error) const {
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
  return true;
}

void Checkpoint::restore(const List<NamedTensor> &kept) const {
  for (const NamedTensor &tensor : kept)
    memcpy(tensor.value.data, file.find(tensor.name)->data, tensor.value.bytes());
}

static void addKept(const Call &call, Role role, List<NamedTensor> &kept) {
  // A file has the average as the weights, and in its place those that are trained.
  const char *name = role == Role::Average ? "trained" : nameOf(role);
  for (const Argument &argument : call.entry->args)
    if (argument.role == role)
      kept.add({Text::format("checkpoint/%s/%s", name, argument.name.c_str()), *call.find(role, argument.name)});
}

List<NamedTensor> rondo::keptTensors(const Call &gradients, const Call &update) {
  List<NamedTensor> kept;
  for (Role role : moments)
    addKept(update, role, kept);
  addKept(gradients, Role::State, kept);
  return kept;
}

CheckpointFile::CheckpointFile(const Parameters &parameters, Type type, const WeightsInfo &info,
                               const RunProgress &progress, const List<Setting> &settings,
                               const List<NamedTensor> &kept)
    : WeightsFile(parameters, type, info) {
  for (const NamedTensor &tensor : kept)
    tensors.add({tensor.name, tensor.value});
  metadata.add({"rondo.checkpoint", checkpointVersion});
  auto add = [&](const char *name, const Text &value) { metadata.add({metadataName(name), value}); };
  add("step", Text::format("%lld", static_cast<long long>(progress.step)));
  add("steps", Text::format("%lld", static_cast<long long>(progress.steps)));
  if (progress.hasBest()) {
    add("best", Text::format("%.17g", progress.best));
    add("best_steps", Text::format("%lld", static_cast<long long>(progress.bestSteps)));
    add("waited", Text::format("%lld", static_cast<long long>(progress.waited)));
  }
  for (const Setting &setting : settings)
    add(setting.name, setting.value);
}

bool CheckpointFile::checkFinite(Error &error) const {
  for (const NamedTensor &tensor : tensors)
    if (int64_t i = firstWrong(tensor.name, tensor.value); i >= 0)
      return error.fail("'%s' holds a value that is not finite (element %lld)", tensor.name.c_str(),
                        static_cast<long long>(i));
  return true;
}

bool rondo::saveCheckpoint(const char *path, Parameters &parameters, Type type, const WeightsInfo &info,
                           const RunProgress &progress, const List<Setting> &settings, const List<NamedTensor> &kept,
                           Error &error) {
  CheckpointFile file(parameters, type, info, progress, settings, kept);
  if (!file.checkFinite(error))
    return error.inContext(Text::format("%s is not written", path).c_str());
  return writeTensorFile(path, file.tensors, file.metadata, error);
}
