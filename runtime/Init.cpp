// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The initialisers, computed in double and rounded to the parameter's type. Compiled without contraction.
#include "runtime/Random.h"
#include "runtime/Weights.h"

#include <cmath>

using namespace rondo;

namespace {

/// Makes `count` rows of `length` elements orthonormal, count <= length: modified Gram-Schmidt, twice for accuracy.
/// The rows of a normal random matrix then are uniform among the orthonormal ones.
void orthonormalize(double *rows, int64_t count, int64_t length) {
  for (int64_t i = 0; i < count; ++i) {
    double *row = rows + i * length;
    for (int pass = 0; pass < 2; ++pass)
      for (int64_t j = 0; j < i; ++j) {
        const double *other = rows + j * length;
        double dot = 0;
        for (int64_t k = 0; k < length; ++k)
          dot += row[k] * other[k];
        for (int64_t k = 0; k < length; ++k)
          row[k] -= dot * other[k];
      }
    double square = 0;
    for (int64_t k = 0; k < length; ++k)
      square += row[k] * row[k];
    double scale = 1 / std::sqrt(square);
    for (int64_t k = 0; k < length; ++k)
      row[k] *= scale;
  }
}

bool fillOrthogonal(const Buffer &buffer, double gain, const Random &random, Error &error) {
  int64_t height = buffer.shape.dim[0], width = height ? buffer.count() / height : 0;
  int64_t count = height < width ? height : width, length = height < width ? width : height;
  List<double> rows;
  if (!rows.resize(static_cast<size_t>(count * length), error))
    return false;
  for (int64_t i = 0; i < count * length; ++i)
    rows[static_cast<size_t>(i)] = random.normal(static_cast<uint64_t>(i));
  orthonormalize(rows.data(), count, length);
  for (int64_t r = 0; r < height; ++r)
    for (int64_t c = 0; c < width; ++c)
      buffer.set(r * width + c, gain * rows[static_cast<size_t>(height < width ? r * length + c : c * length + r)]);
  return true;
}

bool fill(const Parameter &parameter, const Buffer &buffer, const Random &random, Error &error) {
  const Initializer &init = parameter.init;
  int64_t count = buffer.count();
  auto each = [&](auto value) {
    for (int64_t i = 0; i < count; ++i)
      buffer.set(i, value(static_cast<uint64_t>(i)));
  };
  switch (init.kind) {
  case Initializer::Kind::Zeros:
    each([&](uint64_t) { return 0.0; });
    return true;
  case Initializer::Kind::Constant:
    each([&](uint64_t) { return init.a; });
    return true;
  case Initializer::Kind::Uniform:
    each([&](uint64_t i) { return init.a + (init.b - init.a) * random.uniform(i); });
    return true;
  case Initializer::Kind::Normal:
    each([&](uint64_t i) { return init.a + init.b * random.normal(i); });
    return true;
  case Initializer::Kind::Identity:
    if (buffer.shape.rank != 2)
      return error.fail("'%s' %s cannot be initialised as an identity: it is no matrix", parameter.path.c_str(),
                        buffer.shape.str().c_str());
    each([&](uint64_t i) {
      uint64_t width = static_cast<uint64_t>(buffer.shape.dim[1]);
      return i / width == i % width ? init.a : 0.0;
    });
    return true;
  case Initializer::Kind::Orthogonal:
    if (buffer.shape.rank < 2)
      return error.fail("'%s' %s cannot be initialised as orthogonal: it is no matrix", parameter.path.c_str(),
                        buffer.shape.str().c_str());
    return fillOrthogonal(buffer, init.a, random, error);
  }
  return true;
}

} // namespace

bool rondo::initializeWeights(Parameters &parameters, Type type, uint64_t seed, Error &error) {
  if (!parameters.allocate(type, error))
    return false;
  for (const Parameter &parameter : parameters.model.parameters) {
    Random random(seed, parameter.path.c_str());
    if (!fill(parameter, parameters.values(parameter, type), random, error))
      return false;
  }
  return true;
}
