// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random programs that stream (scans, shifts, windows, convolutions, positions, attention to what is before): a
// sequence as a whole, in windows and step by step has the same bits, and those of the program before anything is
// carried.
//
//   RONDO_RANDOM_PROGRAMS, RONDO_RANDOM_SEED   how many seeds, and the first one
//   RONDO_TEST_CPU                             the CPU to compile for, native unless given

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/RandomStream.h"
#include "test/numeric/Rounding.h"
#include "test/numeric/TestCPU.h"
#include "test/numeric/TestTeam.h"

#include "dialect/RondoDialect.h"
#include "frontend/Frontend.h"
#include "passes/Registration.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

constexpr int64_t whole = 12;

/// Ways to cut the whole into windows.
const std::vector<std::vector<int64_t>> cuts = {{4, 4, 4}, {7, 5}, {1, 7, 4}, std::vector<int64_t>(whole, 1)};

std::string nameOf(int64_t length) { return "run_" + std::to_string(length); }

/// The product of the sizes from one dimension on.
int64_t sizeFrom(const std::vector<int64_t> &shape, size_t dim) {
  int64_t size = 1;
  for (; dim < shape.size(); ++dim)
    size *= shape[dim];
  return size;
}

/// Copies so many positions along a dimension, which are all that `part` has, out of `all` from `first` on, or into it.
void copyPart(Tensor &all, Tensor &part, int64_t dim, int64_t first, bool isInto) {
  int64_t inner = sizeFrom(part.shape, dim + 1), run = part.shape[dim] * inner;
  for (int64_t i = 0; i < part.numElements(); ++i) {
    int64_t place = (i / run * all.shape[dim] + first) * inner + i % run;
    if (isInto)
      all.set(place, part.at(i));
    else
      part.set(i, all.at(place));
  }
}

/// A program's functions for each length, and the values of a sequence.
struct Streamed {
  OwningOpRef<ModuleOp> module;
  std::map<std::string, Tensor> values; // of parameters and inputs, by role and name

  func::FuncOp function(int64_t length) const { return module.get().lookupSymbol<func::FuncOp>(nameOf(length)); }

  /// The dimension of an argument or result that is over positions, or -1.
  static int64_t positionsIn(ArrayRef<int64_t> shape, ArrayRef<int64_t> other) {
    for (size_t i = 0; i < shape.size(); ++i)
      if (shape[i] != other[i])
        return int64_t(i);
    return -1;
  }

  using Run = llvm::function_ref<std::vector<Tensor>(int64_t length, ArrayRef<Tensor> arguments)>;
  /// The outputs of the whole, then the states behind it, by windows of these lengths.
  std::vector<Tensor> run(ArrayRef<int64_t> windows, Run runOne) const;
};

std::vector<Tensor> Streamed::run(ArrayRef<int64_t> windows, Run runOne) const {
  func::FuncOp all = function(whole);
  std::map<std::string, Tensor> states;
  std::vector<Tensor> outputs;
  int64_t done = 0;
  for (int64_t length : windows) {
    func::FuncOp one = function(length);
    std::vector<Tensor> arguments;
    for (auto [i, type] : llvm::enumerate(one.getArgumentTypes())) {
      NamedRole role = *roleOf(one.getArgAttrDict(i));
      auto shaped = cast<RankedTensorType>(type);
      Tensor argument = Tensor::zeros(*Tensor::kindOf(shaped.getElementType()), shaped.getShape());
      if (role.role == Role::start) {
        argument.i[0] = done == 0;
      } else if (role.role == Role::position) {
        std::fill(argument.i.begin(), argument.i.end(), done);
      } else if (role.role == Role::state) {
        if (done)
          argument = states.at(role.name.str());
      } else {
        Tensor value = values.at((role.word() + " " + role.name).str());
        int64_t dim = role.role == Role::input ? positionsIn(value.shape, argument.shape) : -1;
        if (dim < 0)
          argument = value;
        else
          copyPart(value, argument, dim, done, /*isInto=*/false);
      }
      arguments.push_back(std::move(argument));
    }
    std::vector<Tensor> results = runOne(length, arguments);
    size_t output = 0;
    for (auto [i, result] : llvm::enumerate(results)) {
      NamedRole role = *roleOf(one.getResultAttrDict(i));
      if (role.role == Role::state) {
        states[role.name.str()] = result;
        continue;
      }
      auto shape = cast<RankedTensorType>(all.getResultTypes()[i]).getShape();
      if (!done)
        outputs.push_back(Tensor::zeros(result.kind, shape));
      int64_t dim = positionsIn(shape, result.shape);
      if (dim < 0)
        outputs[output] = result;
      else
        copyPart(outputs[output], result, dim, done, /*isInto=*/true);
      ++output;
    }
    done += length;
  }
  for (auto &[name, state] : states)
    outputs.push_back(state);
  return outputs;
}

class Stream : public testing::Test {
protected:
  void check(uint64_t seed, bool attends);
  void checkAll(bool attends);
};

void Stream::check(uint64_t seed, bool attends) {
  std::string text = makeRandomStream(seed, attends);
  SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "stream.rondo"), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  ASSERT_TRUE(program);
  std::unique_ptr<Graph> graph = elaborate(*program, {});
  ASSERT_TRUE(graph);
  ASSERT_TRUE(graph->info.streamable);
  ASSERT_EQ(graph->info.keepsRenamed, attends);

  Streamed streamed{ModuleOp::create(UnknownLoc::get(&context)), {}};
  EntryOptions options;
  options.kind = EntryKind::run;
  options.rows = 1 + int64_t(seed % 3);
  options.f64 = seed % 2;
  options.training = options.withLoss = false;
  llvm::SmallSetVector<int64_t, 8> lengths;
  lengths.insert(whole);
  for (const std::vector<int64_t> &cut : cuts)
    lengths.insert_range(cut);
  for (int64_t length : lengths) {
    options.name = nameOf(length);
    options.sizes = graph->info.streamSizesWith(length);
    options.keepsRenamed = attends;
    emitEntry(*graph, options, *streamed.module);
  }
  // What the program says, before anything is carried.
  options.name = "plain";
  options.sizes = graph->info.sizesWith(whole);
  options.keepsRenamed = false;
  OwningOpRef<ModuleOp> apart = ModuleOp::create(UnknownLoc::get(&context));
  emitEntry(*graph, options, *apart);
  auto plain = apart->lookupSymbol<func::FuncOp>("plain");
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(plain.getArgumentTypes())) {
    NamedRole role = *roleOf(plain.getArgAttrDict(i));
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), 31 * i + seed, 0.7, /*tokens=*/5));
    streamed.values[(role.word() + " " + role.name).str()] = arguments.back();
  }
  FailureOr<std::vector<Tensor>> said = interpret(plain, arguments);
  ASSERT_TRUE(succeeded(said));

  PassManager manager(&context, ModuleOp::getOperationName());
  ASSERT_TRUE(succeeded(parsePassPipeline("rondo-stream", manager, llvm::errs())));
  ASSERT_TRUE(succeeded(manager.run(*streamed.module)));
  OwningOpRef<ModuleOp> copy = streamed.module->clone(); // compiling leaves nothing of it
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*copy, testCPU());
  ASSERT_TRUE(compiled);
  auto interpreted = [&](int64_t length, ArrayRef<Tensor> given) {
    FailureOr<std::vector<Tensor>> results = interpret(streamed.function(length), given);
    EXPECT_TRUE(succeeded(results));
    return succeeded(results) ? *results : std::vector<Tensor>();
  };
  auto generated = [&](int64_t length, ArrayRef<Tensor> given) { return compiled->run(nameOf(length), given); };
  std::vector<Tensor> expected = streamed.run(whole, interpreted), found = streamed.run(whole, generated);
  ASSERT_GE(expected.size(), said->size());
  ArrayRef<Tensor> outputs = ArrayRef(expected).take_front(said->size());
  if (attends) // sums over slots have more terms, which are zero
    expectClose(*said, outputs, "the whole with slots");
  else
    expectIdentical(*said, outputs, "the whole with states");
  expectClose(expected, found, "generated code");
  for (const std::vector<int64_t> &cut : cuts) {
    std::string what = std::to_string(cut.size()) + " windows";
    expectIdentical(expected, streamed.run(cut, interpreted), what + " of the reference");
    for (TestTeam team : {TestTeam{1, TestTeam::Together}, TestTeam{3, TestTeam::Descending}}) {
      setTestTeam(team);
      expectIdentical(found, streamed.run(cut, generated), what);
    }
    setTestTeam({1, TestTeam::Together});
  }
}

void Stream::checkAll(bool attends) {
  static bool once = (registerPasses(), true);
  (void)once;
  uint64_t count = setting("RONDO_RANDOM_PROGRAMS", 20), first = setting("RONDO_RANDOM_SEED", 1);
  for (uint64_t seed = first; seed < first + count; ++seed)
    if (takesNext())
      check(seed, attends);
}

TEST_F(Stream, StepsAndWindowsEqualTheWhole) { checkAll(/*attends=*/false); }

TEST_F(Stream, StepsAndWindowsOfAttentionEqualTheWhole) { checkAll(/*attends=*/true); }

} // namespace
