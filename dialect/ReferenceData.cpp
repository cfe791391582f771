// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter's tensors: making them, moving their elements, random ones.

#include "dialect/Reference.h"
#include "dialect/ReferenceInterpreter.h"
#include "runtime/Philox.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;

//===-- tensors ----------------------------------------------------------------------------------------------===//

Tensor Tensor::zeros(Kind kind, ArrayRef<int64_t> shape) {
  Tensor result;
  result.kind = kind;
  result.shape = shape.vec();
  withElementType(kind, [&](auto zero) { elements<decltype(zero)>(result).resize(product(shape), zero); });
  return result;
}

Tensor Tensor::of(Kind kind, ArrayRef<int64_t> shape, ArrayRef<double> values) {
  Tensor result = zeros(kind, shape);
  assert(result.numElements() == static_cast<int64_t>(values.size()) && "one value per element");
  for (auto [n, value] : llvm::enumerate(values))
    result.set(n, value);
  return result;
}

FailureOr<Tensor::Kind> Tensor::kindOf(Type elementType) {
  if (elementType.isF32())
    return Kind::F32;
  if (elementType.isF64())
    return Kind::F64;
  if (elementType.isSignlessInteger(1))
    return Kind::I1;
  if (elementType.isSignlessInteger(8))
    return Kind::I8;
  if (elementType.isSignlessInteger(32))
    return Kind::I32;
  if (elementType.isSignlessInteger(64))
    return Kind::I64;
  if (elementType.isIndex())
    return Kind::Index;
  return failure();
}

FailureOr<Tensor> Tensor::fromAttribute(Attribute attribute) {
  auto typed = dyn_cast<TypedAttr>(attribute);
  if (!typed)
    return failure();
  FailureOr<Kind> kind = kindOf(getElementTypeOrSelf(typed.getType()));
  if (failed(kind))
    return failure();
  auto fromInteger = [&](const APInt &value) { return wrap(*kind, value.getSExtValue()); };
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute)) {
    Tensor result = zeros(*kind, dense.getType().getShape());
    if (*kind == Kind::F32)
      llvm::copy(dense.getValues<float>(), result.f32.begin());
    else if (*kind == Kind::F64)
      llvm::copy(dense.getValues<double>(), result.f64.begin());
    else
      llvm::transform(dense.getValues<APInt>(), result.i.begin(), fromInteger);
    return result;
  }
  Tensor result = zeros(*kind, {});
  if (auto number = dyn_cast<FloatAttr>(attribute))
    result.set(0, number.getValueAsDouble());
  else if (auto number = dyn_cast<IntegerAttr>(attribute))
    result.i[0] = fromInteger(number.getValue());
  else
    return failure();
  return result;
}

int64_t Tensor::numElements() const { return product(shape); }

double Tensor::at(int64_t index) const {
  return withElementType(kind, [&](auto type) { return static_cast<double>(elements<decltype(type)>(*this)[index]); });
}

void Tensor::set(int64_t index, double value) {
  withElementType(kind,
                  [&](auto type) { elements<decltype(type)>(*this)[index] = static_cast<decltype(type)>(value); });
}

std::string Tensor::typeString() const {
  static const char *const names[] = {"f32", "f64", "i1", "i8", "i32", "i64", "index"};
  std::string element = names[static_cast<int>(kind)];
  if (shape.empty())
    return element;
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

unsigned reference::bitWidth(Tensor::Kind kind) {
  switch (kind) {
  case Tensor::Kind::I1:
    return 1;
  case Tensor::Kind::I8:
    return 8;
  case Tensor::Kind::F32:
  case Tensor::Kind::I32:
    return 32;
  case Tensor::Kind::F64:
  case Tensor::Kind::I64:
  case Tensor::Kind::Index:
    return 64;
  }
  llvm_unreachable("all kinds are above");
}

uint64_t reference::asUnsigned(Tensor::Kind kind, int64_t value) {
  unsigned width = bitWidth(kind);
  return width == 64 ? value : value & ((uint64_t(1) << width) - 1);
}

int64_t reference::wrap(Tensor::Kind kind, int64_t value) {
  if (kind == Tensor::Kind::I1)
    return value & 1;
  if (kind == Tensor::Kind::I8)
    return static_cast<int8_t>(value);
  return kind == Tensor::Kind::I32 ? static_cast<int32_t>(value) : value;
}

//===-- views ------------------------------------------------------------------------------------------------===//

int64_t reference::product(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

std::vector<int64_t> reference::stridesOf(ArrayRef<int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (int64_t d = static_cast<int64_t>(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

void reference::forEachIndex(ArrayRef<int64_t> shape, llvm::function_ref<void(ArrayRef<int64_t>)> f) {
  std::vector<int64_t> index(shape.size(), 0);
  for (int64_t n = 0, e = product(shape); n < e; ++n) {
    f(index);
    for (int64_t d = static_cast<int64_t>(shape.size()) - 1; d >= 0 && ++index[d] == shape[d]; --d)
      index[d] = 0;
  }
}

/// Calls `f(n, place)` for every element of `shape`: its row-major number and its place in the strided storage.
template <typename F>
static void forEachPlace(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides, int64_t offset, F f) {
  // The innermost dimension is a loop of its own, for speed.
  int64_t inner = shape.empty() ? 1 : shape.back(), innerStride = strides.empty() ? 0 : strides.back(), n = 0;
  ArrayRef<int64_t> outer = shape.empty() ? shape : shape.drop_back();
  forEachIndex(outer, [&](ArrayRef<int64_t> index) {
    int64_t place = offset;
    for (auto [position, stride] : llvm::zip(index, strides))
      place += position * stride;
    for (int64_t k = 0; k < inner; ++k, ++n, place += innerStride)
      f(n, place);
  });
}

Tensor reference::readView(const Tensor &source, ArrayRef<int64_t> shape, ArrayRef<int64_t> strides, int64_t offset) {
  Tensor result = Tensor::zeros(source.kind, shape);
  withElementType(source.kind, [&](auto type) {
    const auto *from = elements<decltype(type)>(source).data();
    auto *to = elements<decltype(type)>(result).data();
    forEachPlace(shape, strides, offset, [&](int64_t n, int64_t place) { to[n] = from[place]; });
  });
  return result;
}

void reference::writeView(Tensor &target, const Tensor &values, ArrayRef<int64_t> strides, int64_t offset) {
  withElementType(target.kind, [&](auto type) {
    const auto *from = elements<decltype(type)>(values).data();
    auto *to = elements<decltype(type)>(target).data();
    forEachPlace(values.shape, strides, offset, [&](int64_t n, int64_t place) { to[place] = from[n]; });
  });
}

Tensor reference::repeated(Tensor tensor, ArrayRef<int64_t> shape) {
  if (!tensor.shape.empty() || shape.empty())
    return tensor;
  return readView(tensor, shape, std::vector<int64_t>(shape.size(), 0));
}

Tensor reference::coordinates(ArrayRef<int64_t> shape, unsigned dim) {
  Tensor result = Tensor::zeros(Tensor::Kind::Index, shape);
  int64_t n = 0;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) { result.i[n++] = index[dim]; });
  return result;
}

//===-- random numbers ---------------------------------------------------------------------------------------===//

double rondo::counterRandom(uint64_t seed, uint32_t stream, uint64_t position, uint32_t element) {
  uint32_t words[4] = {element, static_cast<uint32_t>(position), static_cast<uint32_t>(position >> 32), stream};
  const uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  philox(words, key);
  return (words[0] >> 8) * 0x1p-24;
}

Tensor rondo::randomTensor(RankedTensorType type, uint64_t seed, double scale, int64_t tokens) {
  FailureOr<Tensor::Kind> kind = Tensor::kindOf(type.getElementType());
  assert(succeeded(kind) && type.hasStaticShape() && "a type that the interpreter knows");
  Tensor result = Tensor::zeros(*kind, type.getShape());
  for (int64_t n = 0, e = result.numElements(); n < e; ++n) {
    double uniform = counterRandom(seed, /*stream=*/0, /*position=*/0, static_cast<uint32_t>(n));
    if (result.isFloat())
      result.set(n, scale * (2 * uniform - 1));
    else
      result.i[n] = static_cast<int64_t>(uniform * (*kind == Tensor::Kind::I1 ? 2 : tokens));
  }
  return result;
}
