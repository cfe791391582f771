// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Rows of a model written by hand, through entries of 1 and 3 rows by 4 and 1 positions: a leaky sum of x and of a
// token, at each position and at the end.

#include "runtime/Cover.h"
#include "runtime/Random.h"
#include "test/runtime/Bodies.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace rondo;

namespace {

/// args: h [R, 2], x [T, R, 2], k [T, R], start, y [T, R, 2], z [R, 2]
template <int R, int T> void leaky(void *const *args) {
  float *h = static_cast<float *>(args[0]), *x = static_cast<float *>(args[1]);
  int32_t *k = static_cast<int32_t *>(args[2]);
  if (*static_cast<bool *>(args[3]))
    for (int i = 0; i < R * 2; ++i)
      h[i] = 1;
  for (int t = 0; t < T; ++t)
    for (int i = 0; i < R * 2; ++i) {
      h[i] = 0.5f * h[i] + x[t * R * 2 + i] + static_cast<float>(k[t * R + i / 2]);
      static_cast<float *>(args[4])[t * R * 2 + i] = h[i];
      static_cast<float *>(args[5])[i] = h[i];
    }
}

std::string argument(const std::string &role, const std::string &name, const std::string &type,
                     const std::string &shape) {
  return R"({"role":")" + role + R"(","name":")" + name + R"(","type":")" + type + R"(","shape":[)" + shape +
         R"(],"access":"inout"})";
}

std::string entry(const std::string &rows, const std::string &length, const std::string &cost) {
  return R"({"name":"run_)" + rows + "x" + length + R"(","element":"f32","batch":)" + rows + R"(,"length":)" + length +
         R"(,"arena":0,"cost":)" + cost + R"(,"args":[)" + argument("state", "h", "f32", rows + ",2") + "," +
         argument("input", "x", "f32", length + "," + rows + ",2") + "," +
         argument("input", "k", "i32", length + "," + rows) + "," + argument("start", "", "i1", "") + "," +
         argument("output", "y", "f32", length + "," + rows + ",2") + "," +
         argument("output", "z", "f32", rows + ",2") + "]}";
}

using Replacements = std::vector<std::pair<std::string, std::string>>;

struct Fixture {
  Model model;
  Error error;
  Parameters parameters{model};
  Team team;
  Cover cover{parameters, team};
  bool opened = false;

  /// With texts of the description in place of others, and other code.
  explicit Fixture(int64_t threads = 1, bool whole = false, const Replacements &replacements = {},
                   const rondo_entry *others = nullptr)
      : team(threads) {
    static const rondo_entry code[] = {{"run_1x4", alone<leaky<1, 4>>, 0},
                                       {"run_1x1", alone<leaky<1, 1>>, 0},
                                       {"run_3x4", alone<leaky<3, 4>>, 0},
                                       {"run_3x1", alone<leaky<3, 1>>, 0},
                                       {nullptr, nullptr, 0}};
    std::string parts = whole ? entry("1", "4", "100")
                              : entry("1", "1", "150") + "," + entry("3", "4", "200") + "," + entry("1", "4", "100") +
                                    "," + entry("3", "1", "250");
    std::string text =
        R"({"model":"Leaky","element":"f32","streamable":)" + std::string(whole ? "false" : "true") +
        R"(,"features":[],"axes":[{"name":"T"}],"parameters":[],"states":[{"name":"h","shape":[2],"initial":1}],)"
        R"("inputs":[{"name":"x","kind":"real","axes":["T"],"shape":[2]},)"
        R"({"name":"k","kind":"token","vocab":5,"axes":["T"],"shape":[]}],"targets":[],)"
        R"("outputs":[{"name":"y","axes":["T"],"shape":[2]},{"name":"z","axes":[],"shape":[2]}],"losses":[],)"
        R"("entries":[)" +
        parts + "]}";
    for (const auto &[from, to] : replacements) {
      EXPECT_NE(text.find(from), std::string::npos) << from;
      for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    }
    EXPECT_TRUE(model.read({RONDO_ABI_VERSION, text.c_str(), others ? others : code, nullptr}, error))
        << error.message();
    opened = cover.open(error);
  }
};

RowArray array(const char *name, Type type, void *data, std::vector<int64_t> shape, std::vector<int64_t> strides = {}) {
  Buffer buffer{data, type, {}};
  for (int64_t size : shape)
    buffer.shape.add(size);
  RowArray result = RowArray::of(Text(name), buffer);
  for (size_t i = 0; i < strides.size(); ++i)
    result.strides[i] = strides[i];
  return result;
}

/// Rows with inputs of their own, and what is to come of them.
struct Rows {
  std::vector<int64_t> lengths;
  int64_t longest = 0;
  std::vector<double> x; // F64 in the file
  std::vector<uint8_t> k;
  std::vector<float> y, z, h;

  explicit Rows(std::vector<int64_t> given) : lengths(given) {
    for (int64_t length : lengths)
      longest = std::max(longest, length);
    size_t rows = lengths.size(), positions = rows * size_t(longest);
    x.resize(positions * 2);
    k.resize(positions);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = double(i % 7) - 3;
    for (size_t i = 0; i < k.size(); ++i)
      k[i] = i % 5;
    y.assign(positions * 2, -1);
    z.assign(rows * 2, -1);
    h.assign(rows * 2, -1);
  }

  CoverBatch batch() {
    int64_t rows = int64_t(lengths.size());
    CoverBatch batch;
    batch.rows = rows;
    batch.lengths = lengths.data();
    batch.inputs.add(array("x", Type::F64, x.data(), {rows, longest, 2}));
    batch.inputs.add(array("k", Type::U8, k.data(), {rows, longest}));
    batch.outputs.add(array("y", Type::F32, y.data(), {rows, longest, 2}));
    batch.outputs.add(array("z", Type::F32, z.data(), {rows, 2}));
    batch.statesAfter.add(array("h", Type::F32, h.data(), {rows, 2}));
    return batch;
  }

  void expectAll() const {
    for (size_t row = 0; row < lengths.size(); ++row)
      for (size_t f = 0; f < 2; ++f) {
        float sum = 1;
        for (size_t t = 0; t < size_t(longest); ++t) {
          size_t place = row * size_t(longest) + t;
          if (t < size_t(lengths[row]))
            sum = 0.5f * sum + float(x[place * 2 + f]) + float(k[place]);
          EXPECT_EQ(y[place * 2 + f], t < size_t(lengths[row]) ? sum : -1) << "row " << row << ", position " << t;
        }
        EXPECT_EQ(z[row * 2 + f], sum) << "row " << row;
        EXPECT_EQ(h[row * 2 + f], sum) << "row " << row;
      }
  }
};

TEST(Cover, RowsOfAnyLength) {
  for (int64_t threads : {1, 3}) {
    Fixture fixture(threads);
    for (const std::vector<int64_t> &lengths :
         std::vector<std::vector<int64_t>>{{1}, {4, 4, 4}, {9, 1, 2, 4, 30, 5, 8, 8, 8, 3}, {6, 6, 6, 6, 6, 6, 6}}) {
      Rows rows(lengths);
      ASSERT_TRUE(fixture.cover.run(rows.batch(), fixture.error)) << fixture.error.message();
      rows.expectAll();
    }
    CoverBatch none;
    int64_t length = 0;
    none.lengths = &length;
    none.inputs.add(array("x", Type::F32, nullptr, {0, 0, 2}));
    none.inputs.add(array("k", Type::I32, nullptr, {0, 0}));
    EXPECT_TRUE(fixture.cover.run(none, fixture.error)) << fixture.error.message();
  }
}

TEST(Cover, OutputsAloneInPaddedWindows) {
  Fixture fixture;
  Rows rows({7, 3, 6, 11});
  CoverBatch batch = rows.batch();
  batch.outputs.resize(1);
  batch.statesAfter.clear();
  ASSERT_TRUE(fixture.cover.run(batch, fixture.error)) << fixture.error.message();
  Rows expected({7, 3, 6, 11});
  ASSERT_TRUE(fixture.cover.run(expected.batch(), fixture.error));
  EXPECT_EQ(rows.y, expected.y);
}

TEST(Cover, AnyStridesAndPlaces) {
  Fixture fixture;
  // Time first, and the rows of y in descending order.
  std::vector<float> x(5 * 2 * 2), y(2 * 5 * 2, -1);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(i);
  std::vector<int64_t> k(10, 1), lengths{5, 2}, begins{3, 0}; // tokens: row 1 at 0 .. 1, row 0 at 3 .. 7
  k[0] = 2;
  CoverBatch batch;
  batch.rows = 2;
  batch.lengths = lengths.data();
  batch.inputs.add(array("x", Type::F32, x.data(), {2, 5, 2}, {2, 4, 1}));
  batch.inputs.add(array("k", Type::I64, k.data(), {2, 0}, {0, 1}));
  batch.inputs.back().begins = begins.data();
  batch.outputs.add(array("y", Type::F32, y.data() + 10, {2, 5, 2}, {-10, 2, 1}));
  ASSERT_TRUE(fixture.cover.run(batch, fixture.error)) << fixture.error.message();
  EXPECT_EQ(std::vector<float>(y.begin() + 10, y.begin() + 14), (std::vector<float>{1.5, 2.5, 5.75, 7.25}));
  EXPECT_EQ(std::vector<float>(y.begin(), y.begin() + 5), (std::vector<float>{4.5, 5.5, 9.25, 10.75, -1}));
}

TEST(Cover, PartsWithTheStatesOfThePartBefore) {
  Rows rows({9, 2, 5, 9});
  CoverBatch all = rows.batch();
  for (int64_t begin = 0, part = 3; begin < rows.longest; begin += part) {
    Fixture fixture;
    std::vector<int64_t> lengths;
    for (int64_t length : rows.lengths)
      lengths.push_back(std::clamp<int64_t>(length - begin, 0, part));
    CoverBatch batch = rows.batch();
    batch.lengths = lengths.data();
    std::vector<int64_t> positions(rows.lengths.size(), begin);
    batch.positions = positions.data();
    for (List<RowArray> *arrays : {&batch.inputs, &batch.outputs})
      for (RowArray &given : *arrays)
        if (given.name != "z") {
          given.data = static_cast<char *>(given.data) + size_t(begin * given.strides[1]) * sizeOf(given.type);
          given.shape.dim[1] -= begin;
        }
    if (begin)
      batch.statesBefore.add(batch.statesAfter[0]);
    ASSERT_TRUE(fixture.cover.run(batch, fixture.error)) << fixture.error.message();
  }
  rows.expectAll();
}

TEST(Cover, RowsAtDifferentPositions) {
  // A row of no more positions goes on later: its output without positions stays what it was.
  Rows rows({2, 0, 3});
  CoverBatch batch = rows.batch();
  int64_t positions[] = {0, 7, 4};
  rows.h = {1, 1, 5, 6, 1, 1};
  batch.positions = positions;
  batch.statesBefore.add(batch.statesAfter[0]);
  Fixture fixture;
  ASSERT_TRUE(fixture.cover.run(batch, fixture.error)) << fixture.error.message();
  EXPECT_EQ(std::vector<float>(rows.z.begin() + 2, rows.z.begin() + 4), (std::vector<float>{-1, -1}));
  EXPECT_EQ(std::vector<float>(rows.h.begin() + 2, rows.h.begin() + 4), (std::vector<float>{5, 6}));
  rows.z[2] = rows.h[2] = 1, rows.z[3] = rows.h[3] = 1; // as of a row that begins
  rows.expectAll();
}

std::vector<int64_t> positionsOfCalls;

/// args: as of leaky, then how many positions the call has
template <int R, int T> void leakyUpTo(void *const *args) {
  int64_t n = *static_cast<int64_t *>(args[6]);
  ASSERT_GE(n, 1);
  ASSERT_LE(n, T);
  positionsOfCalls.push_back(n);
  constexpr size_t floats = sizeof(float) * R * 2;
  // A position at a time, by the entry for one: what is behind them stays as it is.
  for (int64_t t = 0; t < n; ++t) {
    bool begins = t == 0 && *static_cast<bool *>(args[3]);
    void *at[] = {args[0],
                  static_cast<char *>(args[1]) + t * int64_t(floats),
                  static_cast<char *>(args[2]) + t * int64_t(sizeof(int32_t) * R),
                  &begins,
                  static_cast<char *>(args[4]) + t * int64_t(floats),
                  args[5]};
    leaky<R, 1>(at);
  }
}

TEST(Cover, WindowsThatMayBeShorter) {
  static const rondo_entry code[] = {{"run_1x4", alone<leakyUpTo<1, 4>>, 0},
                                     {"run_1x1", alone<leaky<1, 1>>, 0},
                                     {"run_3x4", alone<leakyUpTo<3, 4>>, 0},
                                     {"run_3x1", alone<leaky<3, 1>>, 0},
                                     {nullptr, nullptr, 0}};
  Replacements lengths;
  for (std::string rows : {"1", "3"}) {
    std::string y = argument("output", "y", "f32", "4," + rows + ",2"), z = argument("output", "z", "f32", rows + ",2");
    std::string last = y + "," + z;
    lengths.push_back({last, last + "," + argument("length", "", "i64", "")});
  }
  Fixture fixture(1, false, lengths, code);
  ASSERT_TRUE(fixture.opened) << fixture.error.message();
  auto callsOf = [&](std::vector<int64_t> lengthsOfRows) {
    positionsOfCalls.clear();
    Rows rows(lengthsOfRows);
    EXPECT_TRUE(fixture.cover.run(rows.batch(), fixture.error)) << fixture.error.message();
    rows.expectAll();
    return positionsOfCalls;
  };
  EXPECT_EQ(callsOf({7}), (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(callsOf({5}), (std::vector<int64_t>{4, 1}));
  EXPECT_EQ(callsOf({8}), (std::vector<int64_t>{4, 4}));
  // Up to where the first of them ends.
  EXPECT_EQ(callsOf({7, 6, 6}), (std::vector<int64_t>{4, 2, 1}));
  callsOf({9, 1, 2, 4, 30, 5, 8, 8, 8, 3});
}

/// args: as of leaky, then position [R], seed [R]; y = x + position
template <int R, int T> void placed(void *const *args) {
  float *x = static_cast<float *>(args[1]), *y = static_cast<float *>(args[4]);
  const int64_t *position = static_cast<int64_t *>(args[6]), *seed = static_cast<int64_t *>(args[7]);
  for (int t = 0; t < T; ++t)
    for (int i = 0; i < R * 2; ++i)
      y[t * R * 2 + i] = i % 2 ? static_cast<float>(static_cast<uint64_t>(seed[i / 2]) >> 60)
                               : 100 * x[t * R * 2 + i] + static_cast<float>(position[i / 2] + t);
}

TEST(Cover, DrawsOfARowAreThoseOfItsSeedAndPosition) {
  Replacements drawn;
  for (const char *rows : {"1", "3"}) {
    std::string z = argument("output", "z", "f32", std::string(rows) + ",2");
    drawn.push_back({z, z + "," + argument("position", "", "i64", rows) + "," + argument("seed", "", "i64", rows)});
  }
  static const rondo_entry code[] = {{"run_1x4", alone<placed<1, 4>>, 0},
                                     {"run_1x1", alone<placed<1, 1>>, 0},
                                     {"run_3x4", alone<placed<3, 4>>, 0},
                                     {"run_3x1", alone<placed<3, 1>>, 0},
                                     {nullptr, nullptr, 0}};
  Fixture fixture(1, false, drawn, code);
  Rows rows({6, 1, 9, 3, 5});
  CoverBatch batch = rows.batch();
  int64_t positions[] = {0, 20, 3, 11, 3};
  batch.positions = positions;
  batch.seed = 5;
  batch.statesBefore.add(batch.statesAfter[0]);
  ASSERT_TRUE(fixture.cover.run(batch, fixture.error)) << fixture.error.message();
  for (size_t row = 0; row < rows.lengths.size(); ++row)
    for (size_t t = 0; t < size_t(rows.lengths[row]); ++t) {
      size_t place = 2 * (row * size_t(rows.longest) + t);
      EXPECT_EQ(rows.y[place], float(100 * rows.x[place]) + float(positions[row] + int64_t(t))) << row << ", " << t;
      EXPECT_EQ(rows.y[place + 1], float(Random(uint64_t(5), "sequence").bits(row) >> 60)) << row << ", " << t;
    }
}

/// The message for a batch of two rows that `change` makes wrong.
template <typename Change>
std::string messageOf(Change change, bool whole = false, const Replacements &replacements = {}) {
  Fixture fixture(1, whole, replacements);
  EXPECT_TRUE(fixture.opened) << fixture.error.message();
  Rows rows(whole ? std::vector<int64_t>{4, 4} : std::vector<int64_t>{3, 5});
  CoverBatch batch = rows.batch();
  if (whole)
    batch.statesAfter.clear();
  change(rows, batch);
  EXPECT_FALSE(fixture.cover.run(batch, fixture.error));
  EXPECT_EQ(rows.z[0], -1) << "nothing is written";
  return fixture.error.message();
}

TEST(Cover, SaysWhatDoesNotFit) {
  using B = CoverBatch;
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.lengths = nullptr; }), "expected the rows' lengths along 'T', found none");
  EXPECT_EQ(messageOf([](Rows &r, B &) { r.lengths[1] = -1; }), "row 1: expected a length from 0 on, found -1");
  EXPECT_EQ(messageOf([](Rows &r, B &) { r.lengths[1] = 6; }), "input 'x': row 1 has 6 positions, the array 5");
  EXPECT_EQ(messageOf([](Rows &r, B &) { r.lengths[0] = 0; }),
            "row 0 has no positions, of which the output 'z' is to be made");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs[0].name = Text("v"); }), "the model has no input 'v'");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs[1].name = Text("x"); }),
            "expected the input 'x' once, found it twice");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs.resize(1); }), "expected the input 'k', found none");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs[0].type = Type::I32; }),
            "input 'x': expected F32, F64, F16 or U8, found I32");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs[1].type = Type::F32; }),
            "input 'k': expected I32, I64 or U8, found F32");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs[0].shape.dim[2] = 3; }),
            "input 'x': expected the shape [2, T, 2], found [2, 5, 3]");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.outputs[1].shape.dim[0] = 1; }),
            "output 'z': expected the shape [2, 2], found [1, 2]");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.outputs[1].type = Type::U8; }), "output 'z': expected F32 or F64, found U8");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.outputs[0].name = Text("x"); }), "the model has no output 'x'");
  EXPECT_EQ(messageOf([](Rows &r, B &) { r.k[6] = 5; }), "'k': row 1 has the token 5, expected 0 to 4");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.statesAfter[0].name = Text("g"); }), "the model has no state 'g'");
  static const int64_t negative[] = {0, -1}, later[] = {0, 3};
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.positions = negative; }), "row 1: expected a position from 0 on, found -1");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.positions = later; }), "expected the state 'h', found none");
  EXPECT_EQ(messageOf([](Rows &r, B &b) {
              r.lengths[0] = 0; // it begins here, whatever the others do
              b.positions = later;
              b.statesBefore.add(b.statesAfter[0]);
            }),
            "row 0 has no positions, of which the output 'z' is to be made");
  EXPECT_EQ(messageOf([](Rows &, B &b) { b.inputs.add(array("length.T", Type::I32, nullptr, {2})); }),
            "'length.T': the program asks for no lengths along that axis");
  EXPECT_EQ(
      messageOf([](Rows &r, B &) { r.lengths[1] = 3; }, true),
      "row 1 has 3 positions along 'T', the model was compiled for 4 and looks ahead, so that it cannot be run in "
      "parts: -D bptt=3 (bptt=3 in Python) compiles it for as many");
  EXPECT_EQ(
      messageOf([](Rows &r, B &) { r.lengths[0] = 0; }, true),
      "row 0 has 0 positions along 'T', the model was compiled for 4 and looks ahead, so that it cannot be run in "
      "parts");
}

TEST(Cover, SaysWhatTheModelIsNot) {
  auto add = [](const char *name) {
    return [name](Rows &, CoverBatch &batch) {
      static const int32_t lengths[] = {3, 4};
      batch.inputs.add(array(name, Type::I32, const_cast<int32_t *>(lengths), {2}));
    };
  };
  const std::string axes = R"("axes":[{"name":"T"}],"p)";
  EXPECT_EQ(messageOf(add("length.T"), false, {{axes, R"("axes":[{"name":"T","lengths":true}],"p)"}}),
            "'length.T': the rows' lengths along the window's axis are given by themselves");
  Replacements withN{{axes, R"("axes":[{"name":"T"},{"name":"N","size":3,"lengths":true}],"p)"}};
  EXPECT_EQ(messageOf(add("length.N"), false, withN), "'length.N': expected a length from 0 to 3 of row 1, found 4");
  for (const char *rows : {"1", "3"})
    withN.push_back(
        {argument("output", "z", "f32", std::string(rows) + ",2"),
         argument("output", "z", "f32", std::string(rows) + ",2") + "," + argument("lengths", "N", "i32", rows)});
  EXPECT_EQ(messageOf([](Rows &, CoverBatch &) {}, false, withN), "expected the lengths 'length.N', found none");
  EXPECT_EQ(messageOf(add("w"), false,
                      {{R"("inputs":[)", R"("inputs":[{"name":"w","kind":"token","vocab":5,"axes":[],"shape":[]},)"}}),
            "the outputs do not depend on 'w'");
  EXPECT_EQ(messageOf([](Rows &, CoverBatch &batch) { batch.statesAfter[0].name = Text("g"); }, false,
                      {{R"("states":[)", R"("states":[{"name":"g","shape":[2]},)"}}),
            "the outputs do not depend on the state 'g'");
  EXPECT_EQ(messageOf(
                [](Rows &rows, CoverBatch &batch) {
                  rows.lengths[0] = 0;
                  batch.outputs.resize(1);
                },
                false, {{R"(,"initial":1)", ""}}),
            "row 0 has no positions, of which the state 'h' is to be made");
  Fixture without(1, true, {{R"("cost":100)", R"("cost":0)"}});
  EXPECT_FALSE(without.opened);
  EXPECT_STREQ(without.error.message(), "the model 'Leaky' was compiled without the entries that compute its outputs");
}

List<TileForm> forms() {
  List<TileForm> forms;
  auto add = [&](int64_t rows, double inWindow, double alone) {
    TileForm &form = forms.add();
    form.rows = rows;
    form.windows.add({16, 1e4 * inWindow});
    form.windows.add({1, 1e4 * alone});
  };
  add(1, 1, 1.5);
  add(4, 2.5, 3);
  add(16, 9, 10);
  return forms;
}

std::string tilesOf(const std::vector<int64_t> &lengths, int64_t threads) {
  CoverPlan plan = planCover(forms(), lengths.data(), int64_t(lengths.size()), threads);
  std::string text = plan.isDealtOut ? "dealt out:" : "shared:";
  for (const Tile &tile : plan.tiles)
    text += " " + std::to_string(tile.count) + "/" + std::to_string(tile.form == 0 ? 1 : tile.form == 1 ? 4 : 16);
  return text;
}

TEST(CoverPlan, CostOfWindows) {
  TileForm form;
  form.windows.add({16, 1});
  form.windows.add({4, 2});
  EXPECT_EQ(form.cost(32), 32);
  EXPECT_EQ(form.cost(20), 24);
  EXPECT_EQ(form.cost(17), 24); // the last one is filled up
  form.windows.add({1, 5});
  EXPECT_EQ(form.cost(17), 21);
  EXPECT_EQ(form.cost(23), 16 + 8 + 15);
}

TEST(CoverPlan, RestsInAWindowThatMayBeShorter) {
  TileForm form;
  form.windows.add({16, 1, 6, true});
  form.windows.add({1, 3});
  EXPECT_EQ(form.cost(16), 22);
  EXPECT_EQ(form.cost(2), 6);       // single ones cost less than a window
  EXPECT_EQ(form.cost(4), 10);      // and more
  EXPECT_EQ(form.cost(35), 44 + 9); // two whole windows, and of a rest of three the same either way
  EXPECT_EQ(form.cost(37), 44 + 6 + 5);
  EXPECT_EQ(form.next(35), 0u);
  EXPECT_EQ(form.next(5), 0u);
  EXPECT_EQ(form.next(2), 1u);
  TileForm alone;
  alone.windows.add({8, 1, 10, true});
  EXPECT_EQ(alone.cost(1), 11);
  EXPECT_EQ(alone.cost(9), 18 + 11); // not filled up
  EXPECT_EQ(alone.next(1), 0u);
}

TEST(CoverPlan, LeastCost) {
  EXPECT_EQ(tilesOf({7}, 1), "shared: 1/1");
  EXPECT_EQ(tilesOf(std::vector<int64_t>(2, 64), 1), "shared: 1/1 1/1");
  EXPECT_EQ(tilesOf(std::vector<int64_t>(3, 64), 1), "shared: 3/4");
  EXPECT_EQ(tilesOf(std::vector<int64_t>(21, 64), 1), "shared: 16/16 4/4 1/1");
  // A long row does not keep short ones waiting.
  EXPECT_EQ(tilesOf({1000, 16, 16, 16, 16}, 1), "shared: 1/1 4/4");
}

TEST(CoverPlan, WorkForAllThreads) {
  EXPECT_EQ(tilesOf(std::vector<int64_t>(32, 64), 2), "dealt out: 16/16 16/16");
  EXPECT_EQ(tilesOf(std::vector<int64_t>(8, 64), 2), "dealt out: 4/4 4/4");
  EXPECT_EQ(tilesOf(std::vector<int64_t>(16, 64), 2), "shared: 16/16");
  EXPECT_EQ(tilesOf({64}, 2), "shared: 1/1");
}

TEST(CoverPlan, CopiesAreOneThreads) {
  // 16 rows take 40,000 cycles, of which each of two threads has half, and 20,000 for copies; 8 rows 23,000 and 10,000.
  List<TileForm> copied;
  for (int64_t rows : {1, 8, 16}) {
    TileForm &form = copied.add();
    form.rows = rows;
    form.windows.add({1, rows == 1 ? 2e4 : rows == 8 ? 2.3e4 : 4e4});
  }
  std::vector<int64_t> lengths(16, 1);
  EXPECT_FALSE(planCover(copied, lengths.data(), 16, 2).isDealtOut ||
               planCover(copied, lengths.data(), 16, 1).isDealtOut);
  for (TileForm &form : copied)
    form.copyCost = form.rows == 1 ? 0 : 1250 * static_cast<double>(form.rows);
  CoverPlan plan = planCover(copied, lengths.data(), 16, 2);
  EXPECT_TRUE(plan.isDealtOut);
  ASSERT_EQ(plan.tiles.size(), 2u);
  EXPECT_EQ(plan.tiles[0].cost, 3.3e4);
}

TEST(CoverPlan, NothingIsSharedThatIsLessThanWaiting) {
  List<TileForm> small;
  small.add().windows.add({1, 1000});
  int64_t lengths[] = {64, 64};
  EXPECT_TRUE(planCover(small, lengths, 1, 2).isDealtOut);
  EXPECT_TRUE(planCover(small, lengths, 2, 2).isDealtOut);
}

} // namespace
