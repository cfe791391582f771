// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions that cover any batch of the examples' models against the reference interpreter. That a cover has their
// bits whatever its tiles is what test/integration/cover.test tells.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"
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
  holdForEntries(*graph);
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  SmallVector<CoverEntry> entries = coverEntries(*graph, Machine(), f64);
  EXPECT_EQ(entries.size(), example.entries);
  for (const CoverEntry &entry : entries) {
    EXPECT_EQ(entry.cost.position > 0, !entry.options.begins);
    EXPECT_EQ(entry.cost.fixed > 0, !entry.options.begins);
    emitEntry(*graph, entry.options, *module);
  }
  // A position costs one row least, in the longest window. Where sequences are not cut they choose by their length.
  for (const CoverEntry &entry : entries)
    if (!graph->info.endsWithCall && !entry.options.begins)
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
  for (bool f64 : {false, true})
    if (takesNext())
      expectReference(GetParam(), f64, testCPU());
  if (testCPU() == "native")
    expectReference(GetParam(), /*f64=*/true, "haswell");
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
                    Example{"dates.rondo", {{"H", "9"}, {"E", "5"}, {"bptt", "3"}}, 6},
                    Example{"wander.rondo", {{"H", "15"}}, 3}));

/// A decoder that asks an encoder of so many positions.
class Decoder {
public:
  explicit Decoder(const std::string &positions) {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
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
    program = parseProgram(sources, context);
    FrontendOptions options;
    options.defines = {{"S", positions}};
    graph = program ? elaborate(*program, options) : nullptr;
    if (!graph)
      return;
    holdForEntries(*graph);
    entries = coverEntries(*graph, Machine(), /*f64=*/false);
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  llvm::SourceMgr sources;
  std::unique_ptr<Program> program;
  std::unique_ptr<Graph> graph;
  SmallVector<CoverEntry> entries;
};

// What has no time is made once, whatever that takes.
TEST(CoverEntriesOfDecoder, CostWhatHasNoTimeOnce) {
  Decoder few("4"), many("400");
  ASSERT_EQ(few.entries.size(), 5u);
  ASSERT_EQ(many.entries.size(), 5u);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_TRUE(few.entries[i].options.reads);
    EXPECT_EQ(few.entries[i].begin, few.entries[i].options.rows == 1 ? "begin_1" : few.entries[4].options.name);
    EXPECT_EQ(many.entries[i].options.sizes[0], few.entries[i].options.sizes[0]);
    EXPECT_EQ(many.entries[i].cost.position, few.entries[i].cost.position);
    EXPECT_EQ(many.entries[i].cost.fixed, few.entries[i].cost.fixed);
    EXPECT_GT(few.entries[i].cost.begin, 0);
    EXPECT_DOUBLE_EQ(many.entries[i].cost.begin, 100 * few.entries[i].cost.begin);
  }
  EXPECT_TRUE(few.entries[3].options.begins && few.entries[4].options.begins);
}

/// The argument's or result's role and name.
std::string nameOf(DictionaryAttr attributes) {
  std::optional<NamedRole> role = roleOf(attributes);
  return role ? (role->word() + " " + role->name).str() : "";
}

/// What the function computes of those values, by name, and makes up where there is none.
void run(func::FuncOp function, std::map<std::string, Tensor> &values) {
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto made = randomTensor(cast<RankedTensorType>(type), 31 * values.size() + 7, 0.5, /*tokens=*/5);
    arguments.push_back(values.try_emplace(nameOf(function.getArgAttrDict(i)), made).first->second);
  }
  FailureOr<std::vector<Tensor>> results = interpret(function, arguments);
  ASSERT_TRUE(succeeded(results));
  for (auto [i, result] : llvm::enumerate(*results))
    values[nameOf(function.getResultAttrDict(i))] = result;
}

// What is held and what is made of it are what one function computes that takes nothing held.
TEST(CoverEntriesOfDecoder, ComputeTheSameInTwoFunctions) {
  Decoder decoder("5");
  ASSERT_TRUE(decoder.graph);
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&decoder.context));
  EntryOptions options = decoder.entries[0].options;
  options.withLength = false;
  options.rows = 3;
  options.sizes = decoder.graph->info.sizesWith(4);
  for (auto [name, reads, begins] :
       {std::tuple("whole", false, false), {"begin", false, true}, {"rest", true, false}}) {
    options.name = name;
    options.reads = reads;
    options.begins = begins;
    emitEntry(*decoder.graph, options, *module);
  }
  std::map<std::string, Tensor> values;
  run(module->lookupSymbol<func::FuncOp>("whole"), values);
  Tensor whole = values["output y"];
  values.erase("output y");
  EXPECT_FALSE(values.count("held 0"));
  run(module->lookupSymbol<func::FuncOp>("begin"), values);
  EXPECT_TRUE(values.count("held 0") && values.count("held 1"));
  values.erase("input source");
  run(module->lookupSymbol<func::FuncOp>("rest"), values);
  EXPECT_EQ(values["output y"].f32, whole.f32);
}

} // namespace
