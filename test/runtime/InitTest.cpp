// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The initialisers fill parameters as they say, and the same on every machine.
#include "runtime/Weights.h"
#include "test/runtime/Bodies.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

using namespace rondo;

static const rondo_entry noEntries[] = {{nullptr, nullptr, 0}};

/// One parameter 'p' of that shape and initialiser, filled in double with seed 1.
class Filled {
public:
  Filled(const std::string &shape, const std::string &init) {
    std::string json =
        R"({"model":"M","element":"f64","streamable":true,"axes":[],"states":[],"inputs":[],"targets":[],)"
        R"("outputs":[],"losses":[],"entries":[],"parameters":[{"path":"p","shape":)" +
        shape + R"(,"init":{"kind":)" + init + "}}]}";
    if (model.read({RONDO_ABI_VERSION, json.c_str(), noEntries, nullptr}, error) &&
        initializeWeights(parameters, Type::F64, 1, error))
      buffer = parameters.values(model.parameters[0], Type::F64);
  }
  double at(int64_t i) const { return buffer.get(i); }

  Error error;
  Model model;
  Parameters parameters{model};
  Buffer buffer;
};

TEST(Init, SimpleKinds) {
  Filled zeros("[2]", R"("zeros")"), constant("[2]", R"("constant","a":1.5)"),
      identity("[2,3]", R"("identity","a":0.5)");
  EXPECT_EQ(zeros.at(1), 0);
  EXPECT_EQ(constant.at(1), 1.5);
  const double expected[6] = {0.5, 0, 0, 0, 0.5, 0};
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(identity.at(i), expected[i]);
}

TEST(Init, Distributions) {
  Filled uniform("[100,100]", R"("uniform","a":-2,"b":4)"), normal("[100,100]", R"("normal","a":3,"b":0.5)");
  double mean = 0, square = 0, uniformMean = 0;
  for (int i = 0; i < 10000; ++i) {
    EXPECT_TRUE(uniform.at(i) > -2 && uniform.at(i) < 4);
    uniformMean += uniform.at(i) / 10000;
    mean += normal.at(i) / 10000;
    square += (normal.at(i) - 3) * (normal.at(i) - 3) / 10000;
  }
  EXPECT_NEAR(uniformMean, 1, 0.06);
  EXPECT_NEAR(mean, 3, 0.02);
  EXPECT_NEAR(std::sqrt(square), 0.5, 0.02);
}

TEST(Init, OrthogonalOfEveryShape) {
  for (const char *shape : {"[5,8]", "[8,5]", "[6,6]", "[4,2,3]"}) {
    Filled filled(shape, R"("orthogonal","a":2)");
    int64_t height = filled.buffer.shape.dim[0], width = filled.buffer.count() / height;
    bool rows = height < width;
    int64_t count = rows ? height : width, length = rows ? width : height;
    auto element = [&](int64_t vector, int64_t k) { return filled.at(rows ? vector * width + k : k * width + vector); };
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j <= i; ++j) {
        double dot = 0;
        for (int64_t k = 0; k < length; ++k)
          dot += element(i, k) * element(j, k);
        EXPECT_NEAR(dot, i == j ? 4 : 0, 1e-14) << shape;
      }
  }
}

// These numbers must never change: a seed stands for weights.
TEST(Init, SameOnEveryMachine) {
  Filled uniform("[3]", R"("uniform","a":0,"b":1)"), normal("[3]", R"("normal","a":0,"b":1)");
  EXPECT_EQ(uniform.at(0), 0.9429151954994254);
  EXPECT_EQ(uniform.at(2), 0.37002116802057483);
  EXPECT_EQ(normal.at(0), 1.5797260859358078);
  EXPECT_EQ(normal.at(2), -0.3317972829841613);
}

TEST(Init, VectorsAreNeitherIdentityNorOrthogonal) {
  Filled identity("[3]", R"("identity","a":1)"), orthogonal("[3]", R"("orthogonal","a":1)");
  EXPECT_STREQ(identity.error.message(), "'p' [3] cannot be initialised as an identity: it is no matrix");
  EXPECT_STREQ(orthogonal.error.message(), "'p' [3] cannot be initialised as orthogonal: it is no matrix");
}
