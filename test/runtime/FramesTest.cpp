// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Frames: sequences one behind the other, of which each example of the batch has its own.
#include "runtime/Corpus.h"
#include "runtime/Feed.h"
#include "runtime/Random.h"
#include "test/runtime/Bodies.h"
#include "test/runtime/BoundEntry.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace rondo;

namespace {

/// A model with a state over an axis of 3, which begins with 7, a batch of 2 and bptt(2, 3), whose target is the input
/// one ahead, and which has one speaker for each sequence.
const char *const description =
    R"({"model":"M","element":"f32","streamable":true,"parameters":[],"axes":[{"name":"T"},)"
    R"({"name":"N","size":3}],"states":[{"name":"h","shape":[3,2],"axes":1,"initial":7}],)"
    R"("inputs":[{"name":"x","kind":"real","axes":["T"],"shape":[2]},)"
    R"({"name":"speaker","kind":"token","vocab":99,"axes":[],"shape":[]}],)"
    R"("targets":[{"name":"y","kind":"real","axes":["T"],"shape":[2],"ahead_of":"x","ahead":1}],"outputs":[],)"
    R"("losses":[{"name":""}],)"
    R"("train":{"data":"frames","batch":2,"k1":2,"k2":3,"steps":1},)"
    R"("entries":[{"name":"train_grad","element":"f32","batch":2,"length":3,"arena":0,"args":[)"
    R"({"role":"input","name":"x","type":"f32","shape":[3,2,2]},)"
    R"({"role":"input","name":"speaker","type":"i32","shape":[2]},)"
    R"({"role":"target","name":"y","type":"f32","shape":[3,2,2]},)"
    R"({"role":"seed","type":"i64","shape":[2]},{"role":"position","type":"i64","shape":[2]},)"
    R"({"role":"state","name":"h","type":"f32","shape":[3,2,2]},{"role":"loss","type":"f32","shape":[]}]}]})";

/// Puts `other` in place of each `part`, which it does not contain.
void replaceAll(std::string &text, const std::string &part, const std::string &other) {
  for (size_t place; (place = text.find(part)) != std::string::npos;)
    text.replace(place, part.size(), other);
}

/// Tensors in memory.
struct Frames {
  std::vector<int32_t> offsets;
  std::vector<uint16_t> numbers;
  std::vector<int64_t> speakers;
  TensorFile file;

  /// Sequences of these lengths; the frames' features are the halves 0, 1, .. and the speakers 10, 11, ..
  Frames(const std::vector<int> &lengths, const std::string &part = "") {
    offsets.push_back(0);
    for (int length : lengths) {
      offsets.push_back(offsets.back() + length);
      speakers.push_back(static_cast<int64_t>(10 + speakers.size()));
    }
    for (int i = 0; i < 2 * offsets.back(); ++i)
      numbers.push_back(halfOf(i));
    add(part + "x", numbers.data(), Type::F16, {offsets.back(), 2});
    add(part + "offsets", offsets.data(), Type::I32, {static_cast<int64_t>(offsets.size())});
    add(part + "speaker", speakers.data(), Type::I64, {static_cast<int64_t>(speakers.size())});
  }

  /// An integer below 2048 as a half.
  static uint16_t halfOf(int value) {
    int exponent = 0;
    if (value == 0)
      return 0;
    while (value >> exponent > 1)
      ++exponent;
    return static_cast<uint16_t>((exponent + 15) << 10 | ((value << (10 - exponent)) & 1023));
  }

  void add(const std::string &name, void *data, Type type, const std::vector<int64_t> &sizes) {
    Shape shape;
    for (int64_t size : sizes)
      shape.add(size);
    file.tensors.add({name.c_str(), {data, type, shape}});
  }
};

/// The order of the sequences in a pass, as Feed.h says: that of arrays.
std::vector<int64_t> orderOf(int64_t count, uint64_t seed, uint64_t pass) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < count; ++i)
    order.push_back(i);
  Random random(seed, hashName("order", 5) + pass);
  for (int64_t i = count - 1; i > 0; --i)
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.below(static_cast<uint64_t>(i), i + 1))]);
  return order;
}

class FramesTest : public testing::Test {
protected:
  void SetUp() override {
    static const rondo_entry code[] = {{"train_grad", idle, 0}, {nullptr, nullptr, 0}};
    ASSERT_TRUE(model.read({RONDO_ABI_VERSION, description, code, nullptr}, error)) << error.message();
  }

  /// What is said of frames after a change.
  template <typename Change> std::string errorOf(Change change, const std::vector<int> &lengths = {4, 5}) {
    Frames frames(lengths);
    change(frames);
    ArrayData data;
    Error error;
    return data.viewFrames(frames.file, "", model, error) ? "" : error.message();
  }

  Error error;
  Model model;
};

} // namespace

TEST_F(FramesTest, EachExampleHasItsOwnSequence) {
  // With the target one ahead there are 3, 2, 8, 5, 0 and 4 positions: 1, 0, 3, 2, 0 and 1 windows.
  Frames frames({4, 3, 9, 6, 0, 5}, "train.");
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "train.", model, error)) << error.message();
  EXPECT_EQ(data.count(), 6);
  EXPECT_EQ(data.length(2), 8);
  EXPECT_EQ(data.length(4), 0);
  EXPECT_FALSE(data.wholeSequences());
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  Feed feed;
  ASSERT_TRUE(feed.openArrays(model, call, data, 6, 3, error)) << error.message();
  EXPECT_EQ(feed.stepsPerPass(), 3);
  EXPECT_EQ(feed.uncovered(), 0 + 2 + 1 + 0 + 0 + 1);
  const Buffer &x = *call.find(Role::Input, "x"), &y = *call.find(Role::Target), &h = *call.find(Role::State);
  const Buffer &speaker = *call.find(Role::Input, "speaker");
  const std::map<int64_t, int64_t> windows = {{0, 1}, {2, 3}, {3, 2}, {5, 1}};
  int64_t row[2] = {-1, -1}, window[2] = {}, sequence[2] = {};
  std::vector<int64_t> begun;
  for (int64_t i = 0; i < 30; ++i) {
    for (int64_t element = 0; element < 12; ++element)
      h.set(element, 100);
    EXPECT_FALSE(feed.fill(i));
    for (int64_t b = 0; b < 2; ++b) {
      bool begins = row[b] < 0 || window[b] + 1 == windows.at(row[b]);
      window[b] = begins ? 0 : window[b] + 1;
      if (begins) {
        row[b] = speaker.getToken(b) - 10;
        ASSERT_TRUE(windows.count(row[b]));
        // Numbers over all passes of six, of which four have a window.
        uint64_t pass = begun.size() / 4;
        std::vector<int64_t> order = orderOf(6, 3, pass);
        sequence[b] = static_cast<int64_t>(pass) * 6 + (std::find(order.begin(), order.end(), row[b]) - order.begin());
        begun.push_back(row[b]);
      }
      auto seed = static_cast<int64_t>(Random(3, "sequence").bits(static_cast<uint64_t>(sequence[b])));
      EXPECT_EQ(static_cast<const int64_t *>(call.find(Role::Seed)->data)[b], seed);
      EXPECT_EQ(static_cast<const int64_t *>(call.find(Role::Position)->data)[b], window[b] * 2);
      EXPECT_EQ(speaker.getToken(b), row[b] + 10);
      for (int64_t f = 0; f < 2; ++f) {
        for (int64_t n = 0; n < 3; ++n)
          EXPECT_EQ(h.get((n * 2 + b) * 2 + f), begins ? 7 : 100);
        for (int64_t t = 0; t < 3; ++t) {
          int64_t frame = frames.offsets[static_cast<size_t>(row[b])] + window[b] * 2 + t;
          EXPECT_EQ(x.get((t * 2 + b) * 2 + f), static_cast<double>(frame * 2 + f));
          EXPECT_EQ(y.get((t * 2 + b) * 2 + f), static_cast<double>((frame + 1) * 2 + f));
        }
      }
    }
  }
  // Each pass has each sequence with a window once, in an order of its own.
  std::set<std::vector<int64_t>> orders;
  for (size_t i = 0; i + 4 <= begun.size(); i += 4) {
    std::vector<int64_t> pass(begun.begin() + static_cast<int64_t>(i), begun.begin() + static_cast<int64_t>(i) + 4);
    orders.insert(pass);
    EXPECT_EQ(std::set<int64_t>(pass.begin(), pass.end()), (std::set<int64_t>{0, 2, 3, 5}));
  }
  EXPECT_GT(orders.size(), 2u);
}

TEST_F(FramesTest, StepsThatAreSkippedLeadToTheSameWindows) {
  Frames frames({4, 3, 9, 6, 0, 5});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "", model, error)) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  // The inputs, and which examples begin with the state's initial number, in steps up to 20.
  auto windowsFrom = [&](int64_t skipped) {
    const Buffer &x = *call.find(Role::Input, "x"), &h = *call.find(Role::State);
    Feed feed;
    EXPECT_TRUE(feed.openArrays(model, call, data, 6, 3, error)) << error.message();
    h.set(0, 100);
    feed.skip(skipped);
    EXPECT_EQ(h.get(0), 100) << "the states are not the feed's to change";
    std::vector<std::vector<double>> windows;
    for (int64_t i = skipped; i < 20; ++i) {
      std::vector<double> &window = windows.emplace_back();
      h.set(0, 100);
      h.set(2, 100);
      feed.fill(i);
      for (int64_t element = 0; element < x.count(); ++element)
        window.push_back(x.get(element));
      window.insert(window.end(), {h.get(0), h.get(2)});
    }
    return windows;
  };
  std::vector<std::vector<double>> all = windowsFrom(0);
  for (int64_t skipped : {1, 2, 3, 7, 19})
    EXPECT_EQ(windowsFrom(skipped), std::vector<std::vector<double>>(all.begin() + skipped, all.end())) << skipped;
}

TEST_F(FramesTest, TooShortOnes) {
  Frames frames({3, 2});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "", model, error)) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  Feed feed;
  EXPECT_FALSE(feed.openArrays(model, call, data, 2, 1, error));
  EXPECT_STREQ(error.message(), "the longest of the 2 sequences of the training data has 2 positions, fewer than the 3 "
                                "of a window");
}

/// The same model where sequences have lengths along T, and two whole numbers of N.
class PaddedTest : public FramesTest {
protected:
  void SetUp() override {
    std::string text = description;
    auto replace = [&](const std::string &part, const std::string &other) { replaceAll(text, part, other); };
    replace(R"({"name":"T"})", R"({"name":"T","lengths":true})");
    replace(R"({"name":"N","size":3})", R"({"name":"N","size":3,"lengths":true})");
    replace(R"("streamable":true)", R"("streamable":false)");
    replace(R"("k1":2)", R"("k1":3)");
    replace(R"({"role":"state","name":"h","type":"f32","shape":[3,2,2]})",
            R"({"role":"lengths","name":"T","type":"i32","shape":[2]},)"
            R"({"role":"lengths","name":"N","type":"i32","shape":[2]})");
    static const rondo_entry code[] = {{"train_grad", idle, 0}, {nullptr, nullptr, 0}};
    ASSERT_TRUE(model.read({RONDO_ABI_VERSION, text.c_str(), code, nullptr}, error)) << error.message();
    entryText = text;
  }

  std::string entryText;
};

TEST_F(PaddedTest, EachSequenceIsAnExample) {
  // With the target one ahead there are 3, 0, 0, 0, 2 and 1 positions.
  Frames frames({4, 1, 0, 1, 3, 2}, "train.");
  int64_t ofN[] = {3, 2, 1, 0, 1, 2};
  frames.add("train.length.N", ofN, Type::I64, {6});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "train.", model, error)) << error.message();
  EXPECT_EQ(data.count(), 6);
  EXPECT_TRUE(data.wholeSequences());
  EXPECT_FALSE(data.isDealt());
  const int64_t lengths[] = {3, 0, 0, 0, 2, 1};
  for (int64_t row = 0; row < 6; ++row) {
    EXPECT_EQ(data.length(row), 3);
    EXPECT_EQ(data.validLength(row), lengths[row]);
  }
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  Feed feed;
  ASSERT_TRUE(feed.openArrays(model, call, data, 6, 3, error)) << error.message();
  EXPECT_EQ(feed.stepsPerPass(), 3);
  EXPECT_EQ(feed.uncovered(), 0);
  const Buffer &x = *call.find(Role::Input, "x"), &y = *call.find(Role::Target);
  std::multiset<int64_t> seen;
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(feed.fill(i));
    for (int64_t b = 0; b < 2; ++b) {
      int64_t row = call.find(Role::Input, "speaker")->getToken(b) - 10;
      seen.insert(row);
      EXPECT_EQ(call.find(Role::Lengths, "T")->getToken(b), lengths[row]);
      EXPECT_EQ(call.find(Role::Lengths, "N")->getToken(b), ofN[row]);
      for (int64_t t = 0; t < 3; ++t)
        for (int64_t f = 0; f < 2; ++f) {
          int64_t frame = frames.offsets[static_cast<size_t>(row)] + t;
          bool valid = t < lengths[row];
          EXPECT_EQ(x.get((t * 2 + b) * 2 + f), valid ? static_cast<double>(frame * 2 + f) : 0);
          EXPECT_EQ(y.get((t * 2 + b) * 2 + f), valid ? static_cast<double>((frame + 1) * 2 + f) : 0);
        }
    }
  }
  for (int64_t row = 0; row < 6; ++row)
    EXPECT_EQ(seen.count(row), 2u) << "each sequence comes once a pass";
}

TEST_F(PaddedTest, TheSeedShufflesEachPass) {
  Frames frames({4, 3, 2, 4, 3, 2, 4});
  std::vector<int64_t> ofN(7, 3);
  frames.add("length.N", ofN.data(), Type::I64, {7});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "", model, error)) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  // Of 7 sequences, 3 batches of 2 a pass.
  auto orderOf = [&](uint64_t seed) {
    Feed feed;
    EXPECT_TRUE(feed.openArrays(model, call, data, 7, seed, error)) << error.message();
    EXPECT_EQ(feed.stepsPerPass(), 3);
    std::vector<std::vector<int64_t>> passes(4);
    for (int64_t i = 0; i < 12; ++i) {
      feed.fill(i);
      for (int64_t b = 0; b < 2; ++b)
        passes[static_cast<size_t>(i / 3)].push_back(call.find(Role::Input, "speaker")->getToken(b));
    }
    for (const std::vector<int64_t> &pass : passes)
      EXPECT_EQ(std::set<int64_t>(pass.begin(), pass.end()).size(), 6u) << "a pass takes none twice";
    return passes;
  };
  EXPECT_EQ(orderOf(3), orderOf(3));
  EXPECT_NE(orderOf(3), orderOf(4));
  EXPECT_NE(orderOf(3)[0], orderOf(3)[1]);
  Feed feed;
  EXPECT_FALSE(feed.openArrays(model, call, data, 1, 3, error));
  EXPECT_STREQ(error.message(), "the training data has 1 sequences, fewer than the batch of 2");
}

TEST_F(PaddedTest, WhatDoesNotFit) {
  int32_t ofN[] = {3, 4};
  auto errorWith = [&](const std::vector<int> &sizes, int32_t second) {
    ofN[1] = second;
    return errorOf([&](Frames &frames) { frames.add("length.N", ofN, Type::I32, {2}); }, sizes);
  };
  EXPECT_EQ(errorWith({4, 3}, 3), "");
  EXPECT_EQ(errorWith({4, 3}, 4), "'length.N' holds 4 (element 1), expected 0 to 3");
  EXPECT_EQ(errorWith({2, 6}, 3), "sequence 1 of 'offsets' has 5 positions, more than the 3 of a window: the longest "
                                  "has 5 (compile the program with -D bptt=5)");
  EXPECT_EQ(errorOf([](Frames &) {}, {4, 3}), "no tensor 'length.N', which says how long each sequence is along 'N'");
}

TEST_F(FramesTest, WhatDoesNotFit) {
  EXPECT_EQ(errorOf([](Frames &) {}), "");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.offsets[0] = 1; }),
            "'offsets' holds 1 (element 0), expected offsets that ascend from 0");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.offsets[2] = 3; }),
            "'offsets' holds 3 (element 2), expected offsets that ascend from 0");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.offsets[2] = 10; }),
            "'offsets' ends with 10, expected the 9 positions of the tensors");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.file.tensors[1].value.type = Type::F32; }),
            "'offsets' is F32 [3], expected I32 or I64 and one number more than sequences");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.file.tensors[1].name = "ends"; }),
            "no tensor 'offsets', which says where each sequence begins");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.file.tensors[2].value.shape.dim[0] = 1; }),
            "'speaker' has 1 sequences, the tensors before it 2");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.file.tensors[0].value.shape.rank = 1; }),
            "'x' has the shape [9], expected [time, 2]");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.file.tensors[0].value.type = Type::I16; }),
            "'x' is I16, expected F16, F32, F64 or U8");
  EXPECT_EQ(errorOf([](Frames &frames) { frames.numbers[5] = 0x7c00; }),
            "'x' holds a value that is not finite (element 5)");
  Frames parts({4}, "valid.");
  ArrayData data;
  EXPECT_FALSE(data.viewFrames(parts.file, "train.", model, error));
  EXPECT_STREQ(error.message(), "no tensor 'train.offsets', nor 'offsets', which says where each sequence begins");
}

TEST(Tensor, Halves) {
  uint16_t halves[] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x8000, 0x3555};
  double values[] = {1, -2, 65504, 0x1p-24, 1023 * 0x1p-24, 0x1p-14, -0.0, 0x1.554p-2};
  Buffer buffer{halves, Type::F16, {}};
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(buffer.get(i), values[i]);
}

TEST_F(PaddedTest, BatchesOfShortSequencesTakeAShortFunction) {
  std::string short2 = entryText.substr(entryText.find(R"({"name":"train_grad")"));
  short2.resize(short2.size() - 2); // of the description's end
  replaceAll(short2, "train_grad", "train_short2");
  replaceAll(short2, R"("length":3)", R"("length":2)");
  replaceAll(short2, R"("shape":[3,2,2])", R"("shape":[2,2,2])");
  std::string text = entryText.substr(0, entryText.size() - 2) + "," + short2 + "]}";
  static const rondo_entry code[] = {{"train_grad", idle, 0}, {"train_short2", idle, 0}, {nullptr, nullptr, 0}};
  Model both;
  ASSERT_TRUE(both.read({RONDO_ABI_VERSION, text.c_str(), code, nullptr}, error)) << error.message();
  // With the target one ahead there are 3, 1, 2, 0, 3, 2, 0 and 1 positions.
  Frames frames({4, 2, 3, 0, 4, 3, 1, 2});
  std::vector<int64_t> ofN(8, 3), lengths{3, 1, 2, 0, 3, 2, 0, 1};
  frames.add("length.N", ofN.data(), Type::I64, {8});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "", both, error)) << error.message();
  BoundEntry whole(both, "train_grad", error), part(both, "train_short2", error);
  List<Call> shorter;
  shorter.add(std::move(part.call));
  Feed feed;
  feed.useShorter(shorter);
  ASSERT_TRUE(feed.openArrays(both, whole.call, data, 8, 3, error)) << error.message();
  unsigned chosen = 0;
  for (int64_t pass = 0; pass < 5; ++pass) {
    std::multiset<int64_t> seen;
    for (int64_t i = 4 * pass; i < 4 * pass + 4; ++i) {
      EXPECT_TRUE(feed.fill(i));
      int64_t row[2], longest = 0;
      for (int64_t b = 0; b < 2; ++b) {
        row[b] = whole.call.find(Role::Input, "speaker")->getToken(b) - 10;
        longest = std::max(longest, lengths[static_cast<size_t>(row[b])]);
        seen.insert(row[b]);
      }
      // Sorted, these are 0 0, 1 1, 2 2 and 3 3.
      EXPECT_EQ(lengths[static_cast<size_t>(row[0])], lengths[static_cast<size_t>(row[1])]);
      Call *used = feed.shortest(i);
      EXPECT_EQ(used != nullptr, longest <= 2);
      if (!used)
        continue;
      ++chosen;
      const Buffer &x = *used->find(Role::Input, "x"), &all = *whole.call.find(Role::Input, "x");
      for (int64_t element = 0; element < 8; ++element)
        EXPECT_EQ(x.get(element), all.get(element));
      for (int64_t b = 0; b < 2; ++b)
        EXPECT_EQ(used->find(Role::Lengths, "T")->getToken(b), lengths[static_cast<size_t>(row[b])]);
    }
    EXPECT_EQ(seen, (std::multiset<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  }
  EXPECT_EQ(chosen, 15u);
}

/// The same model where T is ragged and windows are cut of sequences.
class CutTest : public FramesTest {
protected:
  void SetUp() override {
    std::string text = description;
    auto replace = [&](const std::string &part, const std::string &other) { replaceAll(text, part, other); };
    replace(R"({"name":"T"})", R"({"name":"T","lengths":true,"cut":true})");
    replace(R"({"role":"seed","type":"i64","shape":[2]})",
            R"({"role":"lengths","name":"T","type":"i32","shape":[2]},{"role":"seed","type":"i64","shape": [2]})");
    static const rondo_entry code[] = {{"train_grad", idle, 0}, {nullptr, nullptr, 0}};
    ASSERT_TRUE(model.read({RONDO_ABI_VERSION, text.c_str(), code, nullptr}, error)) << error.message();
  }

  /// Goes through the training windows of sequences of these lengths, whose targets are one ahead: of a sequence with n
  /// positions each window begins 2 behind the one before, until its last position counts, which the first in a window
  /// does not. `begins` says where a sequence's inputs begin; inputs are 2i and 2i + 1 at place i.
  void expectWindows(const ArrayData &data, const std::vector<int64_t> &lengths, const std::vector<int64_t> &begins);
};

void CutTest::expectWindows(const ArrayData &data, const std::vector<int64_t> &lengths,
                            const std::vector<int64_t> &begins) {
  auto windowsOf = [&](int64_t row) {
    int64_t windows = 0;
    while (2 * windows + 1 < lengths[static_cast<size_t>(row)])
      ++windows;
    return windows;
  };
  auto count = static_cast<int64_t>(lengths.size());
  EXPECT_FALSE(data.wholeSequences());
  int64_t all = 0;
  for (int64_t row = 0; row < count; ++row) {
    EXPECT_EQ(data.length(row), lengths[static_cast<size_t>(row)]);
    all += windowsOf(row);
  }
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  Feed feed;
  ASSERT_TRUE(feed.openArrays(model, call, data, count, 3, error)) << error.message();
  EXPECT_EQ(feed.stepsPerPass(), all / 2);
  EXPECT_EQ(feed.uncovered(), 0);
  const Buffer &x = *call.find(Role::Input, "x"), &y = *call.find(Role::Target), &h = *call.find(Role::State);
  int64_t row[2] = {-1, -1}, window[2] = {};
  std::map<int64_t, int> seen;
  for (int64_t i = 0; i < 2 * all; ++i) {
    for (int64_t element = 0; element < 12; ++element)
      h.set(element, 100);
    EXPECT_FALSE(feed.fill(i));
    for (int64_t b = 0; b < 2; ++b) {
      bool isFirst = row[b] < 0 || window[b] + 1 == windowsOf(row[b]);
      window[b] = isFirst ? 0 : window[b] + 1;
      row[b] = call.find(Role::Input, "speaker")->getToken(b) - 10;
      ++seen[row[b]];
      EXPECT_EQ(h.get(b * 2), isFirst ? 7 : 100);
      auto own = static_cast<size_t>(row[b]);
      int64_t first = 2 * window[b], held = std::min<int64_t>(lengths[own] - first, 3);
      EXPECT_GT(held, 1);
      EXPECT_EQ(call.find(Role::Lengths, "T")->getToken(b), held);
      for (int64_t t = 0; t < 3; ++t)
        for (int64_t f = 0; f < 2; ++f) {
          int64_t place = begins[own] + first + t;
          EXPECT_EQ(x.get((t * 2 + b) * 2 + f), t < held ? static_cast<double>(place * 2 + f) : 0);
          EXPECT_EQ(y.get((t * 2 + b) * 2 + f), t < held ? static_cast<double>((place + 1) * 2 + f) : 0);
        }
    }
  }
  for (int64_t i = 0; i < count; ++i)
    EXPECT_EQ(seen.count(i), windowsOf(i) ? 1u : 0u) << "sequence " << i;
}

TEST_F(CutTest, FramesGoToTheirEnds) {
  Frames frames({4, 1, 0, 1, 3, 2, 9});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "", model, error)) << error.message();
  std::vector<int64_t> begins(frames.offsets.begin(), frames.offsets.end() - 1);
  expectWindows(data, {3, 0, 0, 0, 2, 1, 8}, begins);
}

TEST_F(CutTest, ArraysGoToTheirLengths) {
  Frames frames({8, 8, 8, 8, 8}); // as an array of 5 sequences of 8, of which 7 have their targets
  std::vector<int64_t> lengths{7, 0, 3, 2, 6}, begins{0, 8, 16, 24, 32};
  frames.file.tensors.clear();
  std::vector<float> numbers;
  for (int i = 0; i < 80; ++i)
    numbers.push_back(static_cast<float>(i));
  frames.add("x", numbers.data(), Type::F32, {5, 8, 2});
  frames.add("speaker", frames.speakers.data(), Type::I64, {5});
  frames.add("length.T", lengths.data(), Type::I64, {5});
  ArrayData data;
  ASSERT_TRUE(data.view(frames.file, model, error)) << error.message();
  expectWindows(data, lengths, begins);
}

TEST_F(CutTest, NoPositionThatCounts) {
  Frames frames({2, 1});
  ArrayData data;
  ASSERT_TRUE(data.viewFrames(frames.file, "", model, error)) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Feed feed;
  EXPECT_FALSE(feed.openArrays(model, bound.call, data, 2, 1, error));
  EXPECT_STREQ(error.message(),
               "the longest of the 2 sequences of the training data has 1 positions, of which none counts");
}
