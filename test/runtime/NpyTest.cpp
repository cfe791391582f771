// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's files: what is written is read back, both orders and all versions are read; malformed files give worded
// errors and touch no foreign memory.
#include "runtime/Npy.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace rondo;

/// The bytes of a file of that version with this dictionary and data.
static std::string fileOf(int version, const std::string &header, const std::string &data) {
  std::string bytes = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

static std::string headerOf(const std::string &type, const std::string &shape, bool isColumnMajor = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (isColumnMajor ? "True" : "False") + ", 'shape': " + shape +
         ", }";
}

template <typename T> static std::string bytesOf(const std::vector<T> &values) {
  return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
}

/// The elements, or the error as text where the file is refused.
static std::string read(const std::string &bytes, Buffer *array = nullptr) {
  // Exactly as much memory as the file has, so that a sanitizer sees every step beyond.
  void *memory = malloc(bytes.size() ? bytes.size() : 1);
  memcpy(memory, bytes.data(), bytes.size());
  NpyFile file;
  Error error;
  std::string text;
  if (file.parse(static_cast<const uint8_t *>(memory), bytes.size(), error))
    for (int64_t i = 0; i < file.array.count(); ++i)
      text += (i ? " " : "") + std::string(Text::format("%g", file.array.get(i)).c_str());
  else
    text = error.message();
  free(memory);
  if (array)
    *array = {nullptr, file.array.type, file.array.shape};
  return text;
}

TEST(Npy, WritesWhatItReads) {
  double values[6] = {1, 2.5, -3, 4e300, 5, 0.1};
  Buffer matrix{values, Type::F64, {}};
  matrix.shape.add(2);
  matrix.shape.add(3);
  std::string path = testing::TempDir() + "rondo-npy-test.npy";
  Error error;
  ASSERT_TRUE(writeNpyFile(path.c_str(), matrix, error)) << error.message();
  FileBytes bytes;
  ASSERT_TRUE(bytes.read(path.c_str(), error)) << error.message();
  std::string header(reinterpret_cast<const char *>(bytes.data()), 128);
  EXPECT_EQ(header.substr(0, 10), std::string("\x93NUMPY\1\0\x76\0", 10));
  EXPECT_EQ(header.substr(10, 59), "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ(header.back(), '\n');
  EXPECT_EQ(bytes.size(), 128 + sizeof values);
  NpyFile file;
  ASSERT_TRUE(file.read(path.c_str(), error)) << error.message();
  remove(path.c_str());
  EXPECT_TRUE(file.array.shape == matrix.shape);
  EXPECT_EQ(file.array.type, Type::F64);
  EXPECT_EQ(memcmp(file.array.data, values, sizeof values), 0);
}

TEST(Npy, WritesAVectorAsATuple) {
  uint8_t values[2] = {7, 8};
  Buffer vector{values, Type::U8, {}};
  vector.shape.add(2);
  std::string path = testing::TempDir() + "rondo-npy-vector-test.npy";
  Error error;
  ASSERT_TRUE(writeNpyFile(path.c_str(), vector, error)) << error.message();
  FileBytes bytes;
  ASSERT_TRUE(bytes.read(path.c_str(), error)) << error.message();
  std::string text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  EXPECT_NE(text.find("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"), std::string::npos);
  remove(path.c_str());
}

TEST(Npy, WritesNoTypeThatItCannotName) {
  uint16_t value = 0;
  Error error;
  EXPECT_FALSE(writeNpyFile("/nowhere/x", {&value, Type::BF16, {}}, error));
  EXPECT_STREQ(error.message(), "cannot write '/nowhere/x': NumPy's format is not written with elements BF16");
}

TEST(Npy, ReadsEachType) {
  EXPECT_EQ(read(fileOf(1, headerOf("<f4", "(2,)"), bytesOf<float>({1.5f, -2}))), "1.5 -2");
  EXPECT_EQ(read(fileOf(1, headerOf("<f8", "(2,)"), bytesOf<double>({1e300, -2}))), "1e+300 -2");
  EXPECT_EQ(read(fileOf(1, headerOf("<f2", "(2,)"), bytesOf<uint16_t>({0x3c00, 0xc100}))), "1 -2.5");
  EXPECT_EQ(read(fileOf(1, headerOf("<i4", "(2,)"), bytesOf<int32_t>({7, -2}))), "7 -2");
  EXPECT_EQ(read(fileOf(1, headerOf("<i8", "(2,)"), bytesOf<int64_t>({7, -2}))), "7 -2");
  EXPECT_EQ(read(fileOf(1, headerOf("|u1", "(2,)"), "\x07\xff")), "7 255");
  Buffer truths;
  EXPECT_EQ(read(fileOf(1, headerOf("|b1", "(2,)"), std::string("\1\0", 2)), &truths), "1 0");
  EXPECT_EQ(truths.type, Type::U8);
}

TEST(Npy, ReadsEachVersionAndSpelling) {
  for (int version : {1, 2, 3})
    EXPECT_EQ(read(fileOf(version, headerOf("<i4", "(1, 2)") + "   \n", bytesOf<int32_t>({3, 4}))), "3 4");
  EXPECT_EQ(read(fileOf(1, "{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"<i4\"}", bytesOf<int32_t>({3, 4}))),
            "3 4");
}

TEST(Npy, ReadsAnyRankAndSize) {
  Buffer array;
  EXPECT_EQ(read(fileOf(1, headerOf("<i4", "()"), bytesOf<int32_t>({3})), &array), "3");
  EXPECT_EQ(array.shape.rank, 0);
  EXPECT_EQ(read(fileOf(1, headerOf("<i4", "(2, 0, 3)"), ""), &array), "");
  EXPECT_STREQ(array.shape.str().c_str(), "[2, 0, 3]");
  EXPECT_EQ(read(fileOf(1, headerOf("<i4", "(4611686018427387904, 0, 4611686018427387904)", true), ""), &array), "");
}

TEST(Npy, TurnsColumnsThatRunFirstIntoRows) {
  std::vector<int32_t> values(24);
  std::string expected;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) {
        values[static_cast<size_t>(i + 2 * j + 6 * k)] = 100 * i + 10 * j + k;
        expected += (expected.empty() ? "" : " ") + std::to_string(100 * i + 10 * j + k);
      }
  EXPECT_EQ(read(fileOf(1, headerOf("<i4", "(2, 3, 4)", true), bytesOf(values))), expected);
}

TEST(Npy, RefusesWhatIsMalformed) {
  std::string two = bytesOf<int32_t>({1, 2});
  auto refused = [&](const std::string &header) { return read(fileOf(1, header, two)); };
  EXPECT_EQ(read(""), "expected a NumPy file, which begins with \\x93NUMPY");
  EXPECT_EQ(read("1,2\n3,4\n5,6\n"), "expected a NumPy file, which begins with \\x93NUMPY");
  EXPECT_EQ(read(fileOf(4, headerOf("<i4", "(2,)"), two)), "has the format's version 4, expected 1 to 3");
  EXPECT_EQ(read(fileOf(1, headerOf("<i4", "(2,)"), two).substr(0, 40)), "ends within its header: it is truncated");
  EXPECT_EQ(read(fileOf(2, "", "").substr(0, 11)), "ends within its header: it is truncated");
  EXPECT_EQ(refused(headerOf("<i4", "(3,)")), "shape [3] of I32 needs 12 bytes, found 8");
  EXPECT_EQ(refused(headerOf("<i4", "(1,)")), "shape [1] of I32 needs 4 bytes, found 8");
  EXPECT_EQ(refused(headerOf("<i4", "(4611686018427387904, 8)")), "shape [4611686018427387904, 8] is too large");
  EXPECT_EQ(refused(headerOf("<i4", "(99999999999999999999,)")), "expected sizes from 0 on in 'shape'");
  EXPECT_EQ(refused(headerOf("<i4", "(-1,)")), "expected sizes from 0 on in 'shape'");
  EXPECT_EQ(refused(headerOf("<i4", "(1,1,1,1,1,1,1,1,2)")), "has more than 8 dimensions");
  EXPECT_EQ(refused(headerOf("<i4", "(2")), "expected sizes from 0 on in 'shape'");
  EXPECT_EQ(refused(headerOf("<i4", "(1 2)")), "expected ',' or ')' in 'shape'");
  EXPECT_EQ(refused(headerOf("<i4", "[2]")), "expected 'shape' to begin with '('");
  EXPECT_EQ(refused(headerOf(">i4", "(2,)")),
            "the type '>i4' is not read, expected <f4, <f8, <f2, <i4, <i8, |u1 or |b1 (little-endian)");
  EXPECT_EQ(refused(headerOf("|i4", "(2,)")),
            "the type '|i4' is not read, expected <f4, <f8, <f2, <i4, <i8, |u1 or |b1 (little-endian)");
  EXPECT_EQ(refused("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }"),
            "expected 'descr' to be one type in quotes: arrays of records are not read");
  EXPECT_EQ(refused("{'descr': '<i4', 'fortran_order': 0, 'shape': (2,), }"),
            "expected 'fortran_order' to be True or False");
  EXPECT_EQ(refused("{'descr': '<i4', 'shape': (2,), }"), "no 'fortran_order' in the header");
  EXPECT_EQ(refused("{'descr': '<i4', 'descr': '<i4'}"), "'descr' is twice in the header");
  EXPECT_EQ(refused("{'color': 1}"), "unknown key 'color' in the header");
  EXPECT_EQ(refused("{'descr' '<i4'}"), "expected a key and ':' in the header");
  EXPECT_EQ(refused("{'descr': '<i4' 'shape': (2,)}"), "expected ',' or '}' in the header");
  EXPECT_EQ(refused("x"), "expected the header to begin with '{'");
  EXPECT_EQ(refused(headerOf("<i4", "(2,)") + "x"), "expected nothing behind the header's '}'");
  EXPECT_EQ(read(fileOf(1, headerOf("|b1", "(1,)"), "\2")),
            "holds the byte 2 as a truth value (element 0), expected 0 or 1");
}
