// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions that cover any batch of the examples' models against the reference interpreter. That a cover has their
// bits whatever its tiles is what test/integration/cover.test tells.

#include "test/numeric/CompiledFunction.h"

#include "frontend/Frontend.h"
#include "passes/Registration.h"
#include "tools/compiler/CoverEntries.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

struct Example {
  std::string file;
  std::vector<std::pair<std::string, std::string>> defines;
  size_t entries; // of a machine whose weights are near
};
std::ostream &operator<<(std::ostream &stream, const Example &value) { return stream << value.file; }

class CoverEntries : public testing::TestWithParam<Example> {};

/// Lengths are full, so that no maximum or softmax is over nothing.
std::vector<Tensor> argumentsOf(func::FuncOp function, double scale) {
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), 31 * i + 7, scale, /*tokens=*/5));
    if (function.getArgAttr(i, attributeOf(Role::lengths)))
      std::fill(arguments.back().i.begin(), arguments.back().i.end(), 2);
  }
  return arguments;
}

void expectReference(const Example &example, bool f64, const std::string &cpu) {
  static bool once = (registerPasses(), true);
  (void)once;
  SCOPED_TRACE(cpu + (f64 ? ", f64" : ", f32"));
  auto file = llvm::MemoryBuffer::getFile(std::string(RONDO_EXAMPLES) + "/" + example.file);
  ASSERT_TRUE(file) << example.file;
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  ASSERT_TRUE(program);
  FrontendOptions options;
  options.defines = example.defines;
  std::unique_ptr<Graph> graph = elaborate(*program, options);
  ASSERT_TRUE(graph);
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  SmallVector<CoverEntry> entries = coverEntries(*graph, Machine(), f64);
  EXPECT_EQ(entries.size(), example.entries);
  for (const CoverEntry &entry : entries) {
    EXPECT_GT(entry.cost, 0);
    emitEntry(*graph, entry.options, *module);
  }
  // A position costs one row least, in the longest window.
  for (const CoverEntry &entry : entries)
    EXPECT_GE(entry.cost, entries.front().cost) << entry.options.name;
  EXPECT_GT(entries.front().cost, 1);
  PassManager manager(&context, ModuleOp::getOperationName());
  if (graph->info.streamable)
    ASSERT_TRUE(succeeded(parsePassPipeline("rondo-stream", manager, llvm::errs())));
  ASSERT_TRUE(succeeded(manager.run(*module)));

  std::map<std::string, std::vector<Tensor>> arguments, expected;
  for (auto function : module->getOps<func::FuncOp>()) {
    std::string name = function.getName().str();
    arguments[name] = argumentsOf(function, f64 ? 0.5 : 0.2);
    FailureOr<std::vector<Tensor>> results = interpret(function, arguments[name]);
    ASSERT_TRUE(succeeded(results));
    expected[name] = *results;
  }
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, cpu);
  ASSERT_TRUE(compiled);
  for (auto &[name, results] : expected)
    compareWithReference(*compiled, name, arguments[name], results, "@" + name, {/*tolerance=*/1e-5, /*partOfAll=*/0});
}

TEST_P(CoverEntries, EqualTheReference) {
  const char *onlyCPU = getenv("RONDO_TEST_CPU");
  for (bool f64 : {false, true})
    for (std::string cpu : {"native", "haswell"})
      if (!onlyCPU || cpu == "native")
        expectReference(GetParam(), f64, onlyCPU ? onlyCPU : cpu);
}

INSTANTIATE_TEST_SUITE_P(
    Examples, CoverEntries,
    testing::Values(Example{"gated.rondo", {{"H", "13"}}, 5}, Example{"charlm.rondo", {{"H", "21"}}, 5},
                    Example{"deepgru.rondo", {{"H", "17"}}, 5}, Example{"denoise.rondo", {{"H", "9"}}, 2},
                    Example{"music.rondo", {{"H", "19"}, {"E", "7"}}, 2}, Example{"names.rondo", {{"H", "10"}}, 5},
                    Example{"tagger.rondo", {{"H", "11"}, {"bptt", "5"}}, 2},
                    Example{"wander.rondo", {{"H", "15"}}, 5}));

/// The entries of a decoder that asks an encoder of so many positions.
SmallVector<CoverEntry> entriesOfDecoder(const std::string &positions) {
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(R"(
model Asking(S = 4) {
  axis T
  axis N = S
  input source: [8] over N
  input x: [8] over T
  memory = scan GRU[8](source) backward
  output y: [8] = scan BahdanauDecoder[8, 8](x, memory)
})"),
                             llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  FrontendOptions options;
  options.defines = {{"S", positions}};
  std::unique_ptr<Graph> graph = program ? elaborate(*program, options) : nullptr;
  EXPECT_TRUE(graph);
  return graph ? coverEntries(*graph, Machine(), /*f64=*/false) : SmallVector<CoverEntry>();
}

// What has no time is computed in each call: long windows share it among more positions.
TEST(CoverEntriesOfDecoder, WindowsAreLongerWhereMostHasNoTime) {
  SmallVector<CoverEntry> few = entriesOfDecoder("4"), many = entriesOfDecoder("400");
  ASSERT_EQ(few.size(), 5u);
  ASSERT_EQ(many.size(), 4u);
  EXPECT_EQ(few[0].options.sizes[0], 32);
  EXPECT_EQ(many[0].options.sizes[0], 64);
  EXPECT_EQ(many[1].options.sizes[0], 1);
  EXPECT_LT(few[2].cost, 4 * few[0].cost);
  EXPECT_GT(many[1].cost, 30 * many[0].cost);
}

} // namespace
