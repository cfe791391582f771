// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// info: what the model consists of and how much memory it takes.
#include "runtime/Commands.h"
#include "runtime/Weights.h"

#include <cstdio>

using namespace rondo;

static void printBytes(const char *what, int64_t bytes) {
  printf("  %-24s %14lld bytes\n", what, static_cast<long long>(bytes));
}

/// What the entries in the model's own precision read of packed weights; several may read the same.
static int64_t packedBytes(const Model &model) {
  List<Text> known;
  int64_t bytes = 0;
  for (const Entry &entry : model.entries)
    for (const Argument &argument : entry.args) {
      bool counts = argument.role == Role::Packed && entry.element == model.element;
      for (const Text &name : known)
        counts &= name != argument.name;
      if (counts) {
        known.add(argument.name);
        bytes += argument.shape.count() * static_cast<int64_t>(sizeOf(argument.type));
      }
    }
  return bytes;
}

/// A row for each parameter, or each buffer, and their numbers in all, which it adds to `total`; to `trained` it adds
/// those of which there are gradients.
static void printParameters(const Model &model, bool areBuffers, int64_t &total, int64_t &trained) {
  printf("\n%s\n", areBuffers ? "buffers" : "parameters");
  int width = 24;
  int64_t all = 0;
  for (const Parameter &parameter : model.parameters)
    if (static_cast<int>(parameter.path.size()) > width)
      width = static_cast<int>(parameter.path.size());
  for (const Parameter &parameter : model.parameters) {
    if (parameter.isBuffer != areBuffers)
      continue;
    all += parameter.shape.count();
    trained += parameter.frozen ? 0 : parameter.shape.count();
    printf("  %-*s %-16s %12lld%s\n", width, parameter.path.c_str(), parameter.shape.str().c_str(),
           static_cast<long long>(parameter.shape.count()), parameter.frozen && !areBuffers ? "  frozen" : "");
  }
  printf("  %-*s %-16s %12lld\n", width, "total", "", static_cast<long long>(all));
  total += all;
}

/// What of a window training stores, if not all of it, as `rondoc --mem` has chosen.
static void printSegments(const TrainSettings &train) {
  const auto &cut = train.segments;
  if (cut.count == 0)
    return;
  printf("  %-24s %lld of %lld positions", "segments", static_cast<long long>(cut.count),
         static_cast<long long>(cut.length));
  if (cut.rest > 0)
    printf(" behind %lld", static_cast<long long>(cut.rest));
  if (cut.group > 1)
    printf(", recomputed %lld at a time\n", static_cast<long long>(cut.group));
  else
    printf(cut.group == 0 ? ", stored\n" : ", recomputed\n");
}

int rondo::runInfo(const Model &model, const Arguments &, Team &team, Error &) {
  printf("model %s, %s%s%s", model.name.c_str(), nameOf(model.element), model.streamable ? "" : ", cannot be streamed",
         hasEmbeddedWeights() ? ", with its weights" : "");
  for (const Axis &axis : model.axes) {
    if (axis.most)
      printf(", at most %lld positions along %s", static_cast<long long>(axis.most), axis.name.c_str());
    if (axis.hasLengths)
      printf(", lengths along %s", axis.name.c_str());
  }
  printf("\n");
  int64_t total = 0, trained = 0;
  printParameters(model, /*areBuffers=*/false, total, trained);
  for (const Parameter &parameter : model.parameters)
    if (parameter.isBuffer) {
      printParameters(model, /*areBuffers=*/true, total, trained);
      break;
    }
  for (const Constant &constant : model.constants)
    printf("%s  %-24s %-16s %12lld\n", &constant == model.constants.data() ? "\nconstants\n" : "",
           constant.file.c_str(), constant.shape.str().c_str(), static_cast<long long>(constant.shape.count()));

  int64_t element = static_cast<int64_t>(sizeOf(model.element)), states = 0, held = 0, moments = 0, trainArena = 0;
  for (const State &state : model.states)
    states += state.shape.count() * element;
  for (const State &value : model.held)
    held += value.shape.count() * element;
  for (const Entry &entry : model.entries) {
    if (entry.name == "train_grad" || entry.name == "update")
      trainArena = entry.arena > trainArena ? entry.arena : trainArena;
    for (const Argument &argument : entry.args)
      if (entry.name == "update" && isMoment(argument.role))
        moments += argument.shape.count() * static_cast<int64_t>(sizeOf(argument.type));
  }
  printf("\nmemory\n");
  printBytes("weights", total * element);
  printBytes("weights, packed", packedBytes(model));
  printBytes("state, one sequence", states);
  if (held > 0)
    printBytes("held, one sequence", held);
  if (model.hasTrain) {
    printBytes(Text::format("state, batch of %lld", static_cast<long long>(model.train.batch)).c_str(),
               states * model.train.batch);
    printBytes("gradients", trained * element);
    printBytes("optimizer", moments);
    printBytes("training arena", trainArena);
    printSegments(model.train);
  }
  printf("\nentries (batch, length, arena)\n");
  for (const Entry &entry : model.entries)
    printf("  %-16s %s %6lld %6lld %14lld bytes\n", entry.name.c_str(), nameOf(entry.element),
           static_cast<long long>(entry.batch), static_cast<long long>(entry.length),
           static_cast<long long>(entry.arena));
  printf("\n%lld threads, unless --threads says otherwise\n", static_cast<long long>(team.threads()));
  return 0;
}
