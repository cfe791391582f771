// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes <-> tokens.
#include "runtime/Alphabet.h"

using namespace rondo;

void Alphabet::assign(const bool (&occurs)[256]) {
  count = 0;
  for (int byte = 0; byte < 256; ++byte) {
    tokens[byte] = -1;
    if (occurs[byte]) {
      tokens[byte] = static_cast<int16_t>(count);
      symbol[count++] = static_cast<uint8_t>(byte);
    }
  }
}

bool Alphabet::parse(const Text &hex, Error &error) {
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  bool occurs[256] = {};
  int last = -1;
  bool good = hex.size() % 2 == 0 && !hex.empty();
  for (size_t i = 0; good && i < hex.size(); i += 2) {
    int high = digit(hex.c_str()[i]), low = digit(hex.c_str()[i + 1]);
    int byte = high * 16 + low;
    good = high >= 0 && low >= 0 && byte > last;
    if (good)
      occurs[last = byte] = true;
  }
  if (!good)
    return error.fail("expected the alphabet to be ascending bytes in hexadecimal, found '%s'",
                      quoted(hex.c_str(), hex.size()).c_str());
  assign(occurs);
  return true;
}

Text Alphabet::hex() const {
  Text text;
  for (int i = 0; i < count; ++i)
    text.appendFormat("%02x", symbol[i]);
  return text;
}

bool Alphabet::encode(const uint8_t *bytes, size_t size, List<int32_t> &out, Error &error) const {
  out.resize(size);
  for (size_t i = 0; i < size; ++i) {
    out[i] = token(bytes[i]);
    if (out[i] < 0) {
      char byte = static_cast<char>(bytes[i]);
      return error.fail("byte 0x%02x ('%s') at offset %zu is not in the alphabet of the weights", bytes[i],
                        quoted(&byte, 1).c_str(), i);
    }
  }
  return true;
}

bool rondo::checkVocabulary(const Alphabet &alphabet, int64_t vocab, Error &error) {
  return alphabet.count <= vocab ||
         error.fail(
             "the data has %d distinct bytes, the model's vocabulary is %lld: compile the program with -D vocab=%d",
             alphabet.count, static_cast<long long>(vocab), alphabet.count);
}
