// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The weights of a run that are the best in validation, and the end of a run in which there have been no better ones
// for long (early stopping).
#ifndef RONDO_RUNTIME_BESTWEIGHTS_H
#define RONDO_RUNTIME_BESTWEIGHTS_H

#include "runtime/Checkpoint.h"
#include "runtime/TrainFiles.h"

namespace rondo {

class BestWeights {
public:
  /// `progress` knows the loss of the best ones; `patience`: how many validations in a row may be no better, 0 if the
  /// run does not end by them. Both must outlive this.
  BestWeights(const TrainFiles &files, RunProgress &progress, int64_t patience)
      : files(files), progress(progress), patience(patience) {}

  /// Whether the run of the checkpoint `resumed` may go on. Errors: its patience is at an end; the weights that were
  /// the best so far, which the run may end with, are not there.
  bool check(const char *resumed, Error &error) const;
  /// Takes a validation of `parameters`; `counts`: whether it is one for patience.
  bool take(double loss, bool counts, Parameters &parameters, const WeightsInfo &info, Error &error);
  /// Whether patience is at an end.
  bool isEnough() const { return patience && progress.waited >= patience; }
  /// At the end of a run with patience the best weights are those of --out.
  bool makeFinal(Error &error) const;

private:
  const TrainFiles &files;
  RunProgress &progress;
  int64_t patience;
};

} // namespace rondo

#endif
