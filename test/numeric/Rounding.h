// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How far results of random programs may differ, and what such tests are told by the environment.

#ifndef RONDO_TEST_NUMERIC_ROUNDING_H
#define RONDO_TEST_NUMERIC_ROUNDING_H

#include "dialect/Reference.h"

namespace rondo {

/// The number that the environment gives by this name.
uint64_t setting(const char *name, uint64_t otherwise);

double largest(const Tensor &tensor);

/// NaN if anything is one.
double largestDifference(const Tensor &expected, const Tensor &found);

/// By how much the interpreter's own results differ where the arguments do by one rounding: the largest of a few tries,
/// for each result.
std::vector<double> movements(mlir::func::FuncOp function, const std::vector<Tensor> &arguments,
                              const std::vector<Tensor> &results);

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_ROUNDING_H
