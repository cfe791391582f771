// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The log of train: CSV with a line for each step, or JSON lines, of which each step has one and each validation.
#ifndef RONDO_RUNTIME_TRAINLOG_H
#define RONDO_RUNTIME_TRAINLOG_H

#include "runtime/Model.h"

namespace rondo {

/// A number that is told of a step or a validation.
struct Scalar {
  Text name;
  double value;
};

/// A file to which whole records are appended, each by one call of the system: what is killed leaves none in pieces.
class RecordFile {
public:
  RecordFile() = default;
  RecordFile(const RecordFile &) = delete;
  RecordFile &operator=(const RecordFile &) = delete;
  ~RecordFile();

  /// Opens `name` behind its first `kept` bytes, or (-1) anew.
  bool open(const char *name, int64_t kept, Error &error);
  bool isOpen() const { return descriptor >= 0; }
  bool add(const Text &record, Error &error);

private:
  Text path;
  int descriptor = -1;
};

class TrainLog {
public:
  /// Opens `path`, as JSON lines if it ends with .jsonl, anew; where steps are behind the run, appends to their lines
  /// and drops those of later steps, which come again. Errors: it cannot be written; what is there is no such log.
  bool open(const char *path, const Model &model, int64_t stepsBefore, Error &error);
  bool isOpen() const { return file.isOpen(); }
  /// Whether it has all that is told of a step, and validations; else it has the columns that open() says.
  bool isComplete() const { return isJson; }
  /// Adds a line. In JSON lines `prefix` stands before each name. A log that cannot be written is no reason to lose
  /// weights, but one to end at once.
  bool add(int64_t step, const char *prefix, const List<Scalar> &scalars, Error &error);

private:
  int64_t bytesToKeep(const char *path, const Text &header, int64_t stepsBefore, Error &error) const;

  bool isJson = false;
  RecordFile file;
};

} // namespace rondo

#endif
