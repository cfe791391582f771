// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The average of the weights over the updates, which stands in their place wherever a model is evaluated or saved.
#ifndef RONDO_RUNTIME_WEIGHTAVERAGE_H
#define RONDO_RUNTIME_WEIGHTAVERAGE_H

#include "runtime/Workspace.h"

namespace rondo {

class WeightAverage {
public:
  /// Of the update, if it makes an average.
  void open(Parameters &of, const Call &ofUpdate) {
    parameters = &of;
    update = &ofUpdate;
  }

  /// Exchanges the average and the weights that are trained.
  void exchange() {
    if (!parameters)
      return;
    for (const Argument &argument : update->entry->args) {
      if (argument.role != Role::Average)
        continue;
      Buffer average = *update->find(Role::Average, argument.name),
             trained = parameters->values(*parameters->model.parameter(argument.name), average.type);
      for (size_t i = 0; i < average.bytes(); ++i) {
        auto &a = static_cast<char *>(average.data)[i], &b = static_cast<char *>(trained.data)[i];
        char kept = a;
        a = b;
        b = kept;
      }
    }
  }

private:
  Parameters *parameters = nullptr;
  const Call *update = nullptr;
};

/// For as long as it lives the weights are the average.
class Averaged {
public:
  /// Before the first update there is none.
  Averaged(WeightAverage &average, bool isMade) : average(isMade ? &average : nullptr) {
    if (isMade)
      average.exchange();
  }
  Averaged(const Averaged &) = delete;
  Averaged &operator=(const Averaged &) = delete;
  ~Averaged() {
    if (average)
      average->exchange();
  }

private:
  WeightAverage *average;
};

} // namespace rondo

#endif
