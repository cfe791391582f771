// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files of states of `run`: `state.NAME` for each state of the model, and `position`, [sequences], how many
// positions of its sequence each row has behind it.
#ifndef RONDO_RUNTIME_RUNSTATES_H
#define RONDO_RUNTIME_RUNSTATES_H

#include "runtime/RunWindows.h"
#include "runtime/StateTensor.h"

namespace rondo {

/// The states that rows begin with, of which a file may hold more than the outputs depend on.
class RunStates {
public:
  /// Reads `path` for so many rows. Errors, with the file's name: a tensor that is neither a state nor `position`, or
  /// of another type or shape; a value that is not finite, a position below 0.
  bool read(const char *path, const Model &model, const Cover &cover, int64_t rows, Error &error);
  /// Gives them to the windows, which this must outlive.
  void begin(const Model &model, const Cover &cover, RunWindows &windows) const;
  /// Writes the states behind the last positions.
  bool write(const char *path, const RunInput &input, const List<NamedTensor> &states, Error &error) const;

private:
  TensorFile file;
  /// Of each row; empty where there is no file, or it does not say.
  List<int64_t> positions;
};

} // namespace rondo

#endif
