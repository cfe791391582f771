// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on tensor.

#include "test/support/Program.h"

#include <cmath>

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

const Tensor grid = f32({3, 4}, {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23});

TEST(ReferenceTensorOps, ExtractSlice) {
  Program program(R"(
    func.func @f(%x: tensor<3x4xf32>, %i: index) -> (tensor<2x2xf32>, tensor<4xf32>, tensor<3xf32>) {
      %a = tensor.extract_slice %x[1, 0] [2, 2] [1, 2] : tensor<3x4xf32> to tensor<2x2xf32>
      %b = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<3x4xf32> to tensor<4xf32>
      %c = tensor.extract_slice %x[0, %i] [3, 1] [1, 1] : tensor<3x4xf32> to tensor<3xf32>
      return %a, %b, %c : tensor<2x2xf32>, tensor<4xf32>, tensor<3xf32>
    })");
  std::vector<Tensor> results = program.run({grid, Tensor::of(Kind::Index, {}, {2})});
  ASSERT_EQ(results.size(), 3u);
  expectSame(results[0], f32({2, 2}, {10, 12, 20, 22}));
  expectSame(results[1], f32({4}, {20, 21, 22, 23}));
  expectSame(results[2], f32({3}, {2, 12, 22}));
}

TEST(ReferenceTensorOps, InsertSlice) {
  Program program(R"(
    func.func @f(%x: tensor<3x4xf32>, %r: tensor<4xf32>, %s: tensor<2x2xf32>, %i: index)
        -> (tensor<3x4xf32>, tensor<3x4xf32>) {
      %a = tensor.insert_slice %r into %x[%i, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<3x4xf32>
      %b = tensor.insert_slice %s into %x[0, 1] [2, 2] [2, 2] : tensor<2x2xf32> into tensor<3x4xf32>
      return %a, %b : tensor<3x4xf32>, tensor<3x4xf32>
    })");
  std::vector<Tensor> results =
      program.run({grid, f32({4}, {5, 6, 7, 8}), f32({2, 2}, {-1, -2, -3, -4}), Tensor::of(Kind::Index, {}, {1})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({3, 4}, {0, 1, 2, 3, 5, 6, 7, 8, 20, 21, 22, 23}));
  expectSame(results[1], f32({3, 4}, {0, -1, 2, -2, 10, 11, 12, 13, 20, -3, 22, -4}));
}

TEST(ReferenceTensorOps, Concat) {
  Program program(R"(
    func.func @f(%x: tensor<2x2xf32>, %y: tensor<2x1xf32>, %z: tensor<2x0xf32>) -> (tensor<2x3xf32>, tensor<4x2xf32>) {
      %a = tensor.concat dim(1) %x, %y, %z : (tensor<2x2xf32>, tensor<2x1xf32>, tensor<2x0xf32>) -> tensor<2x3xf32>
      %b = tensor.concat dim(0) %x, %x : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
      return %a, %b : tensor<2x3xf32>, tensor<4x2xf32>
    })");
  std::vector<Tensor> results = program.run({f32({2, 2}, {1, 2, 3, 4}), f32({2, 1}, {5, 6}), f32({2, 0}, {})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({2, 3}, {1, 2, 5, 3, 4, 6}));
  expectSame(results[1], f32({4, 2}, {1, 2, 3, 4, 1, 2, 3, 4}));
}

TEST(ReferenceTensorOps, Elements) {
  Program program(R"(
    func.func @f(%x: tensor<3x4xf32>, %i: index, %v: f32, %s: tensor<f32>)
        -> (f32, tensor<3x4xf32>, tensor<2xf32>, tensor<2x2xf32>, f32) {
      %a = tensor.extract %x[%i, %i] : tensor<3x4xf32>
      %b = tensor.insert %v into %x[%i, %i] : tensor<3x4xf32>
      %c = tensor.from_elements %a, %v : tensor<2xf32>
      %d = tensor.splat %v : tensor<2x2xf32>
      %e = tensor.extract %s[] : tensor<f32>
      return %a, %b, %c, %d, %e : f32, tensor<3x4xf32>, tensor<2xf32>, tensor<2x2xf32>, f32
    })");
  std::vector<Tensor> results = program.run({grid, Tensor::of(Kind::Index, {}, {1}), f32({}, {-5}), f32({}, {7})});
  ASSERT_EQ(results.size(), 5u);
  expectSame(results[0], f32({}, {11}));
  expectSame(results[1], f32({3, 4}, {0, 1, 2, 3, 10, -5, 12, 13, 20, 21, 22, 23}));
  expectSame(results[2], f32({2}, {11, -5}));
  expectSame(results[3], f32({2, 2}, {-5, -5, -5, -5}));
  expectSame(results[4], f32({}, {7}));
}

TEST(ReferenceTensorOps, Shapes) {
  Program program(R"(
    func.func @f(%x: tensor<3x4xf32>) -> (tensor<12xf32>, tensor<3x2x1x2xf32>, tensor<?x4xf32>, index) {
      %a = tensor.collapse_shape %x [[0, 1]] : tensor<3x4xf32> into tensor<12xf32>
      %b = tensor.expand_shape %x [[0], [1, 2, 3]] output_shape [3, 2, 1, 2]
          : tensor<3x4xf32> into tensor<3x2x1x2xf32>
      %c = tensor.cast %x : tensor<3x4xf32> to tensor<?x4xf32>
      %one = arith.constant 1 : index
      %d = tensor.dim %x, %one : tensor<3x4xf32>
      return %a, %b, %c, %d : tensor<12xf32>, tensor<3x2x1x2xf32>, tensor<?x4xf32>, index
    })");
  std::vector<Tensor> results = program.run({grid});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0].typeString(), "tensor<12xf32>");
  EXPECT_EQ(results[1].typeString(), "tensor<3x2x1x2xf32>");
  for (int n = 0; n < 3; ++n)
    EXPECT_EQ(results[n].f32, grid.f32);
  expectSame(results[3], Tensor::of(Kind::Index, {}, {4}));
}

TEST(ReferenceTensorOps, GenerateAndPad) {
  Program program(R"(
    func.func @f(%x: tensor<2xf32>) -> (tensor<2x3xi32>, tensor<5xf32>) {
      %a = tensor.generate {
      ^body(%i: index, %j: index):
        %d = arith.subi %i, %j : index
        %c = arith.index_cast %d : index to i32
        tensor.yield %c : i32
      } : tensor<2x3xi32>
      %b = tensor.pad %x low[1] high[2] {
      ^body(%i: index):
        %v = arith.constant 9.0 : f32
        tensor.yield %v : f32
      } : tensor<2xf32> to tensor<5xf32>
      return %a, %b : tensor<2x3xi32>, tensor<5xf32>
    })");
  std::vector<Tensor> results = program.run({f32({2}, {1, 2})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], i32({2, 3}, {0, -1, -2, 1, 0, -1}));
  expectSame(results[1], f32({5}, {9, 1, 2, 9, 9}));
}

TEST(ReferenceTensorOps, WhatIsEmptyIsNotANumber) {
  Program program(R"(
    func.func @f() -> tensor<2xf32> {
      %e = tensor.empty() : tensor<2xf32>
      return %e : tensor<2xf32>
    })");
  EXPECT_TRUE(std::isnan(program.runOne().at(1)));
}

} // namespace
