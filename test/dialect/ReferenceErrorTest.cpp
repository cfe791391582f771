// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the reference interpreter refuses, in which words, and how it finds a NaN.

#include "test/support/Program.h"

#include <limits>

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

InterpretOptions checkingFinite() {
  InterpretOptions options;
  options.checkFinite = true;
  return options;
}

TEST(ReferenceErrors, UnknownOps) {
  Program otherDialect(R"(
    func.func @f(%x: tensor<2xf32>) -> memref<2xf32> {
      %m = bufferization.to_buffer %x : tensor<2xf32> to memref<2xf32>
      return %m : memref<2xf32>
    })");
  EXPECT_EQ(otherDialect.errorOf({f32({2}, {1, 2})}),
            "the reference interpreter does not know 'bufferization.to_buffer'\n");
  Program sameDialect(R"(
    func.func @f(%x: tensor<2xi32>) -> tensor<2xi32> {
      %c = math.ctpop %x : tensor<2xi32>
      return %c : tensor<2xi32>
    })");
  EXPECT_EQ(sameDialect.errorOf({i32({2}, {1, 2})}), "the reference interpreter does not know 'math.ctpop'\n");
}

TEST(ReferenceErrors, Arguments) {
  const char *text = "func.func @f(%x: tensor<2xf32>) { return }";
  EXPECT_EQ(Program(text).errorOf({}), "expected 1 arguments, found 0\n");
  EXPECT_EQ(Program(text).errorOf({f32({3}, {1, 2, 3})}),
            "expected argument 0 of type 'tensor<2xf32>', found tensor<3xf32>\n");
  EXPECT_EQ(Program(text).errorOf({f64({2}, {1, 2})}),
            "expected argument 0 of type 'tensor<2xf32>', found tensor<2xf64>\n");
  EXPECT_EQ(Program("func.func private @f()").errorOf(), "expected a body to interpret, found a declaration\n");
  EXPECT_EQ(Program("func.func @f(%x: f16) { return }").errorOf({f32({}, {1})}),
            "the reference interpreter does not know the type 'f16' of argument 0\n");
}

TEST(ReferenceErrors, TokensOutOfRange) {
  Program gather(R"(
    func.func @f(%e: tensor<3x2xf32>, %t: tensor<2xi32>) -> tensor<2x2xf32> {
      %r = rondo.gather %e, %t : tensor<3x2xf32>, tensor<2xi32> -> tensor<2x2xf32>
      return %r : tensor<2x2xf32>
    })");
  EXPECT_EQ(gather.errorOf({random(Kind::F32, {3, 2}, 1), i32({2}, {0, 3})}),
            "'rondo.gather' op expected tokens in 0 .. 2, found 3\n");
  Program loss(R"(
    func.func @f(%x: tensor<2x3xf32>, %t: tensor<2xi32>) -> tensor<2xf32> {
      %r = rondo.cross_entropy %x, %t : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
      return %r : tensor<2xf32>
    })");
  EXPECT_EQ(loss.errorOf({random(Kind::F32, {2, 3}, 1), i32({2}, {-1, 0})}),
            "'rondo.cross_entropy' op expected tokens in 0 .. 2, found -1\n");
  Program scatter(R"(
    func.func @f(%t: tensor<2xi32>, %d: tensor<2x2xf32>) -> tensor<3x2xf32> {
      %r = rondo.scatter_add %t, %d : tensor<2xi32>, tensor<2x2xf32> -> tensor<3x2xf32>
      return %r : tensor<3x2xf32>
    })");
  EXPECT_EQ(scatter.errorOf({i32({2}, {7, 0}), random(Kind::F32, {2, 2}, 1)}),
            "'rondo.scatter_add' op expected tokens in 0 .. 2, found 7\n");
}

TEST(ReferenceErrors, IndicesOutOfRange) {
  Program slice(R"(
    func.func @f(%x: tensor<4xf32>, %i: index) -> tensor<2xf32> {
      %r = tensor.extract_slice %x[%i] [2] [1] : tensor<4xf32> to tensor<2xf32>
      return %r : tensor<2xf32>
    })");
  Tensor x = f32({4}, {1, 2, 3, 4});
  EXPECT_EQ(slice.errorOf({x, Tensor::of(Kind::Index, {}, {3})}),
            "'tensor.extract_slice' op takes elements 3 .. 4 of dimension 0, which has 4\n");
  Program element(R"(
    func.func @f(%x: tensor<4xf32>, %i: index) -> f32 {
      %r = tensor.extract %x[%i] : tensor<4xf32>
      return %r : f32
    })");
  EXPECT_EQ(element.errorOf({x, Tensor::of(Kind::Index, {}, {4})}),
            "'tensor.extract' op expected an index below 4 for dimension 0, found 4\n");
}

TEST(ReferenceErrors, DivisionByZero) {
  Program program(R"(
    func.func @f(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
      %r = arith.divsi %x, %y : tensor<2xi32>
      return %r : tensor<2xi32>
    })");
  EXPECT_EQ(program.errorOf({i32({2}, {1, 2}), i32({2}, {1, 0})}), "'arith.divsi' op divides by zero or overflows\n");
  Program again(R"(
    func.func @f(%x: tensor<1xi32>, %y: tensor<1xi32>) -> tensor<1xi32> {
      %r = arith.divsi %x, %y : tensor<1xi32>
      return %r : tensor<1xi32>
    })");
  EXPECT_EQ(again.errorOf({i32({1}, {-2147483648.0}), i32({1}, {-1})}),
            "'arith.divsi' op divides by zero or overflows\n");
}

TEST(ReferenceErrors, EndlessCalls) {
  Program program(R"(
    func.func @f(%x: tensor<f32>) -> tensor<f32> {
      %r = func.call @f(%x) : (tensor<f32>) -> tensor<f32>
      return %r : tensor<f32>
    })");
  EXPECT_EQ(program.errorOf({f32({}, {1})}), "'func.call' op nests more than 64 calls\n");
}

TEST(ReferenceFinite, TheFirstOpThatMakesANaNIsNamed) {
  const char *text = R"(
    func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
      %a = arith.addf %x, %x : tensor<2x2xf32>
      %b = math.sqrt %a : tensor<2x2xf32>
      %c = arith.addf %b, %b : tensor<2x2xf32>
      return %c : tensor<2x2xf32>
    })";
  EXPECT_EQ(Program(text).errorOf({f32({2, 2}, {1, 2, -3, 4})}, checkingFinite()),
            "'math.sqrt' op makes a NaN at [1, 0]\n");
  EXPECT_EQ(Program(text).run({f32({2, 2}, {1, 2, 3, 4})}, checkingFinite()).size(), 1u);
  EXPECT_EQ(Program(text).run({f32({2, 2}, {1, 2, -3, 4})}).size(), 1u);
  EXPECT_EQ(Program(text).errorOf({f32({2, 2}, {1, nan, 3, 4})}, checkingFinite()), "argument 0 has a NaN at [0, 1]\n");
}

TEST(ReferenceFinite, InsideAScanAndABody) {
  Program scan(R"(
    func.func @f(%s0: tensor<f32>) -> tensor<f32> {
      %s = rondo.scan (%s = %s0 : tensor<f32>) length 10 {
        %n = arith.mulf %s, %s : tensor<f32>
        rondo.yield (%n : tensor<f32>)
      } -> (tensor<f32>)
      return %s : tensor<f32>
    })");
  EXPECT_EQ(scan.errorOf({f32({}, {10})}, checkingFinite()), "'arith.mulf' op makes an infinity at []\n");
  Program body(R"(
    func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
      %e = tensor.empty() : tensor<3xf32>
      %r = linalg.map { math.log } ins(%x : tensor<3xf32>) outs(%e : tensor<3xf32>)
      return %r : tensor<3xf32>
    })");
  EXPECT_EQ(body.errorOf({f32({3}, {1, 2, -1})}, checkingFinite()), "'math.log' op makes a NaN at [2]\n");
}

TEST(ReferenceFinite, AnInfinityThatIsMeantIsNoError) {
  Program program(R"(
    func.func @f(%m: tensor<2xi1>, %x: tensor<2xf32>) -> tensor<2xf32> {
      %low = arith.constant dense<0xFF800000> : tensor<2xf32>
      %a = arith.select %m, %x, %low : tensor<2xi1>, tensor<2xf32>
      %p = rondo.softmax %a dim = 0 : tensor<2xf32>
      return %p : tensor<2xf32>
    })");
  std::vector<Tensor> results = program.run({i1({2}, {1, 0}), f32({2}, {1, 2})}, checkingFinite());
  ASSERT_EQ(results.size(), 1u);
  expectSame(results[0], f32({2}, {1, 0}));
}

} // namespace
