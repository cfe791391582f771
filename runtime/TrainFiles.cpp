// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that training writes.
#include "runtime/TrainFiles.h"

#include "runtime/File.h"

#include <iterator>

using namespace rondo;

TrainFiles::TrainFiles(const char *out) {
  if (!out)
    return;
  weights = Text(out);
  constexpr const char *ending = ".safetensors";
  size_t length = weights.size(), tail = strlen(ending);
  bool hasEnding = length > tail && strcmp(out + length - tail, ending) == 0;
  Text stem(out, hasEnding ? length - tail : length);
  checkpoint = Text::format("%s.checkpoint%s", stem.c_str(), hasEnding ? ending : "");
  best = Text::format("%s.best%s", stem.c_str(), hasEnding ? ending : "");
}

bool TrainFiles::check(const Arguments &options, Error &error) const {
  // Those that are replaced whole; what a run goes on from may be among the first ones.
  struct Name {
    const char *what, *path;
    bool isReplaced, mayBeStart;
  };
  auto given = [](const Text &text) { return text.empty() ? nullptr : text.c_str(); };
  const Name outputs[] = {{"--out", given(weights), true, true},
                          {"--out (its checkpoint)", given(checkpoint), true, true},
                          {"--out (its best weights)", given(best), true, true},
                          {"--log", options.text("--log"), false, false},
                          {"--plot", options.text("--plot"), true, false},
                          {"--trace-nan", options.text("--trace-nan"), true, false}};
  const char *const inputs[] = {"--data", "--valid", "--init", "--share", "--resume"};
  auto distinct = [&](const Name &output, const char *what, const char *path) {
    return !output.path || !path || !sameFile(output.path, path) ||
           error.fail("%s: expected another file than that of %s, found '%s'", output.what, what,
                      quoted(output.path, strlen(output.path)).c_str());
  };
  for (const Name &output : outputs) {
    for (const char *input : inputs) {
      bool isStart = strcmp(input, "--init") == 0 || (&output == &outputs[1] && strcmp(input, "--resume") == 0);
      if (!(output.mayBeStart && isStart) && !distinct(output, input, options.text(input)))
        return false;
    }
    for (const Name *other = &output + 1; other < std::end(outputs); ++other)
      if (!distinct(output, other->what, other->path))
        return false;
  }
  for (const Name &output : outputs)
    if (output.isReplaced && output.path && !checkReplaceable(output.path, error))
      return false;
  return true;
}
