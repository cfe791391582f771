// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on arith and math.

#include "test/support/Program.h"

#include <cmath>
#include <limits>

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// `op` on two (or one) arguments %a, %b of the type `from`.
std::string binary(const std::string &op, const std::string &from, const std::string &to) {
  return "func.func @f(%a: " + from + ", %b: " + from + ") -> " + to + " {\n  %r = " + op + "\n  return %r : " + to +
         "\n}";
}
std::string unary(const std::string &op, const std::string &from, const std::string &to) {
  return "func.func @f(%a: " + from + ") -> " + to + " {\n  %r = " + op + "\n  return %r : " + to + "\n}";
}

Tensor onFloats(const std::string &op, Tensor a, Tensor b) {
  std::string type = a.typeString();
  return Program(binary(op + " %a, %b : " + type, type, type)).runOne({a, b});
}
Tensor onIntegers(const std::string &op, std::vector<double> a, std::vector<double> b, Kind kind = Kind::I32) {
  Tensor x = Tensor::of(kind, {int64_t(a.size())}, a), y = Tensor::of(kind, {int64_t(b.size())}, b);
  return onFloats(op, x, y);
}

TEST(ReferenceArith, FloatOps) {
  Tensor a = f32({3}, {6, -1.5, 0.25}), b = f32({3}, {4, 0.5, -2});
  expectSame(onFloats("arith.addf", a, b), f32({3}, {10, -1, -1.75}));
  expectSame(onFloats("arith.subf", a, b), f32({3}, {2, -2, 2.25}));
  expectSame(onFloats("arith.mulf", a, b), f32({3}, {24, -0.75, -0.5}));
  expectSame(onFloats("arith.divf", a, b), f32({3}, {1.5, -3, -0.125}));
  expectSame(onFloats("arith.remf", a, b), f32({3}, {2, -0.0, 0.25}));
  Tensor c = f64({2}, {1, 2}), d = f64({2}, {3, 1});
  expectSame(onFloats("arith.divf", c, d), f64({2}, {1.0 / 3, 2}));
}

TEST(ReferenceArith, FloatsAreOfTheirOwnPrecision) {
  expectSame(onFloats("arith.divf", f32({}, {1}), f32({}, {3})), f32({}, {double(1.0f / 3.0f)}));
  expectSame(onFloats("arith.addf", f32({}, {1}), f32({}, {0x1p-25})), f32({}, {1}));
  expectSame(onFloats("arith.addf", f64({}, {1}), f64({}, {0x1p-25})), f64({}, {1 + 0x1p-25}));
}

TEST(ReferenceArith, MaximumAndMinimum) {
  Tensor a = f32({5}, {1, nan, 2, -0.0, infinity}), b = f32({5}, {2, 1, nan, 0.0, -infinity});
  expectSame(onFloats("arith.maximumf", a, b), f32({5}, {2, nan, nan, 0, infinity}));
  expectSame(onFloats("arith.minimumf", a, b), f32({5}, {1, nan, nan, 0, -infinity}));
  expectSame(onFloats("arith.maxnumf", a, b), f32({5}, {2, 1, 2, 0, infinity}));
  expectSame(onFloats("arith.minnumf", a, b), f32({5}, {1, 1, 2, 0, -infinity}));
  EXPECT_FALSE(std::signbit(onFloats("arith.maximumf", a, b).at(3)));
  EXPECT_TRUE(std::signbit(onFloats("arith.minimumf", a, b).at(3)));
}

TEST(ReferenceArith, CompareFloats) {
  Tensor a = f32({4}, {1, 2, 3, nan}), b = f32({4}, {2, 2, 2, 2});
  auto run = [&](const std::string &predicate) {
    return Program(binary("arith.cmpf " + predicate + ", %a, %b : tensor<4xf32>", "tensor<4xf32>", "tensor<4xi1>"))
        .runOne({a, b});
  };
  expectSame(run("olt"), i1({4}, {1, 0, 0, 0}));
  expectSame(run("ole"), i1({4}, {1, 1, 0, 0}));
  expectSame(run("ogt"), i1({4}, {0, 0, 1, 0}));
  expectSame(run("oge"), i1({4}, {0, 1, 1, 0}));
  expectSame(run("oeq"), i1({4}, {0, 1, 0, 0}));
  expectSame(run("one"), i1({4}, {1, 0, 1, 0}));
  expectSame(run("ult"), i1({4}, {1, 0, 0, 1}));
  expectSame(run("une"), i1({4}, {1, 0, 1, 1}));
  expectSame(run("ueq"), i1({4}, {0, 1, 0, 1}));
  expectSame(run("ord"), i1({4}, {1, 1, 1, 0}));
  expectSame(run("uno"), i1({4}, {0, 0, 0, 1}));
}

TEST(ReferenceArith, Select) {
  Program program(R"(
    func.func @f(%c: tensor<3xi1>, %s: i1, %a: tensor<3xf32>, %b: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
      %x = arith.select %c, %a, %b : tensor<3xi1>, tensor<3xf32>
      %y = arith.select %s, %a, %b : tensor<3xf32>
      return %x, %y : tensor<3xf32>, tensor<3xf32>
    })");
  Tensor a = f32({3}, {1, 2, 3}), b = f32({3}, {nan, 5, 6});
  std::vector<Tensor> results = program.run({i1({3}, {1, 0, 1}), i1({}, {1}), a, b});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({3}, {1, 5, 3}));
  expectSame(results[1], a);
}

TEST(ReferenceArith, IntegersWrapAround) {
  double low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  expectSame(onIntegers("arith.addi", {high, 2}, {1, 3}), i32({2}, {low, 5}));
  expectSame(onIntegers("arith.subi", {low}, {1}), i32({1}, {high}));
  expectSame(onIntegers("arith.muli", {65536, -3}, {65536, 5}), i32({2}, {0, -15}));
  expectSame(onIntegers("arith.muli", {65536}, {65536}, Kind::I64), i64({1}, {4294967296}));
  expectSame(onIntegers("arith.addi", {1, 1, 0}, {1, 0, 0}, Kind::I1), i1({3}, {0, 1, 0}));
}

TEST(ReferenceArith, BitsAndShifts) {
  expectSame(onIntegers("arith.andi", {12, -1}, {10, 7}), i32({2}, {8, 7}));
  expectSame(onIntegers("arith.ori", {12, -1}, {10, 7}), i32({2}, {14, -1}));
  expectSame(onIntegers("arith.xori", {12, -1}, {10, 7}), i32({2}, {6, -8}));
  expectSame(onIntegers("arith.shli", {1, 1, -1}, {4, 31, 1}), i32({3}, {16, -2147483648.0, -2}));
  expectSame(onIntegers("arith.shrui", {-1, 16}, {24, 2}), i32({2}, {255, 4}));
  expectSame(onIntegers("arith.shrsi", {-1, -16}, {24, 2}), i32({2}, {-1, -4}));
  expectSame(onIntegers("arith.shrui", {1}, {32}), i32({1}, {0})); // poison
}

TEST(ReferenceArith, Division) {
  expectSame(onIntegers("arith.divsi", {7, -7, 7}, {2, 2, -2}), i32({3}, {3, -3, -3}));
  expectSame(onIntegers("arith.remsi", {7, -7, 7}, {2, 2, -2}), i32({3}, {1, -1, 1}));
  expectSame(onIntegers("arith.floordivsi", {7, -7, 7, -6}, {2, 2, -2, 2}), i32({4}, {3, -4, -4, -3}));
  expectSame(onIntegers("arith.ceildivsi", {7, -7, 7, 6}, {2, 2, -2, 2}), i32({4}, {4, -3, -3, 3}));
  expectSame(onIntegers("arith.divui", {-1, 7}, {2, 2}), i32({2}, {2147483647, 3}));
  expectSame(onIntegers("arith.remui", {-1, 7}, {10, 4}), i32({2}, {5, 3}));
  expectSame(onIntegers("arith.ceildivui", {7, 8}, {4, 4}), i32({2}, {2, 2}));
}

TEST(ReferenceArith, CompareIntegers) {
  auto run = [&](const std::string &predicate, Tensor a, Tensor b) {
    std::string type = a.typeString();
    return Program(binary("arith.cmpi " + predicate + ", %a, %b : " + type, type, "tensor<3xi1>")).runOne({a, b});
  };
  Tensor a = i32({3}, {-1, 2, 3}), b = i32({3}, {2, 2, 2});
  expectSame(run("slt", a, b), i1({3}, {1, 0, 0}));
  expectSame(run("ult", a, b), i1({3}, {0, 0, 0}));
  expectSame(run("uge", a, b), i1({3}, {1, 1, 1}));
  expectSame(run("sle", a, b), i1({3}, {1, 1, 0}));
  expectSame(run("eq", a, b), i1({3}, {0, 1, 0}));
  // As signed numbers, true is -1.
  expectSame(run("slt", i1({3}, {1, 0, 0}), i1({3}, {0, 1, 0})), i1({3}, {1, 0, 0}));
  expectSame(run("ult", i1({3}, {1, 0, 0}), i1({3}, {0, 1, 0})), i1({3}, {0, 1, 0}));
  expectSame(onIntegers("arith.maxui", {-1, 2}, {1, 3}), i32({2}, {-1, 3}));
  expectSame(onIntegers("arith.minsi", {-1, 2}, {1, 3}), i32({2}, {-1, 2}));
}

TEST(ReferenceArith, Casts) {
  auto run = [](const std::string &op, Tensor a, Tensor expected) {
    std::string from = a.typeString(), to = expected.typeString();
    expectSame(Program(unary(op + " %a : " + from + " to " + to, from, to)).runOne({a}), expected);
  };
  run("arith.sitofp", i32({2}, {-1, 3}), f32({2}, {-1, 3}));
  run("arith.uitofp", i32({2}, {-1, 3}), f64({2}, {4294967295.0, 3}));
  run("arith.uitofp", i1({2}, {1, 0}), f32({2}, {1, 0}));
  run("arith.sitofp", i1({2}, {1, 0}), f32({2}, {-1, 0}));
  run("arith.fptosi", f32({4}, {-1.75, 2.5, 1e20, nan}), i32({4}, {-1, 2, 0, 0}));
  run("arith.fptoui", f64({2}, {4294967295.0, -1}), i32({2}, {-1, 0}));
  run("arith.extf", f32({1}, {0.1}), f64({1}, {double(0.1f)}));
  run("arith.truncf", f64({1}, {0.1}), f32({1}, {0.1}));
  run("arith.extsi", i32({1}, {-1}), i64({1}, {-1}));
  run("arith.extui", i32({1}, {-1}), i64({1}, {4294967295.0}));
  run("arith.extui", i1({2}, {1, 0}), i32({2}, {1, 0}));
  run("arith.extsi", i1({2}, {1, 0}), i32({2}, {-1, 0}));
  run("arith.trunci", i64({2}, {4294967297.0, 4294967295.0}), i32({2}, {1, -1}));
  run("arith.trunci", i64({2}, {3, 2}), i1({2}, {1, 0}));
  run("arith.index_cast", i32({1}, {-1}), Tensor::of(Kind::Index, {1}, {-1}));
  run("arith.index_castui", i32({1}, {-1}), Tensor::of(Kind::Index, {1}, {4294967295.0}));
  run("arith.bitcast", f32({2}, {1, -2}), i32({2}, {0x3f800000, -1073741824}));
  run("arith.bitcast", i32({1}, {0x3f800000}), f32({1}, {1}));
}

TEST(ReferenceArith, Constants) {
  Program program(R"(
    func.func @f() -> (tensor<2x2xf32>, tensor<3xi32>, tensor<2xi1>, tensor<f64>, index, f32, tensor<0xf32>) {
      %a = arith.constant dense<1.5> : tensor<2x2xf32>
      %b = arith.constant dense<[1, -2, 3]> : tensor<3xi32>
      %c = arith.constant dense<[true, false]> : tensor<2xi1>
      %d = arith.constant dense<0.1> : tensor<f64>
      %e = arith.constant 7 : index
      %f = arith.constant 0xFF800000 : f32
      %g = arith.constant dense<> : tensor<0xf32>
      return %a, %b, %c, %d, %e, %f, %g
          : tensor<2x2xf32>, tensor<3xi32>, tensor<2xi1>, tensor<f64>, index, f32, tensor<0xf32>
    })");
  std::vector<Tensor> results = program.run();
  ASSERT_EQ(results.size(), 7u);
  expectSame(results[0], f32({2, 2}, {1.5, 1.5, 1.5, 1.5}));
  expectSame(results[1], i32({3}, {1, -2, 3}));
  expectSame(results[2], i1({2}, {1, 0}));
  expectSame(results[3], f64({}, {0.1}));
  expectSame(results[4], Tensor::of(Kind::Index, {}, {7}));
  expectSame(results[5], f32({}, {-infinity}));
  expectSame(results[6], f32({0}, {}));
}

TEST(ReferenceMath, OneOperand) {
  auto run = [](const std::string &op, double x, double expected) {
    std::string text = unary("math." + op + " %a : tensor<1xf64>", "tensor<1xf64>", "tensor<1xf64>");
    expectSame(Program(text).runOne({f64({1}, {x})}), f64({1}, {expected}));
  };
  run("tanh", 0.5, std::tanh(0.5));
  run("exp", 0.5, std::exp(0.5));
  run("exp2", 3, 8);
  run("expm1", 1e-9, std::expm1(1e-9));
  run("log", 0.5, std::log(0.5));
  run("log2", 8, 3);
  run("log10", 1000, std::log10(1000));
  run("log1p", 1e-9, std::log1p(1e-9));
  run("sqrt", 2, std::sqrt(2));
  run("rsqrt", 4, 0.5);
  run("cbrt", 27, std::cbrt(27));
  run("absf", -0.5, 0.5);
  run("sin", 0.5, std::sin(0.5));
  run("cos", 0.5, std::cos(0.5));
  run("tan", 0.5, std::tan(0.5));
  run("asin", 0.5, std::asin(0.5));
  run("acos", 0.5, std::acos(0.5));
  run("atan", 0.5, std::atan(0.5));
  run("sinh", 0.5, std::sinh(0.5));
  run("cosh", 0.5, std::cosh(0.5));
  run("erf", 0.5, std::erf(0.5));
  run("floor", -0.5, -1);
  run("ceil", -0.5, -0.0);
  run("round", 2.5, 3);
  run("roundeven", 2.5, 2);
  run("trunc", -2.5, -2);
  run("log", -1, nan);
}

TEST(ReferenceMath, SeveralOperands) {
  expectSame(onFloats("math.powf", f32({2}, {2, 9}), f32({2}, {3, 0.5})), f32({2}, {8, 3}));
  expectSame(onFloats("math.atan2", f64({1}, {1}), f64({1}, {-1})), f64({1}, {std::atan2(1.0, -1.0)}));
  expectSame(onFloats("math.copysign", f64({1}, {1}), f64({1}, {-1})), f64({1}, {-1}));
  // One rounding: in float, the product by itself would be rounded to 1.
  Program fma(binary("math.fma %a, %a, %b : tensor<1xf32>", "tensor<1xf32>", "tensor<1xf32>"));
  double x = 1 + 0x1p-13;
  expectSame(fma.runOne({f32({1}, {x}), f32({1}, {-1 - 0x1p-12})}), f32({1}, {0x1p-26}));
}

} // namespace
