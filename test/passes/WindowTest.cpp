// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Windows of a sequence: carried states, and truncated back-propagation.

#include "Cells.h"
#include "Program.h"

#include "passes/support/ModelFunction.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace rondo;
using namespace rondo::test;

namespace {

Program make(const char *source, int length, const std::string &element = "f64") {
  return Program(source, {{"T", std::to_string(length)}, {"E", element}, {"DIR", ""}});
}

/// Positions from .. from+count-1 of a sequence.
Tensor window(const Tensor &sequence, int64_t from, int64_t count) {
  std::vector<int64_t> shape = sequence.shape;
  shape[0] = count;
  Tensor part = Tensor::zeros(sequence.kind, shape);
  int64_t size = part.numElements() / count;
  for (int64_t i = 0; i < part.numElements(); ++i)
    part.set(i, sequence.at(from * size + i));
  return part;
}

/// Runs the LSTM over 6 steps in windows of `length` steps with its states carried; the logits.
Tensor logitsInWindows(int length, const std::string &element) {
  Program whole = make(lstm, 6, element);
  std::vector<Tensor> arguments = whole.randomArguments("f");
  Program program = make(lstm, length, element);
  EXPECT_TRUE(program.run("rondo-stream"));
  mlir::func::FuncOp f = program.function("f");
  unsigned parameters = argumentsWith(f, Role::parameter).size();
  EXPECT_EQ(argumentsWith(f, Role::start).size(), 1u);
  Tensor::Kind kind = element == "f32" ? Tensor::Kind::F32 : Tensor::Kind::F64;
  // Values that only a missing `start` would let in.
  Tensor h = Tensor::of(kind, {2, 4}, std::vector<double>(8, 5.0)), c = Tensor::zeros(kind, {2, 4});
  std::vector<double> logits;
  for (int from = 0; from < 6; from += length) {
    std::vector<Tensor> given(arguments.begin(), arguments.begin() + parameters);
    given.push_back(h);
    given.push_back(c);
    for (unsigned i = parameters; i < arguments.size(); ++i)
      given.push_back(window(arguments[i], from, length));
    given.push_back(Tensor::of(Tensor::Kind::I1, {}, {from == 0 ? 1.0 : 0.0}));
    std::vector<Tensor> results = program.call("f", given);
    h = results[2], c = results[3];
    for (int64_t i = 0; i < results[1].numElements(); ++i)
      logits.push_back(results[1].at(i));
  }
  return Tensor::of(kind, {6, 2, 3}, logits);
}

TEST(Windows, ChainedEqualOneLongScanBitForBit) {
  for (std::string element : {"f32", "f64"}) {
    Program whole = make(lstm, 6, element);
    Tensor expected = whole.call("f", whole.randomArguments("f"))[1];
    for (int length : {1, 2, 3, 6})
      EXPECT_TRUE(identical(logitsInWindows(length, element), expected)) << length << " " << element;
  }
}

TEST(Truncation, WholeSequenceInOneWindowIsFullBackPropagation) {
  Program full = make(rnn, 5), truncated = make(rnn, 5);
  ASSERT_TRUE(full.run("rondo-differentiate"));
  ASSERT_TRUE(truncated.run("rondo-stream, rondo-truncate-bptt{k1=5 k2=5}, rondo-differentiate"));
  std::vector<Tensor> arguments = full.randomArguments("f");
  std::vector<Tensor> expected = full.call("f_grad", arguments);
  // The state comes after the three parameters and starts at zero.
  arguments.insert(arguments.begin() + 3, Tensor::zeros(Tensor::Kind::F64, {2, 4}));
  std::vector<Tensor> found = truncated.call("f_grad", arguments);
  EXPECT_TRUE(identical(found[0], expected[0]));
  for (unsigned i = 0; i < 3; ++i)
    EXPECT_TRUE(identical(found[2 + i], expected[1 + i])) << i;
}

/// The RNN by hand: `steps` steps from h, which it updates; the loss over the steps from `counted` on.
double rnnByHand(const std::vector<Tensor> &p, std::vector<double> &h, const Tensor &x, const Tensor &y, int64_t steps,
                 int64_t counted) {
  double loss = 0;
  for (int64_t t = 0; t < steps; ++t) {
    std::vector<double> next(8);
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t j = 0; j < 4; ++j) {
        double sum = p[2].at(j);
        for (int64_t i = 0; i < 3; ++i)
          sum += p[0].at(j * 3 + i) * x.at((t * 2 + b) * 3 + i);
        for (int64_t i = 0; i < 4; ++i)
          sum += p[1].at(j * 4 + i) * h[b * 4 + i];
        next[b * 4 + j] = std::tanh(sum);
        if (t >= counted)
          loss += 0.5 * std::pow(next[b * 4 + j] - y.at((t * 2 + b) * 4 + j), 2);
      }
    h = next;
  }
  return loss / double((steps - counted) * 2);
}

// A sequence of 8 steps in windows of k2 = 4 steps, each k1 = 2 steps after the last: loss, gradients and states
// against a plain loop and its finite differences, the state at a window's beginning being constant.
TEST(Truncation, OverlappingWindowsAgreeWithPlainLoops) {
  constexpr int64_t k1 = 2, k2 = 4, length = 8;
  Program program = make(rnn, k2), sequence = make(rnn, length);
  ASSERT_TRUE(program.run("rondo-stream, rondo-truncate-bptt{k1=2 k2=4}, rondo-differentiate"));
  std::vector<Tensor> whole = sequence.randomArguments("f");
  std::vector<Tensor> parameters(whole.begin(), whole.begin() + 3);
  Tensor state = Tensor::zeros(Tensor::Kind::F64, {2, 4});
  std::vector<double> stateByHand(8, 0.0);
  for (int64_t from = 0; from + k2 <= length; from += k1) {
    Tensor x = window(whole[3], from, k2), y = window(whole[4], from, k2);
    std::vector<Tensor> results = program.call("f_grad", {parameters[0], parameters[1], parameters[2], state, x, y});
    auto loss = [&] {
      std::vector<double> h = stateByHand;
      return rnnByHand(parameters, h, x, y, k2, k2 - k1);
    };
    EXPECT_NEAR(results[0].at(0), loss(), 1e-14);
    for (unsigned i = 0; i < 3; ++i) {
      Tensor numeric = Tensor::zeros(Tensor::Kind::F64, parameters[i].shape);
      for (int64_t e = 0; e < numeric.numElements(); ++e) {
        double value = parameters[i].at(e), step = 1e-5;
        parameters[i].set(e, value + step);
        double above = loss();
        parameters[i].set(e, value - step);
        numeric.set(e, (above - loss()) / (2 * step));
        parameters[i].set(e, value);
      }
      EXPECT_LT(relativeError(results[2 + i], numeric), 1e-7) << "window at " << from << ", parameter " << i;
    }
    rnnByHand(parameters, stateByHand, x, y, k1, 0);
    state = results[1];
    for (int64_t e = 0; e < 8; ++e)
      EXPECT_NEAR(state.at(e), stateByHand[e], 1e-14);
  }
}

} // namespace
