// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What tests of numbers share (Compare.h).

#include "test/support/Compare.h"

#include "dialect/RondoDialect.h"
#include "passes/Registration.h"

#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace rondo;

std::unique_ptr<MLIRContext> test::makeContext() {
  DialectRegistry registry;
  registerDialects(registry);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

FailureOr<std::vector<Tensor>> test::randomArguments(func::FuncOp function, uint64_t seed, int64_t tokens,
                                                     double scale) {
  // Seeds (i64) take this range: large enough to differ, small enough to be exact in a double.
  constexpr int64_t largestSeed = int64_t(1) << 24;
  std::vector<Tensor> arguments;
  for (auto [position, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    Type element = getElementTypeOrSelf(type);
    if ((!tensor && isa<ShapedType>(type)) || (tensor && !tensor.hasStaticShape()) || failed(Tensor::kindOf(element)))
      return function.emitError() << "cannot make a random argument of type " << type;
    if (!tensor)
      tensor = RankedTensorType::get({}, element);
    int64_t limit = element.isInteger(64) ? largestSeed : tokens;
    arguments.push_back(randomTensor(tensor, seed * 1000003 + position, scale, limit));
    auto entry = function->getAttrOfType<EntryAttr>(entryAttribute);
    if (entry && function.getArgAttr(position, attributeOf(Role::length)))
      arguments.back().i[0] = entry.getLength();
  }
  return arguments;
}

/// "[1, 3]" for element `n` in row-major order.
static std::string placeOf(int64_t n, const Tensor &tensor) {
  std::vector<std::string> index;
  for (size_t d = tensor.shape.size(); d-- > 0; n /= tensor.shape[d])
    index.insert(index.begin(), std::to_string(n % tensor.shape[d]));
  return "[" + llvm::join(index, ", ") + "]";
}

std::optional<std::string> test::difference(const Tensor &a, const Tensor &b, double tolerance) {
  if (a.kind != b.kind || a.shape != b.shape)
    return llvm::formatv("{0} became {1}", a.typeString(), b.typeString()).str();
  if (!a.isFloat()) {
    for (auto [n, x] : llvm::enumerate(a.i))
      if (x != b.i[n])
        return llvm::formatv("{0} became {1} at {2}", x, b.i[n], placeOf(n, a)).str();
    return std::nullopt;
  }
  if (tolerance < 0)
    tolerance = a.kind == Tensor::Kind::F32 ? 1e-5 : 1e-12;
  double largest = 0, worst = 0;
  int64_t worstPlace = -1;
  for (int64_t n = 0; n < a.numElements(); ++n)
    for (double x : {a.at(n), b.at(n)})
      largest = std::isfinite(x) ? std::max(largest, std::fabs(x)) : largest;
  for (int64_t n = 0; n < a.numElements(); ++n) {
    double x = a.at(n), y = b.at(n), error = x == y ? 0 : std::fabs(x - y);
    if (std::isnan(error))
      error = std::numeric_limits<double>::infinity();
    if (error > worst) {
      worst = error;
      worstPlace = n;
    }
  }
  if (worst <= tolerance * largest)
    return std::nullopt;
  return llvm::formatv("{0} became {1} at {2}, {3} of the largest magnitude {4}, allowed {5}", a.at(worstPlace),
                       b.at(worstPlace), placeOf(worstPlace, a), worst / largest, largest, tolerance)
      .str();
}

std::optional<std::string> test::differenceOfModules(ModuleOp before, ModuleOp after, StringRef name, uint64_t seed,
                                                     int64_t tokens, double tolerance, double scale,
                                                     StringRef nameAfter) {
  if (nameAfter.empty())
    nameAfter = name;
  auto first = before.lookupSymbol<func::FuncOp>(name), second = after.lookupSymbol<func::FuncOp>(nameAfter);
  if (!first)
    return "the first module has no function '" + name.str() + "'";
  if (!second)
    return "the second module has no function '" + nameAfter.str() + "'";
  FailureOr<std::vector<Tensor>> arguments = randomArguments(first, seed, tokens, scale);
  if (failed(arguments))
    return "the arguments could not be made";
  FailureOr<std::vector<Tensor>> expected = interpret(first, *arguments), found = interpret(second, *arguments);
  if (failed(expected) || failed(found))
    return std::string(failed(expected) ? "the first" : "the second") + " module's function could not be run";
  if (expected->size() != found->size())
    return llvm::formatv("{0} results became {1}", expected->size(), found->size()).str();
  for (size_t n = 0; n < expected->size(); ++n)
    if (std::optional<std::string> text = difference((*expected)[n], (*found)[n], tolerance))
      return llvm::formatv("result {0}: {1}", n, *text).str();
  return std::nullopt;
}
