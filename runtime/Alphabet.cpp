// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes <-> tokens.
#include "runtime/Alphabet.h"

using namespace rondo;

void Alphabet::add(int byte) {
  tokens[byte] = static_cast<int16_t>(count);
  symbol[count++] = static_cast<uint8_t>(byte);
}

void Alphabet::assign(const bool (&occurs)[256]) {
  count = 0;
  for (int byte = 0; byte < 256; ++byte) {
    tokens[byte] = -1;
    if (occurs[byte])
      add(byte);
  }
}

void Alphabet::assign(const uint8_t *symbols, int size) {
  assign({});
  for (int i = 0; i < size; ++i)
    add(symbols[i]);
}

void Alphabet::assignLines(const bool (&occurs)[256]) {
  count = 0;
  add('\n');
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\n')
      continue;
    tokens[byte] = -1;
    if (occurs[byte])
      add(byte);
  }
}

bool Alphabet::parse(const Text &hex, Error &error) {
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  bool occurs[256] = {};
  int last = -1;
  bool ofLines = false;
  bool good = hex.size() % 2 == 0 && !hex.empty();
  for (size_t i = 0; good && i < hex.size(); i += 2) {
    int high = digit(hex.c_str()[i]), low = digit(hex.c_str()[i + 1]);
    int byte = high * 16 + low;
    bool isMark = i == 0 && byte == '\n'; // which smaller ones may follow
    good = high >= 0 && low >= 0 && byte > last && !occurs[byte];
    if (good)
      occurs[byte] = true;
    ofLines |= isMark;
    last = isMark ? -1 : byte;
  }
  if (!good)
    return error.fail("expected the alphabet to be ascending bytes in hexadecimal, found '%s'",
                      quoted(hex.c_str(), hex.size()).c_str());
  if (ofLines)
    assignLines(occurs);
  else
    assign(occurs);
  return true;
}

Text Alphabet::hex() const {
  Text text;
  for (int i = 0; i < count; ++i)
    text.appendFormat("%02x", symbol[i]);
  return text;
}

bool Alphabet::encode(const uint8_t *bytes, size_t size, int32_t *out, Error &error) const {
  for (size_t i = 0; i < size; ++i)
    if (token(bytes[i]) < 0) {
      char byte = static_cast<char>(bytes[i]);
      return error.fail("byte 0x%02x ('%s') at offset %zu is not in the alphabet of the weights", bytes[i],
                        quoted(&byte, 1).c_str(), i);
    }
  for (size_t i = 0; i < size; ++i)
    out[i] = token(bytes[i]);
  return true;
}

bool Alphabet::encode(const uint8_t *bytes, size_t size, List<int32_t> &out, Error &error) const {
  out.resize(size);
  return encode(bytes, size, out.data(), error);
}

bool rondo::checkVocabulary(const Alphabet &alphabet, int64_t vocab, Error &error) {
  return alphabet.count <= vocab ||
         error.fail(
             "the data has %d distinct bytes, the model's vocabulary is %lld: compile the program with -D vocab=%d",
             alphabet.count, static_cast<long long>(vocab), alphabet.count);
}

bool rondo::checkLineVocabulary(const Alphabet &alphabet, const char *name, int64_t vocab, Error &error) {
  if (!alphabet.marksLines())
    return error.fail("the alphabet of the weights is that of a text without lines: its token 0 is no newline");
  return alphabet.count <= vocab ||
         error.fail("'%s' needs a vocabulary of %d, for %d distinct bytes and the mark of a line's end, the model's is "
                    "%lld: compile the program with a larger one",
                    name, alphabet.count, alphabet.count - 1, static_cast<long long>(vocab));
}
