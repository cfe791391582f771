// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on the tensor ops of the dialect, against hand-computed values and Eigen.

#include "test/support/Program.h"

#include <Eigen/Core>
#include <cmath>
#include <limits>

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// One op on arguments of these types: `%r = OP : ...` with %0, %1, ... as its operands' names.
std::string function(const std::string &arguments, const std::string &op, const std::string &result) {
  return "func.func @f(" + arguments + ") -> " + result + " {\n  %r = " + op + "\n  return %r : " + result + "\n}";
}

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
Matrix matrix(const Tensor &tensor, int64_t offset = 0) {
  size_t rank = tensor.shape.size();
  return Eigen::Map<const Matrix>(tensor.f64.data() + offset, tensor.shape[rank - 2], tensor.shape[rank - 1]);
}
Tensor tensor(const Matrix &values) {
  return f64({values.rows(), values.cols()}, llvm::ArrayRef(values.data(), values.size()));
}

TEST(ReferenceContract, ByHand) {
  Program program(function("%x: tensor<2x3xf32>, %w: tensor<2x3xf32>",
                           "rondo.contract %x, %w \"bi,oi->bo\" : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>",
                           "tensor<2x2xf32>"));
  Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6}), w = f32({2, 3}, {1, 0, -1, 2, 2, 2});
  expectSame(program.runOne({x, w}), f32({2, 2}, {-2, 12, -2, 30}));
}

TEST(ReferenceContract, IsTheMatrixProduct) {
  Tensor x = random(Kind::F64, {7, 5}, 1), w = random(Kind::F64, {9, 5}, 2);
  Program product(function("%x: tensor<7x5xf64>, %w: tensor<9x5xf64>",
                           "rondo.contract %x, %w \"bi,oi->bo\" : tensor<7x5xf64>, tensor<9x5xf64> -> tensor<7x9xf64>",
                           "tensor<7x9xf64>"));
  expectClose(product.runOne({x, w}), tensor(matrix(x) * matrix(w).transpose()));
  Program transposed(function(
      "%x: tensor<7x5xf64>, %w: tensor<9x5xf64>",
      "rondo.contract %x, %w \"bi,oi->ob\" : tensor<7x5xf64>, tensor<9x5xf64> -> tensor<9x7xf64>", "tensor<9x7xf64>"));
  expectClose(transposed.runOne({x, w}), tensor(matrix(w) * matrix(x).transpose()));
}

TEST(ReferenceContract, LettersOfAllTermsCountSeparateProducts) {
  Tensor q = random(Kind::F64, {2, 3, 4}, 1), k = random(Kind::F64, {2, 5, 4}, 2);
  Program program(function("%q: tensor<2x3x4xf64>, %k: tensor<2x5x4xf64>",
                           "rondo.contract %q, %k \"bsd,btd->bts\" : tensor<2x3x4xf64>, tensor<2x5x4xf64> "
                           "-> tensor<2x5x3xf64>",
                           "tensor<2x5x3xf64>"));
  Tensor result = program.runOne({q, k});
  for (int64_t b = 0; b < 2; ++b) {
    Matrix expected = matrix(k, b * 20) * matrix(q, b * 12).transpose();
    EXPECT_LT((matrix(result, b * 15) - expected).norm(), 1e-12);
  }
}

TEST(ReferenceContract, SumsSeveralIndices) { // the gradient of a weight: over time and batch
  Tensor d = random(Kind::F64, {4, 3, 2}, 1), x = random(Kind::F64, {4, 3, 5}, 2);
  Program program(function("%d: tensor<4x3x2xf64>, %x: tensor<4x3x5xf64>",
                           "rondo.contract %d, %x \"tbo,tbi->oi\" : tensor<4x3x2xf64>, tensor<4x3x5xf64> "
                           "-> tensor<2x5xf64>",
                           "tensor<2x5xf64>"));
  Matrix expected = Matrix::Zero(2, 5);
  for (int64_t t = 0; t < 4; ++t)
    expected += matrix(d, t * 6).transpose() * matrix(x, t * 15);
  expectClose(program.runOne({d, x}), tensor(expected));
}

TEST(ReferenceContract, IndexOfOneOperandOnly) { // summed, though the other operand has it not
  Program program(function("%x: tensor<2x2xf32>, %y: tensor<3xf32>",
                           "rondo.contract %x, %y \"ij,k->i\" : tensor<2x2xf32>, tensor<3xf32> -> tensor<2xf32>",
                           "tensor<2xf32>"));
  expectSame(program.runOne({f32({2, 2}, {1, 2, 3, 4}), f32({3}, {1, 1, 2})}), f32({2}, {12, 28}));
}

TEST(ReferenceContract, ScalarAndOuterAndElementwise) {
  Tensor x = f32({2}, {2, 3}), y = f32({2}, {5, 7}), s = f32({}, {10});
  auto run = [](const std::string &spec, const std::string &left, const std::string &right, const std::string &result,
                std::vector<Tensor> arguments) {
    Program program(function("%x: " + left + ", %y: " + right,
                             "rondo.contract %x, %y \"" + spec + "\" : " + left + ", " + right + " -> " + result,
                             result));
    return program.runOne(arguments);
  };
  expectSame(run("i,i->", "tensor<2xf32>", "tensor<2xf32>", "tensor<f32>", {x, y}), f32({}, {31}));
  expectSame(run("i,j->ij", "tensor<2xf32>", "tensor<2xf32>", "tensor<2x2xf32>", {x, y}),
             f32({2, 2}, {10, 14, 15, 21}));
  expectSame(run("i,i->i", "tensor<2xf32>", "tensor<2xf32>", "tensor<2xf32>", {x, y}), f32({2}, {10, 21}));
  expectSame(run(",i->i", "tensor<f32>", "tensor<2xf32>", "tensor<2xf32>", {s, y}), f32({2}, {50, 70}));
  expectSame(run(",->", "tensor<f32>", "tensor<f32>", "tensor<f32>", {s, s}), f32({}, {100}));
}

TEST(ReferenceContract, SumsInOrderInTheElementType) {
  // In float, 1 + 2^-24 is 1: from the left every small term is lost.
  Tensor x = f32({4}, {1, 0x1p-24, 0x1p-24, 0x1p-24}), ones = f32({4}, {1, 1, 1, 1});
  Program program(function("%x: tensor<4xf32>, %y: tensor<4xf32>",
                           "rondo.contract %x, %y \"i,i->\" : tensor<4xf32>, tensor<4xf32> -> tensor<f32>",
                           "tensor<f32>"));
  expectSame(program.runOne({x, ones}), f32({}, {1}));
}

TEST(ReferenceContract, EmptyDimensions) {
  Program none(function("%x: tensor<2x0xf32>, %w: tensor<3x0xf32>",
                        "rondo.contract %x, %w \"bi,oi->bo\" : tensor<2x0xf32>, tensor<3x0xf32> -> tensor<2x3xf32>",
                        "tensor<2x3xf32>"));
  expectSame(none.runOne({f32({2, 0}, {}), f32({3, 0}, {})}), f32({2, 3}, {0, 0, 0, 0, 0, 0}));
  Program empty(function("%x: tensor<0x4xf32>, %w: tensor<3x4xf32>",
                         "rondo.contract %x, %w \"bi,oi->bo\" : tensor<0x4xf32>, tensor<3x4xf32> -> tensor<0x3xf32>",
                         "tensor<0x3xf32>"));
  expectSame(empty.runOne({f32({0, 4}, {}), random(Kind::F32, {3, 4}, 1)}), f32({0, 3}, {}));
}

TEST(ReferenceGateProduct, IsOneContractionPerWeight) {
  Program program(R"(
    func.func @f(%h: tensor<3x5xf32>, %a: tensor<4x5xf32>, %b: tensor<4x5xf32>)
        -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
      %g:2 = rondo.gate_product %h, (%a, %b) "bk,jk->bj"
          : tensor<3x5xf32>, (tensor<4x5xf32>, tensor<4x5xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
      %x = rondo.contract %h, %a "bk,jk->bj" : tensor<3x5xf32>, tensor<4x5xf32> -> tensor<3x4xf32>
      %y = rondo.contract %h, %b "bk,jk->bj" : tensor<3x5xf32>, tensor<4x5xf32> -> tensor<3x4xf32>
      return %g#0, %g#1, %x, %y : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
    })");
  std::vector<Tensor> results =
      program.run({random(Kind::F32, {3, 5}, 1), random(Kind::F32, {4, 5}, 2), random(Kind::F32, {4, 5}, 3)});
  ASSERT_EQ(results.size(), 4u);
  expectSame(results[0], results[2]);
  expectSame(results[1], results[3]);
}

TEST(ReferenceBroadcast, RepeatsAlongNewDimensions) {
  Program rows(function("%x: tensor<2xf32>", "rondo.broadcast %x dims = [1] : tensor<2xf32> -> tensor<3x2xf32>",
                        "tensor<3x2xf32>"));
  expectSame(rows.runOne({f32({2}, {1, 2})}), f32({3, 2}, {1, 2, 1, 2, 1, 2}));
  Program columns(
      function("%x: tensor<2xi1>", "rondo.broadcast %x dims = [0] : tensor<2xi1> -> tensor<2x3xi1>", "tensor<2x3xi1>"));
  expectSame(columns.runOne({i1({2}, {1, 0})}), i1({2, 3}, {1, 1, 1, 0, 0, 0}));
  Program middle(function("%x: tensor<2x2xf64>",
                          "rondo.broadcast %x dims = [0, 2] : tensor<2x2xf64> -> tensor<2x2x2xf64>",
                          "tensor<2x2x2xf64>"));
  expectSame(middle.runOne({f64({2, 2}, {1, 2, 3, 4})}), f64({2, 2, 2}, {1, 2, 1, 2, 3, 4, 3, 4}));
  Program turned(function("%x: tensor<2x3xf64>",
                          "rondo.broadcast %x dims = [2, 0] : tensor<2x3xf64> -> tensor<3x2x2xf64>",
                          "tensor<3x2x2xf64>"));
  expectSame(turned.runOne({f64({2, 3}, {1, 2, 3, 4, 5, 6})}), f64({3, 2, 2}, {1, 4, 1, 4, 2, 5, 2, 5, 3, 6, 3, 6}));
}

Tensor reduce(const std::string &kind, const std::string &dims, const std::string &from, const std::string &to,
              Tensor x) {
  return Program(
             function("%x: " + from, "rondo.reduce " + kind + " %x dims = [" + dims + "] : " + from + " -> " + to, to))
      .runOne({x});
}

TEST(ReferenceReduce, SumMeanMax) {
  Tensor x = f32({2, 3}, {1, 2, 3, -4, 5, -6});
  expectSame(reduce("sum", "0", "tensor<2x3xf32>", "tensor<3xf32>", x), f32({3}, {-3, 7, -3}));
  expectSame(reduce("sum", "1", "tensor<2x3xf32>", "tensor<2xf32>", x), f32({2}, {6, -5}));
  expectSame(reduce("mean", "1", "tensor<2x3xf32>", "tensor<2xf32>", x), f32({2}, {2, double(-5.0f / 3)}));
  expectSame(reduce("mean", "0, 1", "tensor<2x3xf32>", "tensor<f32>", x), f32({}, {double(1.0f / 6)}));
  expectSame(reduce("max", "0", "tensor<2x3xf32>", "tensor<3xf32>", x), f32({3}, {1, 5, 3}));
  expectSame(reduce("max", "0, 1", "tensor<2x3xf32>", "tensor<f32>", x), f32({}, {5}));
  Tensor cube = f64({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  expectSame(reduce("sum", "0, 2", "tensor<2x2x2xf64>", "tensor<2xf64>", cube), f64({2}, {14, 22}));
}

TEST(ReferenceReduce, NotANumberAndNothing) {
  expectSame(reduce("max", "0", "tensor<3xf32>", "tensor<f32>", f32({3}, {1, nan, 2})), f32({}, {nan}));
  expectSame(reduce("max", "0", "tensor<2xf32>", "tensor<f32>", f32({2}, {-infinity, -infinity})),
             f32({}, {-infinity}));
  expectSame(reduce("sum", "0", "tensor<0x2xf32>", "tensor<2xf32>", f32({0, 2}, {})), f32({2}, {0, 0}));
}

TEST(ReferenceSoftmax, RowsSumToOneAndLargeValuesAreRight) {
  Program program(function("%x: tensor<2x3xf64>", "rondo.softmax %x dim = 1 : tensor<2x3xf64>", "tensor<2x3xf64>"));
  double e = std::exp(1.0), sum = 1 + e + e * e;
  expectClose(program.runOne({f64({2, 3}, {0, 1, 2, 1000, 1001, 1002})}),
              f64({2, 3}, {1 / sum, e / sum, e * e / sum, 1 / sum, e / sum, e * e / sum}));
  expectSame(program.runOne({f64({2, 3}, {0, nan, 2, -infinity, 3, -infinity})}),
             f64({2, 3}, {nan, nan, nan, 0, 1, 0}));
  Program single(function("%x: tensor<2x1xf32>", "rondo.softmax %x dim = 1 : tensor<2x1xf32>", "tensor<2x1xf32>"));
  expectSame(single.runOne({f32({2, 1}, {-7, 9})}), f32({2, 1}, {1, 1}));
}

TEST(ReferenceSoftmax, ColumnsSumToOne) {
  Program program(
      function("%x: tensor<2x2x2xf64>", "rondo.softmax %x dim = 1 : tensor<2x2x2xf64>", "tensor<2x2x2xf64>"));
  double e = std::exp(1.0), small = 1 / (1 + e), large = e / (1 + e);
  expectClose(program.runOne({f64({2, 2, 2}, {0, 7, 1, 7, 3, 2, 3, 1})}),
              f64({2, 2, 2}, {small, 0.5, large, 0.5, 0.5, large, 0.5, small}));
}

TEST(ReferenceIota, IsThePosition) {
  Program program(function("", "rondo.iota dim = 1 : tensor<2x3xi32>", "tensor<2x3xi32>"));
  expectSame(program.runOne({}), i32({2, 3}, {0, 1, 2, 0, 1, 2}));
}

TEST(ReferenceCrossEntropy, IsTheLogarithmOfTheProbability) {
  Program program(function("%x: tensor<2x3xf64>, %t: tensor<2xi32>",
                           "rondo.cross_entropy %x, %t : tensor<2x3xf64>, tensor<2xi32> -> tensor<2xf64>",
                           "tensor<2xf64>"));
  double sum = 1 + std::exp(1.0) + std::exp(2.0);
  expectClose(program.runOne({f64({2, 3}, {0, 1, 2, 1000, 1001, 1002}), i32({2}, {0, 2})}),
              f64({2}, {std::log(sum), std::log(sum) - 2}));
}

TEST(ReferenceTokens, OneHotGatherScatter) {
  Program oneHot(
      function("%t: tensor<2xi32>", "rondo.one_hot %t : tensor<2xi32> -> tensor<2x3xf32>", "tensor<2x3xf32>"));
  expectSame(oneHot.runOne({i32({2}, {2, 0})}), f32({2, 3}, {0, 0, 1, 1, 0, 0}));
  Program gather(function("%e: tensor<3x2xf32>, %t: tensor<2x2xi32>",
                          "rondo.gather %e, %t : tensor<3x2xf32>, tensor<2x2xi32> -> tensor<2x2x2xf32>",
                          "tensor<2x2x2xf32>"));
  expectSame(gather.runOne({f32({3, 2}, {1, 2, 3, 4, 5, 6}), i32({2, 2}, {2, 0, 1, 1})}),
             f32({2, 2, 2}, {5, 6, 1, 2, 3, 4, 3, 4}));
  Program scatter(function("%t: tensor<2x2xi32>, %d: tensor<2x2x2xf32>",
                           "rondo.scatter_add %t, %d : tensor<2x2xi32>, tensor<2x2x2xf32> -> tensor<3x2xf32>",
                           "tensor<3x2xf32>"));
  expectSame(scatter.runOne({i32({2, 2}, {2, 0, 2, 2}), f32({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}),
             f32({3, 2}, {3, 4, 0, 0, 13, 16}));
  Program picked(function("%e: tensor<2x3xf32>, %t: tensor<2x2xi32>",
                          "rondo.gather %e, %t \"bs,tb->tb\" : tensor<2x3xf32>, tensor<2x2xi32> -> tensor<2x2xf32>",
                          "tensor<2x2xf32>"));
  expectSame(picked.runOne({f32({2, 3}, {1, 2, 3, 4, 5, 6}), i32({2, 2}, {2, 0, 1, 1})}), f32({2, 2}, {3, 4, 2, 5}));
  Program put(function("%t: tensor<2x2xi32>, %d: tensor<2x2xf32>",
                       "rondo.scatter_add %t, %d \"bs,tb->tb\" : tensor<2x2xi32>, tensor<2x2xf32> -> tensor<2x3xf32>",
                       "tensor<2x3xf32>"));
  expectSame(put.runOne({i32({2, 2}, {2, 0, 2, 1}), f32({2, 2}, {1, 2, 3, 4})}), f32({2, 3}, {0, 0, 4, 2, 4, 0}));
  Program scalars(function("%e: tensor<3xf32>, %t: tensor<i32>",
                           "rondo.gather %e, %t : tensor<3xf32>, tensor<i32> -> tensor<f32>", "tensor<f32>"));
  expectSame(scalars.runOne({f32({3}, {1, 2, 3}), i32({}, {1})}), f32({}, {2}));
}

TEST(ReferenceSigmoid, IncludingItsEnds) {
  Program program(function("%x: tensor<5xf64>", "rondo.sigmoid %x : tensor<5xf64>", "tensor<5xf64>"));
  expectSame(program.runOne({f64({5}, {0, 1, -1000, infinity, nan})}),
             f64({5}, {0.5, 1 / (1 + std::exp(-1.0)), 0, 1, nan}));
}

/// rondo.random's formula, written again from its description.
double randomByDescription(uint64_t seed, uint32_t stream, uint64_t p, uint32_t e) {
  uint32_t x[] = {e, uint32_t(p), uint32_t(p >> 32), stream}, lo = uint32_t(seed), hi = uint32_t(seed >> 32);
  for (int round = 0; round < 10; ++round, lo += 0x9E3779B9, hi += 0xBB67AE85) {
    uint64_t a = uint64_t(0xD2511F53) * x[0], b = uint64_t(0xCD9E8D57) * x[2];
    uint32_t y[] = {uint32_t(b >> 32) ^ x[1] ^ lo, uint32_t(b), uint32_t(a >> 32) ^ x[3] ^ hi, uint32_t(a)};
    std::copy(y, y + 4, x);
  }
  return (x[0] >> 8) / 16777216.0;
}

/// Seeds and positions with something in both halves, as integers: a double would round them.
Tensor words(llvm::ArrayRef<uint64_t> values) {
  Tensor result = Tensor::zeros(Kind::I64, {static_cast<int64_t>(values.size())});
  for (auto [n, value] : llvm::enumerate(values))
    result.i[n] = static_cast<int64_t>(value);
  return result;
}

Tensor scalar(uint64_t value) {
  Tensor result = words({value});
  result.shape = {};
  return result;
}

constexpr uint64_t seedsOfRows[] = {0, 0x123456789abcdef0, ~uint64_t(0)};
constexpr uint64_t firstsOfRows[] = {7, 0xfffffffe, ~uint64_t(0)}; // carries, and wraps around

TEST(ReferenceRandom, FollowsItsFormula) {
  Program program(function("%s: tensor<3xi64>, %p: tensor<3xi64>",
                           "rondo.random %s, %p rows = 2 time = 1 stream = 3 : tensor<3xi64> -> tensor<2x4x3x5xf32>",
                           "tensor<2x4x3x5xf32>"));
  Tensor result = program.runOne({words(seedsOfRows), words(firstsOfRows)});
  ASSERT_EQ(result.numElements(), 120);
  for (uint32_t n = 0; n < 120; ++n) {
    uint32_t feature = n % 5, row = n / 5 % 3, time = n / 15 % 4, axis = n / 60;
    EXPECT_EQ(result.at(n), randomByDescription(seedsOfRows[row], 3, firstsOfRows[row] + time, axis * 5 + feature));
  }
}

TEST(ReferenceRandom, WithoutRowsOrTime) {
  Program rows(function("%s: tensor<3xi64>", "rondo.random %s rows = 0 stream = 1 : tensor<3xi64> -> tensor<3x2xf32>",
                        "tensor<3x2xf32>"));
  Tensor result = rows.runOne({words(seedsOfRows)});
  for (uint32_t n = 0; n < 6; ++n)
    EXPECT_EQ(result.at(n), randomByDescription(seedsOfRows[n / 2], 1, 0, n % 2));
  Program time(function("%s: tensor<i64>", "rondo.random %s time = 1 stream = 0 : tensor<i64> -> tensor<3x2xf64>",
                        "tensor<3x2xf64>"));
  result = time.runOne({scalar(9)});
  for (uint32_t n = 0; n < 6; ++n)
    EXPECT_EQ(result.at(n), randomByDescription(9, 0, n % 2, n / 2));
  Program neither(function("%s: tensor<i64>, %p: tensor<i64>",
                           "rondo.random %s, %p stream = 2 : tensor<i64> -> tensor<3xf32>", "tensor<3xf32>"));
  result = neither.runOne({scalar(9), scalar(uint64_t(1) << 32)});
  for (uint32_t n = 0; n < 3; ++n)
    EXPECT_EQ(result.at(n), randomByDescription(9, 2, uint64_t(1) << 32, n));
}

TEST(ReferenceRandom, IsUniform) {
  double sum = 0, squares = 0;
  constexpr int count = 100000;
  for (int n = 0; n < count; ++n) {
    double u = counterRandom(7, 2, n % 300, n / 300);
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / count, 0.5, 0.005);
  EXPECT_NEAR(squares / count, 1.0 / 3, 0.005);
}

TEST(ReferenceRandomTensor, IsReproducibleAndInRange) {
  auto context = makeContext();
  auto type = mlir::RankedTensorType::get({64}, mlir::Float32Type::get(context.get()));
  expectSame(randomTensor(type, 5, 0.5), randomTensor(type, 5, 0.5));
  EXPECT_NE(randomTensor(type, 5).f32, randomTensor(type, 6).f32);
  for (float x : randomTensor(type, 5, 0.5).f32)
    EXPECT_TRUE(x >= -0.5f && x < 0.5f);
  Tensor tokens = randomTensor(mlir::RankedTensorType::get({64}, mlir::IntegerType::get(context.get(), 32)), 5, 1.0, 3);
  EXPECT_EQ(*std::min_element(tokens.i.begin(), tokens.i.end()), 0);
  EXPECT_EQ(*std::max_element(tokens.i.begin(), tokens.i.end()), 2);
}

} // namespace
