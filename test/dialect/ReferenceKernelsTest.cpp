// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on phases, packed weights and what is kept in slots.

#include "test/support/Program.h"

using namespace rondo;
using namespace rondo::test;
using Kind = Tensor::Kind;

namespace {

TEST(ReferenceKernels, PhaseSumsThenFinishes) {
  Program program(R"(
    func.func @f(%x: tensor<2x3xf32>, %w: tensor<2x3xf32>, %b: tensor<2xf32>, %c: f32) -> tensor<2x2xf32> {
      %e = tensor.empty() : tensor<2x2xf32>
      %r = rondo.phase bounds [2, 2, 3] parallel 2
          ins(%x, %w, %b, %c : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2xf32>, f32) outs(%e : tensor<2x2xf32>)
          maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j)>,
                affine_map<(i, j, k) -> ()>, affine_map<(i, j, k) -> (i, j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32, %bj: f32, %cj: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%s: f32, %xk: f32, %wk: f32, %bj: f32, %cj: f32):
            %t = arith.addf %s, %bj : f32
            %u = arith.mulf %t, %cj : f32
            rondo.phase_yield %u : f32
          } -> tensor<2x2xf32>
      return %r : tensor<2x2xf32>
    })");
  // [[1*1+2*2+3*3, 1*4+2*5+3*6], [4*1+5*2+6*3, 4*4+5*5+6*6]] + [0, 100], twice
  expectSame(program.runOne(
                 {f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({2}, {0, 100}), f32({}, {2})}),
             f32({2, 2}, {28, 264, 64, 354}));
}

TEST(ReferenceKernels, PhaseOfSeveralSumsAndOutputs) {
  Program program(R"(
    func.func @f(%x: tensor<3xf64>, %w: tensor<3x2xf64>, %m: tensor<2xi1>) -> (tensor<2xf64>, tensor<2xf64>) {
      %e = tensor.empty() : tensor<2xf64>
      %r:2 = rondo.phase bounds [2, 3] parallel 1
          ins(%x, %w, %m : tensor<3xf64>, tensor<3x2xf64>, tensor<2xi1>) outs(%e, %e : tensor<2xf64>, tensor<2xf64>)
          maps [affine_map<(j, k) -> (k)>, affine_map<(j, k) -> (k, j)>, affine_map<(j, k) -> (j)>,
                affine_map<(j, k) -> (j)>, affine_map<(j, k) -> (j)>]
          sums {
          ^bb0(%xk: f64, %wk: f64, %mj: i1):
            %p = arith.mulf %xk, %wk : f64
            rondo.phase_yield %p, %wk : f64, f64
          } epilogue {
          ^bb0(%s: f64, %t: f64, %xk: f64, %wk: f64, %mj: i1):
            %a = arith.select %mj, %s, %t : f64
            rondo.phase_yield %a, %t : f64, f64
          } -> tensor<2xf64>, tensor<2xf64>
      return %r#0, %r#1 : tensor<2xf64>, tensor<2xf64>
    })");
  std::vector<Tensor> results = program.run({f64({3}, {1, 2, 3}), f64({3, 2}, {1, 2, 3, 4, 5, 6}), i1({2}, {1, 0})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f64({2}, {22, 12})); // 1*1+2*3+3*5; 2+4+6
  expectSame(results[1], f64({2}, {9, 12}));
}

// Lanes 0, 1, 2 of the second gate, in blocks of two: its elements have the offset 2 in each row of a block.
TEST(ReferenceKernels, PhaseOverPackedWeights) {
  Program program(R"(
    func.func @f(%x: tensor<2xf32>, %w: tensor<2x2x4xf32>) -> tensor<3xf32> {
      %e = tensor.empty() : tensor<3xf32>
      %r = rondo.phase bounds [3, 2] parallel 1
          ins(%x, %w : tensor<2xf32>, tensor<2x2x4xf32>) outs(%e : tensor<3xf32>)
          maps [affine_map<(j, k) -> (k)>, affine_map<(j, k) -> (j floordiv 2, k, j mod 2 + 2)>,
                affine_map<(j, k) -> (j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%s: f32, %xk: f32, %wk: f32):
            rondo.phase_yield %s : f32
          } -> tensor<3xf32>
      return %r : tensor<3xf32>
    })");
  // The padding of the last block is nan: it is not read.
  double none = std::nan("");
  Tensor weights = f32({2, 2, 4}, {none, none, 1, 2, none, none, 3, 4, none, none, 5, none, none, none, 6, none});
  expectSame(program.runOne({f32({2}, {10, 1}), weights}), f32({3}, {13, 24, 56}));
}

TEST(ReferenceKernels, SeveralSummedLoopsAndShiftedReads) {
  Program program(R"(
    func.func @f(%x: tensor<3x2x2xf32>, %y: tensor<2x2xf32>) -> tensor<2xf32> {
      %e = tensor.empty() : tensor<2xf32>
      %r = rondo.phase bounds [2, 2, 2] parallel 1
          ins(%x, %y : tensor<3x2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2xf32>)
          maps [affine_map<(j, t, b) -> (t + 1, b, j)>, affine_map<(j, t, b) -> (t, b)>, affine_map<(j, t, b) -> (j)>]
          sums {
          ^bb0(%a: f32, %b: f32):
            %p = arith.mulf %a, %b : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%s: f32, %a: f32, %b: f32):
            rondo.phase_yield %s : f32
          } -> tensor<2xf32>
      return %r : tensor<2xf32>
    })");
  expectSame(program.runOne({f32({3, 2, 2}, {9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8}), f32({2, 2}, {1, 10, 100, 1000})}),
             f32({2}, {7531, 8642}));
}

TEST(ReferenceKernels, EmptySumsAreZeroAndNoPointsNothing) {
  auto phaseOf = [](int rows, int terms) {
    std::string text = R"(
      func.func @f(%x: tensor<$Rx$Kxf32>, %b: tensor<$Rxf32>) -> tensor<$Rxf32> {
        %e = tensor.empty() : tensor<$Rxf32>
        %r = rondo.phase bounds [$R, $K] parallel 1
            ins(%x, %b : tensor<$Rx$Kxf32>, tensor<$Rxf32>) outs(%e : tensor<$Rxf32>)
            maps [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>, affine_map<(i, k) -> (i)>]
            sums {
            ^bb0(%a: f32, %bi: f32):
              rondo.phase_yield %a : f32
            } epilogue {
            ^bb0(%s: f32, %a: f32, %bi: f32):
              %t = arith.subf %bi, %s : f32
              rondo.phase_yield %t : f32
            } -> tensor<$Rxf32>
        return %r : tensor<$Rxf32>
      })";
    for (auto [name, value] : {std::pair("$R", rows), std::pair("$K", terms)})
      for (size_t at; (at = text.find(name)) != std::string::npos;)
        text.replace(at, 2, std::to_string(value));
    return text;
  };
  expectSame(Program(phaseOf(2, 0)).runOne({f32({2, 0}, {}), f32({2}, {3, 4})}), f32({2}, {3, 4}));
  expectSame(Program(phaseOf(0, 2)).runOne({f32({0, 2}, {}), f32({0}, {})}), f32({0}, {}));
}

// Three features in blocks of two, two gates: [block][k][gate, lane]. The last lanes of both gates are padding, which
// keeps what the destination had.
TEST(ReferenceKernels, PackAlongEachDimension) {
  Program byRows(R"(
    func.func @f(%a: tensor<3x2xf32>, %b: tensor<3x2xf32>, %e: tensor<2x2x4xf32>) -> tensor<2x2x4xf32> {
      %p = rondo.pack ins(%a, %b : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<2x2x4xf32>)
          lanes 0 terms 1 width 2 -> tensor<2x2x4xf32>
      return %p : tensor<2x2x4xf32>
    })");
  Program byColumns(R"(
    func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>, %e: tensor<2x2x4xf32>) -> tensor<2x2x4xf32> {
      %p = rondo.pack ins(%a, %b : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x2x4xf32>)
          lanes 1 terms 0 width 2 -> tensor<2x2x4xf32>
      return %p : tensor<2x2x4xf32>
    })");
  Tensor destination = f32({2, 2, 4}, std::vector<double>(16, -1));
  Tensor expected = f32({2, 2, 4}, {1, 3, 10, 30, 2, 4, 20, 40, 5, -1, 50, -1, 6, -1, 60, -1});
  expectSame(byRows.runOne({f32({3, 2}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, {10, 20, 30, 40, 50, 60}), destination}),
             expected);
  expectSame(byColumns.runOne({f32({2, 3}, {1, 3, 5, 2, 4, 6}), f32({2, 3}, {10, 30, 50, 20, 40, 60}), destination}),
             expected);
}

TEST(ReferenceKernels, PackApart) {
  Program program(R"(
    func.func @f(%a: tensor<3x2xf32>, %b: tensor<3x2xf32>, %e: tensor<2x2x2x2xf32>) -> tensor<2x2x2x2xf32> {
      %p = rondo.pack ins(%a, %b : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<2x2x2x2xf32>)
          lanes 0 terms 1 width 2 apart -> tensor<2x2x2x2xf32>
      return %p : tensor<2x2x2x2xf32>
    })");
  Tensor destination = f32({2, 2, 2, 2}, std::vector<double>(16, -1));
  expectSame(program.runOne({f32({3, 2}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, {10, 20, 30, 40, 50, 60}), destination}),
             f32({2, 2, 2, 2}, {1, 3, 2, 4, 10, 30, 20, 40, 5, -1, 6, -1, 50, -1, 60, -1}));
}

TEST(ReferenceKernels, PackOfNothing) {
  Program program(R"(
    func.func @f(%a: tensor<3x0xf32>, %e: tensor<2x0x2xf32>) -> tensor<2x0x2xf32> {
      %p = rondo.pack ins(%a : tensor<3x0xf32>) outs(%e : tensor<2x0x2xf32>)
          lanes 0 terms 1 width 2 -> tensor<2x0x2xf32>
      return %p : tensor<2x0x2xf32>
    })");
  expectSame(program.runOne({f32({3, 0}, {}), f32({2, 0, 2}, {})}), f32({2, 0, 2}, {}));
}

TEST(ReferenceKernels, AppendWritesTheSlotsOfEachRowsPositions) {
  Program program(R"(
    func.func @f(%w: tensor<2x3xf32>, %s: tensor<4x3xf32>, %p: tensor<3xi64>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
      %r = rondo.append %w to %s at %p dim 0 rows 1
          : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3xi64> -> tensor<4x3xf32>
      %q = rondo.append %w to %s dim 0 rows 1 : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
      return %r, %q : tensor<4x3xf32>, tensor<4x3xf32>
    })");
  Tensor slots = f32({4, 3}, {10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42});
  // From position 1; at the end, of which there is one slot; behind all slots.
  std::vector<Tensor> results = program.run({f32({2, 3}, {1, 2, 3, 4, 5, 6}), slots, i64({3}, {1, 3, 9})});
  ASSERT_EQ(results.size(), 2u);
  expectSame(results[0], f32({4, 3}, {10, 11, 12, 1, 21, 22, 4, 31, 32, 40, 2, 42}));
  expectSame(results[1], f32({4, 3}, {1, 2, 3, 4, 5, 6, 30, 31, 32, 40, 41, 42}));
}

} // namespace
