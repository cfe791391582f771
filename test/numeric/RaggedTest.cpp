// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Ragged axes: a batch of sequences of different lengths, filled up with what is not a number, gives outputs, states,
// losses and gradients as each sequence does alone, in the same program without `ragged`, made for its length. In
// windows of `bptt(k1, k2)` with carried states each window does. Generated code gives what the interpreter does.
//
//   RONDO_TEST_CPU   the CPU to compile for, native unless given

#include "test/numeric/CompiledFunction.h"

#include "frontend/Frontend.h"
#include "passes/Registration.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;
using namespace rondo;

namespace {

using Named = std::map<std::string, Tensor>;

constexpr int64_t rows = 8, longest = 10, tokens = 5;
const std::vector<int64_t> lengthsOfT = {10, 10, 6, 2, 2, 1, 1, 0}, lengthsOfS = {4, 1, 3, 5, 2, 5, 1, 2};

struct Case {
  std::string name, text;
};
std::ostream &operator<<(std::ostream &stream, const Case &value) { return stream << value.name; }

/// The loss and its gradient of a program, for so many rows and positions.
struct Functions {
  std::unique_ptr<Graph> graph;
  OwningOpRef<ModuleOp> module;

  func::FuncOp gradient() { return module->lookupSymbol<func::FuncOp>("train_grad"); }
  func::FuncOp loss() { return module->lookupSymbol<func::FuncOp>("train"); }
};

/// `counted` is how many of the last positions count.
Functions build(MLIRContext &context, std::string text, bool isRagged, int64_t batch, int64_t T, int64_t S,
                int64_t counted) {
  static bool once = (registerPasses(), true);
  (void)once;
  for (size_t at; !isRagged && (at = text.find(" ragged")) != std::string::npos;)
    text.erase(at, 7);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "ragged.rondo"), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  Functions made;
  FrontendOptions options;
  options.model = "Ragged";
  options.defines = {{"bptt", std::to_string(T)}, {"size", std::to_string(S)}};
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

std::string keyOf(DictionaryAttr attributes) {
  std::optional<NamedRole> role = roleOf(attributes);
  return role ? (role->word() + "." + role->name).str() : "";
}

/// The arguments of a function by their names; those that are not given are zeros, and the first window starts.
std::vector<Tensor> argumentsOf(func::FuncOp function, const Named &given) {
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

Named resultsOf(func::FuncOp function, ArrayRef<Tensor> results) {
  Named named;
  for (auto [i, result] : llvm::enumerate(results))
    named[keyOf(function.getResultAttrDict(i))] = result;
  return named;
}

Named run(func::FuncOp function, const Named &given) {
  FailureOr<std::vector<Tensor>> results = interpret(function, argumentsOf(function, given));
  EXPECT_TRUE(succeeded(results));
  return succeeded(results) ? resultsOf(function, *results) : Named();
}

/// Calls visit(place in the batch's tensor, place in the row's, whether the first is within the row's lengths) for all
/// elements of row `b`; the row's tensor begins at `first` of the time axis.
void eachElement(const ModelInfo &info, AxisSet axes, ArrayRef<int64_t> shape, int64_t b, ArrayRef<int64_t> extents,
                 int64_t first, llvm::function_ref<void(int64_t, int64_t, bool)> visit) {
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
        size = length <= extents.size() ? extents[length - 1] : info.axes[length - 1].size;
        within &= index >= 0 && index < size;
      }
      own += index * inner;
      inner *= size;
    }
    if (isRow)
      visit(place, own, within);
  }
}

class Ragged : public testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    DialectRegistry registry;
    registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
  }
  void makeData(Functions &batch);
  Named rowOf(const ModelInfo &info, const Named &given, int64_t b, int64_t first, int64_t positions);
  void compareRow(const ModelInfo &info, const Named &found, const Named &alone, int64_t b, int64_t positions,
                  int64_t window);
  void compareSums(Named &batch, const std::vector<std::pair<double, Named>> &alone);

  std::unique_ptr<MLIRContext> context;
  Named data; // of the whole batch
};

/// Parameters, inputs and targets at random; reals behind the ends are not numbers.
void Ragged::makeData(Functions &batch) {
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
      for (int64_t b = 0; tensor.isFloat() && b < rows; ++b)
        eachElement(info, port.axes, tensor.shape, b, {lengthsOfT[b], lengthsOfS[b]}, 0,
                    [&](int64_t place, int64_t, bool within) {
                      if (!within)
                        tensor.set(place, std::nan(""));
                    });
    }
  for (auto [name, lengths] : {std::pair("lengths.T", &lengthsOfT), std::pair("lengths.S", &lengthsOfS)})
    data[name] = Tensor::of(Tensor::Kind::I32, {rows}, std::vector<double>(lengths->begin(), lengths->end()));
}

/// The data of one row, so many positions from `first` on.
Named Ragged::rowOf(const ModelInfo &info, const Named &given, int64_t b, int64_t first, int64_t positions) {
  Named row = given;
  for (const std::vector<PortInfo> *ports : {&info.inputs, &info.targets})
    for (const PortInfo &port : *ports) {
      Tensor &tensor = row[(ports == &info.inputs ? "input." : "target.") + port.name];
      std::vector<double> elements;
      SmallVector<int64_t> extents{positions, lengthsOfS[b]};
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

/// Outputs at each position of a window, and the states behind the row's last one.
void Ragged::compareRow(const ModelInfo &info, const Named &found, const Named &alone, int64_t b, int64_t positions,
                        int64_t window) {
  auto compare = [&](const std::string &key, AxisSet axes) {
    if (!alone.count(key))
      return;
    const Tensor &whole = found.at(key), &row = alone.at(key);
    eachElement(info, axes, whole.shape, b, {positions, lengthsOfS[b]}, 0,
                [&](int64_t place, int64_t own, bool within) {
                  if (within)
                    EXPECT_NEAR(whole.at(place), row.at(own), 1e-9) << key << " of row " << b;
                });
  };
  for (const PortInfo &output : info.outputs)
    compare("output." + output.name, output.axes);
  // What lies before a cut is that of the window's end: of a row that has ended before, nothing goes on from it.
  for (const StateInfo &state : info.states)
    if (!state.past || positions == window)
      compare("state." + state.name, state.axes);
}

/// The loss and the gradients: the mean of those of the rows, each of so many positions.
void Ragged::compareSums(Named &batch, const std::vector<std::pair<double, Named>> &alone) {
  double count = 0;
  unsigned gradients = 0;
  for (const auto &row : alone)
    count += row.first;
  for (auto &[key, found] : batch) {
    if (!StringRef(key).starts_with("loss.") && !StringRef(key).starts_with("gradient."))
      continue;
    gradients += StringRef(key).starts_with("gradient.");
    double largest = 0;
    for (int64_t k = 0; k < found.numElements(); ++k) {
      double expected = 0;
      for (const auto &[n, row] : alone)
        expected += n * row.at(key).at(k) / count;
      largest = std::max(largest, std::abs(expected));
      EXPECT_NEAR(found.at(k), expected, 1e-9) << key;
    }
    if (count > 0 && StringRef(key).starts_with("loss."))
      EXPECT_GT(largest, 0) << key;
  }
  EXPECT_GT(gradients, 0u);
}

TEST_P(Ragged, EqualsEachSequenceAlone) {
  Functions batch = build(*context, GetParam().text, true, rows, longest, 5, longest);
  ASSERT_TRUE(batch.graph);
  makeData(batch);
  Named values = run(batch.loss(), data), gradients = run(batch.gradient(), data);
  std::vector<std::pair<double, Named>> alone;
  for (int64_t b = 0; b < rows; ++b) {
    int64_t positions = lengthsOfT[b];
    if (!positions)
      continue;
    Functions one = build(*context, GetParam().text, false, 1, positions, lengthsOfS[b], positions);
    ASSERT_TRUE(one.graph);
    Named row = rowOf(batch.graph->info, data, b, 0, positions);
    compareRow(batch.graph->info, values, run(one.loss(), row), b, positions, longest);
    Named own = run(one.gradient(), row);
    compareRow(batch.graph->info, gradients, own, b, positions, longest);
    alone.push_back({double(positions), own});
  }
  compareSums(gradients, alone);

  std::vector<Tensor> arguments = argumentsOf(batch.gradient(), data);
  FailureOr<std::vector<Tensor>> expected = interpret(batch.gradient(), arguments);
  ASSERT_TRUE(succeeded(expected));
  const char *cpu = getenv("RONDO_TEST_CPU");
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*batch.module, cpu ? cpu : "native");
  ASSERT_TRUE(compiled);
  compareWithReference(*compiled, "train_grad", arguments, *expected, "@train_grad");
}

/// Windows of k2 positions with the states carried over k1 each, of which the losses of the last k1 count.
TEST_P(Ragged, InWindowsEqualsEachSequenceAlone) {
  for (auto [k1, k2] : {std::pair<int64_t, int64_t>(3, 3), {2, 5}, {1, 3}, {10, 10}}) {
    SCOPED_TRACE("bptt(" + std::to_string(k1) + ", " + std::to_string(k2) + ")");
    Functions whole = build(*context, GetParam().text, true, rows, longest, 5, longest);
    Functions batch = build(*context, GetParam().text, true, rows, k2, 5, k1);
    ASSERT_TRUE(whole.graph && batch.graph);
    if (!batch.graph->info.streamable)
      return;
    makeData(whole);
    const ModelInfo &info = batch.graph->info;
    Named states;
    std::vector<Named> rowStates(rows);
    for (int64_t first = 0; first < longest; first += k1) {
      // What the window holds of each row, zero or not a number behind it, as it comes.
      Named window = data;
      window["start."] = Tensor::of(Tensor::Kind::I1, {}, {double(first == 0)});
      window["lengths.T"] = Tensor::zeros(Tensor::Kind::I32, {rows});
      for (const auto &[name, state] : states)
        window[name] = state;
      std::vector<std::pair<double, Named>> alone;
      std::vector<int64_t> held(rows);
      for (int64_t b = 0; b < rows; ++b)
        window["lengths.T"].i[b] = held[b] = std::min(std::max<int64_t>(lengthsOfT[b] - first, 0), k2);
      for (const std::vector<PortInfo> *ports : {&info.inputs, &info.targets})
        for (const PortInfo &port : *ports) {
          const Tensor &from = data[(ports == &info.inputs ? "input." : "target.") + port.name];
          std::vector<int64_t> shape = from.shape;
          if (!port.varies(1))
            continue;
          shape[0] = k2;
          Tensor part = Tensor::zeros(from.kind, shape);
          int64_t inner = from.numElements() / from.shape[0];
          for (int64_t k = 0; k < part.numElements(); ++k) {
            int64_t place = first * inner + k;
            part.set(k, place < from.numElements() ? from.at(place) : part.isFloat() ? std::nan("") : 0);
          }
          window[(ports == &info.inputs ? "input." : "target.") + port.name] = part;
        }
      Named found = run(batch.gradient(), window);
      for (int64_t b = 0; b < rows; ++b) {
        int64_t counted = held[b] - (k2 - k1);
        if (counted <= 0)
          continue;
        Functions one = build(*context, GetParam().text, false, 1, held[b], lengthsOfS[b], counted);
        ASSERT_TRUE(one.graph);
        Named row = rowOf(info, data, b, first, held[b]);
        row["start."] = window["start."];
        for (const auto &[name, state] : rowStates[b])
          row[name] = state;
        Named own = run(one.gradient(), row);
        for (const StateInfo &state : info.states) {
          rowStates[b]["state." + state.name] = own.at("state." + state.name);
          states["state." + state.name] = found.at("state." + state.name);
        }
        if (held[b] == k2)
          compareRow(info, found, own, b, held[b], k2);
        alone.push_back({double(counted), own});
      }
      compareSums(found, alone);
      if (first + k2 >= longest)
        break;
    }
  }
}

std::string model(const std::string &axes, const std::string &equations) {
  return "model Ragged(size = 5, H = 3) {\n  axis T ragged\n  axis S = size" + axes +
         "\n  input x: [2] over T\n  input t: token[5] over T\n  target y: token[5] over T\n  target z: [] over T\n"
         "  s = concat(x, embedding[2](t) as words)\n" +
         equations +
         "  output logits: [5] = linear[5](a)\n"
         "  loss = cross_entropy(logits, y) + square(mean(a) - z)\n  train { data arrays }\n}\n";
}

const char cells[] = R"(
cell Attend[H, A](y: [E], memory: [M] over S) -> [H] {
  state s: [H]
  score = dot(param v: [A], tanh(linear[A](s, memory)))
  s' = GRU[H](concat(y, sum(softmax(score over S) * memory over S)), h: s) as step
  return s'
}

cell Steep[H](x: [E]) -> [H] {
  state h: [H]
  y = linear[H](x)
  h' = tanh(0.5 * h + log(y * y) / (1 + y * y) + exp(-1 / (y * y)) + sqrt(abs(y)))
  return h'
}

)";

const char additive[] = R"(
  input w: [2] over S
  e = concat(scan GRU[H](w) as forth, scan GRU[H](w) backward as back)
  a = scan Attend[H, 4](s, e) over T
)";
const char encoder[] = R"(
  axis K like T
  b = linear[H](s)
  q = linear[H](b)
  k = tanh(linear[H](b))
  v = linear[H](b)
  weight = softmax(dot(q, rename(k, T: K)) / sqrt(H) over K)
  seen = linear[H](weighted: sum(weight * rename(v, T: K) over K))
  c = layer_norm(b + seen)
  up = tanh(linear[2 * H](c))
  down = linear[H](up)
  a = layer_norm(c + down)
)";
const char reductions[] = R"(
  input w: [2] over S
  b = scan GRU[H](s)
  m = linear[H](w)
  ofTime = mean(b over T) * last(b over T) + max(b over T)
  ofS = sum(m over S) * mean(index(S) over S) + max(m over S) + last(m over S) + sum(m * exp(m) over S)
  a = b + ofTime + ofS
)";
const char finals[] = R"(
  input w: [2] over S
  r = scan LSTM[H](w)
  b = scan GRU[H](w) backward
  q = scan GRU[H](s)
  a = q * r.final.c + b.final.h
)";
const char steep[] = R"(
  b = linear[H](s)
  d = scan Steep[H](s)
  a = concat(d, log(b * b), 1 / (b * b + abs(sum(x))), sqrt(abs(b)), pow(abs(b), 0.5))
)";
const char shifts[] = R"(
  b = linear[H](s)
  near = window(b over T, width: 3, pad: zero)
  far = window(window(b over T, width: 2, dilation: 2, pad: zero) over T, width: 2, first: 0.5)
  n = linear[H](near)
  a = shift(b over T, 2) + n + linear[H](far)
)";
const char causal[] = R"(
  axis K like T
  b = scan GRU[H](s)
  fit = select(index(K) <= index(T), dot(b, rename(b, T: K)), -1e9)
  a = sum(softmax(fit over K) * rename(b, T: K) over K)
)";
const char nested[] = R"(
  axis N = 3
  input w: [2] over T, S
  input u: [2] over S, N
  r = scan GRU[H](w) over S
  q = scan GRU[H](w) over T
  g = scan GRU[H](u) over S backward
  a = mean(r over S) + max(q over S) + last(mean(g over N) over S)
)";
const char neighbours[] = R"(
  input w: [2] over T, S
  q = embedding(index(S), table: param places: [5, H] = normal(1))
  b = window(window(w over S, width: 3, pad: zero) over T, width: 2, dilation: 2)
  c = window(window(w over T, width: 2) over S, width: 3, pad: zero)
  d = window(q over S, width: 2)
  a = scan GRU[H](mean(tanh(linear[H](b, c, d) as all) * max(d) over S))
)";

INSTANTIATE_TEST_SUITE_P(
    Models, Ragged,
    testing::Values(Case{"LSTM", model("", "  a = scan LSTM[H](s)\n")},
                    Case{"TwoLayers", model("", "  b = scan GRU[H](s)\n"
                                                "  a = b + scan LSTM[H](b) from (h: 0.25) as second\n")},
                    Case{"BidirectionalGRU",
                         model("", "  a = concat(scan GRU[H](s) as forth, scan GRU[H](s) backward as back)\n")},
                    Case{"AdditiveAttention", cells + model(" ragged", additive)}, Case{"Encoder", model("", encoder)},
                    Case{"CausalAttention", model("", causal)}, Case{"Reductions", model(" ragged", reductions)},
                    Case{"Finals", model(" ragged", finals)}, Case{"Steep", cells + model("", steep)},
                    Case{"ShiftsAndWindows", model("", shifts)}, Case{"SeveralAxes", model(" ragged", nested)},
                    Case{"WindowsOfTwoAxes", model(" ragged", neighbours)}),
    [](const testing::TestParamInfo<Case> &info) { return info.param.name; });

} // namespace
