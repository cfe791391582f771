// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Gradients of programs in the language, against central differences in double: every cell of the library, and cells
// that this test makes up.

#include "Program.h"

#include "frontend/Frontend.h"
#include "passes/Registration.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

/// A cell `C` of 4 units that reads 3 numbers, as text, and how it is scanned: the sequence `a`, with the axes and
/// inputs that it needs beside.
struct Cell {
  std::string name, declaration, scan;
};
std::ostream &operator<<(std::ostream &stream, const Cell &cell) { return stream << cell.name; }

std::vector<Cell> cells() {
  std::vector<Cell> all;
  for (std::string name : {"Elman", "ElmanReLU", "LSTM", "GRU", "GRUReset"}) {
    all.push_back({name, "", "a = scan " + name + "[4](x)"});
    all.push_back({name + "Backward", "", "a = scan " + name + "[4](x) backward"});
  }
  all.push_back({"Drifting", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  state m: [H] = 0.5
  keep = sigmoid(linear[H](x, h))
  candidate = tanh(linear[H](x, h, m, bias: none))
  m' = m + 0.2 * keep * (candidate - m)
  h' = softplus(m') * candidate
  return h' / (1 + square(h'))
})",
                 "a = scan C[4](x)"});
  all.push_back({"NormalisedHalves", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  param u: [H, H] = normal(0.5)
  s = linear[H](x) + u @ h
  n = layer_norm(s)
  l, r = split(n, 2, 2)
  p = softmax(concat(r, tanh(l)))
  h' = select(p > 0.25, p, h * max(p))
  return h'
})",
                 "a = scan C[4](x) backward"});
  all.push_back({"LearntStartAndFinal", R"(
cell C[H](x: [I], still: [H]) -> [H] {
  state h: [H]
  param decay: [H] = normal(1)
  e = exp(0 - exp(decay))
  h' = e * h + (1 - e) * sin(linear[H](x)) * still
  return h'
})",
                 "param h0: [4] = normal(1)\n  param s: [4] = normal(1)\n  r = scan C[4](x, s) from (h: h0)\n"
                 "  a = r * r.final.h"});
  all.push_back({"InnerCellAndDropout", R"(
cell C[H](x: [I]) -> [H] {
  state s: [H]
  g = sigmoid(linear[H](x))
  y = GRU[H](g, h: s) as inner
  return y * g
})",
                 "b = scan C[4](dropout(x, 0.3))\n  a = scan LSTM[4](dropout(b, 0.5))"});
  all.push_back({"Draws", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  state m: [H] = bernoulli[H](0.7) / 0.7
  param u: [H, H]
  w = bernoulli[H, H](0.5, per: batch) * u
  noise = normal(0.3 * exp(linear[H](x)))
  h' = select(bernoulli[H](0.3), h, tanh(linear[H](x) as in + w @ (m * h) + noise))
  return h'
})",
                 "b = scan C[4](x)\n  r = softmax(b + gumbel[4](1 over T))\n"
                 "  a = r + uniform(b) + one_hot(sample(b)) + normal[4](1, per: window)"});
  all.push_back({"DrawsOfTheLibrary", "", "a = scan ZoneoutLSTM[4](scan VariationalLSTM[4](x) as below)"});
  all.push_back({"Powers", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  param u: [H, H] = normal(0.5)
  base = 1 + square(linear[H](x) + u @ h)
  h' = pow(base, -0.3) - pow(base, 1 / 2) + 0.1 * pow(base, 1.5) - 0.01 * pow(0 - base, 2.0)
  return h'
})",
                 "a = scan C[4](x)"});
  all.push_back({"ScanOfRows", "",
                 "axis N = 3\n  input w: [2] over T, N\n  r = scan GRU[4](concat(w, x)) over T\n"
                 "  a = sum(softmax(mean(r) over N) * r over N)"});
  all.push_back({"ScanOverAnotherAxis", "",
                 "axis N = 3\n  axis M = 2\n  input w: [2] over N, M\n  q = scan LSTM[4](w) over N backward\n"
                 "  b = scan Elman[4](max(q over N))\n  a = scan GRU[4](concat(x, b.final.h))"});
  all.push_back({"Attention", R"(
cell C[H](y: [E], memory: [M] over S) -> [H] {
  state s: [H]
  param v: [5] = normal(0.5)
  score = dot(v, tanh(linear[5](s, memory)))
  context = sum(softmax(score over S) * memory over S)
  s' = GRU[H](concat(y, context), h: s) as step
  return s' + sum(last(tanh(score * memory) over S))
})",
                 "axis S = 3\n  input w: [2] over S\n  m = scan Elman[3](w) backward\n  a = scan C[4](x, m)"});
  all.push_back({"MeanOverTime", "", "b = scan GRU[4](x)\n  a = b - mean(b over T) * last(b over T)"});
  all.push_back({"Shifts", R"(
cell C[H](x: [I], memory: [M] over S) -> [H] {
  state h: [H]
  early = shift(linear[H](memory, h: x) over S, 2, first: h)
  h' = tanh(sum(early * linear[H](h) over S))
  return h'
})",
                 "axis N = 5\n  input w: [2] over N\n  b = scan C[4](shift(x over T, first: 0.3), w) over T\n"
                 "  a = scan GRU[4](concat(b, shift(b over T, 2)))"});
  all.push_back({"Picks", "",
                 "axis N = 3\n  input w: [2] over T, N\n  input p: index[N] over T\n  b = linear[4](w, x)\n"
                 "  a = pick(b over N, p) * cross_entropy(sum(b) over N, p)"});
  all.push_back({"PickedFeatures", "",
                 "axis N = 3\n  input t: token[5] over N\n  input u: token[3] over T\n  b = linear[5](x)\n"
                 "  c = pick(b, t) * pick(reshape(linear[12](x) as c, 4, 3), u)\n  a = sum(c over N)"});
  all.push_back({"TokensCompared", "",
                 "axis N = 3\n  input t: token[3] over N\n  input u: token[3] over T\n  b = linear[4](x)\n"
                 "  a = mean(select(t == u, b, square(b)) over N) * select(u != 1, tanh(b), 0.5)"});
  all.push_back({"LogSumExpOfValues", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  state m: []
  h' = tanh(logsumexp(linear[H](x) as of, m, 2 * h, 0.3))
  m' = logsumexp(m, mean(h'))
  return h' * m'
})",
                 "a = scan C[4](x)"});
  all.push_back({"OverTheBatch", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  buffer m: [H] = 0.5
  s = linear[H](x) + h
  now = mean(s over batch)
  m' = 0.9 * m + 0.1 * now
  spread = select(training, sum(square(s - now) over batch), m)
  h' = tanh(s / (1 + spread)) + select(training, max(s over batch), m)
  return h'
})",
                 "b = scan C[4](x)\n  a = b - select(training, mean(b over (batch, T)) * max(b over (batch, T)), 0)"});
  all.push_back({"BatchNorm", "", "a = batch_norm(linear[4](x, bias: none) as l, momentum: 0.5) as n"});
  all.push_back({"BatchNormInScan", R"(
cell C[H](x: [I]) -> [H] {
  state h: [H]
  h' = tanh(batch_norm(linear[H](x, bias: none) as w, epsilon: 0.3) as wx +
            batch_norm(linear[H](h, bias: none) as u, epsilon: 0.2) as uh)
  return h'
})",
                 "b = scan C[4](x)\n  a = batch_norm(b over batch, epsilon: 0.1)"});
  all.push_back({"MatrixStates", R"(
cell C[H](x: [I]) -> [H] {
  state c: [H, H]
  state d: [H, 2] = 0.5
  q = linear[H](x)
  k = linear[H](x)
  f = sigmoid(linear[H](x))
  param u: [H, 2] = normal(0.5)
  c' = 0.5 * (diag(f) @ c) + outer(k, q) - 0.3 * (c @ diag(k)) + 0.1 * (d @ transpose(u))
  d' = tanh(c @ u + diag(f)[:2] + (c @ transpose(c))[:2])
  return tanh(c' @ q) + k @ c + (k @ u) @ transpose(d)
})",
                 "a = scan C[4](x)"});
  all.push_back({"Heads", R"(
cell C[H](x: [I]) -> [H] {
  state c: [2, 2, 3]
  q = reshape(linear[6](x) as q, 2, 3)
  v = reshape(linear[4](x) as v, 2, 2)
  f = sigmoid(linear[2](x))
  param w: [2, 3, 3] = normal(0.5)
  c' = expand(f, 2, 3) * c @ w + outer(v, q) + c @ diag(q)
  return reshape(c' @ q + v @ (c @ transpose(c)), H) * expand(mean(dot(q, q)), H)
})",
                 "a = scan C[4](x)"});
  all.push_back({"MatricesOutsideOfScans", "",
                 "axis N = 3\n  input w: [4, 2] over N\n  b = reshape(linear[8](x) as b, 2, 4)\n"
                 "  c = sum(outer(x[:2], w @ x[1:]) @ diag(x[:2] @ b) over N)\n"
                 "  a = x[:2] @ c + transpose(b) @ x[1:] + 0.1 * reshape(diag(x[:2]), 4)"});
  all.push_back({"SoManySteps", R"(
cell C[H](x: [I]) -> [H] {
  axis K = 3
  state h: [H]
  twice = scan R[H](steps: 2) from (s: tanh(linear[H](x, h) as heard))
  each = scan R[H]() over K from (s: twice.final.s)
  h' = twice + mean(each over K)
  return h'
}
cell R[H]() -> [H] {
  state s: [H]
  state n: [] = 1
  s' = 0.5 * s + tanh(linear[H](s))
  n' = n + 1
  return s' / n'
})",
                 "b = scan C[4](x)\n  c = scan R[4](steps: 3) from (s: b) as after\n  a = c * c.final.s"});
  for (std::string name : {"erf", "gelu", "silu"})
    all.push_back({name,
                   "cell C[H](x: [I]) -> [H] {\n  state h: [H]\n  param u: [H, H] = normal(0.5)\n"
                   "  h' = " +
                       name + "(linear[H](x) + u @ h)\n  return h'\n}",
                   "a = scan C[4](x)"});
  return all;
}

/// The model's training function, in double, as text.
std::string import(const Cell &cell) {
  std::string text = cell.declaration + "\nmodel M {\n  axis T\n  input x: [3] over T\n  target y: [4] over T\n  " +
                     cell.scan + "\n  output z: [4] = linear[4](a)\n  loss = squared_error(z, y)\n}\n";
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, cell.name + ".rondo"), llvm::SMLoc());
  std::unique_ptr<Program> program = parseProgram(sources, context);
  std::unique_ptr<Graph> graph = program ? elaborate(*program, {}) : nullptr;
  EntryOptions entry;
  entry.name = "f";
  entry.rows = 2;
  entry.f64 = true;
  entry.primes = true;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  if (!graph) {
    ADD_FAILURE() << text;
    return {};
  }
  entry.sizes = graph->info.sizesWith(4);
  emitEntry(*graph, entry, *module);
  std::string ir;
  llvm::raw_string_ostream stream(ir);
  module->print(stream);
  return ir;
}

class LanguageGradients : public testing::TestWithParam<Cell> {};

TEST_P(LanguageGradients, AgreeWithFiniteDifferences) {
  std::string ir = import(GetParam());
  ASSERT_FALSE(ir.empty());
  test::Program program(ir);
  ASSERT_TRUE(program.run("rondo-differentiate"));
  EXPECT_LT(test::gradientError(program, program.randomArguments("f")), 1e-7);
}

TEST_P(LanguageGradients, AgreeWithForwardMode) {
  std::string ir = import(GetParam());
  ASSERT_FALSE(ir.empty());
  test::Program program(ir);
  ASSERT_TRUE(program.run("rondo-differentiate{function=f}, rondo-tangent{function=f}"));
  EXPECT_LT(test::tangentError(program, program.randomArguments("f_tangent")), 1e-12);
}

TEST_P(LanguageGradients, AgreeTwiceWithFiniteDifferences) {
  std::string ir = import(GetParam());
  ASSERT_FALSE(ir.empty());
  test::Program program(ir);
  ASSERT_TRUE(program.run("rondo-tangent, rondo-differentiate"));
  EXPECT_LT(test::productError(program, "f_hessian", program.randomArguments("f_tangent")), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Cells, LanguageGradients, testing::ValuesIn(cells()),
                         [](const auto &info) { return info.param.name; });

} // namespace
