// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-bench counts what is no product.

#include "tools/rondo-bench/Pointwise.h"
#include "passes/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

double count(const std::string &body, bool fma) {
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(R"(
    func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x3xf32>, %y: tensor<4x8xf32>, %z: tensor<4x3xf32>) {
  )" + body + "return }",
                                                             &context);
  EXPECT_TRUE(module);
  return module ? countPointwise(*module, fma) : 0;
}

std::string pointwise(const std::string &ops) {
  return R"(
    %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                         iterator_types = ["parallel", "parallel"]}
        ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>) {
    ^bb0(%a: f32, %b: f32):
      %one = arith.constant 1.0 : f32
  )" + ops +
         R"(
      linalg.yield %c : f32
    } -> tensor<4x8xf32>
  )";
}

TEST(Pointwise, CountsEachOperationOfEachElement) {
  std::string negate = pointwise("%c = arith.negf %a : f32");
  EXPECT_EQ(count(negate, true), 32);
  std::string multiplyAdd = pointwise("%m = arith.mulf %a, %a : f32 %c = arith.addf %m, %one : f32");
  EXPECT_EQ(count(multiplyAdd, true), 32);
  EXPECT_EQ(count(multiplyAdd, false), 64);
  std::string clamp = pointwise("%l = arith.cmpf olt, %a, %one : f32 %c = arith.select %l, %one, %a : f32");
  EXPECT_EQ(count(clamp, true), 32);
  // Of two products that are added one is part of a multiply-add.
  std::string twoProducts =
      pointwise("%m = arith.mulf %a, %a : f32 %n = arith.mulf %a, %one : f32 %c = arith.addf %m, %n : f32");
  EXPECT_EQ(count(twoProducts, true), 64);
  EXPECT_EQ(count(twoProducts, false), 96);
  // A product that is read twice is computed by itself.
  std::string twice =
      pointwise("%m = arith.mulf %a, %a : f32 %n = arith.addf %m, %one : f32 %c = arith.maximumf %m, %n : f32");
  EXPECT_EQ(count(twice, true), 96);
}

TEST(Pointwise, CountsFunctionsAsTheirApproximations) {
  double exp = count(pointwise("%c = math.exp %a : f32"), true) / 32;
  EXPECT_GE(exp, 8);
  EXPECT_LE(exp, 25);
  EXPECT_GT(count(pointwise("%c = math.exp %a : f32"), false) / 32, exp); // without multiply-adds
  EXPECT_EQ(count(pointwise("%e = math.exp %a : f32 %c = math.exp %e : f32"), true), 64 * exp);
}

TEST(Pointwise, CountsLoopsAndNoTermsOfProducts) {
  EXPECT_EQ(count(R"(
    %0 = arith.constant 0 : index
    %1 = arith.constant 1 : index
    %5 = arith.constant 5 : index
    scf.for %t = %0 to %5 step %1 {
  )" + pointwise("%c = arith.negf %a : f32") +
                      "}",
                  true),
            160);
  EXPECT_EQ(count(R"(
    %p = rondo.phase bounds [4, 3, 8] parallel 2
        ins(%x, %w : tensor<4x8xf32>, tensor<8x3xf32>) outs(%z : tensor<4x3xf32>)
        maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
        sums {
        ^bb0(%xk: f32, %wk: f32):
          %m = arith.mulf %xk, %wk : f32
          rondo.phase_yield %m : f32
        } epilogue {
        ^bb0(%s: f32, %xk: f32, %wk: f32):
          %n = arith.negf %s : f32
          rondo.phase_yield %n : f32
        } -> tensor<4x3xf32>
  )",
                  true),
            12);
}

} // namespace
