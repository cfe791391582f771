// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The optimisers against plain loops over several steps.

#include "Program.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <gtest/gtest.h>
#include <optional>

using namespace rondo;
using namespace rondo::test;

namespace {

const char *const gradientFunction = R"(
func.func @f_grad(%w: tensor<3x2x$E> {rondo.parameter = "w"}, %b: tensor<$E> {rondo.parameter = "b"})
    -> (tensor<3x2x$E> {rondo.gradient = "w"}, tensor<$E> {rondo.gradient = "b"}) {
  return %w, %b : tensor<3x2x$E>, tensor<$E>
}
)";

struct Settings {
  std::string name, options;
  bool adam;
  double momentum, decay, clip;
  double decoupled = 0;           // the decay of adamw
  std::optional<double> ofB = {}; // that of the parameter b, in place of either
};
std::ostream &operator<<(std::ostream &stream, const Settings &settings) { return stream << settings.name; }

/// The seven numbers of both parameters, one after the other, and their moments.
struct State {
  std::vector<double> p, m = std::vector<double>(7), v = m, c = m;
};

/// One step of PyTorch's optimisers, written out; returns the norm before clipping.
double stepByHand(State &s, std::vector<double> g, const Settings &settings, int64_t t, double rate) {
  double norm = 0;
  for (double x : g)
    norm += x * x;
  norm = std::sqrt(norm);
  for (size_t i = 0; i < g.size(); ++i) {
    if (settings.clip > 0)
      g[i] *= std::min(1.0, settings.clip / (norm + 1e-6));
    bool own = settings.ofB && i == 6;
    g[i] += (own && settings.decay != 0 ? *settings.ofB : settings.decay) * s.p[i];
    s.p[i] *= 1 - rate * (own && settings.decoupled != 0 ? *settings.ofB : settings.decoupled);
    if (settings.adam) {
      s.m[i] = 0.9 * s.m[i] + (1 - 0.9) * g[i];
      s.v[i] = 0.99 * s.v[i] + (1 - 0.99) * g[i] * g[i];
      double mHat = s.m[i] / (1 - std::pow(0.9, double(t))), vHat = s.v[i] / (1 - std::pow(0.99, double(t)));
      s.p[i] -= rate * mHat / (std::sqrt(vHat) + 1e-8);
    } else {
      s.m[i] = t == 1 ? g[i] : settings.momentum * s.m[i] + g[i];
      s.p[i] -= rate * s.m[i];
    }
  }
  return norm;
}

/// Makes the update by these options and takes five steps with it, beside those of `step`, which gives the norm.
template <typename Step>
void expectSteps(const std::string &options, const std::string &element, unsigned moments, Step step) {
  double tolerance = element == "f64" ? 1e-13 : 2e-5;
  Program program(gradientFunction, {{"E", element}});
  ASSERT_TRUE(program.run("rondo-make-update{" + options + "}"));
  std::vector<Tensor> arguments = program.randomArguments("update");
  ASSERT_EQ(arguments.size(), 4 + 2 * moments + 2);
  State state;
  for (unsigned i = 0; i < 2; ++i)
    for (int64_t e = 0; e < arguments[i].numElements(); ++e)
      state.p.push_back(arguments[i].at(e));
  for (unsigned i = 4; i < 4 + 2 * moments; ++i)
    arguments[i] = Tensor::zeros(arguments[i].kind, arguments[i].shape);

  for (int64_t t = 1; t <= 5; ++t) {
    double rate = 0.1 / double(t);
    std::vector<double> gradient;
    for (unsigned i = 2; i < 4; ++i)
      for (int64_t e = 0; e < arguments[i].numElements(); ++e) {
        arguments[i].set(e, std::sin(double(7 * t + 3 * e + i)));
        gradient.push_back(arguments[i].at(e));
      }
    arguments[arguments.size() - 2].set(0, double(t));
    arguments.back().set(0, rate);
    double norm = step(state, gradient, t, rate);
    std::vector<Tensor> results = program.call("update", arguments);
    ASSERT_EQ(results.size(), 2 + 2 * moments + 1);
    EXPECT_NEAR(results.back().at(0), norm, tolerance * norm);
    std::vector<double> *expected[] = {&state.p, &state.m, &state.v, &state.c};
    for (unsigned i = 0; i + 1 < results.size(); ++i)
      for (int64_t e = 0; e < results[i].numElements(); ++e)
        EXPECT_NEAR(results[i].at(e), (*expected[i / 2])[(i % 2 ? 6 : 0) + e], tolerance) << "step " << t;
    for (unsigned i = 0; i < 2; ++i)
      arguments[i] = results[i];
    for (unsigned i = 0; i < 2 * moments; ++i)
      arguments[4 + i] = results[2 + i];
  }
}

class Updates : public testing::TestWithParam<std::tuple<Settings, std::string>> {};

TEST_P(Updates, AgreeWithPlainLoops) {
  auto [settings, element] = GetParam();
  unsigned moments = settings.adam ? 2 : settings.momentum != 0 ? 1 : 0;
  expectSteps(settings.options, element, moments,
              [&, &settings = settings](State &state, const std::vector<double> &gradient, int64_t t, double rate) {
                return stepByHand(state, gradient, settings, t, rate);
              });
}

/// An optimizer's equations for one element, as its paper has them.
struct Rule {
  std::string name, options;
  unsigned moments;
  void (*step)(double &p, double g, double rate, double &m, double &v, double &c);
};
std::ostream &operator<<(std::ostream &stream, const Rule &rule) { return stream << rule.name; }

class Equations : public testing::TestWithParam<std::tuple<Rule, std::string>> {};

TEST_P(Equations, AgreeWithPlainLoops) {
  auto [rule, element] = GetParam();
  expectSteps(rule.options, element, rule.moments,
              [step = rule.step](State &s, const std::vector<double> &g, int64_t, double rate) {
                double squares = 0;
                for (size_t i = 0; i < g.size(); ++i) {
                  squares += g[i] * g[i];
                  step(s.p[i], g[i], rate, s.m[i], s.v[i], s.c[i]);
                }
                return std::sqrt(squares);
              });
}

class Corrections : public testing::TestWithParam<std::string> {};

TEST_P(Corrections, AreExactForEarlyAndLateSteps) {
  Program program(gradientFunction, {{"E", GetParam()}});
  ASSERT_TRUE(program.run("rondo-make-update{optimizer=adam numbers=beta2=0.999999,epsilon=0}"));
  std::vector<Tensor> arguments = program.randomArguments("update");
  for (double t : {1.0, 2.0, 3.0, 1000.0, 65536.0, 1e6, 1e9}) {
    // From zero moments, with every gradient and the rate 1, no number but the corrections matters.
    for (unsigned i = 0; i < arguments.size(); ++i)
      for (int64_t e = 0; e < arguments[i].numElements(); ++e)
        arguments[i].set(e, i == 2 || i == 3 || i + 1 == arguments.size() ? 1 : i + 2 == arguments.size() ? t : 0);
    double mean = 0.1 / -std::expm1(t * std::log(0.9)), square = 1e-6 / -std::expm1(t * std::log(0.999999));
    double expected = -mean / std::sqrt(square);
    EXPECT_NEAR(program.call("update", arguments)[0].at(0), expected,
                std::fabs(expected) * (GetParam() == "f64" ? 1e-9 : 1e-6))
        << "step " << t;
  }
}

// A single-precision gradient whose square is none is clipped as any other.
TEST(Clipping, TakesNormsWhoseSquaresOverflow) {
  Program program(gradientFunction, {{"E", "f32"}});
  ASSERT_TRUE(program.run("rondo-make-update{optimizer=sgd clip-norm=1}"));
  std::vector<Tensor> arguments = program.randomArguments("update");
  for (unsigned i = 0; i < 4; ++i)
    for (int64_t k = 0; k < arguments[i].numElements(); ++k)
      arguments[i].set(k, i == 3 ? 1e20 : 0); // parameters w and b, then their gradients
  arguments[4].set(0, 1);
  arguments[5].set(0, 0.5);
  std::vector<Tensor> results = program.call("update", arguments);
  EXPECT_EQ(results[0].f32, std::vector<float>(6, 0));
  EXPECT_FLOAT_EQ(results[1].f32[0], -0.5);
  EXPECT_FLOAT_EQ(results[2].f32[0], 1e20);
}

// What is frozen has no gradient, no moments and no part in the norm; it takes what it is primed with, if anything.
TEST(FrozenParameters, TakeWhatTheyArePrimedWith) {
  Program program(R"(
func.func @f(%w: tensor<2xf64> {rondo.parameter = "w"}, %m: tensor<3xf64> {rondo.frozen, rondo.parameter = "m"},
             %k: tensor<f64> {rondo.frozen, rondo.parameter = "k"})
    -> (tensor<f64> {rondo.loss}, tensor<3xf64> {rondo.primed = "m"}) {
  %s = rondo.reduce sum %w dims = [0] : tensor<2xf64> -> tensor<f64>
  %l = arith.mulf %s, %k : tensor<f64>
  %n = arith.addf %m, %m : tensor<3xf64>
  return %l, %n : tensor<f64>, tensor<3xf64>
}
)");
  ASSERT_TRUE(program.run("rondo-differentiate,rondo-make-update{optimizer=adam clip-norm=1 weight-decay=0.5}"));
  Tensor w = Tensor::zeros(Tensor::Kind::F64, {2}), m = Tensor::zeros(Tensor::Kind::F64, {3}),
         k = Tensor::zeros(Tensor::Kind::F64, {});
  for (int64_t i = 0; i < 3; ++i)
    m.set(i, double(i + 1));
  k.set(0, 3);
  std::vector<Tensor> gradient = program.call("f_grad", {w, m, k});
  ASSERT_EQ(gradient.size(), 3u); // the loss, what m is primed with, the gradient of w
  EXPECT_EQ(gradient[1].f64, (std::vector<double>{2, 4, 6}));
  EXPECT_EQ(gradient[2].f64, (std::vector<double>{3, 3}));
  std::vector<Tensor> arguments = program.randomArguments("update");
  ASSERT_EQ(arguments.size(), 8u); // w, its gradient and two moments, step, rate, m, what it is primed with
  arguments[1] = gradient[2];
  arguments[4].set(0, 1);
  arguments[7] = gradient[1];
  std::vector<Tensor> results = program.call("update", arguments);
  ASSERT_EQ(results.size(), 5u);
  EXPECT_NEAR(results[3].at(0), 3 * std::sqrt(2), 1e-12);
  EXPECT_EQ(results[4].f64, gradient[1].f64);
}

INSTANTIATE_TEST_SUITE_P(Elements, Corrections, testing::Values("f64", "f32"));

INSTANTIATE_TEST_SUITE_P(
    Optimizers, Updates,
    testing::Combine(
        testing::Values(
            Settings{"PlainSGD", "optimizer=sgd", false, 0, 0, 0},
            Settings{"Momentum", "optimizer=sgd numbers=momentum=0.9 clip-norm=0.5", false, 0.9, 0, 0.5},
            Settings{"DecayedMomentum", "optimizer=sgd numbers=momentum=0.5 weight-decay=0.1", false, 0.5, 0.1, 0},
            Settings{"Adam", "optimizer=adam numbers=beta2=0.99", true, 0, 0, 0},
            Settings{"ClippedAdam", "optimizer=adam numbers=beta2=0.99 clip-norm=1.0 weight-decay=0.01", true, 0, 0.01,
                     1.0},
            Settings{"AdamW", "optimizer=adamw numbers=beta2=0.99 weight-decay=0.5", true, 0, 0, 0, 0.5},
            Settings{"ClippedAdamW", "optimizer=adamw numbers=beta2=0.99 clip-norm=1.0 weight-decay=0.01", true, 0, 0,
                     1.0, 0.01},
            Settings{"DecayByGroup", "optimizer=adam numbers=beta2=0.99 weight-decay=0.1 decays=w*=0.3,*b=0,w=0.1",
                     true, 0, 0.1, 0, 0, 0.0},
            Settings{"DecoupledDecayByGroup", "optimizer=adamw numbers=beta2=0.99 weight-decay=0.5 decays=b=2.5e-1",
                     true, 0, 0, 0, 0.5, 0.25},
            Settings{"AdamWWithoutDecay", "optimizer=adamw numbers=beta2=0.99", true, 0, 0, 0},
            Settings{"AdamBelowTheClip", "optimizer=adam numbers=beta2=0.99 clip-norm=1000", true, 0, 0, 1000}),
        testing::Values("f64", "f32")),
    [](const auto &info) { return std::get<0>(info.param).name + "_" + std::get<1>(info.param); });

double signOf(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

const Rule rules[] = {
    {"Nesterov", "optimizer=nesterov numbers=momentum=0.8 weight-decay=0.1", 1,
     [](double &p, double g, double rate, double &m, double &, double &) {
       g += 0.1 * p;
       m = 0.8 * m + g;
       p -= rate * (g + 0.8 * m);
     }},
    {"Adagrad", "optimizer=adagrad numbers=epsilon=1e-3", 1,
     [](double &p, double g, double rate, double &m, double &, double &) {
       m += g * g;
       p -= rate * g / (std::sqrt(m) + 1e-3);
     }},
    {"RMSProp", "optimizer=rmsprop numbers=alpha=0.9,epsilon=1e-3", 1,
     [](double &p, double g, double rate, double &m, double &, double &) {
       m = 0.9 * m + 0.1 * g * g;
       p -= rate * g / (std::sqrt(m) + 1e-3);
     }},
    {"RMSPropWithMomentum", "optimizer=rmsprop numbers=alpha=0.9,epsilon=1e-3,momentum=0.5", 2,
     [](double &p, double g, double rate, double &m, double &v, double &) {
       m = 0.9 * m + 0.1 * g * g;
       v = 0.5 * v + g / (std::sqrt(m) + 1e-3);
       p -= rate * v;
     }},
    {"CenteredRMSProp", "optimizer=rmsprop numbers=alpha=0.9,epsilon=1e-1,centered=1,momentum=0.5", 3,
     [](double &p, double g, double rate, double &m, double &v, double &c) {
       m = 0.9 * m + 0.1 * g * g;
       v = 0.9 * v + 0.1 * g;
       c = 0.5 * c + g / (std::sqrt(m - v * v) + 1e-1);
       p -= rate * c;
     }},
    {"Adadelta", "optimizer=adadelta numbers=epsilon=1e-3,rho=0.8", 2,
     [](double &p, double g, double rate, double &m, double &v, double &) {
       m = 0.8 * m + 0.2 * g * g;
       double change = std::sqrt(v + 1e-3) / std::sqrt(m + 1e-3) * g;
       v = 0.8 * v + 0.2 * change * change;
       p -= rate * change;
     }},
    {"Lion", "optimizer=lion numbers=beta1=0.8,beta2=0.9 weight-decay=0.1", 1,
     [](double &p, double g, double rate, double &m, double &, double &) {
       p -= rate * (signOf(0.8 * m + 0.2 * g) + 0.1 * p);
       m = 0.9 * m + 0.1 * g;
     }},
};

INSTANTIATE_TEST_SUITE_P(Optimizers, Equations,
                         testing::Combine(testing::ValuesIn(rules), testing::Values("f64", "f32")),
                         [](const auto &info) { return std::get<0>(info.param).name + "_" + std::get<1>(info.param); });

// Where all gradients were one number its variance is zero, whatever rounding leaves of it.
TEST(CenteredRMSProp, TakesNoRootOfLessThanNothing) {
  Program program(gradientFunction, {{"E", "f32"}});
  ASSERT_TRUE(program.run("rondo-make-update{optimizer=rmsprop numbers=centered=1,alpha=0.9}"));
  std::vector<Tensor> arguments = program.randomArguments("update");
  for (int64_t e = 0; e < 6; ++e) {
    arguments[4].set(e, 0);    // the mean square of w
    arguments[6].set(e, 10.0); // its mean
    arguments[2].set(e, 0);
  }
  Tensor after = program.call("update", arguments)[0];
  for (float value : after.f32)
    EXPECT_TRUE(std::isfinite(value));
}

/// The Euclidean norm of the elements from `begin` on that one of the two parameters has.
double normOf(const std::vector<double> &values, size_t begin, size_t end) {
  double squares = 0;
  for (size_t i = begin; i < end; ++i)
    squares += values[i] * values[i];
  return std::sqrt(squares);
}

// Of w and b each has a rate, a decay and a bound of its own.
TEST(Groups, AgreeWithPlainLoops) {
  expectSteps(
      "optimizer=sgd weight-decay=0.1 clip-norm=0.1 decays=*=0.2,b=0 rate-factors=w=3 clips=w=norm:0.5,b=value:0.25",
      "f64", 0, [](State &s, const std::vector<double> &g, int64_t, double rate) {
        double norm = normOf(g, 0, 6);
        for (size_t i = 0; i < 6; ++i)
          s.p[i] -= 3 * rate * (g[i] * std::min(1.0, 0.5 / (norm + 1e-6)) + 0.2 * s.p[i]);
        s.p[6] -= rate * std::min(0.25, std::max(-0.25, g[6]));
        return normOf(g, 0, 7);
      });
}

// A clip of a group is no part of the others' norm; one to 0 is none.
TEST(Groups, LeaveTheNormToTheOthers) {
  expectSteps("optimizer=sgd clip-norm=0.1 clips=w=norm:0", "f64", 0,
              [](State &s, const std::vector<double> &g, int64_t, double rate) {
                for (size_t i = 0; i < 6; ++i)
                  s.p[i] -= rate * g[i];
                s.p[6] -= rate * g[6] * std::min(1.0, 0.1 / (std::fabs(g[6]) + 1e-6));
                return normOf(g, 0, 7);
              });
}

TEST(Clipping, BoundsEachElement) {
  expectSteps("optimizer=sgd clip-value=0.25", "f64", 0,
              [](State &s, const std::vector<double> &g, int64_t, double rate) {
                for (size_t i = 0; i < 7; ++i)
                  s.p[i] -= rate * std::min(0.25, std::max(-0.25, g[i]));
                return normOf(g, 0, 7);
              });
}

class WholeParameters : public testing::TestWithParam<std::string> {};

TEST_P(WholeParameters, TakeStepsOfTheirLengthByLAMB) {
  expectSteps("optimizer=lamb weight-decay=0.1", GetParam(), 2,
              [](State &s, const std::vector<double> &g, int64_t t, double rate) {
                std::vector<double> r(7);
                for (size_t i = 0; i < 7; ++i) {
                  s.m[i] = 0.9 * s.m[i] + 0.1 * g[i];
                  s.v[i] = 0.999 * s.v[i] + 0.001 * g[i] * g[i];
                  r[i] = s.m[i] / (1 - std::pow(0.9, double(t))) /
                             (std::sqrt(s.v[i] / (1 - std::pow(0.999, double(t)))) + 1e-6) +
                         0.1 * s.p[i];
                }
                double ofW = normOf(s.p, 0, 6) / normOf(r, 0, 6), ofB = normOf(s.p, 6, 7) / normOf(r, 6, 7);
                for (size_t i = 0; i < 7; ++i)
                  s.p[i] -= rate * (i < 6 ? ofW : ofB) * r[i];
                return normOf(g, 0, 7);
              });
}

/// Newton-Schulz of a matrix of three rows and two columns.
std::vector<double> orthogonal(std::vector<double> x, int iterations) {
  double norm = normOf(x, 0, 6);
  for (double &value : x)
    value /= norm;
  for (int k = 0; k < iterations; ++k) {
    double gram[2][2] = {}, twice[2][2] = {};
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        for (size_t row = 0; row < 3; ++row)
          gram[i][j] += x[2 * row + i] * x[2 * row + j];
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        twice[i][j] = gram[i][0] * gram[0][j] + gram[i][1] * gram[1][j];
    std::vector<double> next(6);
    for (size_t row = 0; row < 3; ++row)
      for (int j = 0; j < 2; ++j) {
        next[2 * row + j] = 3.4445 * x[2 * row + j];
        for (int i = 0; i < 2; ++i)
          next[2 * row + j] += x[2 * row + i] * (-4.7750 * gram[i][j] + 2.0315 * twice[i][j]);
      }
    x = next;
  }
  return x;
}

// The matrix goes by its direction made orthogonal, what is none by AdamW, with moments of its own.
TEST_P(WholeParameters, AreMadeOrthogonalByMuon) {
  double tolerance = GetParam() == "f64" ? 1e-12 : 2e-5;
  Program program(gradientFunction, {{"E", GetParam()}});
  ASSERT_TRUE(program.run("rondo-make-update{optimizer=muon numbers=momentum=0.5,iterations=3 weight-decay=0.1}"));
  std::vector<Tensor> arguments = program.randomArguments("update");
  ASSERT_EQ(arguments.size(), 9u); // w and b, their gradients, their first moments, b's second one, step, rate
  for (unsigned i = 4; i < 7; ++i)
    arguments[i] = Tensor::zeros(arguments[i].kind, arguments[i].shape);
  arguments[7].set(0, 1);
  arguments[8].set(0, 0.1);
  std::vector<double> direction;
  for (int64_t e = 0; e < 6; ++e)
    direction.push_back(0.75 * arguments[2].at(e)); // half of the gradient, and half of its half
  std::vector<Tensor> results = program.call("update", arguments);
  ASSERT_EQ(results.size(), 6u);
  std::vector<double> o = orthogonal(direction, 3);
  for (int64_t e = 0; e < 6; ++e) {
    double before = arguments[0].at(e);
    EXPECT_NEAR(results[0].at(e), before - 0.1 * (0.2 * std::sqrt(3) * o[e] + 0.1 * before), tolerance);
    EXPECT_NEAR(results[2].at(e), 0.5 * arguments[2].at(e), tolerance);
  }
  double before = arguments[1].at(0), g = arguments[3].at(0);
  EXPECT_NEAR(results[1].at(0), before - 0.1 * (g / (std::fabs(g) + 1e-8) + 0.1 * before), tolerance);
}

INSTANTIATE_TEST_SUITE_P(Elements, WholeParameters, testing::Values("f64", "f32"));

// A gradient of zeros moves nothing but by the decay, and a parameter of zeros is moved.
TEST(ZeroParameters, AreMovedByWhatIsNone) {
  for (std::string optimizer : {"lamb", "muon"}) {
    Program program(gradientFunction, {{"E", "f32"}});
    ASSERT_TRUE(program.run("rondo-make-update{optimizer=" + optimizer + "}"));
    for (bool ofGradient : {true, false}) {
      std::vector<Tensor> arguments = program.randomArguments("update");
      for (unsigned i = 4; i + 2 < arguments.size(); ++i)
        arguments[i] = Tensor::zeros(arguments[i].kind, arguments[i].shape);
      unsigned zero = ofGradient ? 2 : 0;
      arguments[zero] = Tensor::zeros(arguments[zero].kind, arguments[zero].shape);
      arguments[arguments.size() - 2].set(0, 1);
      arguments.back().set(0, 0.1);
      std::vector<Tensor> results = program.call("update", arguments);
      for (int64_t e = 0; e < 6; ++e) {
        EXPECT_TRUE(std::isfinite(results[0].at(e)));
        EXPECT_EQ(results[0].at(e) == arguments[0].at(e), ofGradient);
      }
    }
  }
}

// A mean over the updates, of which the first one begins it.
TEST(Average, FollowsTheParameters) {
  Program program(gradientFunction, {{"E", "f64"}});
  ASSERT_TRUE(program.run("rondo-make-update{optimizer=sgd average=0.75}"));
  std::vector<Tensor> arguments = program.randomArguments("update");
  ASSERT_EQ(arguments.size(), 8u); // w and b, their gradients, their averages, step, rate
  double mean = 0;
  for (int64_t t = 1; t <= 4; ++t) {
    arguments[6].set(0, double(t));
    std::vector<Tensor> results = program.call("update", arguments);
    ASSERT_EQ(results.size(), 5u);
    mean = t == 1 ? results[0].at(3) : 0.75 * mean + 0.25 * results[0].at(3);
    EXPECT_NEAR(results[2].at(3), mean, 1e-15);
    arguments[0] = results[0];
    arguments[1] = results[1];
    arguments[4] = results[2];
    arguments[5] = results[3];
  }
}

} // namespace
