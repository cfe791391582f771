// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions that cover any batch of the examples' models against the reference interpreter. That a cover has their
// bits whatever its tiles is what test/integration/cover.test tells.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestTeam.h"

#include "dialect/RondoDialect.h"
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

/// Lengths are full, so that no maximum or softmax is over nothing, and so is the window.
std::vector<Tensor> argumentsOf(func::FuncOp function, double scale) {
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), 31 * i + 7, scale, /*tokens=*/5));
    if (function.getArgAttr(i, attributeOf(Role::lengths)))
      std::fill(arguments.back().i.begin(), arguments.back().i.end(), 2);
    if (function.getArgAttr(i, attributeOf(Role::length)))
      arguments.back().i[0] = function->getAttrOfType<EntryAttr>(entryAttribute).getLength();
  }
  return arguments;
}

/// A call of fewer positions than the window has, and what it gives.
struct ShortCall {
  std::string name;
  int64_t window, positions;
  llvm::BitVector overWindow; // which results are as long as the window
  std::vector<Tensor> arguments, expected;

  /// What is defined of results: of those as long as the window, the call's positions.
  std::vector<Tensor> definedOf(ArrayRef<Tensor> results) const {
    std::vector<Tensor> defined;
    for (auto [i, result] : llvm::enumerate(results)) {
      std::vector<int64_t> shape = result.shape;
      if (overWindow[i])
        shape[0] = positions;
      defined.push_back(Tensor::zeros(result.kind, shape));
      for (int64_t k = 0; k < defined.back().numElements(); ++k)
        defined.back().set(k, result.at(k));
    }
    return defined;
  }
};

/// Puts no numbers behind the positions of what a model that looks ahead takes: nothing may come of them.
void spoilBehind(func::FuncOp function, int64_t positions, std::vector<Tensor> &arguments) {
  for (auto [i, argument] : llvm::enumerate(arguments))
    if (function.getArgAttr(i, positionsAttribute) && argument.i.empty()) {
      EXPECT_EQ(function.getArgAttrOfType<IntegerAttr>(i, positionsAttribute).getInt(), 0);
      for (int64_t k = argument.numElements() / argument.shape[0] * positions; k < argument.numElements(); ++k)
        argument.set(k, std::nan(""));
    }
}

/// Calls of a function with these arguments, if it takes a number of positions, with few, some and almost all of them;
/// of a few with any.
std::vector<ShortCall> shortCallsOf(func::FuncOp function, const std::vector<Tensor> &arguments) {
  std::vector<ShortCall> calls;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    if (!function.getArgAttr(i, attributeOf(Role::length)))
      continue;
    int64_t window = function->getAttrOfType<EntryAttr>(entryAttribute).getLength();
    SmallVector<int64_t> counts{1, 3, window / 2 + 1, window - 1};
    if (window < 16) // tiles of all heights
      counts = llvm::to_vector(llvm::seq<int64_t>(1, window));
    for (int64_t positions : counts) {
      ShortCall call{
          function.getName().str(), window, positions, llvm::BitVector(function.getNumResults()), arguments, {}};
      for (unsigned result = 0; result < function.getNumResults(); ++result)
        call.overWindow[result] = function.getResultAttr(result, attributeOf(Role::output)) &&
                                  cast<RankedTensorType>(function.getResultTypes()[result]).getDimSize(0) == window;
      call.arguments[i].i[0] = positions;
      spoilBehind(function, positions, call.arguments);
      FailureOr<std::vector<Tensor>> results = interpret(function, call.arguments);
      EXPECT_TRUE(succeeded(results));
      if (succeeded(results))
        call.expected = call.definedOf(*results);
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

void expectReference(const CompiledModule &compiled, const ShortCall &call) {
  std::string what = "@" + call.name + " with " + std::to_string(call.positions) + " positions";
  setTestTeam({1, TestTeam::Together});
  std::vector<Tensor> found = call.definedOf(compiled.run(call.name, call.arguments));
  expectClose(call.expected, found, what, {/*tolerance=*/1e-5, /*partOfAll=*/0});
  for (TestTeam team : {TestTeam{2, TestTeam::Together}, TestTeam{3, TestTeam::Descending}}) {
    setTestTeam(team);
    expectIdentical(found, call.definedOf(compiled.run(call.name, call.arguments)), what + ", in a team");
  }
  setTestTeam({1, TestTeam::Together});
}

/// What a position costs in a whole window.
double positionOf(const CoverEntry &entry) {
  double length = entry.options.sizes.empty() ? 1 : static_cast<double>(entry.options.sizes[0]);
  return entry.cost.position + entry.cost.fixed / length;
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
    EXPECT_GT(entry.cost.position, 0);
    EXPECT_GT(entry.cost.fixed, 0);
    emitEntry(*graph, entry.options, *module);
  }
  // A position costs one row least, in the longest window. Where sequences are not cut they choose by their length.
  for (const CoverEntry &entry : entries)
    if (!graph->info.endsWithCall)
      EXPECT_GE(positionOf(entry), positionOf(entries.front())) << entry.options.name;
  EXPECT_GT(positionOf(entries.front()), 1);
  PassManager manager(&context, ModuleOp::getOperationName());
  if (graph->info.streamable)
    ASSERT_TRUE(succeeded(parsePassPipeline("rondo-stream", manager, llvm::errs())));
  ASSERT_TRUE(succeeded(manager.run(*module)));

  std::map<std::string, std::vector<Tensor>> arguments, expected;
  std::vector<ShortCall> shortCalls;
  for (auto function : module->getOps<func::FuncOp>()) {
    std::string name = function.getName().str();
    arguments[name] = argumentsOf(function, f64 ? 0.5 : 0.2);
    FailureOr<std::vector<Tensor>> results = interpret(function, arguments[name]);
    ASSERT_TRUE(succeeded(results));
    expected[name] = *results;
    llvm::append_range(shortCalls, shortCallsOf(function, arguments[name]));
  }
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, cpu);
  ASSERT_TRUE(compiled);
  for (const ShortCall &call : shortCalls)
    expectReference(*compiled, call);
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
    testing::Values(Example{"gated.rondo", {{"H", "13"}}, 3}, Example{"charlm.rondo", {{"H", "21"}}, 3},
                    Example{"deepgru.rondo", {{"H", "17"}}, 3}, Example{"denoise.rondo", {{"H", "9"}}, 2},
                    Example{"music.rondo", {{"H", "19"}, {"E", "7"}}, 2}, Example{"names.rondo", {{"H", "10"}}, 3},
                    Example{"tagger.rondo", {{"H", "11"}, {"longest", "5"}}, 4},
                    Example{"tagger.rondo", {{"H", "9"}, {"longest", "70"}}, 8},
                    Example{"../test/integration/Inputs/any-length.rondo", {{"longest", "21"}}, 6},
                    Example{"../test/integration/Inputs/any-length.rondo", {{"longest", "16"}}, 6},
                    Example{"../test/integration/Inputs/any-length.rondo", {{"longest", "300"}, {"bptt", "3"}}, 8},
                    Example{"wander.rondo", {{"H", "15"}}, 3}));

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
  ASSERT_EQ(few.size(), 3u);
  ASSERT_EQ(many.size(), 3u);
  EXPECT_EQ(many[0].options.sizes[0], few[0].options.sizes[0]);
  EXPECT_EQ(few[1].options.sizes[0], 1);
  EXPECT_GT(many[2].options.sizes[0], few[2].options.sizes[0]);
  EXPECT_LT(positionOf(few[1]), 4 * positionOf(few[0]));
  EXPECT_GT(positionOf(many[1]), 15 * positionOf(many[0]));
}

} // namespace
