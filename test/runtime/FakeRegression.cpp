// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A second model written by hand: real inputs and targets, a squared error, no states, a parameter without influence:
//
//   y[t] = a . x[t] + c . x[T-1-t]          (looks ahead, so it cannot be streamed)
//   drift[t] = x[t] - x[T-1-t]
//
// With FAKE_WHOLE the target does not vary over T: y is the mean of these over t. Trained by plain gradient descent.
// The outputs are what y should be, and drift, except with FAKE_WHOLE. With FAKE_SECOND it has products of second
// derivatives: Hessian products that in double are FAKE_SECOND times right, slopes FAKE_SLOPE times, and of FAKE_LEAN
// times the identity with one entry beside the diagonal Gauss-Newton products.
#include "test/runtime/Bodies.h"

#include <cmath>
#include <cstdint>

namespace {

// The description repeats these numbers.
constexpr int features = 2, batch = 2, window = 4;

template <typename Real> Real *at(void *const *args, int i) { return static_cast<Real *>(args[i]); }

/// The loss; where `slopes` (of a, then c) is given, its gradient is added there.
template <typename Real>
Real lossOf(const Real *a, const Real *c, const Real *x, const Real *y, int rows, Real *slopes) {
  Real loss = 0;
  auto point = [&](int t, int n, int i) { return x[(t * rows + n) * features + i]; };
#ifdef FAKE_WHOLE
  const int positions = 1, span = window;
#else
  const int positions = window, span = 1;
#endif
  for (int p = 0; p < positions; ++p)
    for (int n = 0; n < rows; ++n) {
      Real difference = -y[p * rows + n];
      for (int t = p * span; t < (p + 1) * span; ++t)
        for (int i = 0; i < features; ++i)
          difference += (a[i] * point(t, n, i) + c[i] * point(window - 1 - t, n, i)) / span;
      loss += difference * difference / (positions * rows);
      for (int t = p * span; slopes && t < (p + 1) * span; ++t)
        for (int i = 0; i < features; ++i) {
          Real d = 2 * difference / (positions * rows * span);
          slopes[i] += d * point(t, n, i);
          slopes[features + i] += d * point(window - 1 - t, n, i);
        }
    }
  return loss;
}

// args: a c u, x, y, loss, gradients of a c u
template <typename Real> void trainGrad(void *const *args) {
  Real slopes[2 * features] = {};
  *at<Real>(args, 5) =
      lossOf(at<Real>(args, 0), at<Real>(args, 1), at<Real>(args, 3), at<Real>(args, 4), batch, slopes);
  for (int i = 0; i < features; ++i) {
    at<Real>(args, 6)[i] = slopes[i];
    at<Real>(args, 7)[i] = slopes[features + i];
  }
  for (int i = 0; i < 3; ++i)
    at<Real>(args, 8)[i] = 0;
}

#ifdef FAKE_SECOND
/// The derivatives of the slope by a, then c.
template <typename Real> struct Slopes {
  Real of[2 * features];
};

// args: a c u, x, y, loss, directions of a c u, slope
template <typename Real> Slopes<Real> tangent(void *const *args) {
  const Real *x = at<Real>(args, 3), *y = at<Real>(args, 4), *a = at<Real>(args, 6), *c = at<Real>(args, 7);
  Real gradient[2 * features] = {}, slope = 0;
  Slopes<Real> second = {};
  *at<Real>(args, 5) = lossOf(at<Real>(args, 0), at<Real>(args, 1), x, y, batch, gradient);
  // The loss is quadratic: without the targets its gradient at a direction is the product.
  const Real noTargets[window * batch] = {};
  lossOf(a, c, x, noTargets, batch, second.of);
  for (int i = 0; i < features; ++i)
    slope += gradient[i] * a[i] + gradient[features + i] * c[i];
  *at<Real>(args, 9) = slope;
  return second;
}

void slopeAlone(void *const *args) {
  tangent<double>(args);
  *at<double>(args, 9) *= FAKE_SLOPE;
}

// And products of a c u.
template <typename Real> void hessian(void *const *args) {
  Slopes<Real> second = tangent<Real>(args);
  Real factor = sizeof(Real) == sizeof(double) ? FAKE_SECOND : 1;
  for (int i = 0; i < features; ++i) {
    at<Real>(args, 10)[i] = factor * second.of[i];
    at<Real>(args, 11)[i] = factor * second.of[features + i];
  }
  for (int i = 0; i < 3; ++i)
    at<Real>(args, 12)[i] = 0;
}

void gaussNewton(void *const *args) {
  tangent<double>(args);
  for (int k = 0; k < 3; ++k)
    for (int i = 0; i < (k < 2 ? features : 3); ++i)
      at<double>(args, 10 + k)[i] = FAKE_LEAN * at<double>(args, 6 + k)[i];
  at<double>(args, 10)[0] += (FAKE_LEAN - 1) * at<double>(args, 7)[1];
}
#endif

// args: a c u, x, y, loss
template <typename Real, int rows> void lossOnly(void *const *args) {
  *at<Real>(args, 5) =
      lossOf<Real>(at<Real>(args, 0), at<Real>(args, 1), at<Real>(args, 3), at<Real>(args, 4), rows, nullptr);
}

// args: a c u, x, prediction of y, drift
void run(void *const *args) {
  const float *a = at<float>(args, 0), *c = at<float>(args, 1), *x = at<float>(args, 3);
  for (int t = 0; t < window; ++t) {
    float y = 0;
    for (int i = 0; i < features; ++i) {
      float here = x[t * features + i], there = x[(window - 1 - t) * features + i];
      y += a[i] * here + c[i] * there;
#ifndef FAKE_WHOLE
      at<float>(args, 5)[t * features + i] = here - there;
#endif
    }
#ifdef FAKE_WHOLE
    at<float>(args, 4)[0] = (t ? at<float>(args, 4)[0] : 0) + y / window;
#else
    at<float>(args, 4)[t] = y;
#endif
  }
}

// args: a c u, gradients of a c u, step, rate, norm
void update(void *const *args) {
  float square = 0;
  for (int k = 0; k < 2; ++k)
    for (int i = 0; i < features; ++i) {
      float g = at<float>(args, 3 + k)[i];
      square += g * g;
      at<float>(args, k)[i] -= *at<float>(args, 7) * g;
    }
  *at<float>(args, 8) = std::sqrt(square);
}

} // namespace

#define ARG(role, name, type, shape)                                                                                   \
  "{\"role\":\"" role "\",\"name\":\"" name "\",\"type\":\"" type "\",\"shape\":" shape "}"
#define EACH(role, type) ARG(role, "a", type, "[2]") "," ARG(role, "c", type, "[2]") "," ARG(role, "u", type, "[3]")
#ifdef FAKE_WHOLE
#define TARGET_AXES "[]"
#define TARGET_SHAPE(b) "[" b "]"
#define DRIFT
#define DRIFT_ARG
#else
#define TARGET_AXES "[\"T\"]"
#define TARGET_SHAPE(b) "[4," b "]"
#define DRIFT ",{\"name\":\"drift\",\"axes\":[\"T\"],\"shape\":[2]}"
#define DRIFT_ARG "," ARG("output", "drift", "f32", "[4,1,2]")
#endif
#define DATA(type, b)                                                                                                  \
  EACH("parameter", type)                                                                                              \
  "," ARG("input", "x", type, "[4," b ",2]") "," ARG("target", "y", type, TARGET_SHAPE(b)) "," ARG("loss", "", type,   \
                                                                                                   "[]")
#define ENTRY_(name, type, b, t, more, args)                                                                           \
  "{\"name\":\"" name "\",\"element\":\"" type "\",\"batch\":" b ",\"length\":" t ",\"arena\":0," more                 \
  "\"args\":[" args "]}"
#define ENTRY(name, type, b, t, args) ENTRY_(name, type, b, t, "", args)

#ifdef FAKE_SECOND
#define TANGENT(type) DATA(type, "2") "," EACH("direction", type) "," ARG("slope", "", type, "[]")
#define PRODUCTS(name, type) ENTRY(name, type, "2", "4", TANGENT(type) "," EACH("product", type)) ","
#define SECOND                                                                                                         \
  ENTRY("tangent_f64", "f64", "2", "4", TANGENT("f64"))                                                                \
  "," PRODUCTS("hessian_f64", "f64") PRODUCTS("gauss_newton_f64", "f64") PRODUCTS("hessian", "f32")
#else
#define SECOND
#endif

static const char description[] =
    "{\"model\":\"Regression\",\"element\":\"f32\",\"streamable\":false,\"parameters\":["
    "{\"path\":\"a\",\"shape\":[2],\"init\":{\"kind\":\"uniform\",\"a\":-1,\"b\":1}},"
    "{\"path\":\"c\",\"shape\":[2],\"init\":{\"kind\":\"zeros\"}},"
    "{\"path\":\"u\",\"shape\":[3],\"init\":{\"kind\":\"constant\",\"a\":2}}],\"states\":[],"
    "\"axes\":[{\"name\":\"T\"}],"
    "\"inputs\":[{\"name\":\"x\",\"kind\":\"real\",\"axes\":[\"T\"],\"shape\":[2]}],"
    "\"targets\":[{\"name\":\"y\",\"kind\":\"real\",\"axes\":" TARGET_AXES ",\"shape\":[]}],"
    "\"outputs\":[{\"name\":\"prediction\",\"axes\":" TARGET_AXES ",\"shape\":[]}" DRIFT "],"
    "\"losses\":[{\"name\":\"\"}],"
    "\"train\":{\"data\":\"arrays\",\"batch\":2,\"k1\":4,\"k2\":4,\"steps\":200,\"optimizer\":\"sgd\",\"rate\":[0.1]},"
    // One entry a line.
    // clang-format off
    "\"entries\":["
    ENTRY("train_grad", "f32", "2", "4", DATA("f32", "2") "," EACH("gradient", "f32")) ","
    ENTRY("train_grad_f64", "f64", "2", "4", DATA("f64", "2") "," EACH("gradient", "f64")) ","
    ENTRY("train_f64", "f64", "2", "4", DATA("f64", "2")) ","
    SECOND
    ENTRY("score", "f32", "1", "4", DATA("f32", "1")) ","
    ENTRY_("run_1x4", "f32", "1", "4", "\"cost\":1,",
           EACH("parameter", "f32") "," ARG("input", "x", "f32", "[4,1,2]") ","
           ARG("output", "prediction", "f32", TARGET_SHAPE("1")) DRIFT_ARG) ","
    ENTRY("update", "f32", "1", "1", EACH("parameter", "f32") "," EACH("gradient", "f32") ","
          ARG("step", "", "i64", "[]") "," ARG("rate", "", "f32", "[]") "," ARG("norm", "", "f32", "[]")) "]}";
// clang-format on

static const rondo_entry entries[] = {{"train_grad", alone<trainGrad<float>>, 0},
                                      {"train_grad_f64", alone<trainGrad<double>>, 0},
                                      {"train_f64", alone<lossOnly<double, batch>>, 0},
#ifdef FAKE_SECOND
                                      {"tangent_f64", alone<slopeAlone>, 0},
                                      {"hessian_f64", alone<hessian<double>>, 0},
                                      {"hessian", alone<hessian<float>>, 0},
                                      {"gauss_newton_f64", alone<gaussNewton>, 0},
#endif
                                      {"score", alone<lossOnly<float, 1>>, 0},
                                      {"run_1x4", alone<run>, 0},
                                      {"update", alone<update>, 0},
                                      {nullptr, nullptr, 0}};

extern "C" {
extern const rondo_program rondo_main_program = {RONDO_ABI_VERSION, description, entries, nullptr};
}
