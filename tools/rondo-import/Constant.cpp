// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Arrays that are known when a model is imported.

#include "tools/rondo-import/Constant.h"

#include <algorithm>

using namespace rondo::importer;

namespace {

/// factor times the sizes of these names, in order; no name is -1.
struct SizeParts {
  int64_t factor = 1;
  int64_t names[2] = {-1, -1};
};

// From the lowest bit: 16 of one name, 16 of a second one that is there if they are not 0, the others the factor - 1.
SizeParts partsOf(int64_t size) {
  SizeParts parts;
  if (!isOpen(size)) {
    parts.factor = size;
    return parts;
  }
  int64_t code = size - firstOpenSize;
  parts.factor = (code >> 32) + 1;
  parts.names[0] = code & 0xffff;
  parts.names[1] = ((code >> 16) & 0xffff) - 1;
  return parts;
}

int64_t sizeOf(const SizeParts &parts) {
  if (parts.names[0] < 0)
    return parts.factor;
  return firstOpenSize + ((parts.factor - 1) << 32) + ((parts.names[1] + 1) << 16) + parts.names[0];
}

} // namespace

int64_t rondo::importer::productOf(int64_t a, int64_t b) {
  if (a == 1 || b == 1)
    return a == 1 ? b : a;
  SizeParts left = partsOf(a), right = partsOf(b), result;
  std::vector<int64_t> names;
  for (const SizeParts *parts : {&left, &right})
    for (int64_t name : parts->names)
      if (name >= 0)
        names.push_back(name);
  if (a == unknownSize || b == unknownSize || names.size() > 2 ||
      __builtin_mul_overflow(left.factor, right.factor, &result.factor) ||
      (!names.empty() && (result.factor < 1 || result.factor > 1 << 28)))
    return unknownSize;
  std::sort(names.begin(), names.end());
  std::copy(names.begin(), names.end(), result.names);
  return sizeOf(result);
}

int64_t rondo::importer::quotientOf(int64_t a, int64_t b) {
  if (b == 1)
    return a;
  SizeParts whole = partsOf(a), part = partsOf(b);
  if (a == unknownSize || b == unknownSize || part.factor < 1 || whole.factor < 1 || whole.factor % part.factor)
    return 0;
  std::vector<int64_t> names;
  for (int64_t name : whole.names)
    if (name >= 0)
      names.push_back(name);
  for (int64_t name : part.names) {
    auto place = std::find(names.begin(), names.end(), name);
    if (name >= 0 && place == names.end())
      return 0;
    if (name >= 0)
      names.erase(place);
  }
  SizeParts result;
  result.factor = whole.factor / part.factor;
  std::copy(names.begin(), names.end(), result.names);
  return sizeOf(result);
}

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

size_t rondo::importer::repeatedElement(const Constant &array, size_t i, const Sizes &shape) {
  if (array.uniform || array.stored() == 1)
    return 0;
  Sizes position = positionOf(i, shape), strides = stridesOf(array.shape);
  int64_t source = 0;
  for (size_t dim = 0; dim < array.shape.size(); ++dim)
    if (array.shape[dim] != 1)
      source += position[dim + shape.size() - array.shape.size()] * strides[dim];
  return static_cast<size_t>(source);
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
