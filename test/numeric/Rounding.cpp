// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How far results of random programs may differ, and what such tests are told by the environment.

#include "test/numeric/Rounding.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

uint64_t rondo::setting(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text ? strtoull(text, nullptr, 10) : otherwise;
}

double rondo::largest(const Tensor &tensor) {
  double result = 0;
  for (int64_t i = 0; i < tensor.numElements(); ++i)
    result = std::max(result, std::abs(tensor.at(i)));
  return result;
}

double rondo::largestDifference(const Tensor &expected, const Tensor &found) {
  double difference = 0;
  for (int64_t i = 0; i < expected.numElements(); ++i) {
    double distance = std::abs(expected.at(i) - found.at(i));
    if (std::isnan(distance))
      return NAN;
    difference = std::max(difference, distance);
  }
  return difference;
}

/// Moves each number to its neighbour above or below.
static void moveByRounding(Tensor &tensor, uint64_t seed) {
  for (int64_t i = 0; tensor.isFloat() && i < tensor.numElements(); ++i)
    tensor.set(i, std::nextafter(tensor.at(i), counterRandom(seed, 0, 0, i) < 0.5 ? -INFINITY : INFINITY));
}

std::vector<double> rondo::movements(func::FuncOp function, const std::vector<Tensor> &arguments,
                                     const std::vector<Tensor> &results) {
  std::vector<double> movements(results.size());
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    std::vector<Tensor> moved = arguments;
    for (auto [i, argument] : llvm::enumerate(moved))
      moveByRounding(argument, 31 * i + seed);
    FailureOr<std::vector<Tensor>> found = interpret(function, moved);
    EXPECT_TRUE(succeeded(found));
    for (size_t r = 0; succeeded(found) && r < results.size(); ++r)
      movements[r] = std::max(movements[r], largestDifference(results[r], (*found)[r]));
  }
  return movements;
}
