// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that training writes: the weights, beside them the run's checkpoint and the weights that were best in
// validation.
#ifndef RONDO_RUNTIME_TRAINFILES_H
#define RONDO_RUNTIME_TRAINFILES_H

#include "runtime/Arguments.h"
#include "runtime/Support.h"

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

} // namespace rondo

#endif
