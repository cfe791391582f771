// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that training writes: the weights, beside them the run's checkpoint and the weights that were best in
// validation, and the log.
#ifndef RONDO_RUNTIME_TRAINFILES_H
#define RONDO_RUNTIME_TRAINFILES_H

#include "runtime/Arguments.h"
#include "runtime/Model.h"

#include <cstdio>

namespace rondo {

/// The names of the files beside FILE.safetensors are FILE.checkpoint.safetensors and FILE.best.safetensors; beside a
/// file with another name they are FILE.checkpoint and FILE.best. All are empty where `out` is null.
struct TrainFiles {
  explicit TrainFiles(const char *out);

  /// Whether all that is to be written can be, and is no file that is read, nor twice the same. A temporary file that a
  /// killed run has left is gone then. Going on from weights or a checkpoint that are replaced is common, though.
  bool check(const Arguments &options, Error &error) const;

  Text weights, checkpoint, best;
};

/// The log of train: CSV with a line for each step.
class TrainLog {
public:
  TrainLog() = default;
  TrainLog(const TrainLog &) = delete;
  TrainLog &operator=(const TrainLog &) = delete;
  ~TrainLog();

  /// Opens `path` anew; where steps are behind the run, appends to their lines and drops those of later steps, which
  /// come again. Errors: it cannot be written; what is there is no such log.
  bool open(const char *path, const Model &model, int64_t stepsBefore, Error &error);
  bool isOpen() const { return file != nullptr; }
  /// Adds a line, with the values of the losses that have names. A log that cannot be written is no reason to lose
  /// weights, but one to end at once.
  bool add(int64_t step, double loss, double norm, double rate, const List<double> &parts, Error &error);

private:
  bool append(const Text &header, int64_t stepsBefore, Error &error);
  bool flush(Error &error);

  Text path;
  FILE *file = nullptr;
};

} // namespace rondo

#endif
