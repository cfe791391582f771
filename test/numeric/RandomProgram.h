// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random programs in the language, for comparisons of the compiler with the reference interpreter.

#ifndef RONDO_TEST_NUMERIC_RANDOMPROGRAM_H
#define RONDO_TEST_NUMERIC_RANDOMPROGRAM_H

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

/// What takes one of two values, by a comparison.
enum class Decision { MaxOfTwo, Min, Select, Relu, MaxOfAll };
constexpr unsigned numDecisions = 5;

struct RandomProgram {
  /// A cell `C`, and the model `R` that scans it and has a loss.
  std::string text;
  /// The same with one more output as the last one, `decided: [n]`: at each position of each sequence the share of
  /// elements in which decision d of the cell came out one way.
  std::string probe;
  /// The kinds of the n decisions.
  std::vector<Decision> decisions;
  int64_t batch = 1, length = 1;
  /// All tokens are below it.
  int64_t tokens = 2;
  /// The window's states come from the window before.
  bool streams = false;
};

/// The program that `seed` names, the same on every machine. With `longest` it is made for up to so many positions
/// (`axis T max ..`), if it looks ahead, which a reader of its text finds out.
RandomProgram makeRandomProgram(uint64_t seed, int64_t longest = 0);

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_RANDOMPROGRAM_H
