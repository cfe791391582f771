// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays over several axes: windows are cut along the one without a size, wherever it stands among the others.
#include "runtime/Arrays.h"
#include "test/runtime/Bodies.h"
#include "test/runtime/BoundEntry.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace rondo;

namespace {

/// A model over N, of 2 positions, T and M, of 3, with a batch of 2 and windows of 2.
const char *const description =
    R"({"model":"M","element":"f32","streamable":true,"parameters":[],"states":[],)"
    R"("axes":[{"name":"N","size":2},{"name":"T"},{"name":"M","size":3}],)"
    R"("inputs":[{"name":"x","kind":"real","axes":["N","T","M"],"shape":[]},)"
    R"({"name":"z","kind":"real","axes":["M"],"shape":[2]}],"targets":[],"outputs":[],"losses":[{"name":""}],)"
    R"("entries":[{"name":"score","element":"f32","batch":2,"length":2,"arena":0,"args":[)"
    R"({"role":"input","name":"x","type":"f32","shape":[2,2,3,2]},)"
    R"({"role":"input","name":"z","type":"f32","shape":[3,2,2]},{"role":"loss","type":"f32","shape":[]}]}]})";

Shape shapeOf(const std::vector<int64_t> &sizes) {
  Shape shape;
  for (int64_t size : sizes)
    shape.add(size);
  return shape;
}

class Arrays : public testing::Test {
protected:
  void SetUp() override {
    static const rondo_entry code[] = {{"score", idle, 0}, {nullptr, nullptr, 0}};
    ASSERT_TRUE(model.read({RONDO_ABI_VERSION, description, code, nullptr}, error)) << error.message();
  }

  /// Reads x and z of these shapes, whose elements are 0, 1, ..
  bool read(const std::vector<int64_t> &x, const std::vector<int64_t> &z, ArrayData &data, Error &error) {
    std::vector<float> numbers(1000);
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<float>(i);
    List<NamedTensor> tensors;
    tensors.add({"x", {numbers.data(), Type::F32, shapeOf(x)}});
    tensors.add({"z", {numbers.data(), Type::F32, shapeOf(z)}});
    std::string path = testing::TempDir() + "rondo-arrays-test";
    return writeTensorFile(path.c_str(), tensors, {}, error) && data.read(path.c_str(), model, error);
  }

  std::string errorOf(const std::vector<int64_t> &x, const std::vector<int64_t> &z) {
    ArrayData data;
    Error error;
    EXPECT_FALSE(read(x, z, data, error));
    std::string message = error.message();
    return message.substr(message.find(": ") + 2);
  }

  Error error;
  Model model;
};

} // namespace

TEST_F(Arrays, AreCutAlongTheWindowsAxis) {
  ArrayData data;
  ASSERT_TRUE(read({2, 2, 4, 3}, {2, 3, 2}, data, error)) << error.message();
  EXPECT_EQ(data.count(), 2);
  EXPECT_EQ(data.length(0), 4);
  EXPECT_TRUE(data.wholeSequences());
  BoundEntry bound(model, "score", error);
  Call &call = bound.call;
  const int64_t rows[] = {1, 0};
  const Window windows[] = {{1, 3}, {0, 3}};
  data.fill(call, windows);
  const Buffer &x = *call.find(Role::Input, "x"), &z = *call.find(Role::Input, "z");
  int64_t next = 0;
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t t = 0; t < 2; ++t)
      for (int64_t m = 0; m < 3; ++m)
        for (int64_t row : rows) // past the last position are zeros
          EXPECT_EQ(x.get(next++), t == 0 ? static_cast<double>(((row * 2 + n) * 4 + 3 + t) * 3 + m) : 0);
  next = 0;
  for (int64_t m = 0; m < 3; ++m)
    for (int64_t row : rows)
      for (int64_t f = 0; f < 2; ++f)
        EXPECT_EQ(z.get(next++), static_cast<double>((row * 3 + m) * 2 + f));
}

TEST_F(Arrays, HaveTheSizesOfTheirAxes) {
  EXPECT_EQ(errorOf({2, 2, 4, 2}, {2, 3, 2}), "'x' has the shape [2, 2, 4, 2], expected [sequences, 2, time, 3]");
  EXPECT_EQ(errorOf({2, 2, 4}, {2, 3, 2}), "'x' has the shape [2, 2, 4], expected [sequences, 2, time, 3]");
  EXPECT_EQ(errorOf({2, 2, 4, 3}, {2, 2}), "'z' has the shape [2, 2], expected [sequences, 3, 2]");
}
