// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random numbers in generated code: those of the interpreter, in any order of the dimensions, and whatever a run is cut
// into.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include "passes/Registration.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

constexpr int64_t length = 16, batch = 7, features = 9;

uint64_t seedOf(int64_t row) { return 0x9e3779b97f4a7c15 * static_cast<uint64_t>(row + 1); }

/// The positions' low halves run over in the middle of a row.
uint64_t firstOf(int64_t row) { return (uint64_t(1) << 32) - 9 + static_cast<uint64_t>(3 * row); }

/// A block of `window` positions and `rows` rows of the whole: what it is drawn by, and what that gives.
struct Block {
  std::vector<Tensor> arguments, expected;

  Block(int64_t window, int64_t rows, int64_t begin, int64_t row) {
    Tensor seeds = Tensor::zeros(Tensor::Kind::I64, {rows}), firsts = seeds;
    Tensor result = Tensor::zeros(Tensor::Kind::F32, {window, rows, features});
    for (int64_t r = 0; r < rows; ++r) {
      uint64_t first = firstOf(row + r) + static_cast<uint64_t>(begin);
      seeds.i[r] = static_cast<int64_t>(seedOf(row + r));
      firsts.i[r] = static_cast<int64_t>(first);
      for (int64_t t = 0; t < window; ++t)
        for (int64_t f = 0; f < features; ++f)
          result.set((t * rows + r) * features + f,
                     counterRandom(seedOf(row + r), 5, first + static_cast<uint64_t>(t), static_cast<uint32_t>(f)));
    }
    arguments = {seeds, firsts};
    expected = {result};
  }
};

/// Blocks that cover the whole; the last ones overlap those before.
void expectBlocksOfTheWhole(int64_t window, int64_t rows, llvm::StringRef cpu) {
  std::string what = llvm::formatv("windows of {0}, {1} rows, {2}", window, rows, cpu);
  std::string text =
      llvm::formatv(R"(func.func @f(%seeds: tensor<{1}xi64>, %first: tensor<{1}xi64>) -> tensor<{0}x{1}x{2}xf32> {{
      %0 = rondo.random %seeds, %first rows = 1 time = 0 stream = 5 : tensor<{1}xi64> -> tensor<{0}x{1}x{2}xf32>
      return %0 : tensor<{0}x{1}x{2}xf32>
    })",
                    window, rows, features);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  ASSERT_TRUE(module) << text;
  std::vector<Block> blocks;
  for (int64_t begin = 0; begin < length; begin += window)
    for (int64_t row = 0; row < batch; row += rows)
      blocks.emplace_back(window, rows, std::min(begin, length - window), std::min(row, batch - rows));
  auto function = *module->getOps<func::FuncOp>().begin();
  for (const Block &block : blocks) {
    FailureOr<std::vector<Tensor>> found = interpret(function, block.arguments);
    ASSERT_TRUE(succeeded(found));
    expectIdentical(block.expected, *found, "the interpreter in " + what);
  }
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, cpu);
  ASSERT_TRUE(compiled);
  for (const Block &block : blocks)
    expectIdentical(block.expected, compiled->run("f", block.arguments), what);
}

/// With rows, with time, with both in two orders, and with neither.
const char *const ofEveryKind = R"(
func.func @f(%seeds: tensor<{1}xi64>, %first: tensor<{1}xi64>, %seed: tensor<i64>, %begin: tensor<i64>)
    -> (tensor<{0}x{1}x{2}x{3}>, tensor<{2}x{0}x{1}x{3}>, tensor<{1}x{2}x{3}>, tensor<{1}x{3}>, tensor<{2}x{0}x{3}>,
        tensor<{2}x{3}>, tensor<{3}>) {{
  %0 = rondo.random %seeds, %first rows = 1 time = 0 stream = 5 : tensor<{1}xi64> -> tensor<{0}x{1}x{2}x{3}>
  %1 = rondo.random %seeds, %first rows = 2 time = 1 stream = 6 : tensor<{1}xi64> -> tensor<{2}x{0}x{1}x{3}>
  %2 = rondo.random %seeds rows = 0 stream = 7 : tensor<{1}xi64> -> tensor<{1}x{2}x{3}>
  %3 = rondo.random %seeds, %first rows = 0 stream = 7 : tensor<{1}xi64> -> tensor<{1}x{3}>
  %4 = rondo.random %seed, %begin time = 1 stream = 8 : tensor<i64> -> tensor<{2}x{0}x{3}>
  %5 = rondo.random %seed, %begin stream = 9 : tensor<i64> -> tensor<{2}x{3}>
  %6 = rondo.random %seed stream = 10 : tensor<i64> -> tensor<{3}>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<{0}x{1}x{2}x{3}>, tensor<{2}x{0}x{1}x{3}>, tensor<{1}x{2}x{3}>,
      tensor<{1}x{3}>, tensor<{2}x{0}x{3}>, tensor<{2}x{3}>, tensor<{3}>
})";

TEST(RandomNumbers, EqualTheDefinition) {
  const int64_t shapes[][3] = {{1, 1, 1}, {3, 1, 7}, {2, 3, 16}, {5, 2, 33}, {1, 5, 64}, {4, 17, 70}};
  for (const std::string &cpu : {testCPU(), std::string("haswell"), std::string("x86-64")})
    for (auto [steps, rows, size] : shapes)
      for (const char *element : {"f32", "f64"})
        expectCompiledEqualsReference(llvm::formatv(ofEveryKind, steps, rows, size, element).str(), /*tokens=*/1000,
                                      cpu);
}

TEST(RandomNumbers, AreTheSameInAnyWindowsAndTilesOfRows) {
  for (const std::string &cpu : {testCPU(), std::string("haswell")})
    for (int64_t window : {1, 5, 16})
      for (int64_t rows : {1, 3, 7})
        expectBlocksOfTheWhole(window, rows, cpu);
}

} // namespace
