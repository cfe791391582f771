// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes <-> tokens: token i is the i-th smallest of the bytes that occur in the training data; of lines it is the i-th
// smallest behind the newline, token 0, which marks their ends. The alphabet is fixed at training and kept in the
// weight file.
#ifndef RONDO_RUNTIME_ALPHABET_H
#define RONDO_RUNTIME_ALPHABET_H

#include "runtime/Support.h"

namespace rondo {

struct Alphabet {
  int count = 0;
  /// The byte of each token.
  uint8_t symbol[256] = {};

  /// The token of a byte, or -1.
  int token(uint8_t byte) const { return tokens[byte]; }

  /// Makes the alphabet of all bytes marked in `occurs`.
  void assign(const bool (&occurs)[256]);
  /// The same, with the newline before all others.
  void assignLines(const bool (&occurs)[256]);
  /// Makes it of the bytes of its tokens, all different.
  void assign(const uint8_t *symbols, int size);
  /// Whether token 0 is the newline.
  bool marksLines() const { return count > 0 && symbol[0] == '\n'; }
  /// Reads what hex() wrote. Errors: not hexadecimal, not ascending, but for a newline in front.
  bool parse(const Text &hex, Error &error);
  /// Two digits for each byte, in the tokens' order.
  Text hex() const;

  /// Writes the token of each byte of a text, or nothing. Errors name the byte that is not in the alphabet and its
  /// offset.
  bool encode(const uint8_t *bytes, size_t size, int32_t *out, Error &error) const;
  bool encode(const uint8_t *bytes, size_t size, List<int32_t> &out, Error &error) const;

private:
  void add(int byte);

  int16_t tokens[256] = {};
};

/// Whether a text of this alphabet can go through a model with that vocabulary; the error says how to compile one.
bool checkVocabulary(const Alphabet &alphabet, int64_t vocab, Error &error);
/// The same for lines that are the input or target `name`, whose token 0 must be the mark of their ends.
bool checkLineVocabulary(const Alphabet &alphabet, const char *name, int64_t vocab, Error &error);

} // namespace rondo

#endif
