// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The check of compiled products of second derivatives, in double.
#ifndef RONDO_RUNTIME_SECONDORDER_H
#define RONDO_RUNTIME_SECONDORDER_H

#include "runtime/RandomCall.h"

namespace rondo {

/// What a check has counted: entries that were checked and left undecided, parameters that are undecided as a whole
/// though they have products, and faults.
struct CheckCounts {
  int64_t checked = 0, undecided = 0, open = 0, failed = 0;
};

/// How a check is done: by the seed, so many entries of each parameter, differences within the tolerance, relative to
/// the largest entry.
struct CheckSettings {
  uint64_t seed;
  int64_t samples;
  double tolerance;
};

/// An error where the model was compiled without what checkSecondOrder() runs.
bool requireSecondOrder(const Model &model, Error &error);

/// Compares, at the double weights of the workspace, along two random directions of all parameters: products with the
/// Hessian matrix and finite differences of the gradient, which `gradient` computes; the slope of forward mode and that
/// of the gradient; and looks whether the Hessian and the Gauss-Newton matrix are symmetric, and the latter positive
/// where the loss is convex in what it is computed from. Prints a table. Errors: the model was compiled without them.
bool checkSecondOrder(RandomCall &gradient, const CheckSettings &settings, CheckCounts &counts, Error &error);

} // namespace rondo

#endif
