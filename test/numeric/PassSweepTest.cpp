// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Every pass on tensors keeps the meaning of whole models, and of their gradients, at all sizes.

#include "test/numeric/Models.h"
#include "test/numeric/Sweep.h"
#include "test/support/Compare.h"

#include "mlir/Parser/Parser.h"
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

using namespace rondo::test;

namespace {

/// Each test is run on a model and, with it, on its gradient.
class PassSweep : public testing::TestWithParam<const char *> {};

void expectKept(const char *model, llvm::StringRef pipeline, double tolerance = -1) {
  expectPassesKeepResults(model, pipeline, "rondo-differentiate", tolerance);
}

TEST_P(PassSweep, Canonicalize) { expectKept(GetParam(), "canonicalize,cse", /*tolerance=*/0); }
TEST_P(PassSweep, LowerToLinalg) { expectKept(GetParam(), "func.func(rondo-lower-to-linalg)"); }
TEST_P(PassSweep, FusePointwise) {
  expectKept(GetParam(), "func.func(rondo-lower-to-linalg,rondo-fuse-pointwise),canonicalize");
}
TEST_P(PassSweep, UnrollByFourChangesNoBit) {
  // Against the lowered model without unrolling.
  expectPassesKeepResults(GetParam(), "func.func(rondo-unroll{factor=4})",
                          "rondo-differentiate,func.func(rondo-lower-to-linalg)", /*tolerance=*/0);
}
TEST_P(PassSweep, SplitScan) { expectKept(GetParam(), "canonicalize,cse,rondo-split-scan"); }
TEST_P(PassSweep, FuseGatesChangesNoBit) { expectKept(GetParam(), "rondo-fuse-gates", /*tolerance=*/0); }
TEST_P(PassSweep, SplitPhase) { expectKept(GetParam(), "rondo-phase-split"); }
TEST_P(PassSweep, SplitAndLinalgPhases) { expectKept(GetParam(), "rondo-phase-split,rondo-phase-linalg"); }

TEST(PassSweepItself, FindsAChange) {
  auto context = makeContext();
  auto parse = [&](const std::string &op) {
    return mlir::parseSourceString<mlir::ModuleOp>("func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {\n  %r = " + op +
                                                       " : tensor<3xf32>\n  return %r : tensor<3xf32>\n}",
                                                   mlir::ParserConfig(context.get()));
  };
  mlir::OwningOpRef<mlir::ModuleOp> sum = parse("arith.addf %x, %x"), product = parse("arith.mulf %x, %x");
  expectSameResults(*sum, *sum, "f", /*tolerance=*/0);
  EXPECT_NONFATAL_FAILURE(expectSameResults(*sum, *product, "f", -1, 3, 1.0, /*seeds=*/1), "of the largest magnitude");
}

std::string nameOf(const testing::TestParamInfo<const char *> &info) {
  return info.param == languageModel ? "LanguageModel" : info.param == backwardGru ? "BackwardGru" : "NamelessCell";
}
INSTANTIATE_TEST_SUITE_P(Models, PassSweep, testing::Values(languageModel, backwardGru, namelessCell), nameOf);

} // namespace
