// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whole programs: the generated code of a model's gradient and update against the reference interpreter, which runs the
// functions as they were before they were split and lowered. Every cell of the library and the integration tests' own.
// RONDO_TEST_CPU names a CPU to compile all of them for.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include "frontend/Frontend.h"
#include "passes/Registration.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

/// A sequence `a` of a model, with the axes and inputs that it needs beside, and the file that declares its cell if
/// that is not the library.
struct Case {
  std::string name, scan, file;
};
std::ostream &operator<<(std::ostream &stream, const Case &value) { return stream << value.name; }

struct Setting {
  int64_t T, k1, B, I, H;
  std::string cpu, element, optimizer;
};
const Setting settings[] = {
    {1, 1, 1, 1, 1, "native", "f32", "optimizer=sgd numbers=momentum=0.9"},
    {5, 5, 3, 2, 7, "native", "f64", "optimizer=adam clip-norm=0.1"},
    {4, 2, 2, 3, 17, "native", "f32", "optimizer=adam"},
    {3, 1, 1, 5, 4, "haswell", "f32", "optimizer=sgd clip-norm=0.1"},
    {2, 2, 5, 2, 9, "haswell", "f32", "optimizer=adamw weight-decay=0.1"},
    {2, 2, 5, 1, 3, "x86-64", "f64", "optimizer=adam weight-decay=0.1"},
    // Enough for several threads: by features with barriers in the loop, and by rows.
    {2, 2, 1, 2, 100, "native", "f32", "optimizer=adam clip-norm=0.1"},
    {2, 2, 1, 2, 100, "native", "f64", "optimizer=adam clip-norm=0.1"},
    {2, 2, 17, 2, 40, "native", "f32", "optimizer=sgd"},
};

class Programs : public testing::TestWithParam<Case> {};

/// A model whose sequence `a` the text makes of `s`.
std::string programWith(const std::string &sequence) {
  return "\nmodel Swept(I = 1, H = 1) {\n  axis T\n  input x: [I] over T\n"
         "  input t: token[5] over T\n  target y: token[6] over T\n  e = embedding[2](t)\n"
         "  s = concat(x, e)\n  " +
         sequence +
         "\n  output z: [6] = linear[6](a)\n  loss = cross_entropy(z, y)\n"
         "  train { data arrays }\n}\n";
}

/// The gradient and the update of the model `Swept` of a program.
void expectReference(const std::string &text, const Setting &setting) {
  if (!takesNext())
    return;
  static bool once = (registerPasses(), true);
  (void)once;
  SCOPED_TRACE("T = " + std::to_string(setting.T) + ", H = " + std::to_string(setting.H) + ", " + setting.cpu);
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "swept.rondo"), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  ASSERT_TRUE(program);
  FrontendOptions options;
  options.model = "Swept";
  options.defines = {
      {"I", std::to_string(setting.I)}, {"H", std::to_string(setting.H)}, {"bptt", std::to_string(setting.T)}};
  EntryOptions entry;
  entry.rows = setting.B;
  entry.f64 = setting.element == "f64";
  entry.withOutputs = false;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  std::unique_ptr<Graph> graph = elaborate(*program, options);
  ASSERT_TRUE(graph);
  if (!graph->info.streamable && setting.k1 < setting.T)
    return;
  entry.sizes = graph->info.sizesWith(setting.T);
  emitEntry(*graph, entry, *module);

  std::string pipeline = graph->info.streamable ? "rondo-stream," : "";
  if (setting.k1 < setting.T)
    pipeline += "rondo-truncate-bptt{function=train k1=" + std::to_string(setting.k1) +
                " k2=" + std::to_string(setting.T) + "},";
  pipeline += "rondo-differentiate{function=train},rondo-make-update{function=train_grad " + setting.optimizer + "}";
  PassManager manager(&context, ModuleOp::getOperationName());
  ASSERT_TRUE(succeeded(parsePassPipeline(pipeline, manager, llvm::errs())));
  ASSERT_TRUE(succeeded(manager.run(*module)));

  std::map<std::string, std::vector<Tensor>> arguments, expected;
  for (auto function : module->getOps<func::FuncOp>()) {
    std::vector<Tensor> &given = arguments[function.getName().str()];
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
      // Single precision gets weights of the size that layers begin with: larger ones multiply the rounding of the
      // functions until no bound means anything. In double precision the same code is held to 1e-12 with them.
      double scale = setting.element == "f64" ? 0.5 : std::min(0.5, 2 / std::sqrt(double(setting.H)));
      given.push_back(randomTensor(cast<RankedTensorType>(type), 31 * i + 7, scale, /*tokens=*/5));
      if (function.getArgAttr(i, attributeOf(Role::step)))
        given.back().i = {3};
      // A sequence ends within its axis.
      if (auto axis = function.getArgAttrOfType<StringAttr>(i, attributeOf(Role::lengths)))
        for (int64_t &length : given.back().i)
          length = std::min<int64_t>(length, axis == "T" ? setting.T : 4);
      // A second moment is a mean of squares.
      if (function.getArgAttr(i, attributeOf(Role::moment2)))
        for (int64_t n = 0; n < given.back().numElements(); ++n)
          given.back().set(n, 0.01 + std::abs(given.back().at(n)));
    }
    FailureOr<std::vector<Tensor>> results = interpret(function, given);
    ASSERT_TRUE(succeeded(results));
    expected[function.getName().str()] = *results;
  }
  ASSERT_EQ(expected.size(), 3u) << "the loss, its gradient, the update";
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, setting.cpu);
  ASSERT_TRUE(compiled);
  for (auto &[name, results] : expected)
    compareWithReference(*compiled, name, arguments[name], results, "@" + name);
}

TEST_P(Programs, GradientAndUpdateEqualTheReference) {
  std::string cell;
  if (!GetParam().file.empty()) {
    auto file = llvm::MemoryBuffer::getFile(std::string(RONDO_TEST_PROGRAMS) + "/" + GetParam().file);
    ASSERT_TRUE(file) << GetParam().file;
    cell = (*file)->getBuffer().str();
  }
  std::string text = cell + programWith(GetParam().scan);
  const std::string only = testCPU();
  for (Setting setting : settings) {
    if (only != "native" && (setting.cpu != "native" || setting.T == 1))
      continue;
    if (only != "native")
      setting.cpu = only;
    expectReference(text, setting);
  }
}

/// A program with windows of widths 1 to 5 along an axis of so many positions, of this stride and dilation, as features
/// and along an axis; padded in each way, or not at all.
std::string windowsAlong(int64_t length, int64_t stride, int64_t dilation, bool padded) {
  std::string text, sum;
  auto add = [&](const std::string &name, const std::string &to, const std::string &width, const std::string &pad) {
    std::string rest = ", stride: " + std::to_string(stride) + ", dilation: " + std::to_string(dilation) + pad +
                       (to == "N" ? "" : ", to: " + to);
    text += "  f" + name + " = sum(linear[H](n: window(v over N, width: " + width + rest + ")) over " + to + ")\n" +
            "  p" + name + " = sum(linear[H](n: max(window(v over N, width: W" + width + rest + ") over W" + width +
            ")) over " + to + ")\n";
    sum += " + f" + name + " * p" + name;
  };
  auto derive = [&](const std::string &name, int64_t count) {
    int64_t more = count * stride - length;
    if (stride == 1 && more == 0)
      return std::string("N");
    text += "  axis " + name + " = (N " + (more < 0 ? "- " + std::to_string(-more) : "+ " + std::to_string(more)) +
            ") / " + std::to_string(stride) + "\n";
    return name;
  };
  // What the windows are of has a gradient too.
  text = "axis N = " + std::to_string(length) + "\n  input u: [2] over N\n  v = u * param scale: [2]\n";
  std::string to = padded ? derive("U", (length - 1) / stride + 1) : "";
  for (int64_t width = 1; width <= 5; ++width) {
    std::string number = std::to_string(width);
    int64_t lost = (width - 1) * dilation;
    if (!padded && lost >= length)
      break;
    text += "  axis W" + number + " = " + number + "\n";
    if (!padded)
      add("none" + number, derive("U" + number, (length - 1 - lost) / stride + 1), number, ", pad: none");
    else
      for (std::string pad : {"", "zero", "edge", "reflect"})
        add(pad + number, to, number, pad.empty() ? ", first: 0.25" : ", pad: " + pad);
  }
  return text + "  a = linear[H](s)" + sum;
}

TEST(Windows, EqualTheReference) {
  size_t next = 0;
  for (bool padded : {true, false})
    for (int64_t stride : {1, 2, 3})
      for (int64_t dilation : {1, 2})
        for (int64_t length : {7, 1}) {
          SCOPED_TRACE("stride " + std::to_string(stride) + ", dilation " + std::to_string(dilation) + ", length " +
                       std::to_string(length) + (padded ? ", padded" : ""));
          Setting setting = settings[next++ % 5]; // small ones
          setting.k1 = setting.T;
          if (testCPU() != "native")
            setting.cpu = testCPU();
          if (length > 1 || (stride == 3 && padded))
            expectReference(programWith(windowsAlong(length, stride, dilation, padded)), setting);
        }
}

// Windows whose first one begins before the axis or behind its first position, and whose last ones reach beyond the end
// or leave positions out.
TEST(Windows, ThatArePlacedEqualTheReference) {
  std::string text = "axis N = 9\n  axis F = 4\n  axis W = 3\n  input u: [2] over N\n  v = u * param scale: [2]\n";
  std::string sum;
  int number = 0;
  for (std::string place :
       {"zero, before: 3, stride: 2", "zero, before: -5, stride: 3", "edge, before: 1", "none, before: -1",
        "reflect, before: 4, stride: 4", "reflect, before: -2, stride: 2, dilation: 2", "none, before: 0, stride: 2"}) {
    std::string name = std::to_string(++number), rest = ", pad: " + place + ", to: F)";
    text += "  f" + name + " = sum(linear[H](n: window(v over N, width: 3" + rest + ") over F)\n" + "  p" + name +
            " = sum(linear[H](n: max(window(v over N, width: W" + rest + " over W)) over F)\n";
    sum += " + f" + name + " + p" + name; // products would cancel one another beyond single precision
  }
  for (size_t i : {0, 1}) {
    Setting setting = settings[i];
    setting.k1 = setting.T;
    if (testCPU() != "native")
      setting.cpu = testCPU();
    expectReference(programWith(text + "  a = linear[H](s)" + sum), setting);
  }
}

// What an outer loop's step keeps for itself while an inner one runs, in threads that have much to do.
TEST(Loops, WithinOneAnotherEqualTheReference) {
  std::string cells = "cell Inner[H](x: [I]) -> [H] {\n  state h: [H]\n  s = softmax(linear[H](x, h))\n"
                      "  h' = tanh(s - mean(s)) * max(h) + x\n  return h' + h\n}\n"
                      "cell Outer[H](x: [I], q: [H] over S) -> [H] {\n  state g: [H]\n  p = linear[H](x, g)\n"
                      "  m = tanh(sum(p))\n  v = max(p)\n  r = scan Inner[H](q * m) over S\n  z = sum(r over S)\n"
                      "  g' = tanh(z * v + p * m) + mean(z)\n  return g'\n}\n";
  std::string text = "axis S = 3\n  input q: [H] over S\n  a = scan Outer[H](s, q) over T";
  for (std::string element : {"f32", "f64"}) {
    Setting setting{4, 4, 7, 2, 300, "native", element, "optimizer=sgd"};
    if (testCPU() != "native")
      setting.cpu = testCPU();
    expectReference(cells + programWith(text), setting);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cells, Programs,
    testing::Values(
        Case{"Elman", "a = scan Elman[H](s)", ""}, Case{"ElmanReLU", "a = scan ElmanReLU[H](s)", ""},
        Case{"LSTM", "a = scan LSTM[H](dropout(s, 0.2))", ""}, Case{"GRU", "a = scan GRU[H](s)", ""},
        Case{"GRUReset", "a = scan GRUReset[H](s)", ""}, Case{"PeepholeLSTM", "a = scan PeepholeLSTM[H](s)", ""},
        Case{"LSTMP", "a = scan LSTMP[H, 2](s)", ""}, Case{"LayerNormLSTM", "a = scan LayerNormLSTM[H](s)", ""},
        Case{"SCRN", "a = scan SCRN[H](s)", ""}, Case{"RHN", "a = scan RHN[H](s)", ""},
        Case{"BothDirectionsTwice",
             "f = scan LSTM[H](s)\n  b = scan LSTM[H](s) backward\n  m = concat(f, b)\n"
             "  g = scan LSTM[H](m)\n  c = scan LSTM[H](m) backward\n  a = concat(g, c)",
             ""},
        Case{"BothDirections", "f = scan LSTM[H](s)\n  b = scan GRU[H](s) backward\n  a = concat(f, b)", ""},
        Case{"TwoPhase", "a = scan TwoPhase[H](s)", "twophase.rondo"},
        Case{"ConstantState", "a = scan Held[H](s)", "constant-state.rondo"},
        Case{"Past",
             "c = linear[H](w: window(s over T, width: 2, dilation: 2, first: 0.5))\n  q = scan GRU[H](c)\n"
             "  a = concat(q, shift(q over T, 2), embedding[2](shift(t over T, first: 3)))",
             ""},
        Case{"ScanOfRows",
             "axis N = 3\n  input w: [2] over T, N\n  r = scan GRU[H](concat(w, s)) over T\n"
             "  a = sum(softmax(mean(r) over N) * r over N)",
             ""},
        Case{"ScanOverAnotherAxis",
             "axis N = 3\n  axis M = 2\n  input w: [2] over N, M\n  q = scan LSTM[H](dropout(w, 0.2)) over N backward\n"
             "  b = scan Elman[H](max(q over N))\n  a = scan GRU[H](concat(s, b.final.h))",
             ""},
        Case{"TokensOverAnotherAxis",
             "axis N = 4\n  input k: token[5] over T, N\n  input w: [5] over N\n  q = layer_norm(embedding[H](k)) as "
             "norm\n"
             "  a = scan LSTM[H](last(dropout(q, 0.3) over N) + mean(linear[H](k: one_hot(k) * w) as extra over N))",
             ""},
        Case{"TokensOfCells", "axis N = 4\n  input k: token[5] over N\n  a = scan TokenReader[H](s, t, k)",
             "token-reader.rondo"},
        Case{"CTC",
             "axis N = 1\n  input k: token[5] over N\n  b = CTC(linear[5](s) as said, k)\n"
             "  a = scan Elman[H](concat(s, expand(b / 9, 1)))",
             ""},
        Case{"Attention",
             "axis S = 3\n  input w: [2] over S\n  m = concat(scan Elman[H](w) as forth, scan Elman[H](w) backward as "
             "back)\n"
             "  d = scan Attend[H, 4](s, m)\n  p = scan Point[2 * H](d, m, w)\n"
             "  a = concat(d, sum(softmax(p over S) * m over S))",
             "attention.rondo"},
        Case{"SelfAttention",
             "axis S like T\n  n = layer_norm(s)\n  q = linear[H](n)\n  k = rename(linear[H](n, bias: none) as key, T: "
             "S)\n"
             "  weight = softmax(select(index(S) <= index(T), dot(q, k) * 0.5, -1e9) over S)\n"
             "  a = concat(q, sum(weight * rename(linear[H](n) as value, T: S) over S))",
             ""},
        Case{"ScansOfItsOwnPositions",
             "axis S like T\n  m = rename(s, T: S)\n  r = scan Elman[H](m - 0.1 * index(S)) over S backward\n"
             "  a = concat(scan Attend[H, 4](s, m) over T as d, max(scan GRU[H](concat(s, m)) over T as rows * r over "
             "S))",
             "attention.rondo"},
        Case{"RenamedAxes",
             "axis K = 2\n  axis S like T\n  input w: [H] over T, K\n  q = linear[H](s)\n"
             "  r = rename(linear[H](w) * index(K), T: S)\n"
             "  a = concat(q, sum(mean(softmax(dot(q, r) over S) * r over K) over S))",
             ""},
        Case{"TablesOfTokensAndPositions",
             "param w: [5, H]\n  param p: [5, H]\n  r = embedding(t, table: w) + embedding(index(T), table: p)\n"
             "  a = concat(tanh(w @ r), s)",
             ""},
        Case{"Lengths",
             "axis S = 4\n  input w: [2] over S\n  m = scan Elman[H](w)\n  q = scan GRU[H](s)\n"
             "  weight = softmax(select(index(S) < length(S), dot(q, m), -1e9) over S)\n"
             "  a = concat(q, sum(weight * m over S) * select(index(T) < length(T), 1, 0))",
             ""},
        Case{"LengthsOfItsOwnPositions",
             "axis S like T\n  q = linear[H](s)\n  k = rename(q, T: S)\n"
             "  weight = softmax(select(index(S) < length(S), dot(q, k), -1e9) over S)\n"
             "  a = sum(weight * k over S) / max(length(T), 1)",
             ""},
        Case{"Shifts",
             "axis N = 3\n  input w: [H] over T, N\n  input k: [H] over N\n"
             "  q = shift(w over T, first: tanh(k)) * shift(w over N, 2, first: 0.5)\n"
             "  past = embedding[H](shift(t over T, first: 4))\n"
             "  a = scan GRU[H](concat(shift(s over T, 3), past, max(q over N)))",
             ""},
        Case{"Picks",
             "axis S = 5\n  axis N = 2\n  input w: [H] over S, N\n  input p: index[S] over T, N\n"
             "  m = linear[H](w)\n  q = pick(m over S, p) + pick(w over S, t)\n"
             "  r = pick(pick(m over S, index(S)) over S, p)\n"
             "  place = cross_entropy(sum(q * m) over S, p)\n"
             "  a = scan GRU[H](sum(q * r * place over N))",
             ""},
        Case{"PicksInScans",
             "axis S = 5\n  input w: [H] over S\n  input p: index[S] over S\n  m = linear[H](w)\n"
             "  a = scan Reader[H](s, m, pick(m over S, p)) over T",
             "reader.rondo"},
        Case{"MeanOverTime", "b = scan GRU[H](s)\n  a = b - mean(b over T) * last(b over T)", ""},
        Case{"DropoutOfEveryKind",
             "axis N = 3\n  input w: [2] over N\n  input v: [2]\n  param u: [H]\n  q = linear[H](w: dropout(w, 0.25))\n"
             "  a = (scan LSTM[H](dropout(s, 0.2)) * dropout(u, 0.3) + mean(q over N) + sum(dropout(v, 0.1))) *\n"
             "    (1 + dropout(index(T), 0.4))",
             ""},
        Case{"DrawsOfEveryKind",
             "axis N = 3\n  input w: [2] over N\n  param u: [H, H]\n  l = linear[H](s)\n"
             "  q = bernoulli[H, H](0.8, per: batch) * u\n  m = uniform[H](1, per: window) + normal[H](0.5)\n"
             "  n = sum(normal(w) over N)\n  g = one_hot(sample(l)) + softmax(l + gumbel[H](1 over T))\n"
             "  a = scan LSTM[H](s + sum(n) * normal[I + 2](0.1 over T)) * m + q @ select(bernoulli(sigmoid(l)), g, l)",
             ""},
        Case{"DrawsInCells", "a = scan ZoneoutLSTM[H](scan VariationalLSTM[H](s) as below)", ""},
        Case{"Tower", "a = scan Tower[H](s)", "tower.rondo"},
        Case{"Components", "b = scan Layers[H](s)\n  c = scan Leaky[H](b) backward\n  a = scan RWKV[H](c)",
             "components.rondo"},
        Case{"TwoDimensional",
             "axis N = 3\n  axis M = 2\n  input w: [2] over N, M\n"
             "  q = scan MDLSTM[H](dropout(w, 0.2)) over (N backward, M)\n"
             "  a = scan GRU[H](concat(s, last(max(q over N) over M)))",
             ""},
        Case{"TwoDimensionalOverTime",
             "axis N = 3\n  input w: [2] over T, N\n  q = scan MDLSTM[H](concat(w, s)) over (N backward, T)\n"
             "  a = max(q over N)",
             ""},
        Case{"TwoDimensionalBackwardOverRows",
             "axis N = 2\n  axis M = 3\n  input w: [2] over T, M, N\n"
             "  a = mean(max(scan MDLSTM[H](linear[2](w, s) as seen) over (T backward, M) over N) over M)",
             ""},
        Case{"GridOverTime",
             "axis N = 3\n  input w: [2] over T, N\n  param first: [H]\n"
             "  a = sum(scan GridLSTM[H](concat(w, s)) over (T, N) from (hc: first) as grid over N)",
             ""},
        Case{"StatesOverAnAxis",
             "axis S = 3\n  input w: [2] over S\n  a = scan Covering[H, 4](s, w) + scan Writing[H](s, w) as slots",
             "nested-scans.rondo"},
        Case{"ScansWithin", "axis S = 3\n  input w: [2] over S\n  a = scan Rereading[H](s, w)", "nested-scans.rondo"},
        Case{"TwoDimensionalWithin",
             "axis S = 3\n  axis Q = 2\n  input w: [2] over S\n  input v: [1] over Q\n"
             "  a = scan Crossing[H](s, w, v) + scan Deep[H](s, w, v) as deep",
             "nested-scans.rondo"},
        Case{"SoManySteps",
             "axis K = 3\n  input w: [H] over K\n  r = scan Seek[0.5](linear[H](s) as bias, w, steps: 3) as sought\n"
             "  q = scan Settle[H]() over T from (s: last(r.final.s over T)) as each\n"
             "  p = scan Settle[H](steps: 2) from (s: 0.25) as same\n"
             "  a = concat(scan Settle[H](steps: 1) from (s: r) as once, r.final.n * r.final.s, q, p)",
             "steps.rondo"},
        Case{"SoManyStepsOverTime",
             "input v: [H]\n  q = scan Settle[H]() over T from (s: v) as each\n  a = q * linear[H](s)", "steps.rondo"},
        Case{"SoManyStepsWithin", "a = scan Ponder[H](s)", "steps.rondo"}),
    [](const auto &info) { return info.param.name; });

} // namespace
