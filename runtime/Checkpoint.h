// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checkpoints: a weight file that holds besides what a run of training needs to go on as if it had never stopped. The
// tensors checkpoint/moment1/PATH, moment2 and moment3 are the optimizer's, checkpoint/trained/PATH, where the weights
// are averages, those that are trained, checkpoint/state/NAME the states after the last window, each as the program
// lays it out. The metadata rondo.checkpoint is the version of this, rondo.run.NAME what the run is (Files.md). The
// order of the data and all seeds follow from the run's seed and the step.
#ifndef RONDO_RUNTIME_CHECKPOINT_H
#define RONDO_RUNTIME_CHECKPOINT_H

#include "runtime/Weights.h"
#include "runtime/Workspace.h"

#include <cmath>

namespace rondo {

/// What a run keeps from its beginning to its end.
struct Setting {
  /// In the metadata, behind rondo.run.; and in messages.
  const char *name, *what;
  Text value;
};

/// How far a run is.
struct RunProgress {
  /// The step behind it, and the one that it is to end with.
  int64_t step = 0, steps = 0;
  /// The least loss in validation, and the steps behind those weights; infinite where there is none.
  double best = INFINITY;
  int64_t bestSteps = 0;
  /// How many validations in a row have not been better since.
  int64_t waited = 0;

  bool hasBest() const { return best < INFINITY; }
};

/// What of a run follows from the program but its equations, which come last where runs are compared: where others
/// differ these have words of their own.
List<Setting> programSettings(const Model &model);
Setting equationsOf(const Model &model);
/// Adds how windows are cut, if they are: a run may go on with others.
void addSegments(const Model &model, List<Setting> &settings);

class Checkpoint {
public:
  /// Reads `path`. Errors: no safetensors file; weights alone; another version; progress that is none.
  bool read(const char *path, Error &error);
  /// The same from a file's `size` bytes in memory, which outlive it.
  bool parse(const void *bytes, size_t size, Error &error);

  const TensorFile &tensors() const { return file; }
  /// The value of a setting, or null.
  const Text *setting(const char *name) const;
  /// Whether the run began in a program that uses the model as a library, of which data, seed and rate are not known.
  bool isOfLibrary() const;
  /// Of a run of `train`, what it says of data, seed and rate; else that it is of a library.
  List<Setting> dataSettings() const;
  /// Whether these settings are the run's, as far as it says them; the error names the first that is another.
  bool check(const List<Setting> &settings, Error &error) const;
  /// Whether the file has these tensors, and no more. Errors: one is missing, of another type or shape, or (of the
  /// optimizer's) not finite; the file has one more.
  bool has(const List<NamedTensor> &kept, Error &error) const;
  /// Copies the file's tensors to those of the same names, which it has.
  void restore(const List<NamedTensor> &kept) const;

  /// Gives the file's memory back.
  void release() { file.clear(); }

  RunProgress progress;

private:
  bool readProgress(const char *advice, Error &error);

  Text path; // or what messages say in its place
  TensorFile file;
};

/// The buffers of the two entries that a checkpoint holds beside the weights, under the names that they have there.
/// Where there are averages they are those while weights and averages are exchanged (WeightAverage.h).
List<NamedTensor> keptTensors(const Call &gradients, const Call &update);

/// What a checkpoint holds: the parameters' values of that type and `kept`, as views, and the rest.
struct CheckpointFile : WeightsFile {
  CheckpointFile(const Parameters &parameters, Type type, const WeightsInfo &info, const RunProgress &progress,
                 const List<Setting> &settings, const List<NamedTensor> &kept);
  /// An error where a value is not finite, but for states.
  bool checkFinite(Error &error) const;
};

/// Replaces `path` by a checkpoint. Errors as saveWeights(), also of the optimizer's tensors.
bool saveCheckpoint(const char *path, Parameters &parameters, Type type, const WeightsInfo &info,
                    const RunProgress &progress, const List<Setting> &settings, const List<NamedTensor> &kept,
                    Error &error);

} // namespace rondo

#endif
