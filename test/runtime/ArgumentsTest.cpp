// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The option parser takes what its table says and words every other case.
#include "runtime/Arguments.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace rondo;

static constexpr OptionSpec specs[] = {
    {"--file", "F", ValueKind::Path, true, ""},        {"-n", "N", ValueKind::Whole, false, ""},
    {"--count", "N", ValueKind::Positive, false, ""},  {"--seed", "N", ValueKind::Seed, false, ""},
    {"--part", "X", ValueKind::Fraction, false, ""},   {"--rate", "X", ValueKind::PositiveReal, false, ""},
    {"--heat", "X", ValueKind::Real, false, ""},       {"--text", "S", ValueKind::String, false, ""},
    {"--threads", "N", ValueKind::Threads, false, ""}, {"--in", "F", ValueKind::Paths, false, ""}};

static std::string errorOf(std::vector<const char *> words) {
  Arguments arguments(specs, std::size(specs));
  Error error;
  return arguments.parse(static_cast<int>(words.size()), const_cast<char **>(words.data()), error) ? ""
                                                                                                   : error.message();
}

TEST(Arguments, ReadsValues) {
  const char *words[] = {"--file=a=b", "-n",     "0", "--seed", "18446744073709551615",
                         "--part=0.1", "--text", "",  "--rate", "2e-3"};
  Arguments arguments(specs, std::size(specs));
  Error error;
  ASSERT_TRUE(arguments.parse(10, const_cast<char **>(words), error)) << error.message();
  EXPECT_STREQ(arguments.text("--file"), "a=b");
  EXPECT_EQ(arguments.integer("-n", 5), 0);
  EXPECT_EQ(arguments.seed("--seed", 1), UINT64_MAX);
  EXPECT_EQ(arguments.real("--part", 1), 0.1);
  EXPECT_EQ(arguments.real("--rate", 1), 2e-3);
  EXPECT_EQ(arguments.integer("--count", 7), 7);
  EXPECT_TRUE(arguments.has("--text"));
  EXPECT_STREQ(arguments.text("--text"), "");
  EXPECT_FALSE(arguments.has("--heat"));
  EXPECT_FALSE(arguments.has("--unknown"));
  EXPECT_FALSE(Arguments(nullptr, 0).has("--text"));
}

TEST(Arguments, ReadsEachOfSeveral) {
  const char *words[] = {"--in", "a", "--file=b", "--in=c=d"};
  Arguments arguments(specs, std::size(specs));
  Error error;
  EXPECT_TRUE(arguments.texts("--in").empty());
  ASSERT_TRUE(arguments.parse(4, const_cast<char **>(words), error)) << error.message();
  ASSERT_EQ(arguments.texts("--in").size(), 2u);
  EXPECT_STREQ(arguments.texts("--in")[0], "a");
  EXPECT_STREQ(arguments.texts("--in")[1], "c=d");
}

TEST(Arguments, WordsErrors) {
  EXPECT_EQ(errorOf({}), "--file is missing");
  EXPECT_EQ(errorOf({"--file"}), "--file: expected a value");
  EXPECT_EQ(errorOf({"--file", "a", "--in="}), "--in: expected a file name, found ''");
  EXPECT_EQ(errorOf({"--file="}), "--file: expected a file name, found ''");
  EXPECT_EQ(errorOf({"--file", "a", "--file", "b"}), "--file is given twice");
  std::string known = ", expected --file, -n, --count, --seed, --part, --rate, --heat, --text, --threads, --in";
  EXPECT_EQ(errorOf({"--fil", "a"}), "unknown option '--fil'" + known);
  EXPECT_EQ(errorOf({"file"}), "expected an option, found 'file'");
  EXPECT_EQ(errorOf({"-n=3"}), "unknown option '-n=3'" + known);
  EXPECT_EQ(errorOf({"--count", "0"}), "--count: expected an integer from 1 on, found '0'");
  for (const char *bad : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "9223372036854775808"})
    EXPECT_NE(errorOf({"-n", bad}), "") << bad;
  EXPECT_EQ(errorOf({"--seed", "18446744073709551616"}),
            "--seed: expected an integer from 0 to 2^64 - 1, found '18446744073709551616'");
  for (const char *bad : {"", "1", "-0.1", "nan", "0x0.1", "0.1 ", "1e", ".", "inf"})
    EXPECT_NE(errorOf({"--part", bad}), "") << bad;
  EXPECT_EQ(errorOf({"--file=a", "--threads", "64"}), "");
  for (const char *bad : {"0", "65", "-1", "2.0", "two", "", "18446744073709551617"})
    EXPECT_EQ(errorOf({"--threads", bad}),
              std::string("--threads: expected an integer from 1 to 64, found '") + bad + "'");
  EXPECT_EQ(errorOf({"--rate", "0"}), "--rate: expected a number above 0, found '0'");
  EXPECT_EQ(errorOf({"--heat", "-1"}), "--heat: expected a number from 0 on, found '-1'");
}
