// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Arrays that are known when a model is imported.

#include "tools/rondo-import/Constant.h"

#include <algorithm>

using namespace rondo::importer;

Constant Constant::integer(Sizes shape, std::vector<int64_t> values) {
  Constant constant;
  constant.type = Type::Integer;
  constant.shape = std::move(shape);
  constant.integers = std::move(values);
  return constant;
}

Constant Constant::real(Sizes shape, std::vector<double> values) {
  Constant constant;
  constant.shape = std::move(shape);
  constant.reals = std::move(values);
  return constant;
}

bool Constant::isSame() const {
  auto same = [](const auto &values) {
    return std::all_of(values.begin(), values.end(), [&](auto value) { return value == values.front(); });
  };
  return isReal() ? same(reals) : same(integers);
}

Constant Constant::rearranged(Sizes newShape, llvm::function_ref<size_t(size_t)> source) const {
  Constant result;
  result.type = type;
  result.shape = std::move(newShape);
  result.uniform = uniform;
  if (uniform) {
    result.reals = reals;
    result.integers = integers;
    return result;
  }
  size_t count = static_cast<size_t>(countOf(result.shape));
  for (size_t i = 0; i < count; ++i) {
    if (isReal())
      result.reals.push_back(reals[source(i)]);
    else
      result.integers.push_back(integers[source(i)]);
  }
  return result;
}

int64_t rondo::importer::countOf(const Sizes &shape) {
  constexpr int64_t most = int64_t(1) << 28;
  int64_t count = 1;
  bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  for (int64_t size : shape) {
    if (size < 0 || size > most)
      return -1;
    if (!empty && (count *= size) > most)
      return -1;
  }
  return empty ? 0 : count;
}

Sizes rondo::importer::stridesOf(const Sizes &shape) {
  Sizes strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * std::max<int64_t>(shape[i], 1);
  return strides;
}

Sizes rondo::importer::positionOf(size_t i, const Sizes &shape) {
  Sizes position(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    position[dim] = static_cast<int64_t>(i % static_cast<size_t>(shape[dim]));
    i /= static_cast<size_t>(shape[dim]);
  }
  return position;
}
