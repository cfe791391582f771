// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry that is called with random data, for gradcheck and bench.
#ifndef RONDO_RUNTIME_RANDOMCALL_H
#define RONDO_RUNTIME_RANDOMCALL_H

#include "runtime/Random.h"
#include "runtime/Workspace.h"

namespace rondo {

/// An entry bound to random inputs and targets, which every run finds again. The values depend on the seed and on the
/// names only, and floats represent them exactly, so that entries in float and in double see the same. Reals are
/// normal, tokens uniform; lengths are full, or, where they are `mixed`, in turn full, 0 and uniform; the window is the
/// first of the run's first sequences.
class RandomCall {
public:
  enum class Lengths { full, mixed };
  /// Errors: not enough memory; the call must not be run then.
  RandomCall(Workspace &workspace, const Entry &entry, uint64_t seed, Lengths lengths, Error &error);

  /// Runs the entry from the states that a sequence begins with. Returns the loss; the entry must have one.
  double run();

  Workspace &workspace;
  Call call;
};

} // namespace rondo

#endif
