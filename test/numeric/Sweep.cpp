// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Passes against the reference interpreter (Sweep.h).

#include "test/numeric/Sweep.h"

#include "passes/Registration.h"
#include "test/support/Compare.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;
using namespace rondo::test;

void test::expectSameResults(ModuleOp before, ModuleOp after, StringRef function, double tolerance, int64_t tokens,
                             double scale, uint64_t seeds) {
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    std::optional<std::string> text = differenceOfModules(before, after, function, seed, tokens, tolerance, scale);
    EXPECT_FALSE(text) << "@" << function.str() << " with seed " << seed << ": " << *text;
  }
}

std::string Sizes::in(std::string text, StringRef element) const {
  std::pair<StringRef, std::string> values[] = {{"$T", std::to_string(steps)},      {"$B", std::to_string(batch)},
                                                {"$I", std::to_string(inputs)},     {"$H", std::to_string(units)},
                                                {"$2H", std::to_string(2 * units)}, {"$E", element.str()}};
  for (auto &[name, value] : values)
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  return text;
}

ArrayRef<Sizes> test::sweptSizes() {
  static const Sizes sizes[] = {{1, 1, 1, 1}, {1, 3, 2, 5}, {2, 1, 7, 4}, {5, 2, 3, 16}, {6, 4, 17, 9}, {3, 7, 15, 33}};
  return sizes;
}

static bool runPipeline(ModuleOp module, StringRef pipeline) {
  static bool registered = (registerPasses(), registerTransformsPasses(), true);
  (void)registered;
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  return succeeded(parsePassPipeline(pipeline, manager, llvm::errs())) && succeeded(manager.run(module));
}

void test::expectPassesKeepResults(const std::string &program, StringRef pipeline, StringRef prepare,
                                   double tolerance) {
  std::unique_ptr<MLIRContext> context = makeContext();
  for (const Sizes &sizes : sweptSizes())
    for (StringRef element : {"f32", "f64"}) {
      SCOPED_TRACE(sizes.in("T = $T, B = $B, I = $I, H = $H, $E", element));
      OwningOpRef<ModuleOp> before =
          parseSourceString<ModuleOp>(sizes.in(program, element), ParserConfig(context.get()));
      ASSERT_TRUE(before);
      ASSERT_TRUE(prepare.empty() || runPipeline(*before, prepare));
      OwningOpRef<ModuleOp> after = before->clone();
      ASSERT_TRUE(runPipeline(*after, pipeline));
      for (auto function : before->getOps<func::FuncOp>())
        if (!function.isExternal() && after->lookupSymbol(function.getName()))
          expectSameResults(*before, *after, function.getName(), tolerance);
    }
}
