// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Text to numbers, for tests.

#include "Program.h"

#include "dialect/DirectionAttributes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Registration.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/TrainedParameters.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;
using namespace rondo::test;

Program::Program(std::string source, std::vector<std::pair<std::string, std::string>> replacements,
                 llvm::function_ref<void(DialectRegistry &)> prepare) {
  static bool once = (registerPasses(), registerTransformsPasses(), true);
  (void)once;
  for (auto &[name, value] : replacements)
    for (size_t at; (at = source.find("$" + name)) != std::string::npos;)
      source.replace(at, name.size() + 1, value);
  DialectRegistry registry;
  if (prepare)
    prepare(registry);
  registerDialects(registry);
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  module = parseSourceString<ModuleOp>(source, context.get());
  EXPECT_TRUE(module) << source;
}

bool Program::run(StringRef pipeline) {
  PassManager manager(context.get(), ModuleOp::getOperationName());
  if (failed(parsePassPipeline(pipeline, manager, llvm::errs())))
    return false;
  return succeeded(manager.run(*module));
}

func::FuncOp Program::function(StringRef name) { return module->lookupSymbol<func::FuncOp>(name); }

std::vector<Tensor> Program::call(StringRef name, ArrayRef<Tensor> arguments) {
  auto results = interpret(function(name), arguments);
  if (failed(results)) {
    ADD_FAILURE() << "@" << name.str() << " failed";
    return {};
  }
  return *results;
}

std::vector<Tensor> Program::randomArguments(StringRef name, double offset, int64_t tokens) {
  std::vector<Tensor> arguments;
  for (Type type : function(name).getArgumentTypes()) {
    Tensor tensor = randomTensor(cast<RankedTensorType>(type), 17 + arguments.size(), 1.0, tokens);
    if (tensor.isFloat())
      for (int64_t i = 0; i < tensor.numElements(); ++i)
        tensor.set(i, tensor.at(i) + offset);
    arguments.push_back(std::move(tensor));
  }
  return arguments;
}

double rondo::test::gradientError(Program &program, ArrayRef<Tensor> given) {
  constexpr double step = 1e-5;
  func::FuncOp model = program.function("f"), gradient = program.function("f_grad");
  std::vector<Tensor> arguments(given);
  std::vector<Tensor> results = program.call("f_grad", arguments);
  unsigned lossNumber = resultsWith(model, Role::loss).front();
  auto loss = [&] { return program.call("f", arguments)[lossNumber].at(0); };
  SmallVector<unsigned> parameters = trainedParameters(model);
  SmallVector<unsigned> gradients = resultsWith(gradient, Role::gradient);
  EXPECT_EQ(parameters.size(), gradients.size());
  EXPECT_EQ(loss(), results[resultsWith(gradient, Role::loss).front()].at(0));
  double worst = 0;
  for (auto [parameter, number] : llvm::zip(parameters, gradients)) {
    const Tensor &analytic = results[number];
    double difference = 0, largest = 0;
    for (int64_t i = 0; i < analytic.numElements(); ++i) {
      double value = arguments[parameter].at(i);
      arguments[parameter].set(i, value + step);
      double above = loss();
      arguments[parameter].set(i, value - step);
      double below = loss();
      arguments[parameter].set(i, value);
      double numeric = (above - below) / (2 * step);
      // A NaN is the largest difference of all.
      difference = std::isnan(analytic.at(i)) ? HUGE_VAL : std::fmax(difference, std::fabs(analytic.at(i) - numeric));
      largest = std::fmax(largest, std::fabs(numeric));
    }
    if (difference > 0)
      worst = std::fmax(worst, largest > 0 ? difference / largest : HUGE_VAL);
  }
  return worst;
}

double rondo::test::tangentError(Program &program, ArrayRef<Tensor> given) {
  func::FuncOp gradient = program.function("f_grad"), tangent = program.function("f_tangent");
  std::vector<Tensor> results = program.call("f_tangent", given);
  std::vector<Tensor> gradients = program.call("f_grad", given.take_front(gradient.getNumArguments()));
  SmallVector<unsigned> directions = argumentsWith(tangent, directionAttribute);
  SmallVector<unsigned> numbers = resultsWith(gradient, Role::gradient);
  EXPECT_EQ(directions.size(), numbers.size());
  EXPECT_EQ(results[resultsWith(tangent, Role::loss).front()].at(0),
            gradients[resultsWith(gradient, Role::loss).front()].at(0));
  double sum = 0, scale = 0;
  for (auto [direction, number] : llvm::zip(directions, numbers))
    for (int64_t i = 0; i < gradients[number].numElements(); ++i) {
      double product = given[direction].at(i) * gradients[number].at(i);
      sum += product;
      scale += std::fabs(product);
    }
  double difference = std::fabs(results[resultsWith(tangent, slopeAttribute).front()].at(0) - sum);
  return difference == 0 ? 0 : difference / scale;
}

double rondo::test::productError(Program &program, StringRef name, ArrayRef<Tensor> given) {
  constexpr double step = 1e-5;
  func::FuncOp model = program.function("f"), gradient = program.function("f_grad"), twice = program.function(name);
  SmallVector<unsigned> parameters = trainedParameters(model), directions = argumentsWith(twice, directionAttribute);
  SmallVector<unsigned> gradients = resultsWith(gradient, Role::gradient),
                        products = resultsWith(twice, productAttribute);
  EXPECT_EQ(parameters.size(), products.size());
  std::vector<Tensor> found = program.call(name, given);
  auto gradientsAt = [&](double distance) {
    std::vector<Tensor> arguments(given.take_front(gradient.getNumArguments()));
    for (auto [parameter, direction] : llvm::zip(parameters, directions))
      for (int64_t i = 0; i < arguments[parameter].numElements(); ++i)
        arguments[parameter].set(i, arguments[parameter].at(i) + distance * given[direction].at(i));
    return program.call("f_grad", arguments);
  };
  std::vector<Tensor> above = gradientsAt(step), below = gradientsAt(-step);
  double worst = 0;
  for (auto [number, product] : llvm::zip(gradients, products)) {
    double difference = 0, largest = 0;
    for (int64_t i = 0; i < found[product].numElements(); ++i) {
      double numeric = (above[number].at(i) - below[number].at(i)) / (2 * step), claim = found[product].at(i);
      difference = std::isnan(claim) ? HUGE_VAL : std::fmax(difference, std::fabs(claim - numeric));
      largest = std::fmax(largest, std::fabs(numeric));
    }
    if (difference > 0)
      worst = std::fmax(worst, largest > 0 ? difference / largest : HUGE_VAL);
  }
  return worst;
}

bool rondo::test::identical(const Tensor &a, const Tensor &b) {
  auto sameBits = [](const auto &x, const auto &y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0);
  };
  return a.kind == b.kind && a.shape == b.shape && sameBits(a.f32, b.f32) && sameBits(a.f64, b.f64) &&
         sameBits(a.i, b.i);
}

double rondo::test::relativeError(const Tensor &a, const Tensor &b) {
  EXPECT_EQ(a.shape, b.shape);
  double difference = 0, largest = 0;
  for (int64_t i = 0; i < b.numElements(); ++i) {
    difference = std::fmax(difference, std::fabs(a.at(i) - b.at(i)));
    largest = std::fmax(largest, std::fabs(b.at(i)));
  }
  return difference == 0 ? 0 : difference / largest;
}
