// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-split-scan, rondo-slice-products and rondo-fuse-gates keep the meaning of scans in both directions, of their
// gradients, and of scans made up so that each way out of a loop is taken, at all sizes.

#include "test/numeric/Models.h"
#include "test/numeric/SplitModels.h"
#include "test/numeric/Sweep.h"

#include <gtest/gtest.h>

using namespace rondo::test;

namespace {

struct Model {
  std::string name;
  const char *source;
  bool hasLoss;
};
std::ostream &operator<<(std::ostream &stream, const Model &model) { return stream << model.name; }

class SplitSweep : public testing::TestWithParam<Model> {
protected:
  void expectKept(llvm::StringRef pipeline) {
    expectPassesKeepResults(GetParam().source, pipeline, GetParam().hasLoss ? "rondo-differentiate" : "");
  }
};

TEST_P(SplitSweep, SplitScan) { expectKept("rondo-split-scan"); }
TEST_P(SplitSweep, FuseGates) { expectKept("rondo-fuse-gates"); }
TEST_P(SplitSweep, SliceProducts) { expectKept("rondo-slice-products"); }
TEST_P(SplitSweep, AllInOrder) {
  expectKept("rondo-split-scan,canonicalize,cse,rondo-slice-products,canonicalize,cse,rondo-fuse-gates");
}
TEST_P(SplitSweep, BothInOrder) { expectKept("rondo-split-scan,canonicalize,cse,rondo-fuse-gates"); }
// What was split can be split again.
TEST_P(SplitSweep, Twice) { expectKept("rondo-split-scan,rondo-fuse-gates,rondo-split-scan,rondo-fuse-gates"); }
// Gate products leave a loop as contractions do.
TEST_P(SplitSweep, FusedBeforeSplit) { expectKept("rondo-fuse-gates,rondo-split-scan"); }

INSTANTIATE_TEST_SUITE_P(Models, SplitSweep,
                         testing::Values(Model{"LanguageModel", languageModel, true},
                                         Model{"BackwardGru", backwardGru, true},
                                         Model{"NamelessCell", namelessCell, true}, Model{"BothSides", bothSides, true},
                                         Model{"Sums", sums, false}, Model{"Unstored", unstored, false},
                                         Model{"NoRecurrence", noRecurrence, false}, Model{"Inner", inner, false},
                                         Model{"Slices", slices, false}),
                         [](const auto &info) { return info.param.name; });

} // namespace
