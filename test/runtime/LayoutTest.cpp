// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layouts as the compiler writes them, places in files of many tensors, archives of arrays.
#include "runtime/LayoutPlaces.h"
#include "runtime/Npz.h"
#include "test/runtime/Bodies.h"

#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

using namespace rondo;

static const std::string module = R"({"layout":"torch","path":"p","kind":"linear",
  "tensors":[{"name":"weight","shape":[2,3]}],"pieces":[[0,0,0,0,0,2,3,1,3,1,2]]})";

static std::string layoutsOf(const std::string &modules) {
  return "{\"modules\":[" + modules + "],\"ignored\":[{\"layout\":\"torch\",\"pattern\":\"a*b*\"}]}";
}

/// Reads a model with one parameter of six elements and these layouts.
static std::string read(const std::string &layouts, Model &model) {
  std::string text = R"({"model":"M","element":"f32","streamable":true,"axes":[],"states":[],"inputs":[],"targets":[],
    "parameters":[{"path":"p.x","shape":[3,2],"init":{"kind":"zeros"}}],"outputs":[],"losses":[],"entries":[],
    "layouts":)" + layouts +
                     "}";
  static const rondo_entry code[] = {{nullptr, nullptr, 0}};
  Error error;
  return model.read({RONDO_ABI_VERSION, text.c_str(), code, nullptr}, error) ? "" : error.message();
}

/// The same of the module in which `part` is replaced.
static std::string readWith(const std::string &part, const std::string &other) {
  std::string text = module;
  size_t place = text.find(part);
  EXPECT_NE(place, std::string::npos) << part;
  Model model;
  return read(layoutsOf(text.replace(place, part.size(), other)), model);
}

TEST(Layout, IsRead) {
  Model model;
  ASSERT_EQ(read(layoutsOf(module), model), "");
  ASSERT_EQ(model.layouts.modules.size(), 1u);
  std::string visited;
  model.layouts.modules[0].pieces[0].each([&](int64_t own, int64_t foreign) {
    visited += std::to_string(own) + std::to_string(foreign) + " ";
    return true;
  });
  EXPECT_EQ(visited, "00 12 24 31 43 55 ");
}

TEST(Layout, WordsWhatIsInconsistent) {
  const char *expected = "model description: \"layouts\" is inconsistent";
  EXPECT_EQ(readWith("torch", "jax"), expected);
  EXPECT_EQ(readWith("\"path\":\"p\"", "\"path\":1"), expected);
  EXPECT_EQ(readWith("[2,3]}", "[2,0]}"), expected);
  EXPECT_EQ(readWith("[2,3]}", "[4611686018427387904,3]}"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[1,0,0,0,0,2,3,1,3,1,2]"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[0,1,0,0,0,2,3,1,3,1,2]"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[0,0,0,1,0,2,3,1,3,1,2]"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[0,0,0,0,1,2,3,1,3,1,2]"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[0,0,0,0,0,2,3,1,3,1]"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[0,0,0,0,0,2,-3,1,3,1,2]"), expected);
  EXPECT_EQ(readWith("[0,0,0,0,0,2,3,1,3,1,2]", "[0,0,0,0,0,9223372036854775807,3,1,3,1,2]"), expected);
  Model model;
  EXPECT_EQ(read("{\"modules\":[]}", model), expected);
}

TEST(Layout, IgnoresByPatterns) {
  Model model;
  ASSERT_EQ(read(layoutsOf(module), model), "");
  for (const char *name : {"ab", "axb", "abc", "aabbc", "a.b."})
    EXPECT_TRUE(model.layouts.ignores(Layout::Torch, name)) << name;
  for (const char *name : {"", "a", "b", "ba", "xab"})
    EXPECT_FALSE(model.layouts.ignores(Layout::Torch, name)) << name;
  EXPECT_FALSE(model.layouts.ignores(Layout::Keras, "ab"));
}

TEST(Layout, OfTooManyPartsOrTensorsIsRefused) {
  Model model, large;
  ASSERT_EQ(read(layoutsOf(module), model), "");
  ASSERT_EQ(read("{\"too_large\":true}", large), "");
  TensorFile file;
  List<Place> places;
  Error parts, tensors;
  EXPECT_FALSE(findPlaces(large, Layout::Torch, file, places, parts));
  EXPECT_STREQ(parts.message(), "the model 'M' has too many parts for a layout, expected at most some thousands");
  file.tensors.resize(8193);
  EXPECT_FALSE(findPlaces(model, Layout::Torch, file, places, tensors));
  EXPECT_STREQ(tensors.message(), "has 8193 tensors, expected at most 8192");
}

TEST(Layout, SeriesAreInTheOrderOfTheirNumbers) {
  std::string all, other = module;
  for (int i = 0; i < 12; ++i)
    all += (i ? "," : "") + other.replace(other.find("\"path\":\"p"), 9, "\"path\":\"p");
  Model model;
  ASSERT_EQ(read(layoutsOf(all), model), "");
  float values[6] = {};
  TensorFile file;
  for (int i = 11; i >= 0; --i) {
    Shape shape;
    shape.add(2);
    shape.add(3);
    file.tensors.add({Text::format("layers.%d.fc.weight", i), {values, Type::F32, shape}});
  }
  List<Place> places;
  Error error;
  ASSERT_TRUE(findPlaces(model, Layout::Torch, file, places, error)) << error.message();
  for (int i = 0; i < 12; ++i)
    EXPECT_STREQ(places[static_cast<size_t>(i)].nameOf(0).c_str(), Text::format("layers.%d.fc.weight", i).c_str());
}

TEST(Layout, ReadsTheUpperHalvesOfFloats) {
  uint16_t bits[] = {0x3f80, 0xc0a0, 0x7f80};
  Shape shape;
  shape.add(3);
  Buffer buffer{bits, Type::BF16, shape};
  EXPECT_EQ(buffer.get(0), 1);
  EXPECT_EQ(buffer.get(1), -5);
  EXPECT_TRUE(std::isinf(buffer.get(2)));
}

TEST(Npz, IsReadAsWritten) {
  std::string path = testing::TempDir() + "/rondo-layout-test.npz";
  float values[6] = {1, 2, 3, 4, 5, -6};
  Shape vector, matrix;
  vector.add(6);
  matrix.add(2);
  matrix.add(3);
  List<NamedTensor> tensors;
  tensors.add({"a/kernel", {values, Type::F32, matrix}});
  tensors.add({"b", {values, Type::F32, vector}});
  Error error;
  ASSERT_TRUE(writeNpzFile(path.c_str(), tensors, error)) << error.message();
  TensorArchive archive;
  ASSERT_TRUE(archive.read(path.c_str(), error)) << error.message();
  ASSERT_EQ(archive.file.tensors.size(), 2u);
  EXPECT_EQ(archive.file.tensors[0].name, "a/kernel");
  EXPECT_EQ(archive.file.tensors[0].value.shape, matrix);
  EXPECT_EQ(archive.file.find("b")->get(5), -6);
  std::filesystem::remove(path);
}

TEST(Npz, OfMoreThanFourGigabytesIsRefused) {
  std::string path = testing::TempDir() + "/rondo-layout-test.npz";
  Shape shape;
  shape.add(INT64_C(1) << 30);
  List<NamedTensor> tensors;
  tensors.add({"a", {nullptr, Type::F64, shape}});
  Error error;
  EXPECT_FALSE(writeNpzFile(path.c_str(), tensors, error));
  EXPECT_EQ(error.message(), "cannot write '" + path + "': its arrays are larger than 4 GB: write safetensors");
  EXPECT_FALSE(std::filesystem::exists(path));
}
