// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on the scan, scf and calls.

#include "test/support/Program.h"

#include <Eigen/Core>

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

/// s = 2 s + x, emitting s before (`first`) and after the step.
const char *const doubling = R"(
  func.func @f(%s0: tensor<f32>, %xs: tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>) {
    %r:3 = rondo.scan (%s = %s0 : tensor<f32>) over (%x = %xs : tensor<3xf32>) length 3 DIRECTION {
      %d = arith.addf %s, %s : tensor<f32>
      %n = arith.addf %d, %x : tensor<f32>
      rondo.yield (%n : tensor<f32>) emit (%s, %n : tensor<f32>, tensor<f32>)
    } -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
    return %r#0, %r#1, %r#2 : tensor<f32>, tensor<3xf32>, tensor<3xf32>
  })";

std::string replace(std::string text, const std::string &what, const std::string &with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

TEST(ReferenceScan, Forward) {
  std::vector<Tensor> results = Program(replace(doubling, "DIRECTION", "")).run({f32({}, {1}), f32({3}, {10, 20, 30})});
  ASSERT_EQ(results.size(), 3u);
  expectSame(results[0], f32({}, {118}));
  expectSame(results[1], f32({3}, {1, 12, 44}));
  expectSame(results[2], f32({3}, {12, 44, 118}));
}

/// The scan above for the first n positions.
std::string limited() {
  std::string text = replace(doubling, "DIRECTION", "limit %end");
  return replace(text, "%xs: tensor<3xf32>)", "%xs: tensor<3xf32>, %end: tensor<i64>)");
}

TEST(ReferenceScan, EndsAtItsLimit) {
  std::vector<Tensor> results = Program(limited()).run({f32({}, {1}), f32({3}, {10, 20, 30}), i64({}, {2})});
  ASSERT_EQ(results.size(), 3u);
  expectSame(results[0], f32({}, {44}));
  expectSame(results[1], f32({3}, {1, 12, 0}));
  expectSame(results[2], f32({3}, {12, 44, 0}));
}

TEST(ReferenceScan, BackwardBeginsAtItsLimit) {
  std::vector<Tensor> results = Program(replace(limited(), "limit %end", "limit %end backward"))
                                    .run({f32({}, {1}), f32({3}, {10, 20, 30}), i64({}, {2})});
  ASSERT_EQ(results.size(), 3u);
  expectSame(results[0], f32({}, {54}));
  expectSame(results[1], f32({3}, {22, 1, 0}));
  expectSame(results[2], f32({3}, {54, 22, 0}));
}

TEST(ReferenceScan, LimitIsWithinItsLength) {
  for (int64_t limit : {0, 4})
    EXPECT_EQ(Program(limited()).errorOf({f32({}, {1}), f32({3}, {10, 20, 30}), i64({}, {double(limit)})}),
              "'rondo.scan' op expected a limit from 1 to 3, found " + std::to_string(limit) + "\n");
}

TEST(ReferenceScan, BackwardKeepsPositions) {
  std::vector<Tensor> results =
      Program(replace(doubling, "DIRECTION", "backward")).run({f32({}, {1}), f32({3}, {10, 20, 30})});
  ASSERT_EQ(results.size(), 3u);
  expectSame(results[0], f32({}, {178}));
  expectSame(results[1], f32({3}, {84, 32, 1}));
  expectSame(results[2], f32({3}, {178, 84, 32}));
}

TEST(ReferenceScan, StatesAreReplacedAllAtOnce) { // Fibonacci: (a, b) = (b, a + b)
  Program program(R"(
    func.func @f(%a0: tensor<f32>, %b0: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
      %r:2 = rondo.scan (%a = %a0 : tensor<f32>, %b = %b0 : tensor<f32>) length 10 {
        %c = arith.addf %a, %b : tensor<f32>
        rondo.yield (%b, %c : tensor<f32>, tensor<f32>)
      } -> (tensor<f32>, tensor<f32>)
      return %r#0, %r#1 : tensor<f32>, tensor<f32>
    })");
  std::vector<Tensor> results = program.run({f32({}, {0}), f32({}, {1})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({}, {55}));
  expectSame(results[1], f32({}, {89}));
}

TEST(ReferenceScan, WithoutStateOrSequence) {
  Program map(R"(
    func.func @f(%xs: tensor<3x2xf32>) -> tensor<3x2xf32> {
      %ys = rondo.scan () over (%x = %xs : tensor<3x2xf32>) length 3 {
        %n = arith.negf %x : tensor<2xf32>
        rondo.yield () emit (%n : tensor<2xf32>)
      } -> (tensor<3x2xf32>)
      return %ys : tensor<3x2xf32>
    })");
  expectSame(map.runOne({f32({3, 2}, {1, 2, 3, 4, 5, 6})}), f32({3, 2}, {-1, -2, -3, -4, -5, -6}));
  Program power(R"(
    func.func @f(%s0: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
      %s = rondo.scan (%s = %s0 : tensor<f32>) length 4 {
        %n = arith.mulf %s, %w : tensor<f32>
        rondo.yield (%n : tensor<f32>)
      } -> (tensor<f32>)
      return %s : tensor<f32>
    })");
  expectSame(power.runOne({f32({}, {2}), f32({}, {3})}), f32({}, {162}));
}

TEST(ReferenceScan, Nested) { // the sum of each row, then of the rows' sums times their number so far
  Program program(R"(
    func.func @f(%s0: tensor<f32>, %xs: tensor<2x3xf32>) -> tensor<f32> {
      %s = rondo.scan (%s = %s0 : tensor<f32>) over (%x = %xs : tensor<2x3xf32>) length 2 {
        %zero = arith.constant dense<0.0> : tensor<f32>
        %row = rondo.scan (%r = %zero : tensor<f32>) over (%y = %x : tensor<3xf32>) length 3 {
          %n = arith.addf %r, %y : tensor<f32>
          rondo.yield (%n : tensor<f32>)
        } -> (tensor<f32>)
        %d = arith.addf %s, %s : tensor<f32>
        %n = arith.addf %d, %row : tensor<f32>
        rondo.yield (%n : tensor<f32>)
      } -> (tensor<f32>)
      return %s : tensor<f32>
    })");
  expectSame(program.runOne({f32({}, {0}), f32({2, 3}, {1, 2, 3, 4, 5, 6})}), f32({}, {27}));
}

/// An LSTM over TxBxI with four gates' weights in one tensor each: 4xHxI, 4xHxH.
const char *const lstm = R"(
  func.func @f(%xs: tensor<$Tx$Bx$Ix$E>, %h0: tensor<$Bx$Hx$E>, %c0: tensor<$Bx$Hx$E>,
           %wx: tensor<4x$Hx$Ix$E>, %wh: tensor<4x$Hx$Hx$E>)
      -> (tensor<$Bx$Hx$E>, tensor<$Bx$Hx$E>, tensor<$Tx$Bx$Hx$E>) {
    %r:3 = rondo.scan (%h = %h0 : tensor<$Bx$Hx$E>, %c = %c0 : tensor<$Bx$Hx$E>)
        over (%x = %xs : tensor<$Tx$Bx$Ix$E>) length $T {
      %px = rondo.contract %x, %wx "bi,gji->gbj" : tensor<$Bx$Ix$E>, tensor<4x$Hx$Ix$E> -> tensor<4x$Bx$Hx$E>
      %ph = rondo.contract %h, %wh "bi,gji->gbj" : tensor<$Bx$Hx$E>, tensor<4x$Hx$Hx$E> -> tensor<4x$Bx$Hx$E>
      %p = arith.addf %px, %ph : tensor<4x$Bx$Hx$E>
      %p0 = tensor.extract_slice %p[0, 0, 0] [1, $B, $H] [1, 1, 1] : tensor<4x$Bx$Hx$E> to tensor<$Bx$Hx$E>
      %p1 = tensor.extract_slice %p[1, 0, 0] [1, $B, $H] [1, 1, 1] : tensor<4x$Bx$Hx$E> to tensor<$Bx$Hx$E>
      %p2 = tensor.extract_slice %p[2, 0, 0] [1, $B, $H] [1, 1, 1] : tensor<4x$Bx$Hx$E> to tensor<$Bx$Hx$E>
      %p3 = tensor.extract_slice %p[3, 0, 0] [1, $B, $H] [1, 1, 1] : tensor<4x$Bx$Hx$E> to tensor<$Bx$Hx$E>
      %i = rondo.sigmoid %p0 : tensor<$Bx$Hx$E>
      %f = rondo.sigmoid %p1 : tensor<$Bx$Hx$E>
      %o = rondo.sigmoid %p2 : tensor<$Bx$Hx$E>
      %g = math.tanh %p3 : tensor<$Bx$Hx$E>
      %fc = arith.mulf %f, %c : tensor<$Bx$Hx$E>
      %ig = arith.mulf %i, %g : tensor<$Bx$Hx$E>
      %cn = arith.addf %fc, %ig : tensor<$Bx$Hx$E>
      %t = math.tanh %cn : tensor<$Bx$Hx$E>
      %hn = arith.mulf %o, %t : tensor<$Bx$Hx$E>
      rondo.yield (%hn, %cn : tensor<$Bx$Hx$E>, tensor<$Bx$Hx$E>) emit (%hn : tensor<$Bx$Hx$E>)
    } -> (tensor<$Bx$Hx$E>, tensor<$Bx$Hx$E>, tensor<$Tx$Bx$Hx$E>)
    return %r#0, %r#1, %r#2 : tensor<$Bx$Hx$E>, tensor<$Bx$Hx$E>, tensor<$Tx$Bx$Hx$E>
  })";

/// `lstm` with these sizes.
std::string lstmOf(int64_t T, int64_t B, int64_t I, int64_t H, const std::string &element) {
  std::string text = replace(lstm, "$E", element);
  for (auto [letter, size] : {std::pair("$T", T), {"$B", B}, {"$I", I}, {"$H", H}})
    text = replace(text, letter, std::to_string(size));
  return text;
}

/// Positions first .. first + length - 1 of a sequence.
Tensor window(const Tensor &whole, int64_t first, int64_t length) {
  std::vector<int64_t> shape = whole.shape;
  int64_t size = whole.numElements() / shape[0];
  shape[0] = length;
  Tensor part = Tensor::zeros(whole.kind, shape);
  for (int64_t n = 0; n < part.numElements(); ++n)
    part.set(n, whole.at(first * size + n));
  return part;
}

TEST(ReferenceScan, WindowsWithTheStateCarriedAreOneLongScanBitForBit) {
  Tensor xs = random(Kind::F32, {8, 2, 3}, 1), h0 = random(Kind::F32, {2, 4}, 2), c0 = random(Kind::F32, {2, 4}, 3),
         wx = random(Kind::F32, {4, 4, 3}, 4), wh = random(Kind::F32, {4, 4, 4}, 5);
  std::vector<Tensor> whole = Program(lstmOf(8, 2, 3, 4, "f32")).run({xs, h0, c0, wx, wh});
  ASSERT_EQ(whole.size(), 3u);
  std::vector<Tensor> first = Program(lstmOf(5, 2, 3, 4, "f32")).run({window(xs, 0, 5), h0, c0, wx, wh});
  ASSERT_EQ(first.size(), 3u);
  std::vector<Tensor> second = Program(lstmOf(3, 2, 3, 4, "f32")).run({window(xs, 5, 3), first[0], first[1], wx, wh});
  ASSERT_EQ(second.size(), 3u);
  expectSame(second[0], whole[0]);
  expectSame(second[1], whole[1]);
  expectSame(first[2], window(whole[2], 0, 5));
  expectSame(second[2], window(whole[2], 5, 3));
}

TEST(ReferenceScan, LSTMAgreesWithEigen) {
  int64_t T = 6, B = 3, I = 5, H = 4;
  Tensor xs = random(Kind::F64, {T, B, I}, 1), h0 = random(Kind::F64, {B, H}, 2), c0 = random(Kind::F64, {B, H}, 3),
         wx = random(Kind::F64, {4, H, I}, 4), wh = random(Kind::F64, {4, H, H}, 5);
  std::vector<Tensor> results = Program(lstmOf(T, B, I, H, "f64")).run({xs, h0, c0, wx, wh});
  ASSERT_EQ(results.size(), 3u);

  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  auto map = [](const Tensor &x, int64_t n, int64_t rows, int64_t columns) {
    return Eigen::Map<const Matrix>(x.f64.data() + n * rows * columns, rows, columns);
  };
  auto logistic = [](const Matrix &x) { return Matrix((1 + (-x.array()).exp()).inverse()); };
  Matrix h = map(h0, 0, B, H), c = map(c0, 0, B, H);
  for (int64_t t = 0; t < T; ++t) {
    Matrix p[4];
    for (int64_t g = 0; g < 4; ++g)
      p[g] = map(xs, t, B, I) * map(wx, g, H, I).transpose() + h * map(wh, g, H, H).transpose();
    c = logistic(p[1]).array() * c.array() + logistic(p[0]).array() * p[3].array().tanh();
    h = logistic(p[2]).array() * c.array().tanh();
    EXPECT_LT((map(results[2], t, B, H) - h).norm(), 1e-12);
  }
  EXPECT_LT((map(results[0], 0, B, H) - h).norm(), 1e-12);
  EXPECT_LT((map(results[1], 0, B, H) - c).norm(), 1e-12);
}

TEST(ReferenceScan, LengthAndBatchOfOne) {
  std::vector<Tensor> results = Program(lstmOf(1, 1, 1, 1, "f64"))
                                    .run({f64({1, 1, 1}, {1}), f64({1, 1}, {0}), f64({1, 1}, {1}),
                                          f64({4, 1, 1}, {0, 0, 0, 0}), f64({4, 1, 1}, {0, 0, 0, 0})});
  ASSERT_EQ(results.size(), 3u);
  expectSame(results[1], f64({1, 1}, {0.5}));
  expectClose(results[2], f64({1, 1, 1}, {0.5 * std::tanh(0.5)}));
}

TEST(ReferenceControl, ForIfWhile) {
  Program program(R"(
    func.func @f(%n: index) -> (index, index) {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %two = arith.constant 2 : index
      // The sum of the odd numbers below n, less that of the even ones times two.
      %sum = scf.for %i = %zero to %n step %one iter_args(%s = %zero) -> (index) {
        %rest = arith.remui %i, %two : index
        %odd = arith.cmpi eq, %rest, %one : index
        %next = scf.if %odd -> (index) {
          %a = arith.addi %s, %i : index
          scf.yield %a : index
        } else {
          %d = arith.muli %i, %two : index
          %a = arith.subi %s, %d : index
          scf.yield %a : index
        }
        scf.yield %next : index
      }
      // The smallest power of two that is not below n.
      %power = scf.while (%p = %one) : (index) -> index {
        %below = arith.cmpi slt, %p, %n : index
        scf.condition(%below) %p : index
      } do {
      ^bb0(%p: index):
        %d = arith.addi %p, %p : index
        scf.yield %d : index
      }
      return %sum, %power : index, index
    })");
  Tensor n = Tensor::of(Kind::Index, {}, {6});
  std::vector<Tensor> results = program.run({n});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], Tensor::of(Kind::Index, {}, {1 + 3 + 5 - 2 * (2 + 4)}));
  expectSame(results[1], Tensor::of(Kind::Index, {}, {8}));
}

TEST(ReferenceControl, LoopThatDoesNotRunAndSwappedValues) {
  Program program(R"(
    func.func @f(%n: index, %a: f32, %b: f32) -> (f32, f32) {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %r:2 = scf.for %i = %zero to %n step %one iter_args(%x = %a, %y = %b) -> (f32, f32) {
        scf.yield %y, %x : f32, f32
      }
      return %r#0, %r#1 : f32, f32
    })");
  for (int n : {0, 1, 2, 3}) {
    std::vector<Tensor> results = program.run({Tensor::of(Kind::Index, {}, {double(n)}), f32({}, {1}), f32({}, {2})});
    ASSERT_EQ(results.size(), 2u);
    expectSame(results[0], f32({}, {n % 2 ? 2.0 : 1.0}));
    expectSame(results[1], f32({}, {n % 2 ? 1.0 : 2.0}));
  }
}

TEST(ReferenceControl, Call) {
  Program program(R"(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %a = func.call @square(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %b = func.call @square(%a) : (tensor<2xf32>) -> tensor<2xf32>
      return %b : tensor<2xf32>
    }
    func.func private @square(%x: tensor<2xf32>) -> tensor<2xf32> {
      %r = arith.mulf %x, %x : tensor<2xf32>
      return %r : tensor<2xf32>
    })");
  expectSame(program.runOne({f32({2}, {2, 3})}), f32({2}, {16, 81}));
}

} // namespace
