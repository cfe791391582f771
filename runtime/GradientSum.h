// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mean of several batches' gradients, where an update takes that.
#ifndef RONDO_RUNTIME_GRADIENTSUM_H
#define RONDO_RUNTIME_GRADIENTSUM_H

#include "runtime/Workspace.h"

namespace rondo {

class GradientSum {
public:
  /// Takes the memory for what `gradients` computes of so many batches; none if that is one. Errors: not enough memory.
  bool open(const Call &gradients, int64_t batches, Error &error);
  /// Adds the gradients and losses of a batch, which stand in the buffers. Behind the last one these have the means.
  /// What an update gives to buffers the next batch begins with.
  void add(Parameters &parameters);
  /// Forgets the batches since the last update.
  void clear() { count = 0; }
  bool isComplete() const { return count == batches; }
  int64_t missing() const { return batches - count; }

private:
  struct Part {
    Buffer result, sum;
  };
  Blocks blocks;
  List<Part> parts;
  const Call *gradients = nullptr;
  int64_t batches = 1, count = 0;
};

} // namespace rondo

#endif
