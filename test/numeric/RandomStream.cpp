// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "test/numeric/RandomStream.h"

#include <functional>
#include <random>
#include <vector>

using namespace rondo;

namespace {

class StreamWriter {
public:
  StreamWriter(uint64_t seed, bool attends) : random(seed), attends(attends) {}
  std::string write();

private:
  struct Value {
    std::string name;
    int64_t size;
    bool overRows; // along the second axis
  };

  uint64_t below(uint64_t n) { return random() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string number(int64_t least, int64_t most) { return std::to_string(least + int64_t(below(most - least + 1))); }
  std::string fresh() { return "v" + std::to_string(counter++); }
  const Value &pick() { return values[values.size() - 1 - below(std::min<size_t>(values.size(), 4))]; }

  void define(const std::string &expression, int64_t size, bool overRows) {
    values.push_back({fresh(), size, overRows});
    text += "  " + values.back().name + " = " + expression + "\n";
  }
  /// What stands before the first position: a number, or for a shift what the model learns.
  std::string first(int64_t size, bool isShift) {
    unsigned kind = below(isShift ? 3 : 2);
    if (kind == 0)
      return "";
    if (kind == 1)
      return ", first: " + std::string(chance(50) ? "0.5" : "-2");
    std::string name = fresh();
    text += "  param " + name + ": [" + std::to_string(size) + "] = normal(0.5)\n";
    return ", first: " + name;
  }
  std::string windowOf(const std::string &value, int64_t width) {
    std::string dilation = chance(50) ? ", dilation: " + number(1, 4) : "";
    return "window(" + value + " over T, width: " + std::to_string(width) + dilation + first(1, false) + ")";
  }

  void product();
  void shift();
  void shiftTokens();
  void convolve();
  void convolveRows();
  void pool();
  void scan();
  void count();
  void combine();
  void draw();
  std::string visible(const std::string &value, const std::string &otherwise);
  void attend();
  void reduceSeen();
  void pointAtTokens();

  std::mt19937_64 random;
  bool attends;
  unsigned counter = 0;
  bool hasRows = false, hasTokens = false, hasWidth = false;
  std::vector<Value> values;
  std::string text;
};

void StreamWriter::product() {
  Value a = pick();
  int64_t n = 1 + int64_t(below(5));
  define("tanh(linear[" + std::to_string(n) + "](a: " + a.name + "))", n, a.overRows);
}

void StreamWriter::shift() {
  Value a = pick();
  std::string rest = first(a.size, true); // may be a statement before this one
  define("shift(" + a.name + " over T, " + number(1, 5) + rest + ")", a.size, a.overRows);
}

void StreamWriter::shiftTokens() {
  if (hasTokens)
    define("embedding[3](shift(t over T, " + number(1, 3) + ", first: " + number(0, 4) + "))", 3, false);
}

void StreamWriter::convolve() {
  Value a = pick();
  int64_t n = 1 + int64_t(below(5));
  std::string size = "[" + std::to_string(n);
  if (chance(30) && !a.overRows)
    define("CausalConvolution" + size + ", " + number(2, 4) + ", " + number(1, 3) + "](" + a.name + ")", n, false);
  else
    define("linear" + size + "](w: " + windowOf(a.name, 1 + int64_t(below(4))) + ")", n, a.overRows);
}

/// Windows along both axes, in either order, or along one of them around.
void StreamWriter::convolveRows() {
  Value a = pick();
  if (!a.overRows)
    return;
  const char *const pads[] = {"zero", "edge", "reflect"};
  std::string pad = pads[below(3)];
  auto rows = [&](const std::string &value) { return "window(" + value + " over N, width: 2, pad: " + pad + ")"; };
  int64_t width = 2 + int64_t(below(2));
  std::string both = chance(50) ? rows(windowOf(a.name, width)) : windowOf(rows(a.name), width);
  if (hasWidth && chance(40))
    both = "max(window(" + both + " over N, width: W, pad: " + pad + ") over W)";
  define("linear[3](w: " + both + ")", 3, true);
}

/// The largest, or the sum, of neighbours.
void StreamWriter::pool() {
  Value a = pick();
  if (!hasWidth)
    return;
  std::string near = "window(" + a.name + " over T, width: W" + first(1, false) + ") over W)";
  define((chance(50) ? "max(" : "sum(") + near, a.size, a.overRows);
}

void StreamWriter::scan() {
  Value a = pick();
  const char *const cells[] = {"GRU", "LSTM", "Elman", "GRUReset", "Memory"};
  int64_t n = 1 + int64_t(below(5));
  define("scan " + std::string(cells[below(std::size(cells))]) + "[" + std::to_string(n) + "](" + a.name + ") over T",
         n, a.overRows);
}

/// The number of a position, or a row of a table for it.
void StreamWriter::count() {
  Value a = pick();
  if (chance(50)) {
    define("sin(" + a.name + ") * cos(0.3 * index(T) + " + number(0, 3) + ")", a.size, a.overRows);
    return;
  }
  std::string table = fresh();
  text += "  param " + table + ": [40, 2] = normal(0.5)\n";
  define("embedding(index(T), table: " + table + ")", 2, false);
}

void StreamWriter::combine() {
  Value a = pick(), b = pick();
  define("sin(" + a.name + ") + tanh(linear[" + std::to_string(a.size) + "](b: " + b.name + "))", a.size,
         a.overRows || b.overRows);
}

/// Noise, choices, samples and masks, of each position or of the sequence.
void StreamWriter::draw() {
  Value a = pick();
  std::string size = "[" + std::to_string(a.size) + "]";
  switch (below(5)) {
  case 0:
    return define(a.name + " + normal(0.1 * " + a.name + ")", a.size, a.overRows);
  case 1:
    return define("select(bernoulli(sigmoid(" + a.name + ")), " + a.name + ", uniform" + size + "(1, per: sequence))",
                  a.size, a.overRows);
  case 2:
    return define("softmax(" + a.name + " + gumbel" + size + "(1 over T))", a.size, a.overRows);
  case 3:
    return define("one_hot(sample(" + a.name + "))", a.size, a.overRows);
  default:
    return define("scan Drawing" + size + "(" + a.name + ") over T", a.size, a.overRows);
  }
}

/// The value where a position along S is not behind that along T, in one of the ways to say so, for some not too far
/// before.
std::string StreamWriter::visible(const std::string &value, const std::string &otherwise) {
  std::string near =
      chance(40) ? "select(index(T) - index(S) < " + number(1, 6) + ", " + value + ", " + otherwise + ")" : value;
  switch (below(4)) {
  case 0:
    return "select(index(S) <= index(T), " + near + ", " + otherwise + ")";
  case 1:
    return "select(index(T) >= index(S), " + near + ", " + otherwise + ")";
  case 2:
    return "select(index(S) - index(T) < 1, " + near + ", " + otherwise + ")";
  default:
    return "select(index(S) > index(T), " + otherwise + ", " + near + ")";
  }
}

/// Heads of attention, of which some share keys, with what is done to scores.
void StreamWriter::attend() {
  Value a = pick();
  int64_t heads = 1 + int64_t(below(2)), n = 1 + int64_t(below(4));
  bool shares = chance(30);
  std::string all, key;
  for (int64_t head = 0; head < heads; ++head) {
    std::string query = fresh(), value = fresh(), score = fresh(), weight = fresh(), size = std::to_string(n);
    auto linear = [&](const std::string &name) {
      text += "  " + name + " = linear[" + size + "](a: " + a.name + ")\n";
    };
    linear(query);
    linear(value);
    if (key.empty() || !shares)
      linear(key = fresh());
    std::string fit = "dot(" + query + ", rename(" + key + ", T: S)) / sqrt(" + size + ")";
    if (chance(30))
      fit = "2 * tanh(" + fit + ")";
    if (chance(30))
      fit = fit + " - 0.25 * (index(T) - index(S))";
    bool scalesLast = chance(20);
    text += "  " + score + " = " + visible(fit, chance(50) ? "-1e9" : "-1e30") + (scalesLast ? " / 3" : "") + "\n";
    text += "  " + weight + " = softmax(" + score + " over S)\n";
    all += (all.empty() ? "" : ", ") + ("sum(" + weight + " * rename(" + value + ", T: S) over S)");
  }
  define(heads > 1 ? "concat(" + all + ")" : all, heads * n, a.overRows);
}

/// A sum or maximum of what has been seen.
void StreamWriter::reduceSeen() {
  Value a = pick();
  std::string seen = "rename(tanh(" + a.name + "), T: S)";
  if (chance(50))
    define("sum(" + visible(seen, "0") + " over S) / (1 + index(T))", a.size, a.overRows);
  else
    define("max(" + visible(seen, "-1e9") + " over S)", a.size, a.overRows);
}

/// Weights of the positions before, as those of their tokens.
void StreamWriter::pointAtTokens() {
  if (hasTokens)
    define("sum(" + visible("1 / (1 + index(S))", "0") + " * one_hot(rename(t, T: S)) over S)", 5, false);
}

/// A cell with states that are matrices.
const char *const memory = R"(
cell Memory[D](x: [I]) -> [D] {
  state c: [D, D]
  state d: [2, D, 3] = 0.5
  param w: [D, D] = normal(0.5)
  q = tanh(linear[D](x))
  k = sigmoid(linear[D](x))
  c' = diag(k) @ c + 0.2 * outer(q, k) - 0.1 * (c @ diag(q))
  both = reshape(linear[2 * D](x), 2, D)
  d' = tanh(0.5 * d + outer(both, reshape(linear[6](x) as three, 2, 3)))
  return tanh(c' @ q + k @ c + w @ (q @ transpose(c))) + 0.1 * mean(d') * (w @ q)
}
)";

std::string StreamWriter::write() {
  hasRows = chance(50);
  hasTokens = chance(50);
  hasWidth = chance(60);
  bool rowsFirst = chance(50);
  std::string rows = hasRows ? "  axis N = 3\n" : "";
  text = std::string(memory) +
         "cell Drawing[H](x: [H]) -> [H] {\n  state h: [H] = normal[H](1)\n  state m: [H] = bernoulli[H](0.5)\n"
         "  h' = tanh(m * h + uniform[H](0.5) + x)\n  return h'\n}\n";
  text += "model R {\n" + (rowsFirst ? rows : "") + "  axis T" + (attends ? " max 15\n  axis S like T" : "") + "\n" +
          (rowsFirst ? "" : rows);
  text += hasWidth ? "  axis W = 3\n" : "";
  text += "  input x: [3] over T" + std::string(hasRows ? ", N" : "") + "\n";
  text += hasTokens ? "  input t: token[5] over T\n" : "";
  values.push_back({"x", 3, hasRows});
  const std::function<void()> kinds[] = {
      [&] { product(); }, [&] { shift(); }, [&] { shiftTokens(); }, [&] { convolve(); }, [&] { convolveRows(); },
      [&] { pool(); },    [&] { scan(); },  [&] { combine(); },     [&] { count(); },    [&] { draw(); }};
  for (unsigned i = 0, count = 5 + below(5); i < count; ++i)
    kinds[below(std::size(kinds))]();
  const std::function<void()> pasts[] = {[&] { attend(); }, [&] { attend(); }, [&] { reduceSeen(); },
                                         [&] { pointAtTokens(); }};
  for (unsigned i = 0, count = attends ? 1 + below(3) : 0; i < count; ++i) {
    pasts[i ? below(std::size(pasts)) : 0]();
    kinds[below(std::size(kinds))]();
  }
  shift();
  std::string all;
  bool overRows = false;
  for (const Value &value : values) {
    all += (all.empty() ? "" : ", ") + value.name + ": " + value.name;
    overRows |= value.overRows;
  }
  define("linear[2](" + all + ")", 2, overRows);
  std::string result = values.back().name;
  text += "  output y: [2] = " + (overRows ? "mean(" + result + " over N)" : result) + "\n";
  if (chance(50))
    text += "  output z: [2] = last(" + result + " over T)\n";
  return text + "  train {\n    bptt 12\n  }\n}\n";
}

} // namespace

std::string rondo::makeRandomStream(uint64_t seed, bool attends) { return StreamWriter(seed, attends).write(); }
