// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The axes of a random model, and what it computes over them.

#ifndef RONDO_TEST_NUMERIC_RANDOMAXES_H
#define RONDO_TEST_NUMERIC_RANDOMAXES_H

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace rondo {

/// What a declaration of the time axis says of so many positions, or nothing of 0.
inline std::string spellMost(int64_t most) { return most ? " max " + std::to_string(most) : ""; }

class AxesWriter {
public:
  /// A set of axes: bit i is the one declared as number i, from 0.
  using Set = unsigned;

  /// A value of the model, a vector.
  struct Value {
    std::string name;
    int64_t size;
    Set axes;
    /// Those of them along which all its entries change: along another one a softmax has no gradient but for rounding,
    /// and a largest entry is a tie.
    Set changes;
    bool used = false;
  };

  /// Draws the axes: T, which has `length` positions, and one or two others. Nothing looks ahead in what `streams`.
  AxesWriter(std::mt19937_64 &random, int64_t length, bool streams);

  /// With the most positions of T, if they are given.
  std::string declarations(int64_t most) const;
  /// " over T, N", or nothing.
  std::string spellOver(Set axes) const;
  static unsigned countOf(Set set);
  unsigned time() const { return timeAxis; }
  std::string name(unsigned axis) const { return axes[axis].name; }
  int64_t length(unsigned axis) const { return axes[axis].size; }
  /// Some of the axes that data may have.
  Set drawDataAxes(unsigned percent);
  /// An axis of a set that is not empty.
  unsigned draw(Set set);
  void add(const std::string &name, int64_t size, Set axes, Set changes) {
    values.push_back({name, size, axes, changes});
  }
  void addTokens(const std::string &name, Set axes) { tokens = name, tokenAxes = axes; }
  /// Writes so many computations.
  void write(unsigned computations);
  /// A value of size n that all before have a part in, and that varies over none but `kept`.
  std::string finish(int64_t n, Set kept);

  /// Cells, and the statements of the model.
  std::string cells, text;

private:
  struct Axis {
    std::string name;
    int64_t size;
    int like = -1; // an axis declared before
  };

  uint64_t below(uint64_t n) { return random() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  int64_t size() { return 1 + below(6); }
  Set looking() const { return streams ? ~(1u << timeAxis) : ~0u; }
  void line(const std::string &statement) { text += "  " + statement + "\n"; }
  std::string fresh() { return "m" + std::to_string(counter++); }
  Value define(const std::string &expression, int64_t n, Set axes, Set changes);
  Value product(int64_t n, const Value &of);
  Value pick();
  Value pick(int64_t n);
  const Value *pickChanging(Set set, Set avoided = 0);
  Value lessen(const Value &value, unsigned axis);
  Value only(Value value, Set kept);
  void combine();
  void reduce();
  void weigh();
  void turn();
  void count();
  void embed();
  void scan();
  void decode();
  void look();

  std::mt19937_64 &random;
  bool streams;
  unsigned timeAxis = 0, counter = 0, local = ~0u;
  std::vector<Axis> axes;
  std::vector<Value> values;
  std::string tokens;
  Set tokenAxes = 0;
};

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_RANDOMAXES_H
