// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of the training windows is the one that Feed.h states.
#include "runtime/Feed.h"

#include "runtime/Random.h"
#include "test/runtime/Bodies.h"
#include "test/runtime/BoundEntry.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace rondo;

/// A model of tokens with batch 2 and bptt(k1, k2 = 4), whose target is the input two ahead.
static bool readModel(Model &model, int k1, Error &error, const std::string &data = "bytes", bool streamable = true) {
  std::string json =
      R"({"model":"M","element":"f32","axes":[{"name":"T"}],"parameters":[],"states":[],"streamable":)" +
      std::string(streamable ? "true," : "false,") +
      R"("inputs":[{"name":"x","kind":"token","vocab":100,"axes":["T"],"shape":[]}],)"
      R"("targets":[{"name":"y","kind":"token","vocab":100,"axes":["T"],"shape":[],"ahead_of":"x","ahead":2}],)"
      R"("outputs":[],"losses":[{"name":""}],"train":{"data":")" +
      data + R"(","batch":2,"k1":)" + std::to_string(k1) +
      R"(,"k2":4,"steps":1},"entries":[{"name":"train_grad","element":"f32","batch":2,"length":4,"arena":0,)"
      R"("args":[{"role":"input","name":"x","type":"i32","shape":[4,2]},)"
      R"({"role":"seed","name":"rows","type":"i64","shape":[2]},)"
      R"({"role":"seed","name":"batch","type":"i64","shape":[]},)"
      R"({"role":"position","name":"rows","type":"i64","shape":[2]},)"
      R"({"role":"position","name":"batch","type":"i64","shape":[]},)"
      R"({"role":"target","name":"y","type":"i32","shape":[4,2]},{"role":"loss","type":"f32","shape":[]}]}]})";
  static const rondo_entry entries[] = {{"train_grad", idle, 0}, {nullptr, nullptr, 0}};
  return model.read({RONDO_ABI_VERSION, json.c_str(), entries, nullptr}, error);
}

static std::vector<int> tokensOf(const Call &call, Role role) {
  const Buffer *buffer = call.find(role);
  std::vector<int> tokens;
  for (int64_t i = 0; i < buffer->count(); ++i)
    tokens.push_back(static_cast<int>(buffer->getToken(i)));
  return tokens;
}

TEST(Feed, TextStreams) {
  Model model;
  Error error;
  ASSERT_TRUE(readModel(model, 3, error)) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  // 25 tokens, 2 ahead: two streams of 11 positions, 0 .. 10 and 11 .. 21; windows at 0, 3 and 6.
  std::vector<int32_t> text(25);
  for (int i = 0; i < 25; ++i)
    text[static_cast<size_t>(i)] = i;
  Feed feed;
  ASSERT_TRUE(feed.openText(model, call, text.data(), 25, 1, error)) << error.message();
  EXPECT_EQ(feed.stepsPerPass(), 3);
  EXPECT_EQ(feed.uncovered(), 1);
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_TRUE(feed.fill(3 * pass));
    EXPECT_EQ(tokensOf(call, Role::Input), (std::vector<int>{0, 11, 1, 12, 2, 13, 3, 14}));
    EXPECT_EQ(tokensOf(call, Role::Target), (std::vector<int>{2, 13, 3, 14, 4, 15, 5, 16}));
    EXPECT_FALSE(feed.fill(3 * pass + 1));
    EXPECT_EQ(tokensOf(call, Role::Input), (std::vector<int>{3, 14, 4, 15, 5, 16, 6, 17}));
    EXPECT_FALSE(feed.fill(3 * pass + 2));
    EXPECT_EQ(tokensOf(call, Role::Target), (std::vector<int>{8, 19, 9, 20, 10, 21, 11, 22}));
  }
}

TEST(Feed, ATextsTargetsAreTheInputAhead) {
  Model model;
  Error error;
  ASSERT_TRUE(readModel(model, 3, error)) << error.message();
  model.targets[0].aheadOf = Text();
  EXPECT_FALSE(checkTextModel(model, error));
  EXPECT_STREQ(error.message(), "a text needs targets that are 'x' ahead, 'y' is another");
}

TEST(Feed, ShortestTextAndTooShortText) {
  Model model;
  Error error;
  ASSERT_TRUE(readModel(model, 4, error)) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  std::vector<int32_t> text(10, 1);
  Feed feed;
  EXPECT_TRUE(feed.openText(model, call, text.data(), 10, 1, error));
  EXPECT_EQ(feed.stepsPerPass(), 1);
  EXPECT_FALSE(feed.openText(model, call, text.data(), 9, 1, error));
  EXPECT_STREQ(
      error.message(),
      "the training data, 9 tokens, is too short: each of 2 streams has 3 positions, fewer than the 4 of a window");
}

TEST(Feed, WindowsBeginAtAllPlacesAlike) {
  Model model;
  Error error;
  ASSERT_TRUE(readModel(model, 4, error, "windows")) << error.message();
  BoundEntry bound(model, "train_grad", error);
  Call &call = bound.call;
  std::vector<int32_t> text(10);
  for (int i = 0; i < 10; ++i)
    text[static_cast<size_t>(i)] = i;
  // A window takes 6 tokens, so that it begins at one of 5 places.
  Feed feed, again, other;
  ASSERT_TRUE(feed.openText(model, call, text.data(), 10, 7, error)) << error.message();
  ASSERT_TRUE(again.openText(model, call, text.data(), 10, 7, error));
  ASSERT_TRUE(other.openText(model, call, text.data(), 10, 8, error));
  EXPECT_EQ(feed.drawnFrom(), 5);
  int count[5] = {}, different = 0;
  for (int step = 0; step < 1000; ++step) {
    EXPECT_TRUE(feed.fill(step));
    std::vector<int> inputs = tokensOf(call, Role::Input), targets = tokensOf(call, Role::Target);
    for (size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(inputs[i], inputs[i % 2] + static_cast<int>(i / 2));
      EXPECT_EQ(targets[i], inputs[i] + 2);
    }
    ++count[inputs[0]];
    ++count[inputs[1]];
    EXPECT_TRUE(again.fill(step));
    EXPECT_EQ(tokensOf(call, Role::Input), inputs);
    EXPECT_TRUE(other.fill(step));
    different += tokensOf(call, Role::Input) != inputs;
  }
  for (int place : count)
    EXPECT_NEAR(place, 400, 80);
  EXPECT_GT(different, 900);
  EXPECT_FALSE(feed.openText(model, call, text.data(), 5, 7, error));
  EXPECT_STREQ(error.message(), "the training data, 5 tokens, is shorter than a window, which takes 6");
}

/// Expects what a step draws by: for both examples the numbers of their sequences and the position, for the batch its
/// number.
static void expectDraws(const Call &call, uint64_t seed, int64_t first, int64_t batch, int64_t position) {
  int found = 0;
  for (const Argument &argument : call.entry->args) {
    bool isSeed = argument.role == Role::Seed, ofRows = argument.shape.rank == 1;
    if (!isSeed && argument.role != Role::Position)
      continue;
    ++found;
    const auto *data = static_cast<const int64_t *>(call.find(argument.role, argument.name)->data);
    for (int64_t b = 0; b < (ofRows ? 2 : 1); ++b) {
      Random random(seed, ofRows ? "sequence" : "batch");
      auto drawn = static_cast<int64_t>(random.bits(static_cast<uint64_t>(ofRows ? first + b : batch)));
      EXPECT_EQ(data[b], isSeed ? drawn : position);
    }
  }
  EXPECT_EQ(found, 4);
}

TEST(Feed, RandomNumbersKnowSequenceAndPosition) {
  // Two streams of 11 positions; windows at 0, 3 and 6.
  const std::vector<int32_t> text(25, 1);
  struct Case {
    const char *data;
    bool streamable;
  };
  for (Case test : {Case{"bytes", true}, Case{"bytes", false}, Case{"windows", true}}) {
    Model model;
    Error error;
    ASSERT_TRUE(readModel(model, 3, error, test.data, test.streamable)) << error.message();
    BoundEntry bound(model, "train_grad", error);
    Call &call = bound.call;
    Feed feed;
    ASSERT_TRUE(feed.openText(model, call, text.data(), 25, 5, error)) << error.message();
    bool carried = test.streamable && feed.stepsPerPass() == 3;
    for (int64_t i = 0; i < 7; ++i) {
      feed.fill(i);
      int64_t batch = carried ? i / 3 : i;
      expectDraws(call, 5, 2 * batch, batch, carried ? i % 3 * 3 : 0);
    }
  }
}

TEST(Feed, TrainingPartRoundsDown) {
  EXPECT_EQ(trainingPart(1115394, 0.1), 1003854);
  EXPECT_EQ(trainingPart(7, 0), 7);
  EXPECT_EQ(trainingPart(0, 0.1), 0);
  EXPECT_EQ(trainingPart(10, 0.8), 2);
}

TEST(Model, StepBeyondWindowIsAnError) {
  Model model;
  Error error;
  EXPECT_FALSE(readModel(model, 5, error));
  EXPECT_STREQ(error.message(), "train: bptt(5, 4) steps on by more than its window");
}
