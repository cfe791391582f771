// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random programs with a ragged time axis: a batch of sequences of different lengths, with nothing that is a number
// behind their ends, gives outputs, losses and gradients as each does alone, in the program without `ragged`. Generated
// code gives what the interpreter does.
//
//   RONDO_RANDOM_PROGRAMS, RONDO_RANDOM_SEED   how many seeds, and the first one
//   RONDO_TEST_CPU                             the CPU to compile for, native unless given

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/RaggedBatch.h"
#include "test/numeric/RandomProgram.h"
#include "test/numeric/Rounding.h"
#include "test/numeric/TestCPU.h"
#include "test/numeric/TestTeam.h"

#include "passes/Registration.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

constexpr int64_t longest = 7;
const std::vector<int64_t> lengths = {7, 3, 1, 0, 5};

class RandomRagged : public testing::Test {
protected:
  void check(uint64_t seed);
  void compareCode(LossFunctions &batch, const RaggedBatch &ragged);

  unsigned programs = 0, steep = 0;
};

/// The compiled gradient beside the interpreter's.
void RandomRagged::compareCode(LossFunctions &batch, const RaggedBatch &ragged) {
  std::vector<Tensor> arguments = argumentsOf(batch.gradient(), ragged.data);
  FailureOr<std::vector<Tensor>> expected = interpret(batch.gradient(), arguments);
  ASSERT_TRUE(succeeded(expected));
  OwningOpRef<ModuleOp> whole = batch.module->clone(); // compiling leaves nothing that could be interpreted
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*batch.module, testCPU());
  ASSERT_TRUE(compiled);
  setTestTeam({1, TestTeam::Together});
  std::vector<Tensor> found = compiled->run("train_grad", arguments);
  setTestTeam({3, TestTeam::Descending});
  expectIdentical(found, compiled->run("train_grad", arguments), "a team");
  setTestTeam({1, TestTeam::Together});
  ASSERT_EQ(found.size(), expected->size());
  std::vector<double> moved;
  for (size_t r = 0; r < found.size(); ++r) {
    double difference = largestDifference((*expected)[r], found[r]), bound = 1e-10 * largest((*expected)[r]);
    if (!(difference <= bound) && moved.empty()) {
      moved = movements(whole->lookupSymbol<func::FuncOp>("train_grad"), arguments, *expected);
      ++steep;
    }
    EXPECT_LE(difference, moved.empty() ? bound : std::max(bound, 20 * moved[r])) << "result " << r << " of train_grad";
  }
}

void RandomRagged::check(uint64_t seed) {
  RandomProgram random = makeRandomProgram(seed, longest);
  std::string most = " max " + std::to_string(longest);
  size_t at = random.text.find(most);
  ASSERT_NE(at, std::string::npos);
  std::string text = random.text.replace(at, most.size(), " ragged");
  size_t target = text.find("target y"), end = text.find('\n', target);
  std::string over = text.substr(target, end - target);
  // A loss without the time axis is averaged over the rows, whatever their lengths.
  if (over.find(" T") == std::string::npos)
    return;
  SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  std::string refusal;
  LossFunctions batch;
  RaggedBatch ragged{lengths, {}, random.tokens};
  {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { refusal += diagnostic.str(); });
    batch = buildLoss(context, text, true, ragged.rows(), longest, longest);
  }
  ASSERT_TRUE(batch.graph || StringRef(refusal).contains("not supported yet")) << refusal;
  if (!batch.graph)
    return;
  ragged.makeData(batch);
  Named values = runNamed(batch.loss(), ragged.data), gradients = runNamed(batch.gradient(), ragged.data);
  for (const auto &[name, value] : gradients)
    if (!(largest(value) < 1e5)) // of nothing but what is behind the ends, or too steep to compare
      for (int64_t k = 0; k < value.numElements(); ++k)
        if (StringRef(name).starts_with("gradient.")) {
          ASSERT_FALSE(std::isnan(value.at(k))) << name;
          return;
        }
  const ModelInfo &info = batch.graph->info;
  std::vector<std::pair<double, Named>> alone;
  for (int64_t b = 0; b < ragged.rows(); ++b) {
    int64_t positions = lengths[b];
    if (!positions)
      continue;
    LossFunctions one = buildLoss(context, text, false, 1, positions, positions);
    ASSERT_TRUE(one.graph);
    Named row = ragged.rowOf(info, ragged.data, b, 0, positions);
    ragged.compareRow(info, values, runNamed(one.loss(), row), b, positions, longest);
    alone.push_back({double(positions), runNamed(one.gradient(), row)});
  }
  compareSums(gradients, alone);
  compareCode(batch, ragged);
  ++programs;
}

TEST_F(RandomRagged, EqualsEachSequenceAlone) {
  uint64_t count = setting("RONDO_RANDOM_PROGRAMS", 40), first = setting("RONDO_RANDOM_SEED", 1);
  unsigned taken = 0;
  for (uint64_t seed = first; seed < first + count; ++seed)
    if (takesNext()) {
      ++taken;
      check(seed);
    }
  printf("%u of %u programs were compared; %u move with rounding\n", programs, taken, steep);
  EXPECT_GE(2 * programs, taken) << "too few programs were compared";
}

} // namespace
