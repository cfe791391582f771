// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model written by hand against abi.h, in plain loops, to test the runtime without the compiler:
//
//   h' = tanh(e[x] + r h)        logits = w h' + b        (r is one factor for each unit)
//
// over tokens, with Adam and clipping. Variants by macro: FAKE_ELEMENT=f64; FAKE_BROKEN (the derivative of r is wrong
// by a factor of 1.0001), FAKE_FEW (4 of the 180 entries of the gradient of w are off by a hundredth), FAKE_ZERO (the
// gradient of r is zero throughout), FAKE_RELU (max(0, .) for tanh), FAKE_NAN (the loss is none from step 20 on),
// FAKE_ABI (the version of the interface), FAKE_DATA ("bytes", "windows", "arrays", "frames", "lines" or "pairs"),
// FAKE_LENGTHS (sequences have lengths, of which the loss knows nothing), FAKE_PACKED (all entries but the update read
// -r, which another entry makes of the parameters), FAKE_BASE (needs SSE3), FAKE_FUTURE (needs instruction sets that
// there are not), FAKE_HUGE (an arena that no machine has), FAKE_EMPTY (a state without elements), FAKE_NAN_GRADIENT
// (the last entry of the gradient of r is not a number), FAKE_STEEP (updates are a hundred times as long).
#include "test/runtime/Bodies.h"

#include <cmath>
#include <cstdint>

#ifndef FAKE_ABI
#define FAKE_ABI RONDO_ABI_VERSION
#endif
#ifdef FAKE_EMPTY
#define STATE "0"
#else
#define STATE HIDDEN
#endif
#ifdef FAKE_HUGE
#define ARENA_SIZE "1125899906842624"
#else
#define ARENA_SIZE "4096"
#endif
#ifdef FAKE_BASE
#define FEATURES "\"features\":[\"sse3\"],"
#elif defined(FAKE_FUTURE)
#define FEATURES "\"features\":[\"sse3\",\"avx9000\",\"qux\"],"
#else
#define FEATURES
#endif
#ifdef FAKE_LENGTHS
#define LENGTHS ",\"lengths\":true"
#define MASKED "\"masked\":true,"
#else
#define LENGTHS
#define MASKED
#endif
#ifndef FAKE_DATA
#define FAKE_DATA "bytes"
#endif

namespace {

// The description repeats these numbers.
constexpr int vocab = 30, hidden = 6, batch = 3, window = 5;
#define VOCAB "30"
#define HIDDEN "6"

template <typename Real> Real squash(Real x) {
#ifdef FAKE_RELU
  return x > 0 ? x : 0;
#else
  return std::tanh(x);
#endif
}

/// The derivative of squash() by its result.
template <typename Real> Real squashSlope(Real y) {
#ifdef FAKE_RELU
  return y > 0 ? 1 : 0;
#else
  return 1 - y * y;
#endif
}

template <typename Real> struct Parameters {
  const Real *e, *r, *w, *b;
};

/// Steps state [B, H] on by one position and writes the logits [B, V].
template <typename Real> void stepOn(const Parameters<Real> &p, int rows, const int32_t *x, Real *h, Real *logits) {
  for (int n = 0; n < rows; ++n) {
    Real *state = h + n * hidden;
    for (int i = 0; i < hidden; ++i)
      state[i] = squash(p.e[x[n] * hidden + i] + p.r[i] * state[i]);
    for (int v = 0; v < vocab; ++v) {
      Real sum = p.b[v];
      for (int i = 0; i < hidden; ++i)
        sum += p.w[v * hidden + i] * state[i];
      logits[n * vocab + v] = sum;
    }
  }
}

/// Cross-entropy of one row; where `slope` is given it becomes the derivative by the logits.
template <typename Real> Real crossEntropy(const Real *logits, int32_t target, Real *slope) {
  Real most = logits[0], sum = 0;
  for (int v = 1; v < vocab; ++v)
    most = logits[v] > most ? logits[v] : most;
  for (int v = 0; v < vocab; ++v)
    sum += std::exp(logits[v] - most);
  for (int v = 0; slope && v < vocab; ++v)
    slope[v] = std::exp(logits[v] - most) / sum - (v == target);
  return std::log(sum) + most - logits[target];
}

/// Loss of a window; h is carried. logits [T, B, V] and states [T + 1, B, H] are kept for the gradient.
template <typename Real>
Real forward(const Parameters<Real> &p, int rows, const int32_t *x, const int32_t *y, Real *h, Real *logits,
             Real *states) {
  Real loss = 0;
  for (int i = 0; states && i < rows * hidden; ++i)
    states[i] = h[i];
  for (int t = 0; t < window; ++t) {
    stepOn(p, rows, x + t * rows, h, logits + t * rows * vocab);
    for (int i = 0; states && i < rows * hidden; ++i)
      states[(t + 1) * rows * hidden + i] = h[i];
    for (int n = 0; n < rows; ++n)
      loss += crossEntropy<Real>(logits + (t * rows + n) * vocab, y[t * rows + n], nullptr);
  }
  return loss / (window * rows);
}

template <typename Real> Real *at(void *const *args, int i) { return static_cast<Real *>(args[i]); }

template <typename Real> Parameters<Real> parameters(void *const *args) {
  const Real *r = at<Real>(args, 1);
#ifdef FAKE_PACKED
  static Real unpacked[hidden];
  for (int i = 0; i < hidden; ++i)
    unpacked[i] = -r[i];
  r = unpacked;
#endif
  return {at<Real>(args, 0), r, at<Real>(args, 2), at<Real>(args, 3)};
}

#ifdef FAKE_PACKED
// args: r, -r
template <typename Real> void pack(void *const *args) {
  for (int i = 0; i < hidden; ++i)
    at<Real>(args, 1)[i] = -at<Real>(args, 0)[i];
}
#endif

// args: e r w b, state, text, next, start, loss, gradients of e r w b, arena
template <typename Real> void trainGrad(void *const *args) {
  static Real states[(window + 1) * batch * hidden];
  Parameters<Real> p = parameters<Real>(args);
  const int32_t *x = at<int32_t>(args, 5), *y = at<int32_t>(args, 6);
  Real *logits = at<Real>(args, 13);
  Real loss = forward(p, batch, x, y, at<Real>(args, 4), logits, states);
#ifdef FAKE_NAN
  static int calls = 0;
  if (++calls == 20)
    loss = NAN;
#endif
  *at<Real>(args, 8) = loss;
  Real *de = at<Real>(args, 9), *dr = at<Real>(args, 10), *dw = at<Real>(args, 11), *db = at<Real>(args, 12);
  for (int i = 0; i < vocab * hidden; ++i)
    de[i] = dw[i] = 0;
  for (int i = 0; i < hidden; ++i)
    dr[i] = 0;
  for (int v = 0; v < vocab; ++v)
    db[v] = 0;
  Real dh[batch * hidden] = {};
  for (int t = window - 1; t >= 0; --t)
    for (int n = 0; n < batch; ++n) {
      Real slope[vocab];
      crossEntropy(logits + (t * batch + n) * vocab, y[t * batch + n], slope);
      const Real *before = states + (t * batch + n) * hidden, *after = before + batch * hidden;
      for (int v = 0; v < vocab; ++v) {
        Real d = slope[v] / (window * batch);
        db[v] += d;
        for (int i = 0; i < hidden; ++i) {
#ifdef FAKE_FEW
          dw[v * hidden + i] += d * after[i] * Real((v * hidden + i) % 50 == 7 ? 1.01 : 1);
#else
          dw[v * hidden + i] += d * after[i];
#endif
          dh[n * hidden + i] += d * p.w[v * hidden + i];
        }
      }
      for (int i = 0; i < hidden; ++i) {
        Real d = dh[n * hidden + i] * squashSlope(after[i]);
        de[x[t * batch + n] * hidden + i] += d;
#ifdef FAKE_BROKEN
        dr[i] += d * before[i] * Real(1.0001);
#elif defined(FAKE_NAN_GRADIENT)
        dr[i] = i == hidden - 1 ? Real(NAN) : dr[i] + d * before[i];
#elif !defined(FAKE_ZERO)
        dr[i] += d * before[i];
#endif
        dh[n * hidden + i] = d * p.r[i];
      }
    }
}

// args: e r w b, state, text, next, start, loss, arena
template <typename Real> void train(void *const *args) {
  *at<Real>(args, 8) = forward(parameters<Real>(args), batch, at<int32_t>(args, 5), at<int32_t>(args, 6),
                               at<Real>(args, 4), at<Real>(args, 9), static_cast<Real *>(nullptr));
}

// args: e r w b, state, text, next, loss, logits
template <typename Real> void score(void *const *args) {
  *at<Real>(args, 7) = forward(parameters<Real>(args), 1, at<int32_t>(args, 5), at<int32_t>(args, 6), at<Real>(args, 4),
                               at<Real>(args, 8), static_cast<Real *>(nullptr));
}

// args: e r w b, state, text, logits
template <typename Real, int length> void run(void *const *args) {
  for (int t = 0; t < length; ++t)
    stepOn(parameters<Real>(args), 1, at<int32_t>(args, 5) + t, at<Real>(args, 4), at<Real>(args, 6) + t * vocab);
}

// args: four of each: parameters, gradients, moment1, moment2; step, rate, norm
template <typename Real> void update(void *const *args) {
  const int sizes[4] = {vocab * hidden, hidden, vocab * hidden, vocab};
  Real square = 0, rate = *at<Real>(args, 17);
#ifdef FAKE_STEEP
  rate *= 100;
#endif
  for (int k = 0; k < 4; ++k)
    for (int i = 0; i < sizes[k]; ++i)
      square += at<Real>(args, 4 + k)[i] * at<Real>(args, 4 + k)[i];
  Real norm = std::sqrt(square), scale = norm > 1 ? 1 / norm : 1;
  *at<Real>(args, 18) = norm;
  double number = static_cast<double>(*at<int64_t>(args, 16));
  Real correction1 = Real(1 - std::pow(0.9, number)), correction2 = Real(1 - std::pow(0.999, number));
  for (int k = 0; k < 4; ++k)
    for (int i = 0; i < sizes[k]; ++i) {
      Real g = at<Real>(args, 4 + k)[i] * scale;
      Real &m = at<Real>(args, 8 + k)[i], &v = at<Real>(args, 12 + k)[i];
      m = Real(0.9) * m + Real(0.1) * g;
      v = Real(0.999) * v + Real(0.001) * g * g;
      at<Real>(args, k)[i] -= rate * (m / correction1) / (std::sqrt(v / correction2) + Real(1e-8));
    }
}

} // namespace

#define ARG_(role, name, type, shape, access)                                                                          \
  "{\"role\":\"" role "\",\"name\":\"" name "\",\"type\":\"" type "\",\"shape\":" shape ",\"access\":\"" access "\"}"
#define ARG(role, name, type, shape) ARG_(role, name, type, shape, "inout")
#define IN(role, name, type, shape) ARG_(role, name, type, shape, "in")
#define EACH(role, type)                                                                                               \
  ARG(role, "e", type, "[" VOCAB "," HIDDEN "]")                                                                       \
  "," ARG(role, "r", type, "[" HIDDEN "]") "," ARG(role, "w", type, "[" VOCAB "," HIDDEN "]") "," ARG(role, "b", type, \
                                                                                                      "[" VOCAB "]")
#define ENTRY_(name, type, b, t, more, args)                                                                           \
  "{\"name\":\"" name "\",\"element\":\"" type "\",\"batch\":" b ",\"length\":" t ",\"arena\":" ARENA_SIZE "," more    \
  "\"args\":[" args "]}"
#define ENTRY(name, type, b, t, args) ENTRY_(name, type, b, t, PACKED_BY(type), args)
#ifdef FAKE_PACKED
#define PACKED_BY(type) "\"pack\":\"pack_" type "\","
#define R(type) IN("packed", "-r " type, type, "[" HIDDEN "]")
#define PACK(type)                                                                                                     \
  "," ENTRY_("pack_" type, type, "1", "1", "",                                                                         \
             IN("parameter", "r", type, "[" HIDDEN "]") "," ARG_("packed", "-r " type, type, "[" HIDDEN "]", "out"))
#else
#define PACKED_BY(type)
#define R(type) IN("parameter", "r", type, "[" HIDDEN "]")
#define PACK(type)
#endif
#define ENTRY(name, type, b, t, args) ENTRY_(name, type, b, t, PACKED_BY(type), args)
#define PARAMETERS(type)                                                                                               \
  IN("parameter", "e", type, "[" VOCAB "," HIDDEN "]")                                                                 \
  "," R(type) "," IN("parameter", "w", type, "[" VOCAB "," HIDDEN "]") "," IN("parameter", "b", type, "[" VOCAB "]")
#define INPUTS(type, b, t)                                                                                             \
  ARG("state", "h", type, "[" b "," HIDDEN "]") "," ARG("input", "text", "i32", "[" t "," b "]")
#define TARGET(b, t) "," ARG("target", "next", "i32", "[" t "," b "]")
#define ARENA "," ARG("arena", "", "i8", "[4096]")
#define TRAIN_ARGS(type)                                                                                               \
  PARAMETERS(type)                                                                                                     \
  "," INPUTS(type, "3", "5") TARGET("3", "5") "," ARG("start", "", "i1", "[]") "," ARG("loss", "", type, "[]")
#define TRAIN_GRAD(name, type) ENTRY(name, type, "3", "5", TRAIN_ARGS(type) "," EACH("gradient", type) ARENA)
#define TRAIN(name, type) ENTRY(name, type, "3", "5", TRAIN_ARGS(type) ARENA)
#define SCORE(type)                                                                                                    \
  ENTRY("score", type, "1", "5",                                                                                       \
        PARAMETERS(type) "," INPUTS(type, "1", "5")                                                                    \
            TARGET("1", "5") "," ARG("loss", "", type, "[]") "," ARG("output", "logits", type, "[5,1," VOCAB "]"))
#ifdef FAKE_COST
#define COST(given) FAKE_COST
#else
#define COST(given) given
#endif
#define RUN(type, t, cost)                                                                                             \
  ENTRY_("run_1x" t, type, "1", t, PACKED_BY(type) "\"cost\":" COST(cost) ",",                                         \
         PARAMETERS(type) "," INPUTS(type, "1", t) "," ARG("output", "logits", type, "[" t ",1," VOCAB "]"))
#define UPDATE(type)                                                                                                   \
  ENTRY_(                                                                                                              \
      "update", type, "1", "1", "",                                                                                    \
      EACH("parameter", type) "," EACH("gradient", type) "," EACH("moment1", type) "," EACH("moment2", type) "," ARG(  \
          "step", "", "i64", "[]") "," ARG("rate", "", type, "[]") "," ARG("norm", "", type, "[]"))

#ifdef FAKE_F64
using Element = double;
#define ELEMENT "f64"
#define DOUBLE_ENTRIES TRAIN("train", "f64")
#define PACKS PACK("f64")
#else
using Element = float;
#define ELEMENT "f32"
#define DOUBLE_ENTRIES TRAIN("train_f64", "f64") "," TRAIN_GRAD("train_grad_f64", "f64")
#define PACKS PACK("f32") PACK("f64")
#endif

static const char description[] =
    "{\"model\":\"Fake\",\"element\":\"" ELEMENT "\",\"streamable\":true," FEATURES "\"parameters\":["
    "{\"path\":\"e\",\"shape\":[" VOCAB "," HIDDEN "],\"init\":{\"kind\":\"normal\",\"a\":0,\"b\":0.5}},"
    "{\"path\":\"r\",\"shape\":[" HIDDEN "],\"init\":{\"kind\":\"constant\",\"a\":0.5}},"
    "{\"path\":\"w\",\"shape\":[" VOCAB "," HIDDEN "],\"init\":{\"kind\":\"orthogonal\",\"a\":1}},"
    "{\"path\":\"b\",\"shape\":[" VOCAB "],\"init\":{\"kind\":\"zeros\"}}],"
    "\"axes\":[{\"name\":\"T\"" LENGTHS "}],"
    "\"states\":[{\"name\":\"h\",\"shape\":[" STATE "],\"initial\":0}],"
    "\"inputs\":[{\"name\":\"text\",\"kind\":\"token\",\"vocab\":" VOCAB ",\"axes\":[\"T\"],\"shape\":[]}],"
    "\"targets\":[{\"name\":\"next\",\"kind\":\"token\",\"vocab\":" VOCAB ",\"axes\":[\"T\"],\"shape\":[],"
    "\"ahead_of\":\"text\",\"ahead\":1}],"
    "\"outputs\":[{\"name\":\"logits\",\"axes\":[\"T\"],\"shape\":[" VOCAB "]}],"
    "\"generate\":{\"answer\":\"text\",\"from\":\"logits\"},"
    "\"losses\":[{\"name\":\"\"," MASKED "\"accuracy\":{\"logits\":\"logits\",\"target\":\"next\"}}],"
    "\"train\":{\"data\":\"" FAKE_DATA "\",\"batch\":3,\"k1\":5,\"k2\":5,\"steps\":100,\"rate\":[1e-2]},"
    "\"entries\":[" TRAIN_GRAD("train_grad", ELEMENT) "," UPDATE(ELEMENT) "," SCORE(ELEMENT) "," RUN(
        ELEMENT, "4", "1") "," RUN(ELEMENT, "1", "2") "," DOUBLE_ENTRIES PACKS "]}";

static const rondo_entry entries[] = {{"train_grad", alone<trainGrad<Element>>, 0},
                                      {"update", alone<update<Element>>, 0},
                                      {"score", alone<score<Element>>, 0},
                                      {"run_1x4", alone<run<Element, 4>>, 0},
                                      {"run_1x1", alone<run<Element, 1>>, 0},
#ifdef FAKE_F64
                                      {"train", alone<train<double>>, 0},
#else
                                      {"train_f64", alone<train<double>>, 0},
                                      {"train_grad_f64", alone<trainGrad<double>>, 0},
#endif
#ifdef FAKE_PACKED
                                      {"pack_f32", alone<pack<float>>, 0},
                                      {"pack_f64", alone<pack<double>>, 0},
#endif
                                      {nullptr, nullptr, 0}};

extern "C" {
extern const rondo_program rondo_main_program = {FAKE_ABI, description, entries, nullptr};
}
