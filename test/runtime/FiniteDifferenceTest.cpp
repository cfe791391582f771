// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The judgement on derivatives: right and wrong claims, kinks nearby and at the point.
#include "runtime/FiniteDifference.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace rondo;

template <typename F> static Curve curveOf(F &function, double x) {
  return {[](void *context, double at) { return (*static_cast<F *>(context))(at); }, &function, x, function(x)};
}

template <typename F> static Verdict verdict(F function, double x, double claim) {
  double numeric = 0;
  return judge(curveOf(function, x), 0x1p-10, claim, 1e-6, 1, numeric);
}

TEST(FiniteDifference, CentralDifferenceIsExactEnough) {
  auto sine = [](double x) { return std::sin(x) + 3; };
  EXPECT_NEAR(centralDifference(curveOf(sine, 0.7), 0x1p-10), std::cos(0.7), 1e-11);
  auto quartic = [](double x) { return x * x * x * x; };
  EXPECT_NEAR(centralDifference(curveOf(quartic, 1.5), 0.25), 4 * 1.5 * 1.5 * 1.5, 1e-12);
}

TEST(FiniteDifference, StrongCurvatureIsNoKink) {
  auto wave = [](double x) { return std::sin(60 * x) / 60; };
  EXPECT_EQ(verdict(wave, 0.3, std::cos(18.0)), Verdict::Agrees);
}

TEST(FiniteDifference, WrongClaimsDiffer) {
  auto sine = [](double x) { return std::sin(x); };
  EXPECT_EQ(verdict(sine, 0.7, std::cos(0.7) * 1.00001), Verdict::Differs);
  EXPECT_EQ(verdict(sine, 0.7, 0), Verdict::Differs);
}

TEST(FiniteDifference, Kinks) {
  auto relu = [](double x) { return x > 0 ? x : 0; };
  EXPECT_EQ(verdict(relu, 0.0005, 1), Verdict::KinkNearby);
  EXPECT_EQ(verdict(relu, -0.0005, 0), Verdict::KinkNearby);
  EXPECT_EQ(verdict(relu, 0.0005, 0), Verdict::Differs);
  EXPECT_EQ(verdict(relu, 0, 0), Verdict::KinkHere);
  EXPECT_EQ(verdict(relu, 0, 1), Verdict::KinkHere);
  EXPECT_EQ(verdict(relu, 0, 1.5), Verdict::Differs);
}
