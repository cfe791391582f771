// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Writes what random models compute over their axes. As in RandomProgram.cpp values stay of moderate size, and nothing
// is zero but for rounding: what a softmax over an axis takes changes along it, by more than a number that it would
// take out again, and what it gives is not summed without a factor.

#include "test/numeric/RandomAxes.h"

#include <bitset>
#include <functional>

using namespace rondo;

/// Each position sees those up to itself, by an axis of the cell.
static const char *const lookBack = R"(
cell LookBack(x: [K] over P) -> [K] {
  axis Q like P
  other = tanh(rename(x, P: Q))
  near = dot(linear[3](x) as query, linear[3](other, bias: none) as key)
  weight = softmax(select(index(Q) <= index(P), near, -1e9) over Q)
  return x + sum(weight * other over Q)
}
)";

/// The state weighs a memory by each of its features, and another one by their products.
static const char *const recall = R"(
cell Recall[H](y: [E], memory: [M] over S, more: [M] over S) -> [H] {
  state s: [H]
  state t: [M] = 0.5
  told = sum(softmax(sin(memory * t) over S) * more over S)
  t' = tanh(linear[M](s, told))
  s' = 0.5 * s + tanh(linear[H](y, t, large: max(tanh(linear[M](memory) as wide) + t over S)))
  return s'
}
)";

AxesWriter::AxesWriter(std::mt19937_64 &random, int64_t length, bool streams) : random(random), streams(streams) {
  unsigned others = 1 + chance(50);
  timeAxis = below(others + 1);
  const char *const names[] = {"N", "M"};
  for (unsigned i = 0; i <= others; ++i) {
    if (i == timeAxis) {
      axes.push_back({"T", length});
      continue;
    }
    Axis axis{names[i > timeAxis ? i - 1 : i], int64_t(1 + below(5))};
    unsigned like = i ? below(i) : 0;
    if (i && chance(50) && axes[like].like < 0 && (looking() >> like & 1)) {
      axis.like = like;
      axis.size = axes[like].size;
    }
    axes.push_back(axis);
  }
}

std::string AxesWriter::declarations(int64_t most) const {
  std::string result;
  for (const Axis &axis : axes)
    result += "  axis " + axis.name +
              (axis.like >= 0     ? " like " + axes[axis.like].name
               : axis.name == "T" ? spellMost(most)
                                  : " = " + std::to_string(axis.size)) +
              "\n";
  return result;
}

std::string AxesWriter::spellOver(Set set) const {
  std::string result;
  for (unsigned i = 0; i < axes.size(); ++i)
    if (set >> i & 1)
      result += (result.empty() ? " over " : ", ") + axes[i].name;
  return result;
}

AxesWriter::Set AxesWriter::drawDataAxes(unsigned percent) {
  Set set = 0;
  for (unsigned i = 0; i < axes.size(); ++i)
    if (axes[i].like != int(timeAxis) && chance(percent))
      set |= 1u << i;
  return set;
}

unsigned AxesWriter::countOf(Set set) { return std::bitset<32>(set).count(); }

unsigned AxesWriter::draw(Set set) {
  for (unsigned before = below(countOf(set)); before; --before)
    set &= set - 1;
  return countOf((set & -set) - 1);
}

AxesWriter::Value AxesWriter::define(const std::string &expression, int64_t n, Set over, Set changes) {
  Value value{fresh(), n, over, changes};
  line(value.name + " = " + expression);
  values.push_back(value);
  return value;
}

AxesWriter::Value AxesWriter::product(int64_t n, const Value &of) {
  Value value = define("linear[" + std::to_string(n) + "](a: " + of.name + ")", n, of.axes, of.changes);
  values.back().used = true;
  return value;
}

/// A value, rather one that nothing has used yet.
AxesWriter::Value AxesWriter::pick() {
  size_t at = below(values.size());
  for (size_t i = 0; i < values.size() && values[at].used; ++i)
    at = (at + 1) % values.size();
  values[at].used = true;
  return values[at];
}

AxesWriter::Value AxesWriter::pick(int64_t n) {
  for (size_t i = 0, at = below(values.size()); i < values.size(); ++i, at = (at + 1) % values.size())
    if (values[at].size == n && chance(50)) {
      values[at].used = true;
      return values[at];
    }
  return product(n, pick());
}

/// A value that changes along one of these axes, rather one that nothing has used yet; null if there is none. Over the
/// axes `avoided` it does not vary.
const AxesWriter::Value *AxesWriter::pickChanging(Set set, Set avoided) {
  Value *found = nullptr;
  for (size_t i = 0, at = below(values.size()); i < values.size(); ++i, at = (at + 1) % values.size())
    if ((values[at].changes & set) && !(values[at].axes & avoided) && (!found || (found->used && !values[at].used)))
      found = &values[at];
  if (found)
    found->used = true;
  return found;
}

AxesWriter::Value AxesWriter::lessen(const Value &value, unsigned axis) {
  Set one = 1u << axis;
  const char *const forms[] = {"mean(", "0.4 * sum(", "last(", "max("};
  const char *form = forms[below(value.changes & one ? 4 : 3)];
  return define(form + value.name + " over " + axes[axis].name + ")", value.size, value.axes & ~one,
                value.changes & ~one);
}

/// The value without its other axes.
AxesWriter::Value AxesWriter::only(Value value, Set kept) {
  while (value.axes & ~kept) {
    value = lessen(value, draw(value.axes & ~kept));
    values.back().used = true;
  }
  return value;
}

/// Two values over different axes.
void AxesWriter::combine() {
  Value a = pick(), b = pick(a.size);
  if (a.name == b.name)
    b = product(a.size, a);
  const std::string forms[] = {a.name + " + tanh(" + b.name + ")", a.name + " * tanh(" + b.name + ")",
                               "max(" + a.name + ", " + b.name + ")",
                               "select(" + a.name + " < " + b.name + ", sin(" + a.name + "), tanh(" + b.name + "))"};
  unsigned form = below(6);
  if (form < 4) {
    define(forms[form], a.size, a.axes | b.axes, a.changes | b.changes);
    return;
  }
  // Along an axis that one part lacks the features of the other one alone change.
  int64_t n = form == 4 ? a.size + b.size : size();
  std::string parts = "(l: " + a.name + ", r: " + b.name + ")";
  define(form == 4 ? "concat(" + a.name + ", " + b.name + ")" : "linear[" + std::to_string(n) + "]" + parts, n,
         a.axes | b.axes, form == 4 ? a.changes & b.changes : a.changes | b.changes);
}

void AxesWriter::reduce() {
  if (const Value *found = pickChanging(looking())) {
    Value value = *found;
    lessen(value, draw(value.axes & looking()));
  }
}

/// The mean of one value over an axis, weighed by others.
void AxesWriter::weigh() {
  const Value *found = pickChanging(looking());
  if (!found)
    return;
  Value a = *found;
  unsigned axis = draw(a.changes & looking());
  Value w = *pickChanging(1u << axis);
  bool byFeature = chance(50);
  Value q = byFeature ? a : pick(a.size);
  std::string over = " over " + axes[axis].name + ")";
  std::string score = byFeature ? "2 * sin(" + a.name + ")" : "dot(" + q.name + ", tanh(" + a.name + "))";
  if (byFeature && w.size != a.size)
    w = product(a.size, w);
  std::string weighed = "softmax(" + score + over + " * tanh(" + w.name + ")";
  Set all = a.axes | w.axes | (byFeature ? 0 : q.axes), changes = a.changes | w.changes;
  if (chance(70))
    define("sum(" + weighed + over, w.size, all & ~(1u << axis), changes & ~(1u << axis));
  else
    define(weighed, w.size, all, changes);
}

/// A sequence that looks at itself over a second axis.
void AxesWriter::turn() {
  for (unsigned to = 0; to < axes.size(); ++to)
    for (unsigned from = 0; from < axes.size(); ++from) {
      Set one = 1u << from, other = 1u << to;
      bool alike = axes[to].like == int(from) || axes[from].like == int(to);
      if (!alike || !(looking() & one) || !(looking() & other))
        continue;
      const Value *found = pickChanging(one);
      if (!found || (found->axes & other))
        continue;
      Value key = *found;
      std::string renamed = "rename(" + key.name + ", " + axes[from].name + ": " + axes[to].name + ")";
      Set over = (key.axes & ~one) | other, changes = (key.changes & ~one) | other;
      if (chance(20)) {
        define(renamed, key.size, over, changes);
        return;
      }
      Value query = pick(key.size);
      const std::string seen = "index(" + axes[to].name + ")", at = "index(" + axes[from].name + ")";
      std::string score = "dot(" + query.name + ", tanh(" + renamed + "))";
      unsigned mask = below(3);
      if (mask < 2) {
        score = "select(" + seen + (mask ? " >= " : " <= ") + at + ", " + score + ", -1e9)";
        over |= one;
        changes |= one;
      }
      over = (over | query.axes) & ~other;
      define("sum(softmax(" + score + " over " + axes[to].name + ") * " + renamed + " over " + axes[to].name + ")",
             key.size, over, changes & ~other);
      return;
    }
}

/// Positions as numbers.
void AxesWriter::count() {
  Set possible = ((1u << axes.size()) - 1) & looking();
  Value a = pick();
  unsigned axis = draw(possible);
  std::string index = "index(" + axes[axis].name + ")";
  if (chance(50)) {
    define(a.name + " * cos(" + index + " + " + std::to_string(below(4)) + ")", a.size, a.axes | 1u << axis,
           a.changes | 1u << axis);
    return;
  }
  Value b = pick(a.size);
  if (a.name == b.name)
    b = product(a.size, a);
  define("select(" + index + (chance(50) ? " < " : " == ") + std::to_string(below(4)) + ", " + a.name + ", " + b.name +
             ")",
         a.size, a.axes | b.axes | 1u << axis, a.changes & b.changes);
}

/// Rows of a table: of positions, or of tokens.
void AxesWriter::embed() {
  std::string name = fresh();
  int64_t n = size();
  Set possible = ((1u << axes.size()) - 1) & looking();
  if (!tokens.empty() && chance(50)) {
    define("embedding[" + std::to_string(n) + "](" + tokens + ")", n, tokenAxes, tokenAxes);
    return;
  }
  unsigned axis = draw(possible);
  line("param table" + name + ": [" + std::to_string(axes[axis].size + below(3)) + ", " + std::to_string(n) +
       "] = normal(0.5)");
  define("embedding(index(" + axes[axis].name + "), table: table" + name + ")", n, 1u << axis, 1u << axis);
}

/// A cell of the library along any axis, the others as rows; the same cell again along another one.
void AxesWriter::scan() {
  Value value = *pickChanging(~0u);
  const char *const kinds[] = {"GRU", "LSTM", "Elman", "GRUReset"};
  std::string cell = kinds[below(4)] + ("[" + std::to_string(size()) + "]");
  int64_t n = std::stoll(cell.substr(cell.find('[') + 1));
  unsigned rounds = 1;
  if (chance(30)) {
    std::string shared = "shared" + fresh();
    line("let " + shared + " = " + cell);
    cell = shared;
    rounds = 2;
  }
  if (countOf(value.axes) < 3 && chance(15)) { // the same value at each of so many steps
    Value result = define("scan " + cell + "(" + value.name + ", steps: " + std::to_string(1 + below(3)) + ")", n,
                          value.axes, value.changes);
    if (chance(25))
      define(result.name + ".final.h", n, value.axes, value.changes);
  }
  for (; rounds; --rounds) {
    unsigned axis = draw(value.axes);
    bool backward = chance(40) && (looking() >> axis & 1);
    std::string over = countOf(value.axes) > 1 || axes[axis].size == 1 || chance(30) ? " over " + axes[axis].name : "";
    Value result = define("scan " + cell + "(" + value.name + ")" + over + (backward ? " backward" : ""), n, value.axes,
                          value.changes);
    if (chance(25) && (looking() >> axis & 1))
      define(result.name + ".final.h", n, value.axes & ~(1u << axis), value.changes & ~(1u << axis));
  }
}

/// A memory over one axis, which each step of a scan along another one reads, or each of its positions.
void AxesWriter::decode() {
  const Value *found = pickChanging(looking(), ~looking());
  if (!found)
    return;
  Set own = 1u << draw(found->changes & looking());
  Value memory = only(*found, own), y = only(pick(), ~own);
  std::string m = std::to_string(memory.size), h = std::to_string(size()), read = ", " + memory.name + ")";
  unsigned kind = below(y.axes ? 9 : 3);
  Set changes = y.changes | 0;
  if (kind == 0) {
    define("AdditiveAttention[" + h + "](" + y.name + read, memory.size, y.axes, changes);
  } else if (kind == 1) {
    define("GeneralAttention(" + y.name + read, memory.size, y.axes, changes);
  } else if (kind == 2) {
    define("MultiHeadAttention[4, " + std::to_string(1 + below(2)) + "](" + y.name + read, 4, y.axes, changes);
  } else {
    unsigned axis = draw(y.axes);
    std::string over = " over " + axes[axis].name;
    if (chance(30) && (looking() >> axis & 1))
      over += " backward";
    auto decoder = [&](const std::string &cell, const std::string &n) {
      define("scan " + cell + "(" + y.name + read + over, std::stoll(n), y.axes, changes);
    };
    if (kind == 3) {
      decoder("BahdanauDecoder[" + h + ", 3]", h);
    } else if (kind == 4) {
      decoder("LuongDotDecoder[" + m + "]", m);
    } else if (kind == 5) {
      decoder("LuongGeneralDecoder[" + h + "]", h);
    } else if (kind == 6) {
      std::string pointer = fresh();
      line(pointer + " = scan PointerDecoder[" + h + ", 3](" + y.name + read + over);
      define("tanh(" + memory.name + ") * " + pointer, memory.size, y.axes | own, changes | own);
    } else {
      if (cells.find("Recall") == std::string::npos)
        cells += recall;
      read = ", " + product(memory.size, memory).name + read;
      decoder("Recall[" + h + "]", h);
    }
  }
}

/// A cell with an axis of its own, of those that there is room for.
void AxesWriter::look() {
  const Value *found = pickChanging(looking(), ~looking());
  if (!found)
    return;
  unsigned axis = draw(found->changes & looking());
  unsigned length = axes[axis].like >= 0 ? axes[axis].like : axis;
  if (local == ~0u && axes.size() < 3)
    local = length;
  if (local != length)
    return;
  Value value = only(*found, 1u << axis);
  if (chance(50)) {
    if (cells.find("LookBack") == std::string::npos)
      cells += lookBack;
    define("LookBack(" + value.name + ")", value.size, value.axes, value.changes);
    return;
  }
  const char *const blocks[] = {"SelfAttention[4, 2]", "CausalAttention[4, 2]", "TransformerEncoder[4, 2, 5]",
                                "TransformerLM[4, 1, 3]", "PostNormEncoder[4, 2, 3]"};
  define(blocks[below(5)] + ("(" + product(4, value).name + ")"), 4, value.axes, value.changes);
}

void AxesWriter::write(unsigned computations) {
  const std::function<void()> kinds[] = {[&] { combine(); }, [&] { reduce(); }, [&] { weigh(); },
                                         [&] { turn(); },    [&] { count(); },  [&] { embed(); },
                                         [&] { scan(); },    [&] { decode(); }, [&] { look(); }};
  for (unsigned i = 0; i < computations; ++i)
    kinds[below(std::size(kinds))]();
}

std::string AxesWriter::finish(int64_t n, Set kept) {
  Value first = pick();
  Set over = first.axes, changes = first.changes;
  std::string arguments = "l: " + first.name;
  unsigned count = 0;
  for (Value &value : values)
    if (!value.used) {
      arguments += ", l" + std::to_string(count++) + ": " + value.name;
      over |= value.axes;
      changes |= value.changes;
      value.used = true;
    }
  return only(define("linear[" + std::to_string(n) + "](" + arguments + ")", n, over, changes), kept).name;
}
