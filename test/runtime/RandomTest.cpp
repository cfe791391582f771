// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The random numbers are those of Philox, and the distributions have the moments they should.
#include "runtime/Random.h"
#include "runtime/Philox.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace rondo;

static void expectPhilox(uint32_t counter[4], const uint32_t key[2], const uint32_t expected[4]) {
  philox(counter, key);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(counter[i], expected[i]);
}

// The known answers that come with Random123.
TEST(Random, PhiloxKnownAnswers) {
  uint32_t zero[4] = {}, zeroKey[2] = {}, zeroAnswer[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  expectPhilox(zero, zeroKey, zeroAnswer);
  uint32_t ones[4] = {~0u, ~0u, ~0u, ~0u}, onesKey[2] = {~0u, ~0u};
  uint32_t onesAnswer[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  expectPhilox(ones, onesKey, onesAnswer);
  uint32_t pi[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, piKey[2] = {0xa4093822, 0x299f31d0};
  uint32_t piAnswer[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
  expectPhilox(pi, piKey, piAnswer);
}

TEST(Random, NormalQuantile) {
  EXPECT_EQ(normalQuantile(0.5), 0);
  EXPECT_NEAR(normalQuantile(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(normalQuantile(0.025), -1.959963984540054, 1e-15);
  EXPECT_NEAR(normalQuantile(1e-10), -6.361340902404056, 1e-14);
  EXPECT_NEAR(normalQuantile(1e-15), -7.941345326170997, 1e-14);
  for (double p = 0.0005; p < 1; p += 0.0101)
    EXPECT_NEAR(0.5 * std::erfc(-normalQuantile(p) / std::sqrt(2.0)), p, 1e-15);
}

TEST(Random, Moments) {
  Random random(7, "test");
  const int n = 100000;
  double mean = 0, square = 0, uniform = 0;
  int counts[5] = {};
  for (int i = 0; i < n; ++i) {
    double x = random.normal(i);
    mean += x / n;
    square += x * x / n;
    uniform += random.uniform(i) / n;
    ++counts[random.below(i, 5)];
  }
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(square, 1, 0.02);
  EXPECT_NEAR(uniform, 0.5, 0.005);
  for (int count : counts)
    EXPECT_NEAR(count, n / 5, 600);
}

TEST(Random, StreamsAndSeedsDiffer) {
  EXPECT_EQ(Random(1, "a").bits(3), Random(1, "a").bits(3));
  EXPECT_NE(Random(1, "a").bits(3), Random(1, "b").bits(3));
  EXPECT_NE(Random(1, "a").bits(3), Random(2, "a").bits(3));
}
