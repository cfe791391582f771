// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on attention: what it says in other ops, and which keys a query sees.

#include "test/support/Program.h"

#include <cmath>

using namespace rondo;
using namespace rondo::test;

namespace {

Tensor random(std::vector<int64_t> shape, uint64_t seed) {
  static mlir::MLIRContext context;
  return randomTensor(mlir::RankedTensorType::get(shape, mlir::Float64Type::get(&context)), seed);
}

/// As products and a softmax, of the same queries, keys and values.
TEST(ReferenceAttention, IsProductsAndASoftmax) {
  std::vector<Tensor> arguments{random({5, 2, 3, 4}, 1), random({6, 2, 4}, 2), random({2, 6, 7}, 3)};
  Tensor attention = Program(R"(
    func.func @f(%q: tensor<5x2x3x4xf64>, %k: tensor<6x2x4xf64>, %v: tensor<2x6x7xf64>) -> tensor<2x5x3x7xf64> {
      %y = rondo.attention %q, %k, %v "tbnd,sbd,bse->btne" scale -1.5
          : tensor<5x2x3x4xf64>, tensor<6x2x4xf64>, tensor<2x6x7xf64> -> tensor<2x5x3x7xf64>
      return %y : tensor<2x5x3x7xf64>
    })")
                         .runOne(arguments);
  Tensor spelled = Program(R"(
    func.func @f(%q: tensor<5x2x3x4xf64>, %k: tensor<6x2x4xf64>, %v: tensor<2x6x7xf64>) -> tensor<2x5x3x7xf64> {
      %s = rondo.contract %q, %k "tbnd,sbd->btns" : tensor<5x2x3x4xf64>, tensor<6x2x4xf64> -> tensor<2x5x3x6xf64>
      %c = arith.constant dense<-1.5> : tensor<2x5x3x6xf64>
      %h = arith.mulf %s, %c : tensor<2x5x3x6xf64>
      %p = rondo.softmax %h dim = 3 : tensor<2x5x3x6xf64>
      %y = rondo.contract %p, %v "btns,bse->btne" : tensor<2x5x3x6xf64>, tensor<2x6x7xf64> -> tensor<2x5x3x7xf64>
      return %y : tensor<2x5x3x7xf64>
    })")
                       .runOne(arguments);
  ASSERT_EQ(attention.shape, spelled.shape);
  for (int64_t i = 0; i < spelled.numElements(); ++i)
    EXPECT_NEAR(attention.at(i), spelled.at(i), 1e-14);
}

// Equal scores: the mean of the first two values, of the first three, and of all four for two queries.
TEST(ReferenceAttention, CausalSeesKeysUpToItsPosition) {
  Program program(R"(
    func.func @f(%q: tensor<4x1xf32>, %k: tensor<4x1xf32>, %v: tensor<4x1xf32>) -> tensor<4x1xf32> {
      %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 causal 1
          : tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32> -> tensor<4x1xf32>
      return %y : tensor<4x1xf32>
    })");
  expectSame(program.runOne({f32({4, 1}, {0, 0, 0, 0}), f32({4, 1}, {1, 2, 3, 4}), f32({4, 1}, {2, 4, 9, 13})}),
             f32({4, 1}, {3, 5, 7, 7}));
}

// Equal scores: rows begin at 1 and 0, and have 2 and no keys; and a length of all rows.
TEST(ReferenceAttention, SeesKeysFromFirstUpToLengths) {
  Program program(R"(
    func.func @f(%q: tensor<2x2x1xf32>, %k: tensor<4x2x1xf32>, %v: tensor<4x2x1xf32>, %p: tensor<2xi64>,
                 %l: tensor<2xi32>, %n: tensor<i32>) -> (tensor<2x2x1xf32>, tensor<2x2x1xf32>, tensor<2x2x1xf32>) {
      %x = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 causal 1 first(%p : tensor<2xi64>) rows "b"
          : tensor<2x2x1xf32>, tensor<4x2x1xf32>, tensor<4x2x1xf32> -> tensor<2x2x1xf32>
      %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 causal 0 first(%p : tensor<2xi64>)
          lengths(%l : tensor<2xi32>) rows "b"
          : tensor<2x2x1xf32>, tensor<4x2x1xf32>, tensor<4x2x1xf32> -> tensor<2x2x1xf32>
      %z = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 lengths(%n : tensor<i32>)
          : tensor<2x2x1xf32>, tensor<4x2x1xf32>, tensor<4x2x1xf32> -> tensor<2x2x1xf32>
      return %x, %y, %z : tensor<2x2x1xf32>, tensor<2x2x1xf32>, tensor<2x2x1xf32>
    })");
  Tensor lengths = Tensor::zeros(Tensor::Kind::I32, {2}), first = Tensor::zeros(Tensor::Kind::I64, {2}),
         length = Tensor::zeros(Tensor::Kind::I32, {});
  lengths.set(0, 2), first.set(0, 1), length.set(0, 2);
  // What no query sees may be anything.
  std::vector<Tensor> found = program.run({f32({2, 2, 1}, {0, 0, 0, 0}), f32({4, 2, 1}, {0, 0, 0, 0, 0, 0, NAN, 0}),
                                           f32({4, 2, 1}, {2, 1, 4, 3, 9, 8, NAN, 20}), first, lengths, length});
  ASSERT_EQ(found.size(), 3u);
  expectSame(found[0], f32({2, 2, 1}, {5, 2, NAN, 4}));
  expectSame(found[1], f32({2, 2, 1}, {3, 0, 3, 0}));
  expectSame(found[2], f32({2, 2, 1}, {3, 2, 3, 2}));
}

// Keys lie in blocks of two with an end that nothing is at, values in one block of four.
TEST(ReferenceAttention, OfPackedKeysAndValues) {
  Program program(R"(
    func.func @f(%q: tensor<2x1xf32>, %k: tensor<2x1x2xf32>, %v: tensor<1x3x4xf32>, %e: tensor<2x2xf32>)
        -> tensor<2x2xf32> {
      %y = rondo.attend ins(%q, %k, %v : tensor<2x1xf32>, tensor<2x1x2xf32>, tensor<1x3x4xf32>)
          outs(%e : tensor<2x2xf32>) "td,sd,se->te" scale 1.0 -> tensor<2x2xf32>
      return %y : tensor<2x2xf32>
    })");
  // The second query is so sure of the third key that it sees no other.
  expectSame(
      program.runOne({f32({2, 1}, {0, 100}), f32({2, 1, 2}, {1, 2, 9, NAN}),
                      f32({1, 3, 4}, {1, 2, NAN, NAN, 3, 4, NAN, NAN, 5, 9, NAN, NAN}), f32({2, 2}, {0, 0, 0, 0})}),
      f32({2, 2}, {3, 5, 5, 9}));
}

/// The sum of the elements of an attention of these arguments, each times that of `cotangent`.
double sumOf(Program &attention, const std::vector<Tensor> &arguments, const Tensor &cotangent) {
  Tensor result = attention.runOne(arguments);
  double sum = 0;
  for (int64_t i = 0; i < result.numElements(); ++i)
    sum += result.at(i) * cotangent.at(i);
  return sum;
}

// By central differences, of all keys and of those that a query sees, each with keys of its own or shared ones.
TEST(ReferenceAttention, DerivativeIsThatOfDifferences) {
  for (const std::string options : {"\"tbd,bsd,sbe->bte\" scale -1.5", "\"tbd,bsd,sbe->bte\" scale 0.75 causal 1",
                                    "\"tbd,sd,sbe->bte\" scale 0.75 causal 1", "\"tbd,sd,se->bte\" scale 1.5"}) {
    std::vector<int64_t> key{2, 6, 4}, value{6, 2, 3};
    if (options.find(",sd,") != std::string::npos)
      key = {6, 4};
    if (options.find(",se-") != std::string::npos)
      value = {6, 3};
    auto typeOf = [](const std::vector<int64_t> &shape) {
      std::string text = "tensor<";
      for (int64_t size : shape)
        text += std::to_string(size) + "x";
      return text + "f64>";
    };
    std::string types = "tensor<5x2x4xf64>, " + typeOf(key) + ", " + typeOf(value), result = "tensor<2x5x3xf64>";
    std::string operands = "%q: tensor<5x2x4xf64>, %k: " + typeOf(key) + ", %v: " + typeOf(value);
    std::string attention = "%y = rondo.attention %q, %k, %v " + options + " : " + types + " -> " + result + "\n";
    Program plain("func.func @f(" + operands + ") -> " + result + " {\n" + attention + "return %y : " + result + "\n}");
    Program derivative("func.func @f(" + operands + ", %g: " + result + ") -> (" + types + ") {\n" + attention +
                       "%d:3 = rondo.attention_grad %q, %k, %v, %y, %g " + options + " : " + types + ", " + result +
                       "\nreturn %d#0, %d#1, %d#2 : " + types + "\n}");
    std::vector<Tensor> arguments{random({5, 2, 4}, 1), random(key, 2), random(value, 3)};
    Tensor cotangent = random({2, 5, 3}, 4);
    std::vector<Tensor> found = derivative.run({arguments[0], arguments[1], arguments[2], cotangent});
    ASSERT_EQ(found.size(), 3u);
    for (size_t a = 0; a < 3; ++a)
      for (int64_t i = 0; i < arguments[a].numElements(); ++i) {
        constexpr double step = 1e-5;
        std::vector<Tensor> moved = arguments;
        moved[a].set(i, arguments[a].at(i) + step);
        double up = sumOf(plain, moved, cotangent);
        moved[a].set(i, arguments[a].at(i) - step);
        EXPECT_NEAR((up - sumOf(plain, moved, cotangent)) / (2 * step), found[a].at(i), 1e-8)
            << "argument " << a << ", element " << i << ", " << options;
      }
  }
}

// The parts of packed gradients add up to those of all queries.
TEST(ReferenceAttention, PartsAddUpToTheGradients) {
  Program program(R"(
    func.func @f(%q: tensor<5x2xf64>, %k: tensor<3x2xf64>, %v: tensor<3x4xf64>, %g: tensor<5x4xf64>)
        -> (tensor<3x2xf64>, tensor<3x4xf64>, tensor<3x3x2xf64>, tensor<3x3x4xf64>) {
      %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 0.5 causal 0
          : tensor<5x2xf64>, tensor<3x2xf64>, tensor<3x4xf64> -> tensor<5x4xf64>
      %d:3 = rondo.attention_grad %q, %k, %v, %y, %g "td,sd,se->te" scale 0.5 causal 0
          : tensor<5x2xf64>, tensor<3x2xf64>, tensor<3x4xf64>, tensor<5x4xf64>
      %a = tensor.empty() : tensor<1x2x4xf64>
      %kp = rondo.pack ins(%k : tensor<3x2xf64>)
          outs(%a : tensor<1x2x4xf64>) lanes 0 terms 1 width 4 -> tensor<1x2x4xf64>
      %b = tensor.empty() : tensor<1x4x4xf64>
      %vp = rondo.pack ins(%v : tensor<3x4xf64>)
          outs(%b : tensor<1x4x4xf64>) lanes 0 terms 1 width 4 -> tensor<1x4x4xf64>
      %c = tensor.empty() : tensor<1x3x4xf64>
      %kd = rondo.pack ins(%k : tensor<3x2xf64>)
          outs(%c : tensor<1x3x4xf64>) lanes 1 terms 0 width 4 -> tensor<1x3x4xf64>
      %dk = tensor.empty() : tensor<3x3x2xf64>
      %dv = tensor.empty() : tensor<3x3x4xf64>
      %p:3 = rondo.attend_grad ins(%q, %kp, %vp, %kd, %y, %g : tensor<5x2xf64>, tensor<1x2x4xf64>, tensor<1x4x4xf64>,
          tensor<1x3x4xf64>, tensor<5x4xf64>, tensor<5x4xf64>)
          outs(%q, %dk, %dv : tensor<5x2xf64>, tensor<3x3x2xf64>, tensor<3x3x4xf64>) "td,sd,se->te" scale 0.5 causal 0
          part 2 -> tensor<5x2xf64>, tensor<3x3x2xf64>, tensor<3x3x4xf64>
      return %d#1, %d#2, %p#1, %p#2 : tensor<3x2xf64>, tensor<3x4xf64>, tensor<3x3x2xf64>, tensor<3x3x4xf64>
    })");
  std::vector<Tensor> found = program.run({random({5, 2}, 1), random({3, 2}, 2), random({3, 4}, 3), random({5, 4}, 4)});
  ASSERT_EQ(found.size(), 4u);
  for (int i : {0, 1})
    for (int64_t j = 0, size = found[i].numElements(); j < size; ++j) {
      EXPECT_NEAR(found[i].at(j), found[i + 2].at(j) + found[i + 2].at(size + j) + found[i + 2].at(2 * size + j),
                  1e-12);
      // The first two queries see no third key.
      if (j >= size / 3 * 2)
        EXPECT_EQ(found[i + 2].at(j), 0);
    }
}

} // namespace
