// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The log of train.
#include "runtime/TrainLog.h"

#include "runtime/File.h"
#include "runtime/Json.h"

#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <unistd.h>

using namespace rondo;

RecordFile::~RecordFile() {
  if (descriptor >= 0)
    close(descriptor);
}

bool RecordFile::open(const char *name, int64_t kept, Error &error) {
  path = Text(name);
  int isNew = kept < 0 ? O_CREAT | O_TRUNC : 0;
  descriptor = ::open(name, O_WRONLY | O_APPEND | O_CLOEXEC | isNew, 0666);
  return (descriptor >= 0 && (kept < 0 || ftruncate(descriptor, kept) == 0)) ||
         error.fail("cannot write '%s': %s", name, strerror(errno));
}

bool RecordFile::add(const Text &record, Error &error) {
  for (size_t done = 0; done < record.size();) {
    ssize_t written = write(descriptor, record.c_str() + done, record.size() - done);
    if (written < 0 && errno != EINTR)
      return error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
    done += written < 0 ? 0 : static_cast<size_t>(written);
  }
  return true;
}

/// What each line of JSON begins with, before the number of its step.
static constexpr const char *jsonStart = "{\"step\":";

bool TrainLog::open(const char *path, const Model &model, int64_t stepsBefore, Error &error) {
  size_t length = strlen(path);
  isJson = length > 6 && strcmp(path + length - 6, ".jsonl") == 0;
  Text header;
  if (!isJson) {
    header = Text::format("step,loss,norm,%s_per_s", model.unit());
    for (const Loss &loss : model.losses)
      if (!loss.name.empty())
        header.appendFormat(",loss.%s", loss.name.c_str());
    header.append('\n');
  }
  if (stepsBefore > 0 && access(path, F_OK) == 0) {
    int64_t kept = bytesToKeep(path, header, stepsBefore, error);
    return kept >= 0 && file.open(path, kept, error);
  }
  return file.open(path, -1, error) && file.add(header, error);
}

/// How many bytes of a log's lines, from `begin` on, are of the first `steps` steps; whole lines alone.
static size_t bytesUpTo(const char *text, size_t size, size_t begin, const char *start, int64_t steps) {
  size_t before = strlen(start);
  while (begin < size) {
    const void *end = memchr(text + begin, '\n', size - begin);
    if (!end || strncmp(text + begin, start, before) != 0 || strtoll(text + begin + before, nullptr, 10) > steps)
      break;
    begin = static_cast<size_t>(static_cast<const char *>(end) - text) + 1;
  }
  return begin;
}

/// Of what an earlier part of the run has written; -1 after an error.
int64_t TrainLog::bytesToKeep(const char *path, const Text &header, int64_t stepsBefore, Error &error) const {
  FileBytes before;
  if (!before.read(path, error))
    return -1;
  const char *text = reinterpret_cast<const char *>(before.data());
  Text start = isJson ? Text(jsonStart) : header;
  bool isLog = before.size() >= start.size() && memcmp(text, start.c_str(), start.size()) == 0;
  if (isLog || (isJson && before.size() == 0))
    return static_cast<int64_t>(bytesUpTo(text, before.size(), header.size(), isJson ? jsonStart : "", stepsBefore));
  error.fail("--log: expected '%s' to be this run's log, which begins with %s%s", path, isJson ? "" : "the line ",
             Text(start.c_str(), start.size() - (isJson ? 0 : 1)).c_str());
  return -1;
}

bool TrainLog::add(int64_t step, const char *prefix, const List<Scalar> &scalars, Error &error) {
  Text line = Text::format("%s%lld", isJson ? jsonStart : "", static_cast<long long>(step));
  for (const Scalar &scalar : scalars) {
    line.append(',');
    if (isJson) {
      Text name = Text::format("%s%s", prefix, scalar.name.c_str());
      appendJsonString(line, name.c_str(), name.size());
      line.append(':');
    }
    if (isJson && !std::isfinite(scalar.value))
      line.append("null"); // JSON has no such number
    else
      line.appendFormat("%.17g", scalar.value);
  }
  line.append(isJson ? "}\n" : "\n");
  return file.add(line, error);
}
