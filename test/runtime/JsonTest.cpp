// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON reader takes RFC 8259 and nothing else, and says where it stopped.
#include "runtime/Json.h"

#include <gtest/gtest.h>
#include <string>

using namespace rondo;

static std::string errorOf(const std::string &text) {
  Json json;
  Error error;
  return Json::parse(text.data(), text.size(), json, error) ? "" : error.message();
}

TEST(Json, ReadsEveryKind) {
  std::string text = R"( {"a": [1, -2.5e3, true, false, null], "b\n": "x\u00e9\ud83d\ude00\/", "": {}} )";
  Json json;
  Error error;
  ASSERT_TRUE(Json::parse(text.data(), text.size(), json, error)) << error.message();
  const Json *a = json.find("a");
  ASSERT_TRUE(a && a->items.size() == 5);
  EXPECT_TRUE(a->items[0].isInteger);
  EXPECT_EQ(a->items[0].integer, 1);
  EXPECT_FALSE(a->items[1].isInteger);
  EXPECT_EQ(a->items[1].number, -2500);
  EXPECT_TRUE(a->items[2].boolean);
  EXPECT_EQ(a->items[4].kind, Json::Kind::Null);
  EXPECT_TRUE(json.find("b\n")->string == "x\xc3\xa9\xf0\x9f\x98\x80/");
  EXPECT_EQ(json.find("")->kind, Json::Kind::Object);
  EXPECT_EQ(json.find("c"), nullptr);
}

TEST(Json, IntegersBeyond64BitsAreOnlyReals) {
  std::string text = "[9223372036854775807, 9223372036854775808]";
  Json json;
  Error error;
  ASSERT_TRUE(Json::parse(text.data(), text.size(), json, error));
  EXPECT_EQ(json.items[0].integer, INT64_MAX);
  EXPECT_FALSE(json.items[1].isInteger);
  EXPECT_EQ(json.items[1].number, 9223372036854775808.0);
}

TEST(Json, RejectsAndSaysWhere) {
  EXPECT_EQ(errorOf(""), "byte 0: expected a value, found the end");
  EXPECT_EQ(errorOf("[1,]"), "byte 3: expected a value, found ']'");
  EXPECT_EQ(errorOf("{\"a\" 1}"), "byte 5: expected ':', found '1'");
  EXPECT_EQ(errorOf("{a:1}"), "byte 1: expected a name in quotes, found 'a'");
  EXPECT_EQ(errorOf("{\"a\":1,\"b\":2,\"a\":3}"), "byte 0: the name 'a' appears twice in one object");
  EXPECT_EQ(errorOf("[1] 2"), "byte 4: expected the end of the text, found '2'");
  EXPECT_EQ(errorOf("01"), "byte 1: expected the end of the text, found '1'");
  EXPECT_EQ(errorOf("1."), "byte 2: expected a digit, found the end");
  EXPECT_EQ(errorOf("-"), "byte 1: expected a value, found the end");
  EXPECT_EQ(errorOf("1e999"), "byte 0: the number 1e999 is too large");
  EXPECT_EQ(errorOf("nul"), "byte 3: expected 'null'");
  EXPECT_EQ(errorOf("\"a\nb\""), "byte 2: expected no control character in a string, found '\\n'");
  EXPECT_EQ(errorOf("\"\\x\""), "byte 2: expected an escape such as \\n or \\u0041, found 'x'");
  EXPECT_EQ(errorOf("\"\\ud800x\""), "byte 7: expected a low surrogate, found 'x'");
  EXPECT_EQ(errorOf("\"\\ude00\""), "byte 7: a low surrogate without a high one before it");
  EXPECT_EQ(errorOf("\"\\ud800\\u0041\""), "byte 13: a high surrogate without a low one after it");
  EXPECT_EQ(errorOf("\"\\u00g0\""), "byte 5: expected four hexadecimal digits, found 'g'");
  EXPECT_EQ(errorOf("\"a"), "byte 2: expected '\"', found the end");
  EXPECT_EQ(errorOf("{\"a\":1]"), "byte 6: expected ',' or '}', found ']'");
  EXPECT_EQ(errorOf(std::string("[1\0]", 4)), "byte 2: expected ',' or ']', found '\\x00'");
  EXPECT_EQ(errorOf(std::string(100, '[')), "byte 65: nested deeper than 64");
}

TEST(Json, RejectsMoreValuesThanMemoryIsFor) {
  Json value;
  Error error;
  EXPECT_TRUE(Json::parse("[1,2]", 5, value, error, 3));
  EXPECT_FALSE(Json::parse("[1,2,3]", 7, value, error, 3));
  EXPECT_STREQ(error.message(), "byte 5: more than 3 values");
}

TEST(Json, RejectsMalformedUtf8) {
  for (const char *bytes : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5", "\xe2\x82"})
    EXPECT_NE(errorOf(std::string("\"") + bytes + "\"").find("expected UTF-8"), std::string::npos);
}

TEST(Json, EveryPrefixAndEveryChangedByteIsHandled) {
  std::string text = R"({"a": [1, -2.5e3, "\u00e9\ud83d\ude00"], "b": {"c": null}})";
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_NE(errorOf(text.substr(0, i)), "");
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      errorOf(changed); // must come back
    }
  }
}
