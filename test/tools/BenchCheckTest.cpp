// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-bench must not time a wrong result: what its comparison with the reference finds.

#include "tools/rondo-bench/Check.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace rondo;

namespace {

/// A buffer of the numbers 1, 2, 3, ...
Buffer count(std::vector<int64_t> shape) {
  Buffer buffer;
  buffer.shape = shape;
  buffer.bytes = 4 * buffer.numElements();
  buffer.data.reset(static_cast<char *>(std::malloc(buffer.bytes)));
  for (int64_t i = 0; i < buffer.numElements(); ++i)
    buffer.set(i, double(i + 1));
  return buffer;
}

TEST(BenchCheck, EqualResultsDoNotDiffer) {
  EXPECT_EQ(relativeDifference(Tensor::of(Tensor::Kind::F64, {2, 3}, {1, 2, 3, 4, 5, 6}), count({2, 3})), 0);
}

TEST(BenchCheck, TheLeadingPartOfEachDimensionIsCompared) {
  // Rows 0 and 1 of both steps, of a buffer of 2 steps, 3 rows, 2 features.
  Tensor part = Tensor::of(Tensor::Kind::F64, {2, 2, 2}, {1, 2, 3, 4, 7, 8, 9, 10});
  EXPECT_EQ(relativeDifference(part, count({2, 3, 2})), 0);
  EXPECT_EQ(relativeDifference(Tensor::of(Tensor::Kind::F64, {1, 1, 2}, {1, 4}), count({2, 3, 2})), 0.5);
}

TEST(BenchCheck, TheDifferenceIsRelativeToTheLargestValue) {
  EXPECT_DOUBLE_EQ(relativeDifference(Tensor::of(Tensor::Kind::F64, {3}, {1, 2.5, -10}), count({3})), 1.3);
}

TEST(BenchCheck, NaNIsADifferenceThatNoToleranceAllows) {
  Tensor one = Tensor::of(Tensor::Kind::F64, {3}, {1, 2, 3});
  for (double bad : {std::nan(""), double(INFINITY)}) {
    Buffer found = count({3});
    found.set(1, bad);
    EXPECT_FALSE(relativeDifference(one, found) <= 1e30);
  }
  one.set(2, std::nan(""));
  EXPECT_FALSE(relativeDifference(one, count({3})) <= 1e30);
}

TEST(BenchCheck, WrongCodeIsFound) {
  // The code of one cell against the program of another: both have the input and the output.
  Workload workload;
  workload.cell = "rnn";
  workload.T = 4, workload.B = 2, workload.H = workload.I = 8;
  LoadOptions options;
  options.programs = RONDO_BENCH_PROGRAMS;
  std::unique_ptr<LoadedModel> model = LoadedModel::load(workload, options);
  ASSERT_TRUE(model);
  fillBuffers(*model, workload);
  std::optional<Difference> right = checkModel(*model, workload, options);
  ASSERT_TRUE(right);
  EXPECT_LE(right->relative, 1e-5);
  workload.cell = "gru_reset";
  std::optional<Difference> wrong = checkModel(*model, workload, options);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->result, "output out");
  EXPECT_GT(wrong->relative, 1e-2);
}

} // namespace
