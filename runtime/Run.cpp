// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// run: the outputs of a model for given inputs, of any number of sequences, and of any length where it can be streamed.
#include "runtime/Commands.h"
#include "runtime/ResultFiles.h"
#include "runtime/RunStates.h"

#include <cstdio>

using namespace rondo;

/// Whether the files that are written are others than those that are read. A state may take the place of the one
/// before.
static bool checkDistinct(const Arguments &options, Error &error) {
  for (const char *output : {"--out", "--state-out"}) {
    if (!options.distinct(output, "--weights", error))
      return false;
    for (const char *word : options.texts("--in"))
      if (options.has(output) && sameFile(options.text(output), pathOf(word)))
        return error.fail("%s: expected another file than those of --in, found '%s'", output,
                          quoted(options.text(output), strlen(options.text(output))).c_str());
  }
  return options.distinct("--state-out", "--out", error) && options.distinct("--out", "--state-in", error);
}

/// Whether the model can do what the options ask for.
static bool checkOptions(const Model &model, const Cover &cover, const Arguments &options, Error &error) {
  const char *out = options.text("--out");
  for (const char *name : {"--stream", "--state-in", "--state-out"}) {
    if (!options.has(name))
      continue;
    if (model.windowAxis() < 0)
      return error.fail("%s: the model '%s' has no axis along which a sequence could be cut", name, model.name.c_str());
    if (cover.mostPositions())
      return error.fail("%s: the model '%s' cannot be streamed: it takes whole sequences of %s%lld positions", name,
                        model.name.c_str(), cover.wholeLength() ? "" : "at most ",
                        static_cast<long long>(cover.mostPositions()));
  }
  if (options.has("--slide") && !cover.mostPositions() && !model.indexed)
    return error.fail("--slide: a sequence of the model '%s' has any number of positions", model.name.c_str());
  if (options.has("--slide") && !model.indexed)
    return error.fail("--slide: the model '%s' looks ahead", model.name.c_str());
  for (const char *name : {"--state-in", "--state-out"})
    if (options.has("--slide") && options.has(name))
      return error.fail("%s: expected no --slide beside, which reads positions again", name);
  if (options.has("--seed") && !cover.isRead(Role::Seed, Text()))
    return error.fail("--seed: the outputs of the model '%s' depend on no random numbers", model.name.c_str());
  if (options.has("--part") && (!model.hasTrain || model.train.data != DataKind::Frames))
    return error.fail("--part: the model '%s' does not train on frames, which have parts", model.name.c_str());
  return checkResultFormat(out, model, error) && checkReplaceable(out, error) &&
         (!options.has("--state-out") || checkReplaceable(options.text("--state-out"), error));
}

int rondo::runRun(const Model &model, const Arguments &options, Team &team, Error &error) {
  if (model.outputs.empty()) {
    error.fail("the model '%s' has no outputs", model.name.c_str());
    return 1;
  }
  Parameters parameters(model);
  Cover cover(parameters, team);
  if (!cover.open(error) || !checkDistinct(options, error) || !checkOptions(model, cover, options, error))
    return 1;
  WeightsInfo info;
  const char *weights = options.text("--weights"), *out = options.text("--out");
  Layout layout;
  if (!parseLayout(options.text("--layout"), "--layout", layout, error) ||
      !loadWeights(weights, layout, parameters, cover.element(), info, error))
    return 1;
  InputFiles files;
  RunInput input;
  InputSpec spec{model, sourcesOf(model, cover), info, nameOfWeights(weights), options.text("--part")};
  if (!files.read(options.texts("--in"), spec, error) || !input.arrange(files, model, cover, error) ||
      !checkResultRows(out, model, input.rows, error))
    return 1;
  RunStates states;
  RunWindows windows;
  if (options.has("--state-in") && !states.read(options.text("--state-in"), model, cover, input.rows, error))
    return 1;
  if (!windows.open(model, cover, input, error))
    return 1;
  states.begin(model, cover, windows);
  if (options.has("--state-out"))
    windows.keepStates();
  if (options.has("--slide"))
    windows.slide();
  if (!windows.run(cover, options.integer("--stream", 0), options.seed("--seed", 1), error))
    return 1;
  if (!writeResults(out, model, input, windows.results, error) ||
      (options.has("--state-out") && !states.write(options.text("--state-out"), input, windows.states, error)))
    return 1;
  for (const NamedTensor &result : windows.results)
    printf("%s: %s %s\n", out, result.name.c_str(), result.value.shape.str().c_str());
  return 0;
}
