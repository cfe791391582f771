// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Gauss-Newton products against J^T H J, of which finite differences of the outputs give J.

#include "Cells.h"
#include "Program.h"

#include "dialect/DirectionAttributes.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/TrainedParameters.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace rondo;
using namespace rondo::test;

namespace {

using Vector = std::vector<double>;

/// The second derivatives of the loss at the outputs `z`, which are the sum over [T, B], divided by its number, times
/// u.
using LossHessian = Vector (*)(const Tensor &z, const Vector &u);

/// Half the squared distance.
Vector ofSquares(const Tensor &z, const Vector &u) {
  Vector result;
  for (double x : u)
    result.push_back(x / double(z.shape[0] * z.shape[1]));
  return result;
}

/// Of each position the matrix diag(p) - p p^T, where p is the softmax.
Vector ofCrossEntropy(const Tensor &z, const Vector &u) {
  int64_t size = z.shape[2];
  Vector result(u.size());
  for (int64_t at = 0; at < z.numElements(); at += size) {
    double sum = 0, mean = 0;
    for (int64_t i = at; i < at + size; ++i) {
      sum += std::exp(z.at(i));
      mean += std::exp(z.at(i)) * u[i];
    }
    for (int64_t i = at; i < at + size; ++i)
      result[i] = std::exp(z.at(i)) / sum * (u[i] - mean / sum) / double(z.shape[0] * z.shape[1]);
  }
  return result;
}

struct Model {
  std::string name;
  const char *source;
  LossHessian hessian;
};
std::ostream &operator<<(std::ostream &stream, const Model &model) { return stream << model.name; }

class GaussNewton : public testing::TestWithParam<std::tuple<Model, std::string>> {};

TEST_P(GaussNewton, ProductsAreThoseOfTheOutputsDerivatives) {
  auto [model, direction] = GetParam();
  Program program(model.source, {{"T", "4"}, {"E", "f64"}, {"DIR", direction}});
  ASSERT_TRUE(program.run("rondo-gauss-newton"));
  auto function = program.function("f"), products = program.function("f_gauss_newton");
  std::vector<Tensor> given = program.randomArguments("f_gauss_newton");
  std::vector<Tensor> arguments(given.begin(), given.begin() + function.getNumArguments());
  unsigned output = resultsWith(function, Role::output).front();
  Tensor z = program.call("f", arguments)[output];

  std::vector<Vector> jacobian; // of each element of a parameter
  Vector along(z.numElements());
  constexpr double step = 1e-5;
  for (auto [parameter, moving] :
       llvm::zip_equal(trainedParameters(function), argumentsWith(products, directionAttribute)))
    for (int64_t i = 0; i < arguments[parameter].numElements(); ++i) {
      double value = arguments[parameter].at(i);
      arguments[parameter].set(i, value + step);
      Tensor above = program.call("f", arguments)[output];
      arguments[parameter].set(i, value - step);
      Tensor below = program.call("f", arguments)[output];
      arguments[parameter].set(i, value);
      Vector &column = jacobian.emplace_back();
      for (int64_t k = 0; k < z.numElements(); ++k) {
        column.push_back((above.at(k) - below.at(k)) / (2 * step));
        along[k] += column[k] * given[moving].at(i);
      }
    }
  Vector cotangent = model.hessian(z, along);

  std::vector<Tensor> results = program.call("f_gauss_newton", given);
  size_t next = 0;
  double difference = 0, largest = 0;
  for (unsigned number : resultsWith(products, productAttribute))
    for (int64_t i = 0; i < results[number].numElements(); ++i, ++next) {
      double numeric = 0;
      for (size_t k = 0; k < cotangent.size(); ++k)
        numeric += jacobian[next][k] * cotangent[k];
      difference = std::fmax(difference, std::fabs(results[number].at(i) - numeric));
      largest = std::fmax(largest, std::fabs(numeric));
    }
  EXPECT_EQ(next, jacobian.size());
  EXPECT_GT(largest, 1e-3);
  EXPECT_LT(difference, 1e-7 * largest);
}

INSTANTIATE_TEST_SUITE_P(Cells, GaussNewton,
                         testing::Combine(testing::Values(Model{"RNN", rnn, ofSquares},
                                                          Model{"LSTM", lstm, ofCrossEntropy}),
                                          testing::Values("", "backward")),
                         [](const auto &info) {
                           return std::get<0>(info.param).name +
                                  (std::get<1>(info.param).empty() ? "Forward" : "Backward");
                         });

// An output of which another one is made, both of which the loss reads, and a penalty on a parameter.
TEST(GaussNewtonCut, ChainedOutputsAndAPenalty) {
  Program program(R"(
!v = tensor<3xf64>
func.func @f(%w: !v {rondo.parameter = "w"}, %u: !v {rondo.parameter = "u"})
    -> (tensor<f64> {rondo.loss}, !v {rondo.output = "a"}, !v {rondo.output = "b"}) {
  %a = math.tanh %w : !v
  %b = arith.mulf %a, %u : !v
  %aa = arith.mulf %a, %a : !v
  %eb = math.exp %b : !v
  %ww = arith.mulf %w, %w : !v
  %s = arith.addf %aa, %eb : !v
  %t = arith.addf %s, %ww : !v
  %l = rondo.reduce sum %t dims = [0] : !v -> tensor<f64>
  return %l, %a, %b : tensor<f64>, !v, !v
}
)");
  ASSERT_TRUE(program.run("rondo-gauss-newton"));
  std::vector<Tensor> given = program.randomArguments("f_gauss_newton");
  std::vector<Tensor> results = program.call("f_gauss_newton", given);
  llvm::SmallVector<unsigned> products = resultsWith(program.function("f_gauss_newton"), productAttribute);
  ASSERT_EQ(products.size(), 2u);
  for (int64_t i = 0; i < 3; ++i) {
    double w = given[0].at(i), u = given[1].at(i), toW = given[2].at(i), toU = given[3].at(i), a = std::tanh(w);
    double slope = 1 - a * a, da = slope * toW, db = u * da + a * toU, atB = std::exp(a * u) * db;
    EXPECT_NEAR(results[products[0]].at(i), slope * (2 * da + u * atB) + 2 * toW, 1e-12);
    EXPECT_NEAR(results[products[1]].at(i), a * atB, 1e-12);
  }
}

} // namespace
