// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Texts of lines and of pairs: what is cut of them, what the entries see, what is refused; and lengths of arrays.
#include "runtime/Corpus.h"
#include "runtime/Feed.h"
#include "test/runtime/Bodies.h"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

using namespace rondo;

namespace {

#define HEAD R"({"model":"M","element":"f32","streamable":true,"parameters":[],"states":[],)"
#define TAIL(kind, arguments)                                                                                          \
  R"("outputs":[],"losses":[{"name":"","masked":true}],"train":{"data":")" kind                                        \
  R"(","batch":2,"k1":4,"k2":4,"steps":1},"entries":[{"name":"score","element":"f32","batch":2,"length":4,"arena":0,)" \
  R"("args":[)" arguments R"({"role":"loss","type":"f32","shape":[]}]}]})"

const char *const linesModel =
    HEAD R"("axes":[{"name":"T","lengths":true}],)"
         R"("inputs":[{"name":"t","kind":"token","vocab":5,"axes":["T"],"shape":[]}],)"
         R"("targets":[{"name":"n","kind":"token","vocab":5,"axes":["T"],"shape":[],"ahead_of":"t","ahead":1}],)" TAIL(
             "lines", R"({"role":"input","name":"t","type":"i32","shape":[4,2]},)"
                      R"({"role":"target","name":"n","type":"i32","shape":[4,2]},)"
                      R"({"role":"lengths","name":"T","type":"i32","shape":[2]},)");
const char *const pairsModel =
    HEAD R"("axes":[{"name":"S","size":3,"lengths":true},{"name":"T","lengths":true}],)"
         R"("inputs":[{"name":"s","kind":"token","vocab":5,"axes":["S"],"shape":[]}],)"
         R"("targets":[{"name":"n","kind":"token","vocab":4,"axes":["T"],"shape":[]}],)" TAIL(
             "pairs", R"({"role":"input","name":"s","type":"i32","shape":[3,2]},)"
                      R"({"role":"target","name":"n","type":"i32","shape":[4,2]},)"
                      R"({"role":"lengths","name":"S","type":"i32","shape":[2]},)"
                      R"({"role":"lengths","name":"T","type":"i32","shape":[2]},)");
const char *const arraysModel =
    HEAD R"("axes":[{"name":"N","size":2,"lengths":true},{"name":"T","lengths":true},{"name":"M","size":3}],)"
         R"("inputs":[{"name":"x","kind":"real","axes":["N","T","M"],"shape":[]}],"targets":[],)" TAIL(
             "arrays", R"({"role":"input","name":"x","type":"f32","shape":[2,4,3,2]},)"
                       R"({"role":"lengths","name":"N","type":"i32","shape":[2]},)"
                       R"({"role":"lengths","name":"T","type":"i32","shape":[2]},)");

/// A model, with a file.
struct Reader {
  Error error;
  Model model;
  std::string path = testing::TempDir() + "rondo-lines-test";
  Team team{1};
  Parameters parameters{model};
  Workspace workspace{parameters, team};

  explicit Reader(const char *description) {
    static const rondo_entry code[] = {{"score", idle, 0}, {nullptr, nullptr, 0}};
    EXPECT_TRUE(model.read({RONDO_ABI_VERSION, description, code, nullptr}, error)) << error.message();
  }

  /// Loads and encodes a text, by an alphabet of its own if `info` has none.
  bool load(const std::string &text, Corpus &corpus, WeightsInfo &info) {
    FILE *file = fopen(path.c_str(), "wb");
    fwrite(text.data(), 1, text.size(), file);
    fclose(file);
    if (!corpus.load(path.c_str(), model, "train", error))
      return false;
    if (!info.hasAlphabet)
      corpus.makeAlphabets(Corpus(), info);
    return checkAlphabets(model, info, "w", error) && corpus.encode(path.c_str(), model, info, error);
  }

  /// The error of a text, without the folder's name.
  std::string errorOf(const std::string &text, WeightsInfo info = WeightsInfo()) {
    Corpus corpus;
    error = Error();
    EXPECT_FALSE(load(text, corpus, info));
    std::string message = error.message();
    size_t name = message.find("rondo-lines-test");
    return name == std::string::npos ? message : message.substr(name + 16);
  }

  /// What the entry sees of the rows a and b, without the lengths.
  std::vector<int> see(const ArrayData &data, int64_t a, int64_t b, Role role, const char *name) {
    Call call = workspace.bind(*model.entry("score"), error);
    Window windows[] = {{a, 0}, {b, 0}};
    data.fill(call, windows);
    const Buffer *buffer = call.find(role, name);
    std::vector<int> values;
    for (int64_t i = 0; i < buffer->count(); ++i)
      values.push_back(static_cast<int>(buffer->get(i)));
    return values;
  }
};

using Ints = std::vector<int>;

} // namespace

TEST(Lines, AreSequencesBetweenMarks) {
  Reader reader(linesModel);
  Corpus corpus;
  WeightsInfo info;
  // The newline is token 0, and the carriage return before it belongs to the line's end; others are characters.
  ASSERT_TRUE(reader.load("bca\na\r\nb\rc", corpus, info)) << reader.error.message();
  EXPECT_EQ(info.alphabet.hex(), "0a0d616263");
  EXPECT_EQ(corpus.size(), 3);
  const ArrayData &data = corpus.arrays;
  EXPECT_EQ(data.length(0), 4);
  EXPECT_EQ(data.validLength(0), 4);
  EXPECT_EQ(data.validLength(1), 2);
  EXPECT_TRUE(data.wholeSequences());
  EXPECT_EQ(reader.see(data, 0, 1, Role::Input, "t"), (Ints{0, 0, 3, 2, 4, 0, 2, 0}));
  EXPECT_EQ(reader.see(data, 0, 1, Role::Target, "n"), (Ints{3, 2, 4, 0, 2, 0, 0, 0}));
  EXPECT_EQ(reader.see(data, 0, 1, Role::Lengths, "T"), (Ints{4, 2}));
  EXPECT_EQ(reader.see(data, 2, 2, Role::Target, "n"), (Ints{3, 3, 1, 1, 4, 4, 0, 0}));
}

TEST(Lines, WithoutAFinalNewlineAreTheSame) {
  Reader reader(linesModel);
  for (const char *text : {"ab\nc", "ab\nc\n", "ab\r\nc\r\n"}) {
    Corpus corpus;
    WeightsInfo info;
    ASSERT_TRUE(reader.load(text, corpus, info)) << reader.error.message();
    EXPECT_EQ(corpus.size(), 2);
    EXPECT_EQ(info.alphabet.hex(), "0a616263");
    EXPECT_EQ(corpus.arrays.validLength(1), 2);
  }
}

TEST(Lines, AreRefusedWithTheirNumber) {
  Reader reader(linesModel);
  EXPECT_EQ(reader.errorOf(""), ": expected at least one line");
  EXPECT_EQ(reader.errorOf("a\n\nb"), ":2: expected a character, found an empty line");
  EXPECT_EQ(reader.errorOf("a\n\r\n"), ":2: expected a character, found an empty line");
  EXPECT_EQ(
      reader.errorOf("abc\nabca\nabcab"),
      ":2: 4 characters and the end take more than the 4 positions of a window: the longest line takes 6 (compile "
      "the program with -D bptt=6)");
  EXPECT_EQ(reader.errorOf("abc\nde"),
            "'t' needs a vocabulary of 6, for 5 distinct bytes and the mark of a line's end, "
            "the model's is 5: compile the program with a larger one");
}

TEST(Lines, KeepTheAlphabetOfTheWeights) {
  Reader reader(linesModel);
  WeightsInfo info;
  info.hasAlphabet = true;
  ASSERT_TRUE(info.alphabet.parse("0a096162", reader.error)) << reader.error.message();
  EXPECT_EQ(info.alphabet.token('\n'), 0);
  EXPECT_EQ(info.alphabet.token('\t'), 1);
  EXPECT_EQ(info.alphabet.hex(), "0a096162");
  EXPECT_FALSE(info.alphabet.parse("0a0a61", reader.error));
  EXPECT_EQ(reader.errorOf("ab\naxb", std::move(info)),
            ":2: byte 0x78 ('x') at offset 1 is not in the alphabet of the weights");
  WeightsInfo ofText;
  ofText.hasAlphabet = true;
  ASSERT_TRUE(ofText.alphabet.parse("6162", reader.error = Error()));
  EXPECT_EQ(reader.errorOf("ab", std::move(ofText)),
            "the alphabet of the weights is that of a text without lines: its token 0 is no newline");
}

TEST(Lines, FillBatchesInTurn) {
  Reader reader(linesModel);
  Corpus corpus;
  WeightsInfo info;
  ASSERT_TRUE(reader.load("a\nab\nabc\na\nab", corpus, info)) << reader.error.message();
  Call call = reader.workspace.bind(*reader.model.entry("score"), reader.error);
  Feed feed;
  ASSERT_TRUE(feed.openArrays(reader.model, call, corpus.arrays, 5, 1, reader.error)) << reader.error.message();
  EXPECT_EQ(feed.stepsPerPass(), 2);
  EXPECT_EQ(feed.uncovered(), 0);
  std::multiset<int> lengths;
  for (int64_t step = 0; step < 2; ++step) {
    EXPECT_TRUE(feed.fill(step)) << "each line begins anew";
    for (int64_t b = 0; b < 2; ++b)
      lengths.insert(static_cast<int>(call.find(Role::Lengths, "T")->get(b)));
  }
  EXPECT_EQ(lengths.size(), 4u);
  EXPECT_LE(lengths.count(2), 2u);
  EXPECT_LE(lengths.count(4), 1u);
}

TEST(Pairs, HaveTwoColumns) {
  Reader reader(pairsModel);
  Corpus corpus;
  WeightsInfo info;
  ASSERT_TRUE(reader.load("zy\tb\nxyz\tabb\n", corpus, info)) << reader.error.message();
  EXPECT_EQ(info.alphabet.hex(), "0a6162");
  EXPECT_EQ(info.sourceAlphabet.hex(), "0a78797a");
  EXPECT_EQ(reader.see(corpus.arrays, 0, 1, Role::Input, "s"), (Ints{3, 1, 2, 2, 0, 3}));
  EXPECT_EQ(reader.see(corpus.arrays, 0, 1, Role::Target, "n"), (Ints{2, 1, 0, 2, 0, 2, 0, 0}));
  EXPECT_EQ(reader.see(corpus.arrays, 0, 1, Role::Lengths, "S"), (Ints{2, 3}));
  EXPECT_EQ(reader.see(corpus.arrays, 0, 1, Role::Lengths, "T"), (Ints{2, 4}));
}

TEST(Pairs, AreRefusedWithTheirNumber) {
  Reader reader(pairsModel);
  EXPECT_EQ(reader.errorOf("a\tb\nab"), ":2: expected two columns with a tab between them, found no tab");
  EXPECT_EQ(reader.errorOf("a\tb\tc"), ":1: expected two columns with a tab between them, found a second tab");
  EXPECT_EQ(reader.errorOf("a\tb\n\tc"),
            ":2: expected two columns with a tab between them, found an empty first column");
  EXPECT_EQ(reader.errorOf("a\t\r\n"),
            ":1: expected two columns with a tab between them, found an empty second column");
  EXPECT_EQ(reader.errorOf("a\tb\n\n"), ":2: expected a character, found an empty line");
  EXPECT_EQ(reader.errorOf("a\tb\nabca\tb"),
            ":2: 4 characters in the first column are more than the 3 positions of axis 'S': the longest has 4");
  EXPECT_EQ(reader.errorOf("a\tbbbb"), ":1: 4 characters and the end take more than the 4 positions of a window: the "
                                       "longest line takes 5 (compile the program with -D bptt=5)");
  EXPECT_EQ(reader.errorOf("a\tabcd"),
            "'n' needs a vocabulary of 5, for 4 distinct bytes and the mark of a line's end, "
            "the model's is 4: compile the program with a larger one");
  WeightsInfo info;
  info.hasAlphabet = true;
  ASSERT_TRUE(info.alphabet.parse("0a6162", reader.error = Error()));
  EXPECT_EQ(reader.errorOf("a\tb", std::move(info)),
            "w has no alphabet of the first column (metadata rondo.source_alphabet), so it cannot read pairs");
}

TEST(Lines, NeedAnAxis) {
  Reader reader(HEAD
                R"("axes":[],"inputs":[],"targets":[],)" TAIL("lines", R"({"role":"seed","type":"i64","shape":[]},)"));
  EXPECT_EQ(reader.errorOf("ab"), "lines need a model with an axis without a size");
}

TEST(LengthsOfArrays, LeaveZerosBehindThem) {
  Reader reader(arraysModel);
  float numbers[96];
  for (int i = 0; i < 96; ++i)
    numbers[i] = static_cast<float>(i + 1);
  int64_t n[] = {2, 1, 0, 2};
  int32_t t[] = {4, 1, 4, 0};
  TensorFile file;
  auto shapeOf = [](const std::vector<int64_t> &sizes) {
    Shape shape;
    for (int64_t size : sizes)
      shape.add(size);
    return shape;
  };
  file.tensors.add({"x", {numbers, Type::F32, shapeOf({4, 2, 4, 3})}});
  auto errorOf = [&] {
    ArrayData data;
    reader.error = Error();
    EXPECT_FALSE(data.view(file, reader.model, reader.error));
    return std::string(reader.error.message());
  };
  EXPECT_EQ(errorOf(), "no tensor 'length.N', which says how long each sequence is along 'N'");
  file.tensors.add({"length.N", {n, Type::I64, shapeOf({4})}});
  file.tensors.add({"length.T", {t, Type::I32, shapeOf({4})}});
  ArrayData data;
  reader.error = Error();
  ASSERT_TRUE(data.view(file, reader.model, reader.error)) << reader.error.message();
  EXPECT_EQ(data.length(1), 4);
  EXPECT_EQ(data.validLength(1), 1);
  std::vector<int> seen = reader.see(data, 0, 1, Role::Input, "x"); // [N, T, M, B]
  for (int i = 0; i < 48; ++i) {
    int b = i % 2, place = i / 2, position = place / 3 % 4, row = place / 12;
    bool within = b == 0 || (position < 1 && row < 1);
    EXPECT_EQ(seen[static_cast<size_t>(i)], within ? 24 * b + place + 1 : 0) << i;
  }
  EXPECT_EQ(reader.see(data, 2, 3, Role::Input, "x"), Ints(48, 0));
  EXPECT_EQ(reader.see(data, 3, 1, Role::Lengths, "N"), (Ints{2, 1}));

  t[2] = 5;
  EXPECT_EQ(errorOf(), "'length.T' holds 5 (element 2), expected 0 to 4");
  t[2] = 4;
  n[1] = -1;
  EXPECT_EQ(errorOf(), "'length.N' holds -1 (element 1), expected 0 to 2");
  n[1] = 1;
  file.tensors.back().value.shape = shapeOf({3});
  EXPECT_EQ(errorOf(), "'length.T' has 3 sequences, the other tensors 4");
  file.tensors.back().value.shape = shapeOf({2, 2});
  EXPECT_EQ(errorOf(), "'length.T' is I32 [2, 2], expected I32 or I64 [sequences]");
  file.tensors.back() = {"length.M", {t, Type::I32, shapeOf({4})}};
  EXPECT_EQ(errorOf(), "'length.M' is no input or target of the model 'M'");
}
