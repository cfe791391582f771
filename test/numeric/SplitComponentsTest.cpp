// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-split-components keeps the meaning of scans whose states need each other in any order, and of their gradients,
// at all sizes.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "test/numeric/RandomStates.h"
#include "test/numeric/Sweep.h"
#include "test/support/Program.h"

#include "mlir/Pass/PassManager.h"

using namespace rondo::test;

namespace {

constexpr const char *phase = "rondo-split-scan,rondo-split-components,canonicalize,cse,rondo-slice-products,"
                              "rondo-fuse-gates";

class SplitComponents : public testing::TestWithParam<uint64_t> {};

TEST_P(SplitComponents, Alone) { expectPassesKeepResults(randomStates(GetParam()), "rondo-split-components"); }
TEST_P(SplitComponents, BehindSplitScan) { expectPassesKeepResults(randomStates(GetParam()), phase); }
TEST_P(SplitComponents, OfGradients) {
  expectPassesKeepResults(randomStates(GetParam()), phase, "rondo-differentiate");
}
// Each scan ends where the one scan did.
TEST_P(SplitComponents, WithLimit) { expectPassesKeepResults(randomStates(GetParam(), /*ends=*/true), phase); }

INSTANTIATE_TEST_SUITE_P(Seeds, SplitComponents, testing::Range<uint64_t>(1, 21));

// The sweep above is of scans that are split.
TEST(SplitComponentsItself, SplitsAThirdOfTheSeeds) {
  unsigned split = 0;
  for (uint64_t seed = 1; seed < 21; ++seed) {
    Program program(Sizes{3, 2, 4, 4}.in(randomStates(seed), "f32"));
    mlir::PassManager manager(program.getModule().getContext());
    manager.addPass(rondo::createSplitScan());
    manager.addPass(rondo::createSplitComponents());
    ASSERT_TRUE(succeeded(manager.run(program.getModule())));
    auto scans = program.getFunction().getOps<rondo::ScanOp>();
    split += std::distance(scans.begin(), scans.end()) > 1;
  }
  EXPECT_GE(3 * split, 20u);
}

} // namespace
