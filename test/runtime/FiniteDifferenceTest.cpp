// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The judgement on derivatives: right, wrong and undecided claims, kinks nearby and at the point, small derivatives.
#include "runtime/FiniteDifference.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace rondo;

/// What is judged: the function around a point, by its offset.
template <typename F> static Judgement judgementOf(F function, double x, double claim, double scale = 1) {
  auto moved = [&](double offset) { return function(x + offset); };
  auto evaluate = [](void *context, double offset) -> double {
    return (*static_cast<decltype(moved) *>(context))(offset);
  };
  Curve curve{evaluate, &moved, function(x)};
  return judge(curve, claim, {scale, 1e-6, measureNoise(curve)});
}

template <typename F> static Verdict verdict(F function, double x, double claim, double scale = 1) {
  return judgementOf(function, x, claim, scale).verdict;
}

TEST(FiniteDifference, DerivativesAreExactEnough) {
  Judgement sine = judgementOf([](double x) { return std::sin(x) + 3; }, 0.7, std::cos(0.7));
  EXPECT_EQ(sine.verdict, Verdict::Right);
  EXPECT_NEAR(sine.numeric, std::cos(0.7), 1e-10);
}

TEST(FiniteDifference, TwoValuesConfirmMostClaims) {
  auto evaluate = [](void *, double offset) { return std::sin(0.7 + offset); };
  Curve sine{evaluate, nullptr, std::sin(0.7)};
  double numeric = 0;
  EXPECT_TRUE(confirms(sine, std::cos(0.7), {1, 1e-6, 0}, numeric));
  EXPECT_NEAR(numeric, std::cos(0.7), 1e-8);
  EXPECT_FALSE(confirms(sine, std::cos(0.7) + 1e-6, {1, 1e-6, 0}, numeric));
  EXPECT_FALSE(confirms(sine, std::cos(0.7), {0, 1e-6, 0}, numeric));
}

TEST(FiniteDifference, WrongClaimsAreWrong) {
  auto sine = [](double x) { return std::sin(x); };
  EXPECT_EQ(verdict(sine, 0.7, std::cos(0.7) * 1.0001), Verdict::Wrong);
  EXPECT_EQ(verdict(sine, 0.7, std::cos(0.7) * 1.00003), Verdict::Wrong);
  EXPECT_EQ(verdict(sine, 0.7, 0), Verdict::Wrong);
  EXPECT_EQ(verdict(sine, 0.7, 0, 0), Verdict::Wrong);
  EXPECT_EQ(verdict(sine, 0.7, -std::cos(0.7)), Verdict::Wrong);
}

TEST(FiniteDifference, StrongCurvatureIsNoKink) {
  auto wave = [](double x) { return std::sin(60 * x) / 60; };
  EXPECT_EQ(verdict(wave, 0.3, std::cos(18.0)), Verdict::Right);
  // What a division by |x| + 1e-5 makes next to 0.
  auto steep = [](double x) { return x / (std::fabs(x) + 1e-5); };
  EXPECT_EQ(verdict(steep, 3e-5, 1e-5 / (4e-5 * 4e-5), 1e4), Verdict::Right);
  EXPECT_EQ(verdict(steep, 3e-5, 1.01 * 1e-5 / (4e-5 * 4e-5), 1e4), Verdict::Wrong);
}

TEST(FiniteDifference, SmallDerivativesAreSeenThroughRounding) {
  auto slope = [](double x) { return 3 + 1e-10 * x; };
  EXPECT_EQ(verdict(slope, 0.5, 1e-10, 1e-10), Verdict::Right);
  EXPECT_EQ(verdict(slope, 0.5, 0.9e-10, 1e-10), Verdict::Wrong);
  EXPECT_EQ(verdict(slope, 0.5, 0, 0), Verdict::Wrong);
}

TEST(FiniteDifference, ConfirmedZerosAreRight) {
  EXPECT_EQ(verdict([](double) { return 3.0; }, 0.5, 0, 0), Verdict::Right);
  EXPECT_EQ(verdict([](double) { return 0.0; }, 0.5, 0, 0), Verdict::Right);
  EXPECT_EQ(verdict([](double x) { return x * x; }, 0, 0, 0), Verdict::Right);
  EXPECT_EQ(verdict([](double) { return 3.0; }, 0.5, 1e-18, 1e-18), Verdict::Right);
  EXPECT_EQ(verdict([](double) { return 3.0; }, 0.5, 1e-6, 1e-6), Verdict::Wrong);
  // A unit that lives again half a unit away.
  EXPECT_EQ(verdict([](double x) { return 3 + (x > 0 ? x : 0); }, -0.1, 0, 0), Verdict::Right);
}

TEST(FiniteDifference, KinksNearbyAreAvoided) {
  auto relu = [](double x) { return x > 0 ? x : 0; };
  for (double x : {0.0005, 1e-5, 1e-7}) {
    EXPECT_EQ(verdict(relu, x, 1), Verdict::Right) << x;
    EXPECT_EQ(verdict(relu, -x, 0), Verdict::Right) << x;
    EXPECT_EQ(verdict(relu, x, 0), Verdict::Wrong) << x;
  }
}

TEST(FiniteDifference, AKinkHasTheDerivativesOfItsSides) {
  auto relu = [](double x) { return x > 0 ? x : 0; };
  EXPECT_EQ(verdict(relu, 0, 0), Verdict::Right);
  EXPECT_EQ(verdict(relu, 0, 1), Verdict::Right);
  EXPECT_EQ(verdict(relu, 0, 0.5), Verdict::Right);
  EXPECT_EQ(verdict(relu, 0, 0.3), Verdict::Undecided);
  EXPECT_EQ(verdict(relu, 0, 1.5), Verdict::Wrong);
  EXPECT_EQ(verdict(relu, 0, -1), Verdict::Wrong);
}

TEST(FiniteDifference, WhatHasNoDerivativeIsUndecided) {
  EXPECT_EQ(verdict([](double x) { return std::sqrt(std::fabs(x)); }, 0, 1), Verdict::Undecided);
  EXPECT_EQ(verdict([](double x) { return x == 0.5 ? 1 : NAN; }, 0.5, 1), Verdict::Undecided);
  EXPECT_EQ(verdict([](double x) { return std::sin(1e12 * x); }, 0.5, 1), Verdict::Undecided);
}
