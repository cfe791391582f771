// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Gradients of whole functions with scans against central differences in double, in both directions of time.

#include "Cells.h"
#include "Program.h"

#include <gtest/gtest.h>

using namespace rondo;
using namespace rondo::test;

namespace {

struct Model {
  std::string name;
  const char *source;
};
std::ostream &operator<<(std::ostream &stream, const Model &model) { return stream << model.name; }

/// Model, direction, length.
class Gradients : public testing::TestWithParam<std::tuple<Model, std::string, int>> {};

TEST_P(Gradients, AgreeWithFiniteDifferences) {
  auto [model, direction, length] = GetParam();
  Program program(model.source, {{"T", std::to_string(length)}, {"E", "f64"}, {"DIR", direction}});
  ASSERT_TRUE(program.run("rondo-differentiate"));
  EXPECT_LT(gradientError(program, program.randomArguments("f")), 1e-7);
}

TEST_P(Gradients, AgreeWithForwardMode) {
  auto [model, direction, length] = GetParam();
  Program program(model.source, {{"T", std::to_string(length)}, {"E", "f64"}, {"DIR", direction}});
  ASSERT_TRUE(program.run("rondo-differentiate{function=f}, rondo-tangent{function=f}"));
  EXPECT_LT(tangentError(program, program.randomArguments("f_tangent")), 1e-12);
}

TEST_P(Gradients, AgreeTwiceWithFiniteDifferences) {
  auto [model, direction, length] = GetParam();
  Program program(model.source, {{"T", std::to_string(length)}, {"E", "f64"}, {"DIR", direction}});
  ASSERT_TRUE(program.run("rondo-tangent, rondo-differentiate"));
  EXPECT_LT(productError(program, "f_hessian", program.randomArguments("f_tangent")), 1e-6);
}

// What cleans up after it changes nothing.
TEST_P(Gradients, SurviveCanonicalisation) {
  auto [model, direction, length] = GetParam();
  Program program(model.source, {{"T", std::to_string(length)}, {"E", "f64"}, {"DIR", direction}});
  ASSERT_TRUE(program.run("rondo-differentiate, canonicalize, cse"));
  EXPECT_LT(gradientError(program, program.randomArguments("f")), 1e-7);
}

std::string nameOf(const testing::TestParamInfo<std::tuple<Model, std::string, int>> &info) {
  auto [model, direction, length] = info.param;
  return model.name + (direction.empty() ? "Forward" : "Backward") + std::to_string(length);
}

// A window that is carried on: the incoming states are constants of any value.
class CarriedGradients : public testing::TestWithParam<Model> {};

TEST_P(CarriedGradients, AgreeWithFiniteDifferences) {
  Program program(GetParam().source, {{"T", "3"}, {"E", "f64"}, {"DIR", ""}});
  ASSERT_TRUE(program.run("rondo-stream, rondo-differentiate"));
  EXPECT_LT(gradientError(program, program.randomArguments("f")), 1e-7);
}

INSTANTIATE_TEST_SUITE_P(Cells, CarriedGradients,
                         testing::Values(Model{"RNN", rnn}, Model{"LSTM", lstm}, Model{"GRU", gru}),
                         [](const auto &info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Cells, Gradients,
                         testing::Combine(testing::Values(Model{"RNN", rnn}, Model{"LSTM", lstm}, Model{"GRU", gru},
                                                          Model{"MadeUp", madeUp}, Model{"Plumbing", plumbing},
                                                          Model{"Nested", nested}),
                                          testing::Values("", "backward"), testing::Values(1, 4)),
                         nameOf);

} // namespace
