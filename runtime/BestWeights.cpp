// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The best weights.
#include "runtime/BestWeights.h"

#include "runtime/File.h"

using namespace rondo;

bool BestWeights::check(const char *resumed, Error &error) const {
  if (!patience || !progress.hasBest())
    return true;
  if (isEnough())
    return error.fail("%s: the last %lld validations were no better than one before, expected --patience to give more, "
                      "or none",
                      resumed, static_cast<long long>(progress.waited));
  if (files.best.empty())
    return true;
  TensorFile file;
  WeightsInfo info;
  Error unread;
  return (file.read(files.best.c_str(), unread) && readWeightsInfo(file, info, unread) &&
          info.steps == progress.bestSteps) ||
         error.fail("--patience: expected '%s' to be the run's best weights so far, those after %lld steps",
                    files.best.c_str(), static_cast<long long>(progress.bestSteps));
}

bool BestWeights::take(double loss, bool counts, Parameters &parameters, const WeightsInfo &info, Error &error) {
  if (!(loss < progress.best)) {
    progress.waited += counts;
    return true;
  }
  progress.best = loss;
  progress.bestSteps = info.steps;
  progress.waited = 0;
  return files.best.empty() || saveWeights(files.best.c_str(), parameters, parameters.model.element, info, error);
}

bool BestWeights::makeFinal(Error &error) const {
  if (!patience || !progress.hasBest() || files.best.empty())
    return true;
  FileBytes bytes;
  FileReplacement file;
  return bytes.read(files.best.c_str(), error) && file.open(files.weights.c_str(), error) &&
         file.write(bytes.data(), bytes.size(), error) && file.commit(error);
}
