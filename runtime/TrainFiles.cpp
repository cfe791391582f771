// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that training writes.
#include "runtime/TrainFiles.h"

#include "runtime/File.h"

#include <cerrno>
#include <unistd.h>

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
  struct Name {
    const char *what, *path;
  };
  auto given = [](const Text &text) { return text.empty() ? nullptr : text.c_str(); };
  const Name outputs[] = {{"--out", given(weights)},
                          {"--out (its checkpoint)", given(checkpoint)},
                          {"--out (its best weights)", given(best)},
                          {"--log", options.text("--log")},
                          {"--trace-nan", options.text("--trace-nan")}};
  const char *const inputs[] = {"--data", "--valid", "--init", "--share", "--resume"};
  auto distinct = [&](const Name &output, const char *what, const char *path) {
    return !output.path || !path || !sameFile(output.path, path) ||
           error.fail("%s: expected another file than that of %s, found '%s'", output.what, what,
                      quoted(output.path, strlen(output.path)).c_str());
  };
  for (size_t i = 0; i < 5; ++i) {
    for (const char *input : inputs) {
      bool isReplaced = i < 3 && (strcmp(input, "--init") == 0 || (i == 1 && strcmp(input, "--resume") == 0));
      if (!isReplaced && !distinct(outputs[i], input, options.text(input)))
        return false;
    }
    for (size_t j = i + 1; j < 5; ++j)
      if (!distinct(outputs[i], outputs[j].what, outputs[j].path))
        return false;
  }
  for (size_t i = 0; i < 5; ++i)
    if (i != 3 && outputs[i].path && !checkReplaceable(outputs[i].path, error))
      return false;
  return true;
}

TrainLog::~TrainLog() {
  if (file)
    fclose(file);
}

bool TrainLog::flush(Error &error) {
  return fflush(file) == 0 || error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
}

bool TrainLog::open(const char *name, const Model &model, int64_t stepsBefore, Error &error) {
  path = Text(name);
  Text header = Text::format("step,loss,norm,%s_per_s", model.unit());
  for (const Loss &loss : model.losses)
    if (!loss.name.empty())
      header.appendFormat(",loss.%s", loss.name.c_str());
  header.append('\n');
  if (stepsBefore > 0 && access(name, F_OK) == 0)
    return append(header, stepsBefore, error);
  file = fopen(name, "w");
  if (!file)
    return error.fail("cannot write '%s': %s", name, strerror(errno));
  fputs(header.c_str(), file);
  return flush(error);
}

/// How many bytes of a log's lines are of the first `steps` steps; whole lines alone.
static size_t bytesUpTo(const char *text, size_t size, size_t begin, int64_t steps) {
  while (begin < size) {
    const void *end = memchr(text + begin, '\n', size - begin);
    char *digits;
    if (!end || strtoll(text + begin, &digits, 10) > steps)
      break;
    begin = static_cast<size_t>(static_cast<const char *>(end) - text) + 1;
  }
  return begin;
}

bool TrainLog::append(const Text &header, int64_t stepsBefore, Error &error) {
  FileBytes before;
  if (!before.read(path.c_str(), error))
    return false;
  const char *text = reinterpret_cast<const char *>(before.data());
  if (before.size() < header.size() || memcmp(text, header.c_str(), header.size()) != 0)
    return error.fail("--log: expected '%s' to be this run's log, which begins with the line %s", path.c_str(),
                      Text(header.c_str(), header.size() - 1).c_str());
  size_t kept = bytesUpTo(text, before.size(), header.size(), stepsBefore);
  file = fopen(path.c_str(), "r+");
  if (!file || ftruncate(fileno(file), static_cast<off_t>(kept)) != 0 || fseek(file, 0, SEEK_END) != 0)
    return error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
  return true;
}

bool TrainLog::add(int64_t step, double loss, double norm, double rate, const List<double> &parts, Error &error) {
  fprintf(file, "%lld,%.17g,%.17g,%.17g", static_cast<long long>(step), loss, norm, rate);
  for (double part : parts)
    fprintf(file, ",%.17g", part);
  fputc('\n', file);
  return flush(error);
}
