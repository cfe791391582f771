// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Ragged axes: a batch of sequences of different lengths, filled up with what is not a number, gives outputs, states,
// losses and gradients as each sequence does alone, in the same program without `ragged`, made for its length. In
// windows of `bptt(k1, k2)` with carried states each window does. Generated code gives what the interpreter does.
//
//   RONDO_TEST_CPU   the CPU to compile for, native unless given

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/RaggedBatch.h"
#include "test/numeric/TestCPU.h"

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

constexpr int64_t rows = 8, longest = 10, tokens = 5;
const std::vector<int64_t> lengthsOfT = {10, 10, 6, 2, 2, 1, 1, 0}, lengthsOfS = {4, 1, 3, 5, 2, 5, 1, 2};

struct Case {
  std::string name, text;
};
std::ostream &operator<<(std::ostream &stream, const Case &value) { return stream << value.name; }

class Ragged : public testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    DialectRegistry registry;
    registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
  }
  LossFunctions build(bool isRagged, int64_t batch, int64_t T, int64_t S, int64_t counted) {
    return buildLoss(*context, GetParam().text, isRagged, batch, T, counted, {{"size", std::to_string(S)}});
  }

  std::unique_ptr<MLIRContext> context;
  RaggedBatch ragged{lengthsOfT, lengthsOfS, tokens};
};

TEST_P(Ragged, EqualsEachSequenceAlone) {
  LossFunctions batch = build(true, rows, longest, 5, longest);
  ASSERT_TRUE(batch.graph);
  ragged.makeData(batch);
  Named values = runNamed(batch.loss(), ragged.data), gradients = runNamed(batch.gradient(), ragged.data);
  std::vector<std::pair<double, Named>> alone;
  for (int64_t b = 0; b < rows; ++b) {
    int64_t positions = lengthsOfT[b];
    if (!positions)
      continue;
    LossFunctions one = build(false, 1, positions, lengthsOfS[b], positions);
    ASSERT_TRUE(one.graph);
    Named row = ragged.rowOf(batch.graph->info, ragged.data, b, 0, positions);
    ragged.compareRow(batch.graph->info, values, runNamed(one.loss(), row), b, positions, longest);
    Named own = runNamed(one.gradient(), row);
    ragged.compareRow(batch.graph->info, gradients, own, b, positions, longest);
    alone.push_back({double(positions), own});
  }
  compareSums(gradients, alone);

  std::vector<Tensor> arguments = argumentsOf(batch.gradient(), ragged.data);
  FailureOr<std::vector<Tensor>> expected = interpret(batch.gradient(), arguments);
  ASSERT_TRUE(succeeded(expected));
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*batch.module, testCPU());
  ASSERT_TRUE(compiled);
  compareWithReference(*compiled, "train_grad", arguments, *expected, "@train_grad");
}

/// Windows of k2 positions with the states carried over k1 each, of which the losses of the last k1 count.
TEST_P(Ragged, InWindowsEqualsEachSequenceAlone) {
  if (testCPU() != "native") // no code is made
    return;
  for (auto [k1, k2] : {std::pair<int64_t, int64_t>(3, 3), {2, 5}, {1, 3}, {10, 10}}) {
    SCOPED_TRACE("bptt(" + std::to_string(k1) + ", " + std::to_string(k2) + ")");
    LossFunctions whole = build(true, rows, longest, 5, longest);
    LossFunctions batch = build(true, rows, k2, 5, k1);
    ASSERT_TRUE(whole.graph && batch.graph);
    if (!batch.graph->info.streamable)
      return;
    ragged.makeData(whole);
    const ModelInfo &info = batch.graph->info;
    Named states;
    std::vector<Named> rowStates(rows);
    for (int64_t first = 0; first < longest; first += k1) {
      // What the window holds of each row, zero or not a number behind it, as it comes.
      Named window = ragged.data;
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
          const Tensor &from = ragged.data[(ports == &info.inputs ? "input." : "target.") + port.name];
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
      Named found = runNamed(batch.gradient(), window);
      for (int64_t b = 0; b < rows; ++b) {
        int64_t counted = held[b] - (k2 - k1);
        if (counted <= 0)
          continue;
        LossFunctions one = build(false, 1, held[b], lengthsOfS[b], counted);
        ASSERT_TRUE(one.graph);
        Named row = ragged.rowOf(info, ragged.data, b, first, held[b]);
        row["start."] = window["start."];
        for (const auto &[name, state] : rowStates[b])
          row[name] = state;
        Named own = runNamed(one.gradient(), row);
        for (const StateInfo &state : info.states) {
          rowStates[b]["state." + state.name] = own.at("state." + state.name);
          states["state." + state.name] = found.at("state." + state.name);
        }
        if (held[b] == k2)
          ragged.compareRow(info, found, own, b, held[b], k2);
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

const std::string leaky = R"(
cell Leaky[H](x: [I]) -> [H] {
  state h: [H]
  param u: [H]
  h' = 0.5 * h + tanh(linear[H](x) + u * h)
  return h'
}
)";

INSTANTIATE_TEST_SUITE_P(
    Models, Ragged,
    testing::Values(Case{"LSTM", model("", "  a = scan LSTM[H](s)\n")},
                    Case{"TwoLayers", model("", "  b = scan GRU[H](s)\n"
                                                "  a = b + scan LSTM[H](b) from (h: 0.25) as second\n")},
                    Case{"StatesBeforeOthers", model("", "  b = scan SCRN[H](s)\n  a = scan RWKV[H](b)\n")},
                    Case{"BidirectionalGRU",
                         model("", "  a = concat(scan GRU[H](s) as forth, scan GRU[H](s) backward as back)\n")},
                    // Without a product in the loop.
                    Case{"PointByPoint", leaky + model("", "  a = concat(scan Leaky[H](s) as forth, "
                                                           "scan Leaky[H](s) backward as back)\n")},
                    Case{"AdditiveAttention", cells + model(" ragged", additive)}, Case{"Encoder", model("", encoder)},
                    Case{"CausalAttention", model("", causal)}, Case{"Reductions", model(" ragged", reductions)},
                    Case{"Finals", model(" ragged", finals)}, Case{"Steep", cells + model("", steep)},
                    Case{"ShiftsAndWindows", model("", shifts)}, Case{"SeveralAxes", model(" ragged", nested)},
                    Case{"WindowsOfTwoAxes", model(" ragged", neighbours)}),
    [](const testing::TestParamInfo<Case> &info) { return info.param.name; });

} // namespace
