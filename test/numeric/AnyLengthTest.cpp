// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random programs that look ahead, compiled for any length up to a greatest one: at each of several lengths the
// functions of the cover give what the reference interpreter says of the program made for just that length, whatever
// stands behind the call's positions.
//
//   RONDO_RANDOM_PROGRAMS, RONDO_RANDOM_SEED   how many seeds, and the first one
//   RONDO_TEST_CPU                             the CPU to compile for, native unless given

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/RandomProgram.h"
#include "test/numeric/Rounding.h"
#include "test/numeric/TestCPU.h"
#include "test/numeric/TestTeam.h"

#include "dialect/RondoDialect.h"
#include "frontend/Frontend.h"
#include "passes/Registration.h"
#include "tools/compiler/CoverEntries.h"

#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

/// Which dimension of an argument or result of the function is over the window's positions, by comparison of its
/// types with those of the same in a function of another length; -1 if none is.
int64_t positionsIn(Type type, Type other) {
  auto shape = cast<RankedTensorType>(type).getShape(), otherShape = cast<RankedTensorType>(other).getShape();
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] != otherShape[i])
      return int64_t(i);
  return -1;
}

/// Where element number `index` of `part` is in `whole`, which has more positions along one dimension.
int64_t placeIn(const std::vector<int64_t> &whole, const std::vector<int64_t> &part, int64_t dimension, int64_t index) {
  if (dimension < 0)
    return index;
  int64_t inner = 1;
  for (size_t i = dimension + 1; i < part.size(); ++i)
    inner *= part[i];
  int64_t row = part[dimension] * inner;
  return index / row * whole[dimension] * inner + index % row;
}

class AnyLength : public testing::Test {
protected:
  void check(uint64_t seed);
  void checkProgram(const std::string &text, StringRef model, int64_t tokens);
  void compare(const CompiledModule &compiled, const Graph &graph, func::FuncOp bounded, ArrayRef<Type> results,
               const EntryOptions &options, int64_t positions, int64_t tokens);

  unsigned programs = 0, calls = 0;
};

void AnyLength::compare(const CompiledModule &compiled, const Graph &graph, func::FuncOp bounded,
                        ArrayRef<Type> results, const EntryOptions &options, int64_t positions, int64_t tokens) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(bounded.getContext()));
  EntryOptions exact = options;
  exact.sizes = graph.info.sizesWith(positions);
  exact.withLength = false;
  emitEntry(graph, exact, *module);
  func::FuncOp function = *module->getOps<func::FuncOp>().begin();
  std::vector<Tensor> arguments, given;
  unsigned next = 0;
  for (auto [i, type] : llvm::enumerate(bounded.getArgumentTypes())) {
    if (bounded.getArgAttr(i, attributeOf(Role::length))) {
      given.push_back(Tensor::of(Tensor::Kind::I64, {}, {double(positions)}));
      continue;
    }
    auto own = cast<RankedTensorType>(function.getArgumentTypes()[next]);
    Tensor tensor = randomTensor(own, 31 * next + 7, own.getRank() > 1 ? 0.7 : 0.4, tokens);
    Tensor room = randomTensor(cast<RankedTensorType>(type), 5, 1, tokens);
    int64_t dimension = positionsIn(type, own);
    for (int64_t k = 0; room.isFloat() && k < room.numElements(); ++k)
      room.set(k, std::nan(""));
    for (int64_t k = 0; k < tensor.numElements(); ++k)
      room.set(placeIn(room.shape, tensor.shape, dimension, k), tensor.at(k));
    arguments.push_back(std::move(tensor));
    given.push_back(std::move(room));
    ++next;
  }
  FailureOr<std::vector<Tensor>> expected = interpret(function, arguments);
  ASSERT_TRUE(succeeded(expected));
  std::vector<Tensor> first;
  for (TestTeam team : {TestTeam{1, TestTeam::Together}, TestTeam{3, TestTeam::Descending}}) {
    setTestTeam(team);
    std::vector<Tensor> found = compiled.run(options.name, given), within;
    ASSERT_EQ(found.size(), expected->size());
    for (auto [i, result] : llvm::enumerate(*expected)) {
      within.push_back(Tensor::zeros(result.kind, result.shape));
      int64_t dimension = positionsIn(results[i], function.getResultTypes()[i]);
      for (int64_t k = 0; k < result.numElements(); ++k)
        within.back().set(k, found[i].at(placeIn(found[i].shape, result.shape, dimension, k)));
    }
    std::string what = "@" + options.name + " with " + std::to_string(positions) + " positions";
    if (!first.empty()) {
      expectIdentical(first, within, what + ", in a team");
      continue;
    }
    first = within;
    std::vector<double> moved;
    for (size_t i = 0; i < first.size(); ++i) {
      double difference = largestDifference((*expected)[i], first[i]), bound = 1e-12 * largest((*expected)[i]);
      // Scans that go on for long may make much of each rounding.
      if (!(difference <= bound) && moved.empty())
        moved = movements(function, arguments, *expected);
      EXPECT_LE(difference, moved.empty() ? bound : std::max(bound, 20 * moved[i])) << "result " << i << " of " << what;
    }
  }
  setTestTeam({1, TestTeam::Together});
  ++calls;
}

void AnyLength::check(uint64_t seed) {
  const int64_t lengths[] = {5, 11, 16, 24, 70};
  int64_t longest = lengths[seed % 5];
  RandomProgram random = makeRandomProgram(seed, longest);
  SCOPED_TRACE("seed " + std::to_string(seed));
  checkProgram(random.text, "R", random.tokens);
}

void AnyLength::checkProgram(const std::string &text, StringRef model, int64_t tokens) {
  SCOPED_TRACE(text);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "random.rondo"), llvm::SMLoc());
  FrontendOptions options;
  options.model = model.str();
  options.defines.push_back({"bptt", "3"});
  std::unique_ptr<Graph> graph;
  std::string refusal;
  {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { refusal += diagnostic.str(); });
    std::unique_ptr<Program> program = parseProgram(sources, context);
    graph = program ? elaborate(*program, options) : nullptr;
  }
  if (!graph) {
    bool isKnown =
        StringRef(refusal).contains("does not look ahead") || StringRef(refusal).contains("not supported yet");
    EXPECT_TRUE(isKnown) << refusal;
    return;
  }
  if (graph->info.counts) // it streams, up to so many positions
    return;
  ASSERT_TRUE(graph->info.endsWithCall);
  ++programs;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  SmallVector<CoverEntry> entries = coverEntries(*graph, Machine(), /*f64=*/true);
  for (const CoverEntry &entry : entries)
    emitEntry(*graph, entry.options, *module);
  OwningOpRef<ModuleOp> whole = module->clone(); // compiling leaves nothing of the other
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, testCPU());
  ASSERT_TRUE(compiled);
  AxisIndex window = *graph->info.windowAxis();
  for (const CoverEntry &entry : entries) {
    auto bounded = whole->lookupSymbol<func::FuncOp>(entry.options.name);
    int64_t most = std::min(entry.options.sizes[window - 1], graph->info.mostPositions());
    llvm::SmallSetVector<int64_t, 4> positions;
    for (int64_t count : {int64_t(1), most / 2, most - 1, most})
      if (count > 0 && (entry.options.withLength || count == most))
        positions.insert(count);
    for (int64_t count : positions)
      compare(*compiled, *graph, bounded, bounded.getResultTypes(), entry.options, count, tokens);
  }
}

TEST_F(AnyLength, IsAsIfMadeForIt) {
  static bool once = (registerPasses(), true);
  (void)once;
  uint64_t count = setting("RONDO_RANDOM_PROGRAMS", 40), first = setting("RONDO_RANDOM_SEED", 1);
  unsigned taken = 0;
  for (uint64_t seed = first; seed < first + count; ++seed)
    if (takesNext()) {
      ++taken;
      check(seed);
    }
  printf("%u of %u programs look ahead and end with a call; %u calls\n", programs, taken, calls);
  EXPECT_GE(5 * programs, taken) << "too few programs were compared";
}

// Of more keys than a block has, where calls end in any of them: attention of all, and of those up to the query.
TEST_F(AnyLength, EndsAttention) {
  static bool once = (registerPasses(), true);
  (void)once;
  for (const char *longest : {"540", "300"})
    if (takesNext())
      checkProgram(
          "model R(H = 8) {\n  axis T max " + std::string(longest) +
              "\n  input x: [H] over T\n  a = TransformerEncoder[H, 2, 5](x) as first\n"
              "  b = CausalAttention[H, 2](a) as second\n  output y: [H] = SelfAttention[H, 1](b) as third\n}\n",
          "R", 1);
  EXPECT_GT(calls, 20u);
}

} // namespace
