// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on linalg on tensors.

#include "test/support/Program.h"

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

TEST(ReferenceLinalg, Matmul) {
  Program program(R"(
    func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>, %c: tensor<2x2xf32>) -> tensor<2x2xf32> {
      %r = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x2xf32>) outs(%c : tensor<2x2xf32>) -> tensor<2x2xf32>
      return %r : tensor<2x2xf32>
    })");
  expectSame(program.runOne(
                 {f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, {1, 2, 3, 4, 5, 6}), f32({2, 2}, {100, 200, 300, 400})}),
             f32({2, 2}, {122, 228, 349, 464}));
}

TEST(ReferenceLinalg, ProductIsTheContractionBitForBit) {
  Program program(R"(
    #x = affine_map<(b, o, i) -> (b, i)>
    #w = affine_map<(b, o, i) -> (o, i)>
    #y = affine_map<(b, o, i) -> (b, o)>
    func.func @f(%x: tensor<5x17xf32>, %w: tensor<7x17xf32>) -> (tensor<5x7xf32>, tensor<5x7xf32>) {
      %zero = arith.constant 0.0 : f32
      %empty = tensor.empty() : tensor<5x7xf32>
      %c = linalg.fill ins(%zero : f32) outs(%empty : tensor<5x7xf32>) -> tensor<5x7xf32>
      %r = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x, %w : tensor<5x17xf32>, tensor<7x17xf32>) outs(%c : tensor<5x7xf32>) {
      ^body(%a: f32, %b: f32, %s: f32):
        %p = arith.mulf %a, %b : f32
        %n = arith.addf %s, %p : f32
        linalg.yield %n : f32
      } -> tensor<5x7xf32>
      %e = rondo.contract %x, %w "bi,oi->bo" : tensor<5x17xf32>, tensor<7x17xf32> -> tensor<5x7xf32>
      return %r, %e : tensor<5x7xf32>, tensor<5x7xf32>
    })");
  std::vector<Tensor> results = program.run({random(Kind::F32, {5, 17}, 1), random(Kind::F32, {7, 17}, 2)});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], results[1]);
}

TEST(ReferenceLinalg, ElementwiseWithConstantsCapturesAndIndices) {
  Program program(R"(
    #id = affine_map<(i, j) -> (i, j)>
    #row = affine_map<(i, j) -> (j)>
    func.func @f(%x: tensor<2x3xf32>, %b: tensor<3xf32>, %s: f32) -> (tensor<2x3xf32>, tensor<2x3xi32>) {
      %e = tensor.empty() : tensor<2x3xf32>
      %f = tensor.empty() : tensor<2x3xi32>
      %r:2 = linalg.generic {indexing_maps = [#id, #row, #id, #id], iterator_types = ["parallel", "parallel"]}
          ins(%x, %b : tensor<2x3xf32>, tensor<3xf32>) outs(%e, %f : tensor<2x3xf32>, tensor<2x3xi32>) {
      ^body(%a: f32, %c: f32, %o: f32, %p: i32):
        %two = arith.constant 2.0 : f32
        %m = arith.mulf %a, %two : f32
        %n = arith.addf %m, %c : f32
        %q = arith.addf %n, %s : f32
        %i = linalg.index 0 : index
        %j = linalg.index 1 : index
        %ten = arith.constant 10 : index
        %t = arith.muli %i, %ten : index
        %k = arith.addi %t, %j : index
        %l = arith.index_cast %k : index to i32
        linalg.yield %q, %l : f32, i32
      } -> (tensor<2x3xf32>, tensor<2x3xi32>)
      return %r#0, %r#1 : tensor<2x3xf32>, tensor<2x3xi32>
    })");
  std::vector<Tensor> results = program.run({f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({3}, {10, 20, 30}), f32({}, {0.5})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({2, 3}, {12.5, 24.5, 36.5, 18.5, 30.5, 42.5}));
  expectSame(results[1], i32({2, 3}, {0, 1, 2, 10, 11, 12}));
}

TEST(ReferenceLinalg, BodyThatYieldsAConstantOrReadsATable) {
  Program program(R"(
    #id = affine_map<(i) -> (i)>
    func.func @f(%t: tensor<3xi32>, %table: tensor<4x2xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
      %e = tensor.empty() : tensor<3xf32>
      %r:2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
          ins(%t : tensor<3xi32>) outs(%e, %e : tensor<3xf32>, tensor<3xf32>) {
      ^body(%a: i32, %o: f32, %p: f32):
        %one = arith.constant 1 : index
        %c = arith.constant 5.0 : f32
        %i = arith.index_cast %a : i32 to index
        %v = tensor.extract %table[%i, %one] : tensor<4x2xf32>
        linalg.yield %c, %v : f32, f32
      } -> (tensor<3xf32>, tensor<3xf32>)
      return %r#0, %r#1 : tensor<3xf32>, tensor<3xf32>
    })");
  std::vector<Tensor> results = program.run({i32({3}, {2, 0, 3}), f32({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({3}, {5, 5, 5}));
  expectSame(results[1], f32({3}, {6, 2, 8}));
}

TEST(ReferenceLinalg, NamedOps) {
  Program program(R"(
    func.func @f(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2x2x3xf32>, tensor<2xf32>, tensor<2x3xf32>) {
      %e0 = tensor.empty() : tensor<3x2xf32>
      %t = linalg.transpose ins(%x : tensor<2x3xf32>) outs(%e0 : tensor<3x2xf32>) permutation = [1, 0]
      %e1 = tensor.empty() : tensor<2x2x3xf32>
      %b = linalg.broadcast ins(%x : tensor<2x3xf32>) outs(%e1 : tensor<2x2x3xf32>) dimensions = [0]
      %one = arith.constant 1.0 : f32
      %e2 = tensor.empty() : tensor<2xf32>
      %i = linalg.fill ins(%one : f32) outs(%e2 : tensor<2xf32>) -> tensor<2xf32>
      %s = linalg.reduce ins(%x : tensor<2x3xf32>) outs(%i : tensor<2xf32>) dimensions = [1]
        (%a: f32, %c: f32) {
          %n = arith.addf %c, %a : f32
          linalg.yield %n : f32
        }
      %e3 = tensor.empty() : tensor<2x3xf32>
      %m = linalg.map { math.absf } ins(%x : tensor<2x3xf32>) outs(%e3 : tensor<2x3xf32>)
      return %t, %b, %s, %m : tensor<3x2xf32>, tensor<2x2x3xf32>, tensor<2xf32>, tensor<2x3xf32>
    })");
  std::vector<Tensor> results = program.run({f32({2, 3}, {1, -2, 3, 4, -5, 6})});
  ASSERT_EQ(results.size(), 4u);
  expectSame(results[0], f32({3, 2}, {1, 4, -2, -5, 3, 6}));
  expectSame(results[1], f32({2, 2, 3}, {1, -2, 3, 4, -5, 6, 1, -2, 3, 4, -5, 6}));
  expectSame(results[2], f32({2}, {3, 6}));
  expectSame(results[3], f32({2, 3}, {1, 2, 3, 4, 5, 6}));
}

TEST(ReferenceLinalg, FullReductionAndReductionOverTwoLoops) {
  Program program(R"(
    #in = affine_map<(i, j, k) -> (i, j, k)>
    #out = affine_map<(i, j, k) -> (j)>
    #all = affine_map<(i, j, k) -> ()>
    func.func @f(%x: tensor<2x2x2xf32>, %s: tensor<2xf32>, %t: tensor<f32>) -> (tensor<2xf32>, tensor<f32>) {
      %r = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction", "parallel", "reduction"]}
          ins(%x : tensor<2x2x2xf32>) outs(%s : tensor<2xf32>) {
      ^body(%a: f32, %o: f32):
        %n = arith.addf %o, %a : f32
        linalg.yield %n : f32
      } -> tensor<2xf32>
      %q = linalg.generic {indexing_maps = [#in, #all], iterator_types = ["reduction", "reduction", "reduction"]}
          ins(%x : tensor<2x2x2xf32>) outs(%t : tensor<f32>) {
      ^body(%a: f32, %o: f32):
        %n = arith.maximumf %o, %a : f32
        linalg.yield %n : f32
      } -> tensor<f32>
      return %r, %q : tensor<2xf32>, tensor<f32>
    })");
  std::vector<Tensor> results =
      program.run({f32({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), f32({2}, {100, 200}), f32({}, {-1})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({2}, {114, 222}));
  expectSame(results[1], f32({}, {8}));
}

TEST(ReferenceLinalg, ConvolutionAccess) { // y[i] = sum over k of x[i + k] w[k]
  Program program(R"(
    func.func @f(%x: tensor<5xf32>, %w: tensor<2xf32>) -> tensor<4xf32> {
      %zero = arith.constant dense<0.0> : tensor<4xf32>
      %r = linalg.conv_1d ins(%x, %w : tensor<5xf32>, tensor<2xf32>) outs(%zero : tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    })");
  expectSame(program.runOne({f32({5}, {1, 2, 3, 4, 5}), f32({2}, {10, 1})}), f32({4}, {12, 23, 34, 45}));
}

TEST(ReferenceLinalg, DynamicShapes) {
  Program program(R"(
    func.func @f(%x: tensor<4x3xf32>, %n: index) -> tensor<?x3xf32> {
      %one = arith.constant 1 : index
      %zero = arith.constant 0 : index
      %s = tensor.extract_slice %x[%one, 0] [%n, 3] [1, 1] : tensor<4x3xf32> to tensor<?x3xf32>
      %d = tensor.dim %s, %zero : tensor<?x3xf32>
      %e = tensor.empty(%d) : tensor<?x3xf32>
      %r = linalg.exp ins(%s : tensor<?x3xf32>) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
      return %r : tensor<?x3xf32>
    })");
  Tensor x = f32({4, 3}, {9, 9, 9, 0, 0, 0, 0, 0, 0, 9, 9, 9});
  expectSame(program.runOne({x, Tensor::of(Kind::Index, {}, {2})}), f32({2, 3}, {1, 1, 1, 1, 1, 1}));
}

TEST(ReferenceLinalg, EmptyDimensions) {
  Program program(R"(
    func.func @f(%a: tensor<2x0xf32>, %b: tensor<0x2xf32>, %c: tensor<2x2xf32>, %d: tensor<0x2xf32>)
        -> (tensor<2x2xf32>, tensor<0x2xf32>) {
      %r = linalg.matmul ins(%a, %b : tensor<2x0xf32>, tensor<0x2xf32>) outs(%c : tensor<2x2xf32>) -> tensor<2x2xf32>
      %q = linalg.exp ins(%b : tensor<0x2xf32>) outs(%d : tensor<0x2xf32>) -> tensor<0x2xf32>
      return %r, %q : tensor<2x2xf32>, tensor<0x2xf32>
    })");
  Tensor c = f32({2, 2}, {1, 2, 3, 4}), none = f32({0, 2}, {});
  std::vector<Tensor> results = program.run({f32({2, 0}, {}), none, c, none});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], c);
  expectSame(results[1], none);
}

} // namespace
