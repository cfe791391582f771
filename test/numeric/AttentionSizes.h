// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The sizes that attention is tested with.

#ifndef RONDO_TEST_NUMERIC_ATTENTIONSIZES_H
#define RONDO_TEST_NUMERIC_ATTENTIONSIZES_H

#include <cstdint>
#include <string>

namespace rondo {

/// How long the dimensions of an attention are.
struct Sizes {
  int64_t queries, keys, rows, heads, terms, features;
};
constexpr Sizes attentionSizes[] = {{1, 1, 1, 1, 1, 1},      {1, 300, 2, 1, 8, 5},     {7, 1, 1, 2, 3, 4},
                                    {17, 5, 3, 1, 5, 3},     {33, 37, 1, 3, 17, 33},   {40, 256, 1, 1, 64, 8},
                                    {64, 257, 1, 2, 16, 16}, {100, 511, 2, 2, 9, 20},  {300, 520, 1, 1, 31, 7},
                                    {70, 770, 1, 8, 4, 12},  {1001, 300, 1, 1, 5, 64}, {16, 40, 0, 2, 4, 4},
                                    {0, 40, 2, 2, 4, 4},     {20, 300, 1, 1, 3, 2100}, {16, 40, 2, 2, 4, 0}};

/// "tensor<..>" of the letters' sizes.
inline std::string typeOf(const std::string &term, const Sizes &size, const std::string &element) {
  std::string text = "tensor<";
  for (char letter : term) {
    int64_t extent = letter == 't'   ? size.queries
                     : letter == 's' ? size.keys
                     : letter == 'b' ? size.rows
                     : letter == 'n' ? size.heads
                     : letter == 'g' ? 2
                     : letter == 'd' ? size.terms
                                     : size.features;
    text += std::to_string(extent) + "x";
  }
  return text + element + ">";
}

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_ATTENTIONSIZES_H
