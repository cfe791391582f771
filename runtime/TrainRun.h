// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run of training: what stays the same from its first step to its last one, how far it is, and how it goes on from a
// checkpoint.
#ifndef RONDO_RUNTIME_TRAINRUN_H
#define RONDO_RUNTIME_TRAINRUN_H

#include "runtime/Arguments.h"
#include "runtime/Checkpoint.h"
#include "runtime/Feed.h"
#include "runtime/HessianFree.h"
#include "runtime/LossCurve.h"

namespace rondo {

class TrainRun {
public:
  TrainRun(const Model &model, const Arguments &options);

  /// Takes the first weights: those of the checkpoint, of --init, or new ones. What the options do not say is that of
  /// the checkpoint. Errors: the file's; a checkpoint of another program, or that the options contradict.
  bool begin(Parameters &parameters, WeightsInfo &info, Error &error);
  /// Adds what the data are (Corpus::identity(), of `valid` empty without one); `isSplit`: whether --split counts.
  /// Errors: the checkpoint's run had others.
  bool setData(const Text &data, const Text &valid, bool isSplit, Error &error);
  /// Finds the number of the run's last step. Errors: --epochs where windows are drawn, or too many; no step is left.
  bool setSteps(const Feed &feed, Error &error);
  /// Names the buffers of the two entries, and of that optimizer if it is the program's, that go into checkpoints, and
  /// brings them and the data to where the checkpoint was.
  bool bind(const Call &gradients, const Call &update, const HessianFree &optimizer, Feed &feed, Error &error);
  /// Notes that so many steps are done.
  void advance(int64_t step, WeightsInfo &info);
  /// Replaces `path` by the checkpoint of now.
  bool save(const char *path, Parameters &parameters, const WeightsInfo &info, Error &error) const;

  /// The file that the run goes on from, or null.
  const char *resumed() const { return options.text("--resume"); }
  const Rate &rate() const { return isRateGiven ? givenRate : model.train.rate; }

  uint64_t seed;
  double split;
  RunProgress progress;
  LossCurve curve;

private:
  void readOptions();
  void describe();

  const Model &model;
  const Arguments &options;
  Checkpoint from;
  bool isRateGiven = false;
  Rate givenRate{0};
  List<Setting> settings;
  List<NamedTensor> kept;
  /// Behind the weights that the run began with.
  int64_t stepsAtStart = 0;
};

} // namespace rondo

#endif
