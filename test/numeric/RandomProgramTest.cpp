// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random programs: generated code in f64 against the reference interpreter, which runs the program before it was split
// and lowered, and the interpreter's gradients against extrapolated differences.
//
//   RONDO_RANDOM_PROGRAMS, RONDO_RANDOM_SEED   how many, and the first one's seed
//   RONDO_TEST_CPU                             the CPU to compile for, native unless given: another one's code is
//                                              compared with the interpreter, whose gradients it does not change; of
//                                              more than 1000 programs it takes a fifth, or 1000
//
// Odd and even seeds are a test each, so that GoogleTest's shards can run them side by side.

#include "test/numeric/RandomProgram.h"
#include "test/numeric/CompiledFunction.h"
#include "test/numeric/Rounding.h"
#include "test/numeric/TestCPU.h"
#include "test/numeric/TestTeam.h"

#include "frontend/Frontend.h"
#include "passes/Registration.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

/// The module with `train`, from text; null after an error, which is printed.
OwningOpRef<ModuleOp> import(MLIRContext &context, const std::string &text, const RandomProgram &random) {
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "random.rondo"), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  FrontendOptions options;
  options.model = "R";
  options.defines.push_back({"bptt", std::to_string(random.length)});
  EntryOptions entry;
  entry.rows = random.batch;
  entry.f64 = true;
  std::unique_ptr<Graph> graph = program ? elaborate(*program, options) : nullptr;
  if (!graph)
    return nullptr;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  entry.sizes = graph->info.sizesWith(random.length);
  emitEntry(*graph, entry, *module);
  return module;
}

bool runPasses(ModuleOp module, const std::string &pipeline) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  return succeeded(parsePassPipeline(pipeline, manager, llvm::errs())) && succeeded(manager.run(module));
}

enum class Slope { Right, Wrong, Unknown };

/// Compares one entry of a gradient with the loss's differences, if those of two steps agree. Where they do, a kink may
/// still be closer than any of these steps. Then the slopes to the two sides differ, until the step is shorter than the
/// way to the kink; if they never agree, it is undecided whether the gradient is right as long as it lies between them.
Slope checkSlope(func::FuncOp loss, std::vector<Tensor> &arguments, size_t argument, int64_t entry, double found,
                 double scale) {
  Tensor &tensor = arguments[argument];
  double middle = tensor.at(entry);
  auto lossAt = [&](double step) {
    tensor.set(entry, middle + step);
    double value = (*interpret(loss, arguments))[0].at(0);
    tensor.set(entry, middle);
    return value;
  };
  auto difference = [&](double step) { return (lossAt(step) - lossAt(-step)) / (2 * step); };
  auto oneSided = [&](double step) {
    return (4 * lossAt(step / 2) - lossAt(step) - 3 * lossAt(0)) / step; // without the part linear in the step
  };
  auto checkClosely = [&](double step, double tolerance) {
    double least = INFINITY, most = -INFINITY;
    for (; step >= 4e-6; step /= 4) {
      double below = oneSided(-step), above = oneSided(step);
      if (std::abs(above - below) <= tolerance)
        return std::abs((above + below) / 2 - found) <= tolerance ? Slope::Right : Slope::Wrong;
      least = std::min({least, below, above});
      most = std::max({most, below, above});
    }
    return found >= least - tolerance && found <= most + tolerance ? Slope::Unknown : Slope::Wrong;
  };
  for (double step : {2e-3, 2e-4}) {
    double a = difference(step), b = difference(step / 2), c = difference(step / 4);
    double coarse = (4 * b - a) / 3, fine = (4 * c - b) / 3;
    // What rounding of the loss leaves of a difference.
    double tolerance = 1e-6 * scale + 1e-9 * (1e-4 / step);
    if (std::abs(coarse - fine) <= tolerance / 2)
      return std::abs(fine - found) <= tolerance ? Slope::Right : checkClosely(step / 8, tolerance);
  }
  return Slope::Unknown;
}

constexpr uint64_t numParts = 2;

class RandomPrograms : public testing::TestWithParam<uint64_t> {
protected:
  void SetUp() override { registerOnce(); }
  static void registerOnce() {
    static bool once = (registerPasses(), true);
    (void)once;
  }

  void check(uint64_t seed, const std::string &cpu);
  void countDecisions(MLIRContext &context, const RandomProgram &random);
  bool slopesAgree(ModuleOp module, func::FuncOp gradient, std::vector<Tensor> &arguments,
                   const std::vector<Tensor> &results);
  void compareGradients(func::FuncOp gradient, const std::vector<Tensor> &arguments,
                        const std::vector<Tensor> &expected, const std::vector<Tensor> &found);

  unsigned programs = 0, kinks = 0, overflows = 0, cancellations = 0, slopes = 0;
  // By kind: programs that take such a decision, and those of them in which it goes both ways.
  unsigned taken[numDecisions] = {}, bothWays[numDecisions] = {};
};

std::vector<Tensor> randomArguments(func::FuncOp function, int64_t tokens) {
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensor = cast<RankedTensorType>(type);
    double width =
        function.getArgAttr(i, attributeOf(Role::parameter)) && tensor.getRank() ? tensor.getShape().back() : 1;
    arguments.push_back(randomTensor(tensor, 31 * i + 7, std::min(1.0, 2 / std::sqrt(width)), tokens));
  }
  return arguments;
}

/// The probe has the same arguments, and one result more.
void RandomPrograms::countDecisions(MLIRContext &context, const RandomProgram &random) {
  OwningOpRef<ModuleOp> module = import(context, random.probe, random);
  ASSERT_TRUE(module) << random.probe;
  ASSERT_TRUE(!random.streams || runPasses(*module, "rondo-stream")) << random.probe;
  func::FuncOp function = *module->getOps<func::FuncOp>().begin();
  FailureOr<std::vector<Tensor>> results = interpret(function, randomArguments(function, random.tokens));
  ASSERT_TRUE(succeeded(results)) << random.probe;
  // The loss, the outputs z and decided; then the states.
  const Tensor &decided = (*results)[2];
  size_t n = random.decisions.size();
  ASSERT_EQ(decided.shape.back(), int64_t(n)) << random.probe;
  bool has[numDecisions] = {}, both[numDecisions] = {};
  for (size_t d = 0; d < n; ++d) {
    double least = 1, most = 0;
    for (int64_t i = d; i < decided.numElements(); i += n) {
      least = std::min(least, decided.at(i));
      most = std::max(most, decided.at(i));
    }
    unsigned kind = unsigned(random.decisions[d]);
    has[kind] = true;
    both[kind] |= least < 1 && most > 0;
  }
  for (unsigned kind = 0; kind < numDecisions; ++kind) {
    taken[kind] += has[kind];
    bothWays[kind] += both[kind];
  }
}

/// Two entries of each parameter's gradient; false if a kink is near one.
bool RandomPrograms::slopesAgree(ModuleOp module, func::FuncOp gradient, std::vector<Tensor> &arguments,
                                 const std::vector<Tensor> &results) {
  auto loss = module.lookupSymbol<func::FuncOp>("train");
  bool known = true;
  for (unsigned r = 0; r < gradient.getNumResults(); ++r) {
    auto path = gradient.getResultAttrOfType<StringAttr>(r, attributeOf(Role::gradient));
    if (!path)
      continue;
    for (unsigned i = 0; i < loss.getNumArguments(); ++i) {
      if (loss.getArgAttrOfType<StringAttr>(i, attributeOf(Role::parameter)) != path)
        continue;
      const Tensor &found = results[r];
      double scale = largest(found);
      for (int64_t entry : {int64_t(0), found.numElements() / 2}) {
        Slope slope = checkSlope(loss, arguments, i, entry, found.at(entry), scale);
        EXPECT_NE(slope, Slope::Wrong) << "the gradient of " << path.str() << " at entry " << entry << " is "
                                       << found.at(entry);
        known &= slope != Slope::Unknown;
        slopes += slope == Slope::Right;
      }
    }
  }
  return known;
}

/// Each result to the size of its own largest entry. Where all terms of a gradient cancel, as of what a softmax hardly
/// depends on, only their rounding is left of it, which no other order of sums repeats: the interpreter's own moves
/// with a rounding of the arguments, and the program is rejected, but what was found must not differ by much more than
/// that.
void RandomPrograms::compareGradients(func::FuncOp gradient, const std::vector<Tensor> &arguments,
                                      const std::vector<Tensor> &expected, const std::vector<Tensor> &found) {
  ASSERT_EQ(found.size(), expected.size());
  std::vector<double> moved;
  bool cancels = false;
  for (unsigned r = 0; r < found.size(); ++r) {
    auto path = gradient.getResultAttrOfType<StringAttr>(r, attributeOf(Role::gradient));
    double size = largest(expected[r]), bound = (path ? 1e-10 : 1e-11) * size;
    double difference = largestDifference(expected[r], found[r]);
    if (path && !(difference <= bound)) {
      if (moved.empty())
        moved = movements(gradient, arguments, expected);
      if (moved[r] > bound / 10) {
        cancels = true;
        bound = 10 * moved[r];
      }
    }
    EXPECT_LE(difference, bound) << "result " << r << " of train_grad, "
                                 << (path ? "the gradient of " + path.str() : "") << ", with entries up to " << size
                                 << ", which a rounding of the arguments moves by " << (moved.empty() ? 0 : moved[r]);
  }
  cancellations += cancels;
}

void RandomPrograms::check(uint64_t seed, const std::string &cpu) {
  RandomProgram random = makeRandomProgram(seed);
  SCOPED_TRACE("seed " + std::to_string(seed) + ", batch " + std::to_string(random.batch) + ", length " +
               std::to_string(random.length) + (random.streams ? ", streams" : "") + ", " + cpu + "\n" + random.text);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = import(context, random.text, random);
  ASSERT_TRUE(module);
  ++programs;
  bool native = cpu == "native";
  if (native)
    countDecisions(context, random);
  ASSERT_TRUE(
      runPasses(*module, std::string(random.streams ? "rondo-stream," : "") + "rondo-differentiate{function=train}"));
  auto gradient = module->lookupSymbol<func::FuncOp>("train_grad");
  ASSERT_TRUE(gradient);
  std::vector<Tensor> arguments = randomArguments(gradient, random.tokens);
  FailureOr<std::vector<Tensor>> expected = interpret(gradient, arguments);
  ASSERT_TRUE(succeeded(expected));
  for (const Tensor &result : *expected)
    for (int64_t i = 0; i < result.numElements(); ++i)
      if (!(std::abs(result.at(i)) < 1e6)) {
        ++overflows;
        return;
      }
  kinks += native && !slopesAgree(*module, gradient, arguments, *expected);

  // To compile is most of the test's time, and the gradient has the loss and the states as well; the outputs are
  // results of the loss's function alone.
  auto loss = module->lookupSymbol<func::FuncOp>("train");
  bool withOutputs = seed / numParts % 4 == 0;
  std::vector<Tensor> lossArguments = randomArguments(loss, random.tokens);
  FailureOr<std::vector<Tensor>> values = interpret(loss, lossArguments);
  ASSERT_TRUE(succeeded(values));
  if (!withOutputs)
    loss.erase();
  OwningOpRef<ModuleOp> whole = module->clone(); // compiling leaves nothing of the other that could be interpreted
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, cpu);
  ASSERT_TRUE(compiled);
  setTestTeam({1, TestTeam::Together});
  if (withOutputs) {
    std::vector<Tensor> found = compiled->run("train", lossArguments);
    ASSERT_EQ(found.size(), values->size());
    for (size_t r = 0; r < found.size(); ++r)
      EXPECT_LE(largestDifference((*values)[r], found[r]), 1e-11 * largest((*values)[r]))
          << "result " << r << " of train";
  }
  compareGradients(whole->lookupSymbol<func::FuncOp>("train_grad"), arguments, *expected,
                   compiled->run("train_grad", arguments));
}

TEST_P(RandomPrograms, GeneratedCodeInterpreterAndDifferencesAgree) {
  std::string cpu = testCPU();
  uint64_t count = setting("RONDO_RANDOM_PROGRAMS", 200), first = setting("RONDO_RANDOM_SEED", 1);
  if (cpu != "native" && count > 1000)
    count = std::max<uint64_t>(1000, count / 5);
  for (uint64_t seed = first; seed < first + count; ++seed)
    if (seed % numParts == GetParam() && takesNext())
      check(seed, cpu);
  unsigned rejected = kinks + overflows + cancellations;
  printf("%u programs, %u rejected: %u at a kink, %u too large, %u that cancel; %u slopes\n", programs, rejected, kinks,
         overflows, cancellations, slopes);
  EXPECT_LT(5 * rejected, std::max(programs, 10u)) << "too few programs were compared";
  if (cpu != "native")
    return;
  const char *const names[numDecisions] = {"max of two", "min", "select", "relu", "max of all"};
  for (unsigned kind = 0; kind < numDecisions; ++kind) {
    printf("%s: in %u programs, in %u of them both ways\n", names[kind], taken[kind], bothWays[kind]);
    if (programs < 30)
      continue;
    EXPECT_GE(10 * taken[kind], 3 * programs) << names[kind];
    EXPECT_GE(2 * bothWays[kind], taken[kind]) << names[kind];
  }
}

INSTANTIATE_TEST_SUITE_P(BySeed, RandomPrograms, testing::Range<uint64_t>(0, numParts));

} // namespace
