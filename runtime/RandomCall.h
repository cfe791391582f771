// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry, or a batch of any size, that is run on random data: for gradcheck and bench.
#ifndef RONDO_RUNTIME_RANDOMCALL_H
#define RONDO_RUNTIME_RANDOMCALL_H

#include "runtime/Cover.h"
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

/// A batch for the cover on random inputs, with memory for all outputs.
class RandomBatch {
public:
  /// `rows` sequences of `positions` positions each, and full lengths along other axes; values are as RandomCall's.
  /// Errors: not enough memory, numbers that are too large.
  RandomBatch(const Model &model, const Cover &cover, int64_t rows, int64_t positions, uint64_t seed, Error &error);

  CoverBatch batch;

private:
  RowArray *add(List<RowArray> &arrays, const Text &name, Type type, const Port *port, Error &error);

  const Model &model;
  int64_t rows, positions;
  List<int64_t> lengths;
  Blocks memory;
};

} // namespace rondo

#endif
