// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers that are not finite in a step of training: where they are first, and the window that made them, in a file.
//
// The file (safetensors) has one tensor for each thing that the step's two entries read, by role and name as the
// program lays it out: parameter/PATH, moment1/PATH to moment3/PATH, average/PATH, state/NAME, input/NAME, target/NAME,
// lengths/AXIS, seed/ and position/, with "rows" behind where each row has its own, start/, step/, rate/. The metadata
// rondo.trace is the version of this, rondo.model the model's name.
#ifndef RONDO_RUNTIME_STEPWATCH_H
#define RONDO_RUNTIME_STEPWATCH_H

#include "runtime/Cover.h"
#include "runtime/Safetensors.h"

namespace rondo {

class StepWatch {
public:
  /// Of the steps that these calls make; the team computes which output is not finite. With `tracePath` the window of
  /// such a step is written there, for which weights and moments are copied before each step.
  void open(Parameters &parameters, Team &team, Call &gradients, Call &update, const char *tracePath);

  /// To be called before the gradients of each step: keeps what the step changes.
  void begin();

  /// Each returns whether all is finite: the loss, after the gradients; the norm and the weights, after the update. If
  /// not, the error says where the first number is that is not, and the window is written.
  bool checkLoss(int64_t step, Error &error);
  bool checkUpdate(int64_t step, Error &error);

private:
  /// A buffer that a step changes, and what it held before.
  struct Kept {
    Text name;
    Buffer now, before;
  };
  void keep(const Call &call, Role role);
  void keep(Role role, const Text &name, const Buffer &now);
  CoverBatch viewBatch(const Cover &cover) const;
  Text placeInOutputs() const;
  Text placeOfLoss() const;
  bool fail(int64_t step, const Text &what, const Text &place, Error &error);
  void write(int64_t step) const;

  const Model *model = nullptr;
  Parameters *parameters = nullptr;
  Team *team = nullptr;
  Call *gradients = nullptr, *update = nullptr;
  const char *tracePath = nullptr;
  Blocks blocks;
  List<Kept> kept;
};

} // namespace rondo

#endif
