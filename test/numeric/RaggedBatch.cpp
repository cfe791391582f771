// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Makes batches of sequences of different lengths, and compares their rows with each alone.

#include "test/numeric/RaggedBatch.h"

#include "test/support/Compare.h"

#include "dialect/RondoDialect.h"
#include "passes/Registration.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;
using namespace rondo;

LossFunctions rondo::buildLoss(MLIRContext &context, std::string text, bool isRagged, int64_t batch, int64_t T,
                               int64_t counted, const Defines &defines) {
  static bool once = (registerPasses(), true);
  (void)once;
  for (size_t at; !isRagged && (at = text.find(" ragged")) != std::string::npos;)
    text.erase(at, 7);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "ragged.rondo"), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  LossFunctions made;
  FrontendOptions options;
  options.defines = {{"bptt", std::to_string(T)}};
  for (const auto &[name, value] : defines)
    options.defines.push_back({name, value});
  made.graph = program ? elaborate(*program, options) : nullptr;
  if (!made.graph)
    return made;
  EntryOptions entry;
  entry.rows = batch;
  entry.f64 = true;
  entry.sizes = made.graph->info.sizesWith(T);
  made.module = ModuleOp::create(UnknownLoc::get(&context));
  emitEntry(*made.graph, entry, *made.module);
  std::string pipeline = made.graph->info.streamable ? "rondo-stream," : "";
  if (counted < T)
    pipeline += "rondo-truncate-bptt{function=train k1=" + std::to_string(counted) + " k2=" + std::to_string(T) + "},";
  PassManager manager(&context, ModuleOp::getOperationName());
  if (failed(parsePassPipeline(pipeline + "rondo-differentiate{function=train}", manager, llvm::errs())) ||
      failed(manager.run(*made.module)))
    made.graph = nullptr;
  return made;
}

static std::string keyOf(DictionaryAttr attributes) {
  std::optional<NamedRole> role = roleOf(attributes);
  return role ? (role->word() + "." + role->name).str() : "";
}

std::vector<Tensor> rondo::argumentsOf(func::FuncOp function, const Named &given) {
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    std::string key = keyOf(function.getArgAttrDict(i));
    auto shaped = cast<RankedTensorType>(type);
    if (auto found = given.find(key); found != given.end())
      arguments.push_back(found->second);
    else
      arguments.push_back(Tensor::zeros(*Tensor::kindOf(shaped.getElementType()), shaped.getShape()));
    EXPECT_EQ(arguments.back().numElements(), shaped.getNumElements()) << key;
    arguments.back().shape = shaped.getShape().vec();
  }
  return arguments;
}

static Named resultsOf(func::FuncOp function, ArrayRef<Tensor> results) {
  Named named;
  for (auto [i, result] : llvm::enumerate(results))
    named[keyOf(function.getResultAttrDict(i))] = result;
  return named;
}

Named rondo::runNamed(func::FuncOp function, const Named &given) {
  FailureOr<std::vector<Tensor>> results = interpret(function, argumentsOf(function, given));
  EXPECT_TRUE(succeeded(results));
  return succeeded(results) ? resultsOf(function, *results) : Named();
}

/// Calls visit(place in the batch's tensor, place in the row's, whether the first is within the row's lengths) for all
/// elements of row `b`; the row's tensor begins at `first` of the time axis.
static void eachElement(const ModelInfo &info, AxisSet axes, ArrayRef<int64_t> shape, int64_t b,
                        ArrayRef<int64_t> extents, int64_t first,
                        llvm::function_ref<void(int64_t, int64_t, bool)> visit) {
  SmallVector<AxisIndex> dims;
  for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
    if (axes & setOf(axis))
      dims.push_back(axis);
  int64_t all = 1, batchDim = dims.size();
  for (int64_t size : shape)
    all *= size;
  for (int64_t place = 0; place < all; ++place) {
    int64_t rest = place, inner = 1, own = 0;
    bool within = true, isRow = true;
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      int64_t index = rest % shape[dim], size = shape[dim];
      rest /= shape[dim];
      if (dim == batchDim) {
        isRow = index == b;
        index = 0, size = 1;
      } else if (dim < batchDim) {
        index -= info.lengthOf(dims[dim]) == info.windowAxis() ? first : 0;
        AxisIndex length = info.lengthOf(dims[dim]);
        size = extents[length - 1];
        within &= index >= 0 && index < size;
      }
      own += index * inner;
      inner *= size;
    }
    if (isRow)
      visit(place, own, within);
  }
}

/// How many positions of each axis row `b` has, of which `positions` are along the window's.
std::vector<int64_t> RaggedBatch::extentsOf(const ModelInfo &info, int64_t b, int64_t positions) const {
  std::vector<int64_t> extents;
  for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
    extents.push_back(axis == info.windowAxis()                       ? positions
                      : info.axes[axis - 1].name == "S" && !S.empty() ? S[b]
                                                                      : info.axes[axis - 1].size);
  return extents;
}

void RaggedBatch::makeData(LossFunctions &batch) {
  func::FuncOp function = batch.gradient();
  const ModelInfo &info = batch.graph->info;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    std::string key = keyOf(function.getArgAttrDict(i));
    bool isParameter = bool(function.getArgAttr(i, attributeOf(Role::parameter)));
    if (isParameter || StringRef(key).starts_with("input.") || StringRef(key).starts_with("target."))
      data[key] = randomTensor(cast<RankedTensorType>(type), 31 * i + 7, 0.6, tokens);
  }
  for (const std::vector<PortInfo> *ports : {&info.inputs, &info.targets})
    for (const PortInfo &port : *ports) {
      Tensor &tensor = data[(ports == &info.inputs ? "input." : "target.") + port.name];
      for (int64_t b = 0; tensor.isFloat() && b < rows(); ++b)
        eachElement(info, port.axes, tensor.shape, b, extentsOf(info, b, T[b]), 0,
                    [&](int64_t place, int64_t, bool within) {
                      if (!within)
                        tensor.set(place, std::nan(""));
                    });
    }
  for (auto [name, lengths] : {std::pair("lengths.T", &T), std::pair("lengths.S", &S)})
    if (!lengths->empty())
      data[name] = Tensor::of(Tensor::Kind::I32, {rows()}, std::vector<double>(lengths->begin(), lengths->end()));
}

Named RaggedBatch::rowOf(const ModelInfo &info, const Named &given, int64_t b, int64_t first, int64_t positions) const {
  Named row = given;
  for (const std::vector<PortInfo> *ports : {&info.inputs, &info.targets})
    for (const PortInfo &port : *ports) {
      Tensor &tensor = row[(ports == &info.inputs ? "input." : "target.") + port.name];
      std::vector<double> elements;
      std::vector<int64_t> extents = extentsOf(info, b, positions);
      std::map<int64_t, double> found;
      eachElement(info, port.axes, tensor.shape, b, extents, first, [&](int64_t place, int64_t own, bool within) {
        if (within)
          found[own] = tensor.at(place);
      });
      for (auto [own, value] : found)
        elements.push_back(value);
      tensor = Tensor::of(tensor.kind, {int64_t(elements.size())}, elements);
    }
  return row;
}

void RaggedBatch::compareRow(const ModelInfo &info, const Named &found, const Named &alone, int64_t b,
                             int64_t positions, int64_t window) const {
  auto compare = [&](const std::string &key, AxisSet axes) {
    if (!alone.count(key))
      return;
    const Tensor &whole = found.at(key), &row = alone.at(key);
    eachElement(info, axes, whole.shape, b, extentsOf(info, b, positions), 0,
                [&](int64_t place, int64_t own, bool within) {
                  if (within)
                    EXPECT_NEAR(whole.at(place), row.at(own), 1e-9 * std::max(1.0, std::abs(row.at(own))))
                        << key << " of row " << b;
                });
  };
  for (const PortInfo &output : info.outputs)
    compare("output." + output.name, output.axes);
  // What lies before a cut is that of the window's end: of a row that has ended before, nothing goes on from it.
  for (const StateInfo &state : info.states)
    if (!state.past || positions == window)
      compare("state." + state.name, state.axes);
}

void rondo::compareSums(Named &batch, const std::vector<std::pair<double, Named>> &alone) {
  double count = 0;
  unsigned gradients = 0;
  for (const auto &row : alone)
    count += row.first;
  for (auto &[key, found] : batch) {
    if (!StringRef(key).starts_with("loss.") && !StringRef(key).starts_with("gradient."))
      continue;
    gradients += StringRef(key).starts_with("gradient.");
    double largest = 0;
    std::vector<double> expected(found.numElements());
    for (int64_t k = 0; k < found.numElements(); ++k) {
      for (const auto &[n, row] : alone)
        expected[k] += n * row.at(key).at(k) / count;
      largest = std::max(largest, std::abs(expected[k]));
    }
    for (int64_t k = 0; k < found.numElements(); ++k)
      EXPECT_NEAR(found.at(k), expected[k], 1e-9 * std::max(1.0, largest)) << key;
    if (count > 0 && StringRef(key).starts_with("loss."))
      EXPECT_GT(largest, 0) << key;
  }
  EXPECT_GT(gradients, 0u);
}
