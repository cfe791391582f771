// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far an update moves the weights.
#ifndef RONDO_RUNTIME_UPDATENORM_H
#define RONDO_RUNTIME_UPDATENORM_H

#include "runtime/Blocks.h"
#include "runtime/Workspace.h"

namespace rondo {

class UpdateNorm {
public:
  /// Of the parameters that the entry `update` has; takes as much memory as they do.
  void open(const Call &update);
  /// To be called before the update.
  void begin();
  /// Behind it: the Euclidean norm of the difference of all parameters.
  double value() const;

private:
  struct Kept {
    Buffer now, before;
  };
  Blocks blocks;
  List<Kept> kept;
};

} // namespace rondo

#endif
