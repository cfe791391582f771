// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Training in a library, and the checkpoints of it.
#ifndef RONDO_RUNTIME_LIBRARYTRAINER_H
#define RONDO_RUNTIME_LIBRARYTRAINER_H

#include "runtime/Checkpoint.h"
#include "runtime/GradientSum.h"
#include "runtime/Library.h"

namespace rondo {

/// Greatest number of a batch of sequences, and of a position: far from what does not fit where it is multiplied.
constexpr int64_t mostPlace = INT64_C(1) << 40;

} // namespace rondo

struct rondo_model_trainer : rondo::LibraryObject {
  rondo_model_trainer(void *block, size_t bytes, bool isTrial, rondo_model_weights &weights, int threads)
      : rondo::LibraryObject(block, bytes, isTrial), weights(weights), model(weights.model), team(threads),
        workspace(weights.parameters, team) {}

  static int open(void *memory, size_t bytes, bool isTrial, rondo_model_weights &weights, int threads,
                  rondo_model_trainer *&trainer, size_t &needed);
  int prepare(rondo::Error &error);
  int check(const int32_t *lengths, const rondo_array *arrays, rondo::Error &error);
  int checkLengths(const int32_t *lengths, rondo::Error &error);
  int checkValues(const rondo::LibraryArray &array, rondo::Error &error);
  int64_t lengthAlong(size_t axis, int64_t row) const;
  rondo::Shape extentsOf(const rondo::LibraryArray &array, int64_t row) const;
  rondo::Call &callFor();
  void fill(const rondo::Call &call);
  int grad(bool first, int64_t seed, const int32_t *lengths, const rondo_array *arrays, double *loss,
           rondo::Error &error);
  int update(int64_t step, double rate, double *norm, rondo::Error &error);
  int place(int64_t nextGroup, int64_t nextPosition, rondo::Error &error);
  /// A checkpoint of now, of weights about which so much is known.
  rondo::CheckpointFile checkpointFile(const rondo::WeightsInfo &info) const;
  int resume(const void *data, size_t bytes, int64_t *step, rondo::Error &error);

  rondo_model_weights &weights;
  const rondo::Model &model;
  rondo::Team team;
  rondo::Workspace workspace;
  rondo::Call gradients, updater;
  /// Of the batches since the last update.
  rondo::GradientSum sum;
  /// For batches of sequences that are all shorter than a window, the longest first.
  rondo::List<rondo::Call> shorter;
  rondo::List<rondo::LibraryArray> inputs;
  /// Of the rows along the window's axis, or null.
  const int32_t *lengths = nullptr;
  bool hasGradients = false, hasStates = false;
  /// Whether the states and weights are those behind the last update.
  bool isAtUpdate = true;
  /// The last window's batch of sequences and its position in them, which only draws depend on, and whether they are
  /// known; and those of the next window, where they were given.
  int64_t group = 0, position = 0;
  bool knowsPlace = true;
  int64_t givenGroup = 0, givenPosition = 0;
  bool isPlaceGiven = false;

  /// The run that a checkpoint is of: how far it is, what it says beside the program, and its buffers there.
  rondo::RunProgress progress;
  rondo::List<rondo::Setting> dataSettings;
  rondo::List<rondo::NamedTensor> kept;
};

#endif
