// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Writes random programs. Values stay of moderate size: states are squashed, and no function is used near a pole, so
// that differences of two correct evaluations are rounding alone.

#include "test/numeric/RandomProgram.h"

#include <algorithm>
#include <random>

using namespace rondo;

namespace {

struct Value {
  std::string name;
  int64_t size;
  bool used = false;
};

/// The bounded functions of one element.
const char *const functions[] = {
    "tanh(@)", "sigmoid(@)", "sin(@)", "cos(@)", "exp(tanh(@))", "log(1 + square(@))", "sqrt(1 + square(@))",
    "softplus(@)", "tanh(square(@))", "1 / (1 + square(@))", "abs(@)", "tanh(pow(@, 3))", "-@", "0.5 * @ + 0.1"};

class Writer {
public:
  explicit Writer(uint64_t seed) : random(seed) {}
  RandomProgram write();

private:
  uint64_t below(uint64_t n) { return random() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  /// Mostly small sizes: whole vectors, tails, and both.
  int64_t size() { return chance(75) ? 1 + below(9) : 10 + below(31); }
  std::string fresh() { return "v" + std::to_string(counter++); }
  void line(const std::string &text) { body += "  " + text + "\n"; }
  std::string define(const std::string &text, int64_t n) {
    std::string name = fresh();
    line(name + " = " + text);
    values.push_back({name, n});
    ++equations;
    return name;
  }

  Value pick();
  std::string pick(int64_t n);
  void note(Decision decision, const std::string &condition);
  void decide(Decision decision);
  void rearrange();
  void transform();
  void nest();
  std::string writeState(const Value &state, const std::string &candidate);
  std::string leftovers(int64_t n);
  std::string cell(bool probe, const std::string &head, const std::string &result, int64_t n) const;
  std::string model(bool probe, int64_t n) const;

  std::mt19937_64 random;
  unsigned counter = 0, equations = 0;
  std::string body;
  std::vector<Value> values;
  std::vector<std::string> marks;
  RandomProgram program;
  // Of the model.
  int64_t inputs = 1, outputs = 1;
  bool backward = false;
  unsigned second = 0;
};

} // namespace

/// A value, rather one that nothing has used yet.
Value Writer::pick() {
  size_t at = below(values.size());
  if (chance(60))
    for (size_t i = 0; i < values.size() && values[at].used; ++i)
      at = (at + 1) % values.size();
  values[at].used = true;
  return values[at];
}

/// The name of a value of this size.
std::string Writer::pick(int64_t n) {
  std::vector<Value *> fitting;
  for (Value &value : values)
    if (value.size == n)
      fitting.push_back(&value);
  if (!fitting.empty() && chance(70)) {
    Value &value = *fitting[below(fitting.size())];
    value.used = true;
    return value.name;
  }
  std::string name = define("linear[" + std::to_string(n) + "](a: " + pick().name + ")", n);
  values.back().used = true;
  return name;
}

/// Remembers for the probe which way a decision goes.
void Writer::note(Decision decision, const std::string &condition) {
  program.decisions.push_back(decision);
  std::string zero = "0 * " + condition.substr(0, condition.find(' '));
  marks.push_back("mean(select(" + condition + ", 1 + " + zero + ", " + zero + "))");
}

void Writer::decide(Decision decision) {
  Value value = pick();
  const std::string &a = value.name;
  int64_t n = value.size;
  if (decision == Decision::Relu) {
    note(decision, a + " > 0");
    define("relu(" + a + ")", n);
  } else if (decision == Decision::MaxOfAll) {
    std::string largest = chance(50) ? a : pick(n);
    note(decision, largest + " < max(" + largest + ")");
    define(a + (chance(50) ? " - " : " * ") + "max(" + largest + ")", n);
  } else {
    std::string b = pick(n);
    if (b == a) {
      b = define("linear[" + std::to_string(n) + "](a: " + a + ")", n);
      values.back().used = true;
    }
    if (decision == Decision::Select) {
      const char *const comparisons[] = {" > ", " < ", " >= ", " <= "};
      std::string condition = a + comparisons[below(4)] + (chance(40) ? "0.1" : b);
      note(decision, condition);
      std::string c = pick(n), d = pick(n);
      define("select(" + condition + ", " + c + ", " + (c == d ? "0.5 * " : "") + d + ")", n);
    } else {
      bool max = decision == Decision::MaxOfTwo;
      note(decision, a + (max ? " > " : " < ") + b);
      define((max ? "max(" : "min(") + a + ", " + b + ")", n);
    }
  }
}

/// Other sizes: parts, and several values as one.
void Writer::rearrange() {
  Value value = pick();
  int64_t n = value.size;
  if (chance(40)) {
    Value other = pick();
    if (n + other.size <= 40)
      define("concat(" + value.name + ", " + other.name + ")", n + other.size);
    return;
  }
  if (n < 2)
    return;
  int64_t at = 1 + below(n - 1);
  if (chance(50)) {
    std::string first = fresh(), rest = fresh();
    line(first + ", " + rest + " = split(" + value.name + ", " + std::to_string(at) + ", " + std::to_string(n - at) +
         ")");
    values.push_back({first, at});
    values.push_back({rest, n - at});
    ++equations;
  } else {
    int64_t begin = below(at);
    define(value.name + "[" + std::to_string(begin) + ":" + std::to_string(at) + "]", at - begin);
  }
}

void Writer::transform() {
  Value value = pick();
  const std::string &a = value.name;
  int64_t n = value.size;
  std::string width = std::to_string(n);
  switch (below(8)) {
  case 0: {
    int64_t other = size();
    Value with = pick();
    define("linear[" + std::to_string(other) + "](a: " + a + ", b: " + with.name + (chance(30) ? ", bias: none)" : ")"),
           other);
    break;
  }
  case 1:
  case 2: {
    std::string text = functions[below(std::size(functions))];
    text.replace(text.find('@'), 1, a);
    define(text, n);
    break;
  }
  case 3: {
    const char *const operators[] = {" + ", " - ", " * "};
    const char *operation = operators[below(3)];
    std::string b = pick(n);
    define(a + operation + "tanh(" + b + ")", n);
    break;
  }
  case 4:
    define("softmax(" + a + ")", n);
    break;
  case 5:
    if (n > 2)
      define("layer_norm(" + a + ")", n);
    break;
  case 6: {
    std::string b = pick(n);
    const std::string reductions[] = {"tanh(sum(" + b + "))", "mean(" + b + ")", "tanh(dot(" + a + ", " + b + "))"};
    define(a + (chance(50) ? " * " : " + ") + reductions[below(3)], n);
    break;
  }
  default: {
    std::string name = fresh();
    line("param p" + name + ": [" + width + ", " + width + "] = uniform(0.5)");
    line(name + " = p" + name + " @ " + a);
    values.push_back({name, n});
    ++equations;
  }
  }
}

/// Cells in cells, and repetition.
void Writer::nest() {
  Value value = pick();
  std::string width = std::to_string(value.size);
  if (chance(40)) {
    const char *const cells[] = {"GRU", "LSTM", "Elman", "GRUReset"};
    int64_t n = 1 + below(6);
    const char *cell = cells[below(4)];
    define(std::string(cell) + "[" + std::to_string(n) + "](" + value.name + ")", n);
    return;
  }
  std::string name = define("0.7 * " + value.name, value.size);
  line("repeat " + std::to_string(1 + below(3)) + " as round" + name + " {");
  line("  " + name + " = " + (chance(50) ? "tanh" : "sin") + "(linear[" + width + "](a: " + name + "))");
  line("}");
  equations += 1;
}

/// All values that nothing has used, in a vector of n.
std::string Writer::leftovers(int64_t n) {
  std::string text = "linear[" + std::to_string(n) + "](a: " + pick().name;
  unsigned argument = 0;
  for (Value &value : values)
    if (!value.used) {
      text += ", l" + std::to_string(argument++) + ": " + value.name;
      value.used = true;
    }
  return define(text + ")", n);
}

std::string Writer::writeState(const Value &state, const std::string &candidate) {
  switch (below(4)) {
  case 0:
    return "tanh(" + candidate + ")";
  case 1:
    return "0.9 * " + state.name + " + 0.1 * tanh(" + candidate + ")";
  case 2:
    return "0.5 * " + state.name + " + 0.9 * sin(" + candidate + ")";
  default:
    return "sigmoid(" + candidate + ") * " + state.name + " + tanh(" + candidate + ") / 2";
  }
}

std::string Writer::cell(bool probe, const std::string &head, const std::string &result, int64_t n) const {
  std::string text = "cell C(x: [I]) -> [" + std::to_string(probe ? n + int64_t(marks.size()) : n) + "] {\n" + head +
                     body;
  if (!probe)
    return text + "  return " + result + "\n}\n";
  text += "  one = 0 * s0[:1] + 1\n  decided = concat(" + result;
  for (const std::string &mark : marks)
    text += ", " + mark + " * one";
  return text + ")\n  return decided\n}\n";
}

std::string Writer::model(bool probe, int64_t n) const {
  std::string width = std::to_string(n), out = std::to_string(outputs);
  std::string text = "model R {\n  axis T\n  input x: [" + std::to_string(inputs) + "] over T\n  target y: [" + out +
                     "] over T\n";
  text += std::string("  ") + (probe ? "both" : "a") + " = scan C(x)" + (backward ? " backward" : "") + "\n";
  if (probe)
    text += "  a = both[:" + width + "]\n";
  const char *const then[] = {"  b = a\n", "  b = concat(a, scan GRU[3](a))\n", "  b = max(a, scan ElmanReLU[@](a))\n",
                              "  b = scan LSTM[4](a) backward\n"};
  std::string next = then[second];
  if (size_t at = next.find('@'); at != std::string::npos)
    next.replace(at, 1, width);
  text += next + "  output z: [" + out + "] = linear[" + out + "](b)\n  loss = squared_error(z, y)\n";
  if (probe)
    text += "  output decided: [" + std::to_string(marks.size()) + "] = both[" + width + ":]\n";
  return text + "}\n";
}

RandomProgram Writer::write() {
  inputs = size();
  outputs = 1 + below(6);
  program.batch = 1 + below(5);
  program.length = 1 + below(5);
  backward = chance(25);
  second = chance(50) ? 0 : 1 + below(3);
  program.streams = !backward && second != 3 && chance(60);

  values.push_back({"x", inputs});
  std::vector<Value> states;
  std::string head;
  int64_t common = size();
  for (uint64_t i = 0, count = 2 + below(2); i < count; ++i) {
    states.push_back({"s" + std::to_string(i), chance(60) ? common : size()});
    head += "  state " + states.back().name + ": [" + std::to_string(states.back().size) + "]" +
            (chance(40) ? " = 0.5\n" : "\n");
    values.push_back(states.back());
  }

  // Decisions are scattered among the other equations.
  std::vector<Decision> planned;
  for (unsigned kind = 0; kind < numDecisions; ++kind)
    if (chance(55))
      planned.push_back(Decision(kind));
  if (planned.empty())
    planned.push_back(Decision(below(numDecisions)));
  unsigned wanted = 5 + below(chance(75) ? 4 : 14);
  for (unsigned turns = 0; equations < wanted && turns < 100; ++turns) {
    unsigned kind = below(10);
    if (!planned.empty() && kind < 4) {
      size_t at = below(planned.size());
      Decision decision = planned[at];
      planned.erase(planned.begin() + at);
      decide(decision);
    } else if (kind < 6) {
      rearrange();
    } else if (kind < 7) {
      nest();
    } else {
      transform();
    }
  }
  for (Decision decision : planned)
    decide(decision);

  for (const Value &state : states) {
    std::string candidate = &state == &states.back() ? leftovers(state.size) : pick(state.size);
    line(state.name + "' = " + writeState(state, candidate));
    ++equations;
  }
  int64_t n = states[0].size;
  std::string result = states[0].name + "'";
  if (n + states.back().size <= 40) {
    result = "concat(" + result + ", " + states.back().name + "')";
    n += states.back().size;
  }
  program.text = cell(false, head, result, n) + model(false, n);
  program.probe = cell(true, head, result, n) + model(true, n);
  return program;
}

RandomProgram rondo::makeRandomProgram(uint64_t seed) { return Writer(seed).write(); }
