// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Writes random programs. Values stay of moderate size: states are squashed, and no function is used near a pole, so
// that differences of two correct evaluations are rounding alone. What is zero but for rounding, and then divided by
// something as small, cannot be compared: marks on the values (see Mark) keep the writer from it.

#include "test/numeric/RandomProgram.h"
#include "test/numeric/RandomAxes.h"

#include <algorithm>
#include <optional>
#include <random>

using namespace rondo;

namespace {

/// What a value may be, so that a function of all its entries has no gradient. Passed on by functions of one element.
enum Mark : unsigned {
  Flat = 1,  // its entries may be equal: its norm is a division by what rounding leaves, its largest entry a tie
  Moved = 2, // a number that all entries share was added or multiplied: a norm takes it out, "less its largest" too
  Whole = 4, // its sum is a constant
  Start = 8  // its entries may be equal where a stream begins
};

struct Value {
  std::string name;
  int64_t size;
  unsigned marks = 0;
  bool used = false;
  std::string added = {}; // as its last summand, with its sign: the tanh of this value
};

/// The bounded functions of one element.
const char *const functions[] = {"tanh(@)",
                                 "sigmoid(@)",
                                 "sin(@)",
                                 "cos(@)",
                                 "erf(@)",
                                 "gelu(tanh(@))",
                                 "silu(tanh(@))",
                                 "exp(tanh(@))",
                                 "log(1 + square(@))",
                                 "sqrt(1 + square(@))",
                                 "softplus(@)",
                                 "elu(@)",
                                 "expm1(tanh(@))",
                                 "log1p(square(@))",
                                 "atan2(@, 1.5)",
                                 "tanh(square(@))",
                                 "1 / (1 + square(@))",
                                 "abs(@)",
                                 "tanh(pow(@, 3))",
                                 "-@",
                                 "0.5 * @ + 0.1"};

class Writer {
public:
  Writer(uint64_t seed, int64_t longest) : random(seed), longest(longest) {}
  RandomProgram write();

private:
  uint64_t below(uint64_t n) { return random() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  /// Mostly small sizes: whole vectors, tails, and both.
  int64_t size() { return chance(75) ? 1 + below(9) : 10 + below(31); }
  std::string fresh() { return "v" + std::to_string(counter++); }
  void line(const std::string &text) { body += "  " + text + "\n"; }
  std::string define(const std::string &text, int64_t n, unsigned marks = 0) {
    std::string name = fresh();
    line(name + " = " + text);
    values.push_back({name, n, marks});
    ++equations;
    return name;
  }

  Value pick(unsigned avoided = 0);
  Value pick(int64_t n, unsigned avoided = 0);
  Value product(int64_t n, const Value &of);
  void note(Decision decision, const std::string &condition);
  void decide(Decision decision);
  void rearrange();
  void transform();
  void reduce();
  void nest();
  void writeStates(const std::vector<Value> &states);
  std::string leftovers(int64_t n);
  std::string successor(int64_t n);
  std::string cell(bool probe, const std::string &head, const std::string &result, int64_t n) const;
  std::string model(bool probe, int64_t n) const;
  std::string arguments(const std::vector<Value> &states);
  void drawAxes();
  void writeOverAxes(int64_t n);
  std::string afterScan(bool probe, const std::string &width) const;

  std::mt19937_64 random;
  int64_t longest;
  unsigned counter = 0, equations = 0;
  std::string body;
  std::vector<Value> values;
  std::vector<std::string> marks;
  RandomProgram program;
  // Of the model.
  int64_t inputs = 1, outputs = 1, still = 0;
  bool backward = false, tokensOut = false;
  unsigned second = 0;
  int64_t steps = 1; // of the scan
  // Of a model over several axes; its b is then what is computed over them.
  std::optional<AxesWriter> axes;
  AxesWriter::Set inputAxes = 0, tokenAxes = 0, stillAxes = 0, targetAxes = 0;
  unsigned scanAxis = 0;
  std::string over;
  std::string tokensIn, cellArguments, scanArguments, starts, initialStates;
};

} // namespace

/// A value of size n by weights, with entries of their own.
Value Writer::product(int64_t n, const Value &of) {
  define("linear[" + std::to_string(n) + "](a: " + of.name + ")", n);
  values.back().used = true;
  return values.back();
}

/// A value, rather one that nothing has used yet, without these marks.
Value Writer::pick(unsigned avoided) {
  size_t at = below(values.size());
  if (chance(60))
    for (size_t i = 0; i < values.size() && values[at].used; ++i)
      at = (at + 1) % values.size();
  values[at].used = true;
  Value value = values[at];
  return value.marks & avoided ? product(value.size, value) : value;
}

/// A value of this size, without these marks.
Value Writer::pick(int64_t n, unsigned avoided) {
  std::vector<Value *> fitting;
  for (Value &value : values)
    if (value.size == n && !(value.marks & avoided))
      fitting.push_back(&value);
  if (!fitting.empty() && chance(70)) {
    Value &value = *fitting[below(fitting.size())];
    value.used = true;
    return value;
  }
  return product(n, pick());
}

/// Remembers for the probe which way a decision goes.
void Writer::note(Decision decision, const std::string &condition) {
  program.decisions.push_back(decision);
  std::string zero = "0 * " + condition.substr(0, condition.find(' '));
  marks.push_back("mean(select(" + condition + ", 1 + " + zero + ", " + zero + "))");
}

void Writer::decide(Decision decision) {
  Value a = pick(decision == Decision::MaxOfAll ? Flat | Moved : 0);
  int64_t n = a.size;
  if (decision == Decision::Relu) {
    note(decision, a.name + " > 0");
    define("relu(" + a.name + ")", n, a.marks);
  } else if (decision == Decision::MaxOfAll) {
    Value largest = chance(50) ? a : pick(n, Flat);
    note(decision, largest.name + " < max(" + largest.name + ")");
    define(a.name + (chance(50) ? " - " : " * ") + "max(" + largest.name + ")", n, a.marks | Moved);
  } else {
    Value b = pick(n);
    if (b.name == a.name)
      b = product(n, a);
    if (decision == Decision::Select) {
      const char *const comparisons[] = {" > ", " < ", " >= ", " <= "};
      std::string condition = a.name + comparisons[below(4)] + (chance(40) ? "0.1" : b.name);
      note(decision, condition);
      Value c = pick(n), d = pick(n);
      define("select(" + condition + ", " + c.name + ", " + (c.name == d.name ? "0.5 * " : "") + d.name + ")", n,
             c.marks | d.marks);
    } else {
      bool max = decision == Decision::MaxOfTwo;
      note(decision, a.name + (max ? " > " : " < ") + b.name);
      define((max ? "max(" : "min(") + a.name + ", " + b.name + ")", n, a.marks | b.marks);
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
      define("concat(" + value.name + ", " + other.name + ")", n + other.size, value.marks | other.marks);
    return;
  }
  if (n < 2)
    return;
  int64_t at = 1 + below(n - 1);
  if (chance(50)) {
    std::string first = fresh(), rest = fresh();
    line(first + ", " + rest + " = split(" + value.name + ", " + std::to_string(at) + ", " + std::to_string(n - at) +
         ")");
    values.push_back({first, at, value.marks});
    values.push_back({rest, n - at, value.marks});
    ++equations;
  } else {
    int64_t begin = below(at);
    define(value.name + "[" + std::to_string(begin) + ":" + std::to_string(at) + "]", at - begin, value.marks);
  }
}

/// A number of all entries of one value, with each entry of another one.
void Writer::reduce() {
  Value a = pick();
  Value b = pick(a.size, Whole);
  const std::string reductions[] = {"tanh(sum(" + b.name + "))", "mean(" + b.name + ")",
                                    "tanh(dot(" + a.name + ", " + b.name + "))"};
  define(a.name + (chance(50) ? " * " : " + ") + reductions[below(3)], a.size, a.marks | Moved);
}

void Writer::transform() {
  unsigned kind = below(8);
  bool norm = kind == 4 || kind == 5;
  // One step alone may be the first of its stream.
  unsigned start = steps == 1 ? Start : 0;
  Value a = pick(norm ? Flat | Moved | start : 0);
  int64_t n = a.size;
  std::string width = std::to_string(n);
  switch (kind) {
  case 0: {
    int64_t other = size();
    std::string with = pick().name, bias = chance(30) ? ", bias: none)" : ")";
    define("linear[" + std::to_string(other) + "](a: " + a.name + ", b: " + with + bias, other);
    break;
  }
  case 1:
  case 2: {
    std::string text = functions[below(std::size(functions))];
    text.replace(text.find('@'), 1, a.name);
    define(text, n, a.marks);
    break;
  }
  case 3: {
    const char *const operators[] = {" + ", " - ", " * "};
    unsigned operation = below(3);
    Value b = pick(n);
    // What was added is not taken away again, nor the other way round: of a gradient that is zero rounding remains.
    if (a.added == operators[1 - std::min(operation, 1u)] + b.name)
      operation = 2;
    define(a.name + operators[operation] + "tanh(" + b.name + ")", n, a.marks | b.marks);
    if (operation < 2)
      values.back().added = operators[operation] + b.name;
    break;
  }
  case 4:
    define("softmax(" + a.name + ")", n, Whole);
    break;
  case 5:
    if (n > 2)
      define("layer_norm(" + a.name + ")", n);
    break;
  case 6:
    reduce();
    break;
  default: {
    std::string name = fresh();
    line("param p" + name + ": [" + width + ", " + width + "] = uniform(0.5)");
    line(name + " = p" + name + " @ " + a.name);
    values.push_back({name, n});
    ++equations;
  }
  }
}

/// Cells in cells, and repetition.
void Writer::nest() {
  Value value = pick();
  std::string width = std::to_string(value.size);
  if (chance(60)) {
    const char *const cells[] = {"GRU", "LSTM", "Elman", "GRUReset"};
    int64_t n = 1 + below(6);
    std::string cell = std::string(cells[below(4)]) + "[" + std::to_string(n) + "]";
    if (chance(60)) {
      define(cell + "(" + value.name + ")", n);
      return;
    }
    // The weights are the same at both places, the states are not.
    std::string twice = "twice" + fresh();
    line("let " + twice + " = " + cell);
    define(twice + "(" + value.name + ")", n);
    define(twice + "(" + (value.size == n && chance(50) ? values.back().name : pick(value.size).name) + ")", n);
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

/// A value for a state to become: where its stream begins, its entries are equal for one step only.
std::string Writer::successor(int64_t n) {
  Value value = pick(n);
  return (value.marks & Start ? product(n, value) : value).name;
}

/// The equations of the states: some by a cell of the library that has them as its own.
void Writer::writeStates(const std::vector<Value> &states) {
  for (size_t i = 0; i < states.size(); ++i) {
    const std::string &name = states[i].name;
    std::string width = std::to_string(states[i].size);
    bool last = i + 1 == states.size();
    std::string candidate = last ? leftovers(states[i].size) : successor(states[i].size);
    ++equations;
    if (chance(15) && i + 2 < states.size() && states[i + 1].size == states[i].size) {
      line(name + "' = LSTM[" + width + "](" + candidate + ", h: " + name + ", c: " + states[i + 1].name + ")");
      ++i;
      continue;
    }
    const char *const cells[] = {"GRU", "Elman", "GRUReset"};
    const std::string equations[] = {"tanh(" + candidate + ")", "0.9 * " + name + " + 0.1 * tanh(" + candidate + ")",
                                     "0.5 * " + name + " + 0.9 * sin(" + candidate + ")",
                                     "sigmoid(" + candidate + ") * " + name + " + tanh(" + candidate + ") / 2"};
    std::string cell = cells[below(3)] + ("[" + width + "](" + candidate + ", h: " + name + ")");
    line(name + "' = " + (chance(15) ? cell : equations[below(4)]));
  }
}

std::string Writer::cell(bool probe, const std::string &head, const std::string &result, int64_t n) const {
  std::string text = "cell C(" + cellArguments + ") -> [" + std::to_string(probe ? n + int64_t(marks.size()) : n) +
                     "] {\n" + head + body;
  if (!probe)
    return text + "  return " + result + "\n}\n";
  text += "  one = 0 * s0[:1] + 1\n  decided = concat(" + result;
  for (const std::string &mark : marks)
    text += ", " + mark + " * one";
  return text + ")\n  return decided\n}\n";
}

std::string Writer::model(bool probe, int64_t n) const {
  std::string width = std::to_string(n), out = std::to_string(outputs), vocabulary = std::to_string(program.tokens);
  auto spell = [&](AxesWriter::Set set) { return axes ? axes->spellOver(set) : " over T"; };
  std::string text = "model R {\n" + (axes ? axes->declarations(longest) : "  axis T" + spellMost(longest) + "\n") +
                     "  input x: [" + std::to_string(inputs) + "]" + spell(inputAxes) + "\n";
  if (!tokensIn.empty())
    text += "  input t: token[" + vocabulary + "]" + spell(tokenAxes) + "\n";
  if (still)
    text += "  input u: [" + std::to_string(still) + "]" + (axes ? spell(stillAxes) : "") + "\n";
  text += "  target y: " + (tokensOut ? "token[" + out + "]" : "[" + out + "]") + spell(targetAxes) + "\n" + starts;
  text += std::string("  ") + (probe ? "both" : "a") + " = scan C(" + scanArguments + ")" + over +
          (backward ? " backward" : "") + initialStates + "\n";
  if (probe)
    text += "  a = both[:" + width + "]\n";
  text += afterScan(probe, width) + "  output z: [" + out + "] = linear[" + out + "](b)\n  loss = ";
  std::string loss = (tokensOut ? "cross_entropy" : "squared_error") + std::string("(z, y)");
  // Of the other axes the loss takes the mean itself.
  for (AxesWriter::Set set = axes ? targetAxes & ~(1u << axes->time()) : 0; set; set &= set - 1)
    loss = "mean(" + loss + axes->spellOver(set & -set) + ")";
  text += loss + "\n";
  if (probe)
    text += "  output decided: [" + std::to_string(marks.size()) + "] = both[" + width + ":]\n";
  return text + "}\n";
}

/// From a, what the cell gives, to b.
std::string Writer::afterScan(bool probe, const std::string &width) const {
  if (axes)
    return axes->text;
  const char *const then[] = {"  b = a\n",
                              "  b = concat(a, scan GRU[3](a))\n",
                              "  let twice = GRU[3]\n  once = scan twice(a)\n  b = concat(once, scan twice(0.5 * a))\n",
                              "  b = max(a, scan ElmanReLU[@](a))\n",
                              "  b = scan LSTM[4](a) backward\n",
                              "  b = concat(a, #.final.s0)\n"};
  std::string next = then[second];
  if (size_t at = next.find('@'); at != std::string::npos)
    next.replace(at, 1, width);
  if (size_t at = next.find('#'); at != std::string::npos)
    next.replace(at, 1, probe ? "both" : "a");
  return next;
}

/// The cell's arguments and states, and what the model gives for them.
std::string Writer::arguments(const std::vector<Value> &states) {
  cellArguments = "x: [I]";
  scanArguments = "x";
  values.push_back({"x", inputs});
  if (chance(40)) {
    bool embedded = chance(60);
    int64_t n = embedded ? size() : program.tokens;
    tokensIn = embedded ? "embedding[" + std::to_string(n) + "](t) as table" : "one_hot(t)";
    cellArguments += ", e: [J]";
    scanArguments += ", " + tokensIn;
    values.push_back({"e", n, embedded ? 0u : unsigned(Flat)});
  }
  if (chance(30)) {
    still = size();
    cellArguments += ", u: [K]";
    scanArguments += ", u";
    values.push_back({"u", still});
  }
  std::string head;
  for (Value state : states) {
    std::string width = "[" + std::to_string(state.size) + "]";
    // The states of a stream are given with its windows.
    bool given = !program.streams && chance(50);
    if (given) {
      std::string start = "start" + state.name;
      starts += still && chance(50) ? "  " + start + " = linear" + width + "(u)\n"
                                    : "  param " + start + ": " + width + " = uniform(0.5)\n";
      initialStates += (initialStates.empty() ? " from (" : ", ") + state.name + ": " + start;
    } else {
      state.marks = program.streams ? Start : Flat;
    }
    head += "  state " + state.name + ": " + width + (!given && chance(40) ? " = 0.5\n" : "\n");
    values.push_back(state);
  }
  if (!initialStates.empty())
    initialStates += ")";
  return head;
}

/// Over which axes the data vary, and along which the cell is scanned.
void Writer::drawAxes() {
  program.streams = !backward && chance(40);
  axes.emplace(random, program.length, program.streams);
  AxesWriter::Set window = 1u << axes->time();
  inputAxes = axes->drawDataAxes(60) | window;
  if (!program.streams && chance(35))
    scanAxis = axes->draw(inputAxes);
  else
    scanAxis = axes->time();
  AxesWriter::Set along = 1u << scanAxis;
  tokenAxes = axes->drawDataAxes(60);
  stillAxes = axes->drawDataAxes(40) & ~along;
  targetAxes = axes->drawDataAxes(40) | (program.streams || chance(80) ? window : 0);
  steps = axes->length(scanAxis);
}

/// What the model computes of the cell's values, of size n, and its data.
void Writer::writeOverAxes(int64_t n) {
  AxesWriter::Set set = inputAxes | (still ? stillAxes : 0) | (tokensIn.empty() ? 0 : tokenAxes);
  if (AxesWriter::countOf(set) > 1 || steps == 1 || chance(30))
    over = " over " + axes->name(scanAxis);
  axes->add("x", inputs, inputAxes, inputAxes);
  // In a stream's first steps a state may be the same in all rows.
  axes->add("a", n, set, 1u << scanAxis);
  if (still)
    axes->add("u", still, stillAxes, stillAxes);
  if (!tokensIn.empty())
    axes->addTokens("t", tokenAxes);
  axes->write(2 + below(4));
  axes->text += "  b = " + axes->finish(1 + below(8), targetAxes) + "\n";
}

RandomProgram Writer::write() {
  inputs = size();
  tokensOut = chance(35);
  program.tokens = 2 + below(5);
  outputs = tokensOut ? program.tokens : 1 + below(6);
  program.batch = 1 + below(5);
  program.length = 1 + below(5);
  if (longest)
    program.length = longest;
  backward = chance(25);
  second = chance(50) ? 0 : 1 + below(5);
  steps = program.length;
  if (chance(60))
    drawAxes();
  else
    program.streams = !backward && second < 4 && chance(60);

  std::vector<Value> states;
  int64_t common = size();
  for (uint64_t i = 0, count = 2 + below(3); i < count; ++i)
    states.push_back({"s" + std::to_string(i), chance(60) ? common : size()});
  std::string head = arguments(states);

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

  writeStates(states);
  int64_t n = states[0].size;
  std::string result = states[0].name + "'";
  if (n + states.back().size <= 40) {
    result = "concat(" + result + ", " + states.back().name + "')";
    n += states.back().size;
  }
  if (axes)
    writeOverAxes(n);
  std::string cells = axes ? axes->cells : "";
  program.text = cells + cell(false, head, result, n) + model(false, n);
  program.probe = cells + cell(true, head, result, n) + model(true, n);
  return program;
}

RandomProgram rondo::makeRandomProgram(uint64_t seed, int64_t longest) { return Writer(seed, longest).write(); }
