// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scans of pointwise cells that a seed makes up, and their derivatives, as generated code against the reference
// interpreter: they run point by point (rondo-sweep). All shapes: fewer steps than a tile runs, a few more, odd numbers
// of features, rows; forward and backward.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include "passes/Registration.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace rondo;

namespace {

struct Shape {
  int64_t T, B, H;
  const char *element, *cpu;
};
const Shape shapes[] = {
    {1, 1, 1, "f32", "native"},    {7, 1, 16, "f32", "native"},   {8, 3, 7, "f64", "native"},
    {9, 2, 33, "f32", "native"},   {19, 1, 200, "f32", "native"}, {33, 1, 512, "f32", "native"},
    {17, 17, 70, "f32", "native"}, {9, 1, 70, "f64", "haswell"},  {24, 2, 100, "f32", "haswell"},
    {12, 5, 12, "f32", "x86-64"},
};

/// A function of made-up pointwise equations: a scan, forward or backward, whose loss is the sum of what it emits and
/// of the last states, each squared.
class MadeUpCell {
public:
  MadeUpCell(unsigned seed, const Shape &shape) : random(seed), shape(shape) {
    of = std::string(shape.element) + ">";
    feature = "tensor<" + std::to_string(shape.H) + "x" + of;
    step = "tensor<" + std::to_string(shape.B) + "x" + std::to_string(shape.H) + "x" + of;
    sequence = "tensor<" + std::to_string(shape.T) + "x" + step.substr(strlen("tensor<"));
  }

  std::string text() {
    unsigned states = 1 + pick(3), inputs = pick(3), weights = 1 + pick(2), outputs = 1 + pick(2);
    std::vector<std::string> arguments, initial, over;
    for (unsigned i = 0; i < weights; ++i) {
      arguments.push_back(numbered("%w", i) + ": " + feature + " {rondo.parameter = \"" + numbered("w", i) + "\"}");
      add("rondo.broadcast " + numbered("%w", i) + " dims = [1] : " + feature + " -> " + step);
    }
    for (unsigned i = 0; i < inputs; ++i) {
      arguments.push_back(numbered("%x", i) + ": " + sequence);
      over.push_back(numbered("%i", i) + " = " + numbered("%x", i) + " : " + sequence);
      values.push_back(numbered("%i", i));
    }
    for (unsigned i = 0; i < states; ++i) {
      arguments.push_back(numbered("%s", i) + ": " + step);
      initial.push_back(numbered("%h", i) + " = " + numbered("%s", i) + " : " + step);
      values.push_back(numbered("%h", i));
    }
    for (unsigned i = 0, count = 2 + pick(8); i < count; ++i)
      addRandom();
    std::vector<std::string> next, emitted, types;
    for (unsigned i = 0; i < states; ++i) {
      next.push_back(add("math.tanh " + any() + " : " + step)); // what grows would overflow
      types.push_back(step);
    }
    for (unsigned i = 0; i < outputs; ++i) {
      emitted.push_back(pick(3) ? any() : numbered("%h", pick(states)));
      types.push_back(sequence);
    }
    std::string scan = "%r:" + std::to_string(types.size()) + " = rondo.scan (" + join(initial) + ")" +
                       (over.empty() ? "" : " over (" + join(over) + ")") + " length " + std::to_string(shape.T) +
                       (pick(2) ? " backward" : "") + " {\n" + body + "  rondo.yield (" + join(next) + " : " +
                       join(std::vector(states, step)) + ") emit (" + join(emitted) + " : " +
                       join(std::vector(outputs, step)) + ")\n} -> (" + join(types) + ")\n";
    return "func.func @f(" + join(arguments) + ") -> (tensor<" + of + " {rondo.loss}) {\n" + scan + lossOf(types) +
           "}\n";
  }

private:
  /// The text of a loss of the scan's results, which have these types.
  std::string lossOf(const std::vector<std::string> &types) {
    std::string text = "%zero = arith.constant dense<0.0> : tensor<" + of + "\n", sum = "%zero";
    for (unsigned i = 0; i < types.size(); ++i) {
      std::string result = numbered("%r#", i), square = numbered("%q", i), total = numbered("%t", i);
      std::string dims = types[i] == step ? "[0, 1]" : "[0, 1, 2]", next = numbered("%u", i);
      text += square + " = arith.mulf " + result + ", " + result + " : " + types[i] + "\n" + total +
              " = rondo.reduce sum " + square + " dims = " + dims + " : " + types[i] + " -> tensor<" + of + "\n" +
              next + " = arith.addf " + sum + ", " + total + " : tensor<" + of + "\n";
      sum = next;
    }
    return text + "return " + sum + " : tensor<" + of + "\n";
  }

  static std::string numbered(const char *name, unsigned number) { return name + std::to_string(number); }
  static std::string join(const std::vector<std::string> &parts) {
    std::string text;
    for (const std::string &part : parts)
      text += (text.empty() ? "" : ", ") + part;
    return text;
  }
  unsigned pick(unsigned below) { return random() % below; }
  std::string any() { return values[pick(values.size())]; }
  std::string add(const std::string &op) {
    values.push_back(numbered("%v", values.size()));
    body += "  " + values.back() + " = " + op + "\n";
    return values.back();
  }
  void addRandom() {
    const char *binary[] = {"arith.addf", "arith.mulf", "arith.subf", "arith.maximumf"};
    unsigned op = pick(5);
    std::string left = any(), right = any();
    add(op < 4 ? std::string(binary[op]) + " " + left + ", " + right + " : " + step
               : "rondo.sigmoid " + left + " : " + step);
  }

  std::mt19937 random;
  Shape shape;
  std::string of, feature, step, sequence; // types
  std::string body;
  std::vector<std::string> values; // that an equation may read
};

LogicalResult run(ModuleOp module, StringRef pipeline) {
  static bool once = (registerPasses(), true);
  (void)once;
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  return failure(failed(parsePassPipeline(pipeline, manager, llvm::errs())) || failed(manager.run(module)));
}

/// Loops that go step by step, and that go point by point.
std::pair<unsigned, unsigned> countLoops(ModuleOp module) {
  OwningOpRef<ModuleOp> lowered = module.clone();
  EXPECT_TRUE(
      succeeded(run(*lowered, "rondo-phase-split,rondo-phase-linalg,rondo-phase-buffer,func.func(rondo-sweep)")));
  std::pair<unsigned, unsigned> counts;
  lowered->walk([&](scf::ForOp loop) {
    counts.first += loop->hasAttr("rondo.scan");
    counts.second += loop->hasAttr("rondo.sweep");
  });
  return counts;
}

void expectReference(const std::string &text, const Shape &shape, const std::string &cpu) {
  if (!takesNext())
    return;
  SCOPED_TRACE(text);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  ASSERT_TRUE(module);
  ASSERT_TRUE(succeeded(run(*module, "rondo-differentiate")));
  std::map<std::string, std::vector<Tensor>> arguments, expected;
  for (auto function : module->getOps<func::FuncOp>()) {
    std::string name = function.getName().str();
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      arguments[name].push_back(randomTensor(cast<RankedTensorType>(type), 31 * i + 7, 0.7));
    FailureOr<std::vector<Tensor>> results = interpret(function, arguments[name]);
    ASSERT_TRUE(succeeded(results));
    expected[name] = *results;
  }
  ASSERT_EQ(expected.size(), 2u);
  if (shape.T > 1) {
    auto [bySteps, byPoints] = countLoops(*module);
    EXPECT_EQ(bySteps, 0u);
    EXPECT_GE(byPoints, 2u) << "that of the function, and of its gradient";
  }
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, cpu);
  ASSERT_TRUE(compiled);
  for (auto &[name, results] : expected)
    compareWithReference(*compiled, name, arguments[name], results, "@" + name);
}

class Sweeps : public testing::TestWithParam<unsigned> {};

TEST_P(Sweeps, EqualTheReference) {
  const std::string only = testCPU();
  for (const Shape &shape : shapes) {
    bool isNative = StringRef(shape.cpu) == "native";
    if (only != "native" && !isNative)
      continue;
    expectReference(MadeUpCell(GetParam(), shape).text(), shape, isNative ? only : shape.cpu);
    if (HasFatalFailure() || HasNonfatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, Sweeps, testing::Range(0u, 12u));

} // namespace
