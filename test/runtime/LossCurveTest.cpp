// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/LossCurve.h"

#include <gtest/gtest.h>

using namespace rondo;

// Few steps are all there; of many each point is the mean of as many steps, at their middle.
TEST(LossCurve, PointsAreMeansOfEquallyManySteps) {
  for (int64_t steps : {1, 2, 511, 512, 513, 1024, 1027, 70001}) {
    LossCurve curve;
    for (int64_t step = 1; step <= steps; ++step)
      curve.add(step, static_cast<double>(step));
    List<LossCurve::Point> points = curve.training();
    ASSERT_LE(points.size(), 512u);
    ASSERT_GE(points.size(), static_cast<size_t>(steps < 256 ? steps : 256));
    if (steps < 512) {
      ASSERT_EQ(points.size(), static_cast<size_t>(steps));
    }
    // The mean of the numbers of steps is their middle.
    double width = points.size() > 1 ? points[1].step - points[0].step : 1;
    for (size_t i = 0; i < points.size(); ++i) {
      EXPECT_FLOAT_EQ(static_cast<float>(points[i].loss), static_cast<float>(points[i].step));
      if (i + 1 < points.size()) {
        EXPECT_EQ(points[i].step, width * static_cast<double>(i) + 0.5 * (width + 1));
      }
    }
  }
}

// Of many validations each so manieth is there, and the last one always.
TEST(LossCurve, ValidationsAreEvenlyThinned) {
  LossCurve curve;
  for (int64_t number = 1; number <= 5000; ++number) {
    curve.addValidation(10 * number, 1.0 / static_cast<double>(number));
    const List<LossCurve::Point> &points = curve.validation();
    ASSERT_LE(points.size(), 512u);
    ASSERT_GE(points.size(), static_cast<size_t>(number < 256 ? number : 256));
    ASSERT_EQ(points[0].step, 10);
    ASSERT_EQ(points[points.size() - 1].step, 10.0 * static_cast<double>(number));
    double between = points.size() > 1 ? points[1].step - points[0].step : 0;
    for (size_t i = 1; i + 1 < points.size(); ++i)
      ASSERT_EQ(points[i].step - points[i - 1].step, between) << number;
    for (const LossCurve::Point &point : points)
      ASSERT_FLOAT_EQ(static_cast<float>(point.loss), static_cast<float>(10 / point.step));
  }
}
