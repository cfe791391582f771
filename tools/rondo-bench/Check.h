// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whether the code that is timed computes what the program says.

#ifndef RONDO_TOOLS_BENCH_CHECK_H
#define RONDO_TOOLS_BENCH_CHECK_H

#include "tools/rondo-bench/LoadedModel.h"

namespace rondo {

/// Fills all buffers with reproducible numbers: weights of a trained network's magnitude, tokens below their
/// vocabulary.
void fillBuffers(LoadedModel &model, const Workload &workload);

/// The largest difference of one result, relative to its largest value.
struct Difference {
  std::string result;
  double relative = 0; // NaN where one of both has a NaN
};

/// Runs one step of the loaded code and compares it with the reference interpreter, in double precision, on the
/// program's equations. The reference takes part of the work, as much as takes it about a second: of a sequence
/// its first steps, where these do not depend on what follows, and its first rows; in training all rows repeat the
/// first ones, so that the mean gradient is theirs. Returns the worst result; nullopt after an error, which is printed.
std::optional<Difference> checkModel(LoadedModel &model, const Workload &workload, const LoadOptions &options);

/// The difference between `expected` and the leading part of `found` that has its shape.
double relativeDifference(const Tensor &expected, const Buffer &found);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_CHECK_H
