// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// bench: how long the model's entries take, or a batch of any size, on random weights and data. A training step is the
// gradient, which packs the weights that the update before it has changed, and the update, at the rate 0, so that the
// weights stay what they are.
#include "runtime/Commands.h"
#include "runtime/File.h"
#include "runtime/Progress.h"
#include "runtime/RandomCall.h"
#include "runtime/Weights.h"

#include <cstdio>

using namespace rondo;

namespace {

/// Times of repeated calls.
class Samples {
public:
  void add(double seconds) { times.add(seconds); }

  /// Prints one row; `units` (Model::unit()) are those of a call.
  void print(const char *name, int64_t batch, int64_t length, int64_t units) {
    sortItems(times, [](double a, double b) { return a < b; });
    size_t count = times.size();
    double median = times[count / 2], low = times[count / 10], high = times[count - 1 - count / 10];
    printf("%-11s %6lld %7lld %12.1f %+5.0f%% %+5.0f%%", name, static_cast<long long>(batch),
           static_cast<long long>(length), median * 1e6, 100 * (low / median - 1), 100 * (high / median - 1));
    if (units)
      printf(" %12.0f", static_cast<double>(units) / median);
    printf("\n");
    fflush(stdout);
  }

private:
  List<double> times;
};

bool printHeader(const Model &model, Error &error) {
  printf("entry        batch  length    median us    10%%    90%%  %9s/s\n", model.unit());
  return flushOutput(error);
}

/// Whether to go on: until `seconds` are over, but for 5 samples at least and at most as many as fit a table.
struct Until {
  double end;
  int64_t count = 0;

  explicit Until(double seconds) : end(now() + seconds) {}
  bool more() { return count++ < 5 || (now() < end && count < 100000); }
};

/// The gradient and the update in turn, as training runs them.
bool benchTraining(const Model &model, Workspace &workspace, uint64_t seed, double seconds, Error &error) {
  const Entry *gradEntry = model.entry("train_grad"), *updateEntry = model.entry("update");
  if (!gradEntry || !updateEntry)
    return true;
  RandomCall gradients(workspace, *gradEntry, seed, RandomCall::Lengths::full, error);
  Call update = workspace.bind(*updateEntry, error);
  if (error.failed())
    return false;
  const Buffer *step = update.find(Role::Step), *rate = update.find(Role::Rate);
  rate->set(0, 0);
  *static_cast<int64_t *>(step->data) = 1;
  Samples whole, first, second;
  auto train = [&](bool count) {
    gradients.call.clearStates();
    double begin = now();
    gradients.call.run();
    double middle = now();
    update.run();
    double end = now();
    if (!count)
      return;
    whole.add(end - begin);
    first.add(middle - begin);
    second.add(end - middle);
  };
  train(false);
  train(false);
  for (Until until(seconds); until.more();)
    train(true);
  whole.print("train", gradEntry->batch, gradEntry->length, model.unitsOf(gradEntry->batch, model.train.k1));
  first.print("  gradient", gradEntry->batch, gradEntry->length, 0);
  second.print("  update", gradEntry->batch, gradEntry->length, 0);
  return true;
}

bool benchEntry(const Model &model, Workspace &workspace, const Entry &entry, uint64_t seed, double seconds,
                Error &error) {
  RandomCall call(workspace, entry, seed, RandomCall::Lengths::full, error);
  if (error.failed())
    return false;
  call.call.run();
  call.call.run();
  Samples samples;
  for (Until until(seconds); until.more();) {
    call.call.clearStates(); // a state that grows from call to call would end as an infinity
    double begin = now();
    call.call.run();
    samples.add(now() - begin);
  }
  samples.print(entry.isOfCover()   ? "run"
                : entry.generates   ? "generate"
                : entry.makesHeld() ? "begin"
                                    : entry.name.c_str(),
                entry.batch, entry.length, model.unitsOf(entry.batch, entry.length));
  return true;
}

/// The outputs of a batch of any size, as `run` computes them between reading and writing.
bool benchBatch(const Model &model, Parameters &parameters, Team &team, const Arguments &options, uint64_t seed,
                double seconds, Error &error) {
  if (model.outputs.empty())
    return error.fail("the model '%s' has no outputs", model.name.c_str());
  Cover cover(parameters, team);
  if (!cover.open(error))
    return false;
  if (options.has("--length") && model.windowAxis() < 0)
    return error.fail("--length: the model '%s' has no axis along which a sequence could be longer",
                      model.name.c_str());
  int64_t rows = options.integer("--batch", 1), fitting = cover.mostPositions() ? cover.mostPositions() : 1;
  int64_t positions = options.integer("--length", fitting);
  RandomBatch batch(model, cover, rows, positions, seed, error);
  Samples samples;
  if (error.failed() || !cover.run(batch.batch, error) || !cover.run(batch.batch, error) || !printHeader(model, error))
    return false;
  for (Until until(seconds); until.more();) {
    double begin = now();
    if (!cover.run(batch.batch, error))
      return false;
    samples.add(now() - begin);
  }
  samples.print("outputs", rows, positions, model.unitsOf(rows, positions));
  return true;
}

} // namespace

int rondo::runBench(const Model &model, const Arguments &options, Team &team, Error &error) {
  uint64_t seed = options.seed("--seed", 1);
  double seconds = options.real("--seconds", 1);
  Parameters parameters(model);
  Workspace workspace(parameters, team);
  if (!initializeWeights(parameters, model.element, seed, error))
    return 1;
  if (options.has("--batch") || options.has("--length"))
    return benchBatch(model, parameters, team, options, seed, seconds, error) ? 0 : 1;
  if (!printHeader(model, error))
    return 1;
  bool good = benchTraining(model, workspace, seed, seconds, error);
  for (const Entry &entry : model.entries)
    if (good && (entry.isOfCover() || entry.generates || entry.makesHeld() || entry.name == "score"))
      good = benchEntry(model, workspace, entry, seed, seconds, error);
  return good ? 0 : 1;
}
