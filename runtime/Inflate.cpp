// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical Huffman codes are decoded bit by bit, by the number of codes of each length: no tables for speed, which
// weights that are read once do not need.
#include "runtime/Inflate.h"

#include <cstring>

using namespace rondo;

namespace {

constexpr int maxLength = 15, literals = 288, distances = 32, lengthCodes = 19;
constexpr int endOfBlock = 256;

/// The codes of some symbols: how many have each length, and the symbols in the order of their codes.
struct Huffman {
  uint16_t counts[maxLength + 1];
  uint16_t symbols[literals];

  /// Of the length of each symbol's code, 0 where it has none. False where there are more codes than their lengths
  /// allow, or fewer; but a single code of one bit may stand alone, and there may be none.
  bool make(const uint8_t *lengths, int count) {
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < count; ++i)
      ++counts[lengths[i]];
    uint16_t offsets[maxLength + 2] = {};
    int left = 1;
    for (int length = 1; length <= maxLength; ++length) {
      left = 2 * left - counts[length];
      if (left < 0)
        return false;
      offsets[length + 1] = static_cast<uint16_t>(offsets[length] + counts[length]);
    }
    for (int i = 0; i < count; ++i)
      if (lengths[i])
        symbols[offsets[lengths[i]]++] = static_cast<uint16_t>(i);
    int used = count - counts[0];
    counts[0] = 0;
    return left == 0 || used == 0 || (used == 1 && counts[1] == 1);
  }
};

struct Range {
  uint16_t base;
  uint8_t bits;
};
/// Of the symbols 257 to 285, and of those of distances.
constexpr Range lengthRanges[] = {{3, 0},   {4, 0},   {5, 0},   {6, 0},   {7, 0},  {8, 0},  {9, 0},  {10, 0},
                                  {11, 1},  {13, 1},  {15, 1},  {17, 1},  {19, 2}, {23, 2}, {27, 2}, {31, 2},
                                  {35, 3},  {43, 3},  {51, 3},  {59, 3},  {67, 4}, {83, 4}, {99, 4}, {115, 4},
                                  {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}};
constexpr Range distanceRanges[] = {{1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},
                                    {9, 2},     {13, 2},    {17, 3},    {25, 3},     {33, 4},     {49, 4},
                                    {65, 5},    {97, 5},    {129, 6},   {193, 6},    {257, 7},    {385, 7},
                                    {513, 8},   {769, 8},   {1025, 9},  {1537, 9},   {2049, 10},  {3073, 10},
                                    {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}};
constexpr int lengthSymbols = 29, distanceSymbols = 30;

class Stream {
public:
  Stream(const uint8_t *data, size_t size, uint8_t *to, size_t wanted)
      : at(data), end(data + size), to(to), begin(to), last(to + wanted) {}

  bool read() {
    bool isLast = false;
    while (!isLast) {
      isLast = bits(1);
      int kind = bits(2);
      if (isBeyond || !(kind == 0 ? copyStored() : kind == 1 ? readFixed() : kind == 2 && readDynamic()))
        return false;
    }
    return to == last && at == end;
  }

private:
  /// The next bits, the least first; zeros beyond the end.
  int bits(int count) {
    while (held < count) {
      isBeyond |= at == end;
      buffer |= static_cast<uint32_t>(at == end ? 0 : *at++) << held;
      held += 8;
    }
    int value = static_cast<int>(buffer & ((1u << count) - 1));
    buffer >>= count;
    held -= count;
    return value;
  }

  /// The next symbol, or -1.
  int symbol(const Huffman &codes) {
    int code = 0, first = 0, index = 0;
    for (int length = 1; length <= maxLength && !isBeyond; ++length) {
      code |= bits(1);
      int count = codes.counts[length];
      if (code - count < first)
        return codes.symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

  bool copyStored() {
    buffer = 0; // less than a byte: whole ones are not held
    held = 0;
    if (end - at < 4)
      return false;
    size_t size = at[0] | at[1] << 8;
    if (static_cast<int>(size) != (~(at[2] | at[3] << 8) & 0xffff))
      return false;
    at += 4;
    if (static_cast<size_t>(end - at) < size || static_cast<size_t>(last - to) < size)
      return false;
    if (size > 0) // else there may be nowhere to copy to
      memcpy(to, at, size);
    at += size;
    to += size;
    return true;
  }

  bool readFixed() {
    uint8_t lengths[literals];
    for (int i = 0; i < literals; ++i)
      lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    uint8_t ofDistances[distances];
    memset(ofDistances, 5, sizeof ofDistances);
    return codes.make(lengths, literals) && distanceCodes.make(ofDistances, distances) && readBlock();
  }

  bool readDynamic() {
    constexpr uint8_t order[lengthCodes] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    int literalCount = bits(5) + 257, distanceCount = bits(5) + 1, count = bits(4) + 4;
    if (isBeyond || literalCount > literals || distanceCount > distances)
      return false;
    uint8_t lengths[literals + distances] = {};
    for (int i = 0; i < count; ++i)
      lengths[order[i]] = static_cast<uint8_t>(bits(3));
    if (!codes.make(lengths, lengthCodes))
      return false;
    memset(lengths, 0, sizeof lengths);
    for (int i = 0; i < literalCount + distanceCount;) {
      int found = symbol(codes);
      if (found < 0)
        return false;
      uint8_t value = static_cast<uint8_t>(found);
      int times = 1;
      if (found >= 16) {
        if (found == 16 && i == 0)
          return false;
        value = found == 16 ? lengths[i - 1] : 0;
        times = found == 16 ? 3 + bits(2) : found == 17 ? 3 + bits(3) : 11 + bits(7);
      }
      if (i + times > literalCount + distanceCount)
        return false;
      memset(lengths + i, value, static_cast<size_t>(times));
      i += times;
    }
    return lengths[endOfBlock] && codes.make(lengths, literalCount) &&
           distanceCodes.make(lengths + literalCount, distanceCount) && readBlock();
  }

  /// What a range's symbol means with the bits behind it.
  size_t value(const Range &range) { return static_cast<size_t>(range.base + bits(range.bits)); }

  bool readBlock() {
    for (;;) {
      int found = symbol(codes);
      if (found < 0 || isBeyond)
        return false;
      if (found == endOfBlock)
        return true;
      if (found < endOfBlock) {
        if (to == last)
          return false;
        *to++ = static_cast<uint8_t>(found);
        continue;
      }
      if (found - endOfBlock > lengthSymbols)
        return false;
      size_t length = value(lengthRanges[found - endOfBlock - 1]);
      found = symbol(distanceCodes);
      if (found < 0 || found >= distanceSymbols)
        return false;
      size_t distance = value(distanceRanges[found]);
      if (isBeyond || distance > static_cast<size_t>(to - begin) || length > static_cast<size_t>(last - to))
        return false;
      for (; length > 0; --length, ++to) // the bytes may be among those that are written
        *to = *(to - distance);
    }
  }

  const uint8_t *at, *end;
  uint8_t *to, *begin, *last;
  uint32_t buffer = 0;
  int held = 0;
  bool isBeyond = false;
  Huffman codes, distanceCodes;
};

} // namespace

bool rondo::inflate(const uint8_t *data, size_t size, uint8_t *to, size_t wanted) {
  return Stream(data, size, to, wanted).read();
}
