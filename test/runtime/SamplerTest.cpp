// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/Sampler.h"

#include "gtest/gtest.h"

#include <cmath>
#include <set>
#include <vector>

using namespace rondo;

namespace {

Sampler samplerOf(std::vector<double> logits, bool &isGood) {
  Sampler sampler;
  Buffer buffer{logits.data(), Type::F64, {}};
  isGood = sampler.set(buffer, 1, static_cast<int64_t>(logits.size()) - 1);
  return sampler;
}

/// The symbols that are drawn by numbers all over (0, 1).
std::set<int64_t> drawn(Sampler &sampler, const Sampling &sampling) {
  std::set<int64_t> symbols;
  for (int i = 0; i < 1000; ++i)
    symbols.insert(sampler.draw(sampling, (i + 0.5) / 1000));
  return symbols;
}

} // namespace

TEST(Sampler, KnowsProbabilities) {
  bool isGood;
  Sampler sampler = samplerOf({99, 0, std::log(2.0), std::log(5.0)}, isGood);
  ASSERT_TRUE(isGood);
  EXPECT_EQ(sampler.count(), 3);
  EXPECT_NEAR(sampler.logProbability(0), std::log(1.0 / 8), 1e-12);
  EXPECT_NEAR(sampler.logProbability(2), std::log(5.0 / 8), 1e-12);
  EXPECT_EQ(sampler.draw({0, 0, 1}, 0.01), 2);
  EXPECT_EQ(sampler.draw({1, 0, 1}, 0.124), 0);
  EXPECT_EQ(sampler.draw({1, 0, 1}, 0.126), 1);
  EXPECT_EQ(sampler.draw({1, 0, 1}, 0.376), 2);
}

TEST(Sampler, DrawsFromTheLikeliest) {
  bool isGood;
  Sampler sampler = samplerOf({0, std::log(1.0), std::log(4.0), std::log(2.0), std::log(3.0)}, isGood);
  EXPECT_EQ(drawn(sampler, {1, 0, 1}), (std::set<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(drawn(sampler, {1, 2, 1}), (std::set<int64_t>{1, 3}));
  EXPECT_EQ(drawn(sampler, {1, 9, 1}), (std::set<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(drawn(sampler, {1, 0, 0.69}), (std::set<int64_t>{1, 3}));
  EXPECT_EQ(drawn(sampler, {1, 0, 0.71}), (std::set<int64_t>{1, 2, 3}));
  EXPECT_EQ(drawn(sampler, {1, 0, 1e-9}), (std::set<int64_t>{1}));
  // Of the three likeliest the first has 4 of 9.
  EXPECT_EQ(drawn(sampler, {1, 3, 0.44}), (std::set<int64_t>{1}));
  EXPECT_EQ(drawn(sampler, {1, 3, 0.45}), (std::set<int64_t>{1, 3}));
}

TEST(Sampler, TakesTheFirstOfEqualOnes) {
  bool isGood;
  Sampler sampler = samplerOf({0, 1, 3, 3, 3}, isGood);
  EXPECT_EQ(sampler.draw({0, 0, 1}, 0.99), 1);
  EXPECT_EQ(drawn(sampler, {1, 2, 1}), (std::set<int64_t>{1, 2}));
}

TEST(Sampler, LeavesOutWhatIsNotFinite) {
  bool isGood;
  Sampler sampler = samplerOf({0, NAN, 1, INFINITY, 1, -INFINITY}, isGood);
  ASSERT_TRUE(isGood);
  EXPECT_NEAR(sampler.logProbability(1), std::log(0.5), 1e-12);
  EXPECT_EQ(sampler.logProbability(0), -INFINITY);
  EXPECT_EQ(sampler.logProbability(2), -INFINITY);
  EXPECT_EQ(drawn(sampler, {1, 4, 1}), (std::set<int64_t>{1, 3}));
  samplerOf({1, NAN, -INFINITY}, isGood);
  EXPECT_FALSE(isGood);
}
