// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables of numbers: each way to write one is read, what is none gives an error with its line, and what is written
// gives the same numbers again.
#include "runtime/Csv.h"

#include <gtest/gtest.h>
#include <string>

using namespace rondo;

/// "ROWSxCOLUMNS: " and the numbers, or the error as text where the table is refused.
static std::string read(const std::string &text) {
  // Exactly as much memory as the file has, so that a sanitizer sees every step beyond.
  char *memory = static_cast<char *>(malloc(text.size() ? text.size() : 1));
  memcpy(memory, text.data(), text.size());
  CsvFile file;
  Error error;
  std::string result;
  if (file.parse(memory, text.size(), error)) {
    result =
        Text::format("%lldx%lld:", static_cast<long long>(file.rows), static_cast<long long>(file.columns)).c_str();
    for (double value : file.values)
      result += Text::format(" %g", value).c_str();
  } else {
    result = error.message();
  }
  free(memory);
  return result;
}

TEST(Csv, ReadsRowsOfNumbers) {
  EXPECT_EQ(read("1,2\n3,4\n"), "2x2: 1 2 3 4");
  EXPECT_EQ(read("1,2\n3,4"), "2x2: 1 2 3 4");
  EXPECT_EQ(read("1,2\r\n3,4\r\n"), "2x2: 1 2 3 4");
  EXPECT_EQ(read(" 1 ,\t-2.5e3\n+3,.5\n"), "2x2: 1 -2500 3 0.5");
  EXPECT_EQ(read("7"), "1x1: 7");
  EXPECT_EQ(read("\"1\", \"2\" \n3,4\n"), "2x2: 1 2 3 4");
}

TEST(Csv, SkipsAHeaderAndAByteOrderMark) {
  EXPECT_EQ(read("a,b\n1,2\n"), "1x2: 1 2");
  EXPECT_EQ(read("\xef\xbb\xbf\"a, b\",\"say \"\"c\"\"\"\n1,2\n"), "1x2: 1 2");
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "1,2\n"),
            "1x2: 1 2");
}

TEST(Csv, RefusesWhatIsNoTable) {
  EXPECT_EQ(read(""), "expected at least one row of numbers");
  EXPECT_EQ(read("a,b\n"), "expected at least one row of numbers, found a header alone");
  EXPECT_EQ(read("1,2\n3\n"), "line 2: has 1 fields, the first line 2");
  EXPECT_EQ(read("a\n1,2\n"), "line 2: has 2 fields, the first line 1");
  EXPECT_EQ(read("1,2\n\n3,4\n"), "line 2: is empty, expected a row");
  EXPECT_EQ(read("1,2\n3,4\n\n"), "line 3: is empty, expected a row");
  EXPECT_EQ(read("1,x\n"), "line 1: field 2: expected a number, found 'x'");
  EXPECT_EQ(read("a,b\nc,d\n"), "line 2: field 1: expected a number, found 'c'");
  EXPECT_EQ(read("1,\n"), "line 1: field 2: expected a number, found ''");
  EXPECT_EQ(read("nan\n1\n"), "line 1: field 1: expected a number, found 'nan'");
  EXPECT_EQ(read("1\n1e999\n"), "line 2: field 1: expected a number, found '1e999'");
  EXPECT_EQ(read("1\n0x10\n"), "line 2: field 1: expected a number, found '0x10'");
  EXPECT_EQ(read("1;2\n"), "expected at least one row of numbers, found a header alone");
  EXPECT_EQ(read("1;2\n3;4\n"), "line 2: field 1: expected a number, found '3;4'");
  EXPECT_EQ(read(std::string("1\n2\0\n", 5)), "line 2: field 1: expected a number, found '2\\x00'");
  EXPECT_EQ(read("\"1\n"), "line 1: expected a quote at the end of the field");
  EXPECT_EQ(read("\"1\"2\n"), "line 1: expected a comma behind the quoted field");
}

TEST(Csv, WritesWhatItReads) {
  double values[6] = {1, 0.1, -1e300, 1.0 / 3, 5e-324, 0};
  Buffer matrix{values, Type::F64, {}};
  matrix.shape.add(2);
  matrix.shape.add(3);
  std::string path = testing::TempDir() + "rondo-csv-test.csv";
  Error error;
  ASSERT_TRUE(writeCsvFile(path.c_str(), matrix, error)) << error.message();
  CsvFile file;
  ASSERT_TRUE(file.read(path.c_str(), error)) << error.message();
  Buffer table = file.table();
  EXPECT_TRUE(table.shape == matrix.shape);
  EXPECT_EQ(memcmp(table.data, values, sizeof values), 0);
  float single[2] = {0.1f, 1.0f / 3};
  ASSERT_TRUE(writeCsvFile(path.c_str(), {single, Type::F32, matrix.shape.from(2).within(2).within(1)}, error));
  ASSERT_TRUE(file.read(path.c_str(), error)) << error.message();
  remove(path.c_str());
  EXPECT_EQ(static_cast<float>(file.values[0]), single[0]);
  EXPECT_EQ(static_cast<float>(file.values[1]), single[1]);
  EXPECT_EQ(file.columns, 2);
}
