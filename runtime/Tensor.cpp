// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types, shapes, views.
#include "runtime/Tensor.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {
struct TypeNames {
  Type type;
  size_t bytes;
  const char *abi, *file;
};
constexpr TypeNames table[] = {
    {Type::F32, 4, "f32", "F32"},   {Type::F64, 8, "f64", "F64"}, {Type::I32, 4, "i32", "I32"},
    {Type::I64, 8, "i64", "I64"},   {Type::I1, 1, "i1", "BOOL"},  {Type::U8, 1, "u8", "U8"},
    {Type::I8, 1, "i8", "I8"},      {Type::I16, 2, "i16", "I16"}, {Type::U16, 2, "u16", "U16"},
    {Type::U32, 4, "u32", "U32"},   {Type::U64, 8, "u64", "U64"}, {Type::F16, 2, "f16", "F16"},
    {Type::BF16, 2, "bf16", "BF16"}};
} // namespace

size_t rondo::sizeOf(Type type) { return table[static_cast<int>(type)].bytes; }

const char *rondo::nameOf(Type type) { return table[static_cast<int>(type)].abi; }

const char *rondo::fileNameOf(Type type) { return table[static_cast<int>(type)].file; }

static bool findType(const Text &name, const char *TypeNames::*member, Type &type) {
  for (const TypeNames &names : table)
    if (name == names.*member) {
      type = names.type;
      return true;
    }
  return false;
}

bool rondo::typeNamed(const Text &name, Type &type) { return findType(name, &TypeNames::abi, type); }

bool rondo::typeOfFileName(const Text &name, Type &type) { return findType(name, &TypeNames::file, type); }

bool Shape::operator==(const Shape &other) const {
  return rank == other.rank && memcmp(dim, other.dim, sizeof(int64_t) * static_cast<size_t>(rank)) == 0;
}

int64_t Shape::count() const {
  int64_t product = 1;
  for (int i = 0; i < rank; ++i)
    product *= dim[i];
  return product;
}

Shape Shape::from(int first) const {
  Shape rest;
  for (int i = first; i < rank; ++i)
    rest.add(dim[i]);
  return rest;
}

Shape Shape::within(int64_t size) const {
  Shape outer;
  outer.add(size);
  for (int i = 0; i < rank; ++i)
    outer.add(dim[i]);
  return outer;
}

ShortText<256> Shape::str() const {
  ShortText<256> text;
  for (int i = 0; i < rank; ++i) {
    char size[32];
    snprintf(size, sizeof size, "%s%lld", i ? ", " : "[", static_cast<long long>(dim[i]));
    text.append(size);
  }
  text.append(rank ? "]" : "[]");
  return text;
}

bool rondo::multiplySizes(const int64_t *sizes, int count, int64_t &product) {
  product = 1;
  // A zero makes the product zero whatever the others are.
  for (int i = 0; i < count; ++i)
    if (sizes[i] == 0) {
      product = 0;
      return true;
    }
  for (int i = 0; i < count; ++i) {
    if (sizes[i] > (INT64_C(1) << 62) / product)
      return false;
    product *= sizes[i];
  }
  return true;
}

/// A half: sign, 5 bits of exponent, 10 of mantissa.
static double halfValue(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double size = exponent == 0    ? std::ldexp(mantissa, -24)
                : exponent == 31 ? (mantissa ? NAN : HUGE_VAL)
                                 : std::ldexp(1024 + mantissa, exponent - 25);
  return bits >> 15 ? -size : size;
}

/// Element i of memory that need not be aligned, as tensors in files are not.
template <typename T> static T load(const void *data, int64_t i) {
  T value;
  memcpy(&value, static_cast<const char *>(data) + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

double Buffer::get(int64_t i) const {
  switch (type) {
  case Type::F16:
    return halfValue(load<uint16_t>(data, i));
  case Type::BF16: { // the upper half of an F32
    uint32_t bits = static_cast<uint32_t>(load<uint16_t>(data, i)) << 16;
    return load<float>(&bits, 0);
  }
  case Type::F32:
    return load<float>(data, i);
  case Type::F64:
    return load<double>(data, i);
  case Type::I32:
    return load<int32_t>(data, i);
  case Type::I64:
    return static_cast<double>(load<int64_t>(data, i));
  case Type::I1:
  case Type::U8:
    return load<uint8_t>(data, i);
  default:
    return 0;
  }
}

void Buffer::set(int64_t i, double value) const {
  switch (type) {
  case Type::F32:
    static_cast<float *>(data)[i] = static_cast<float>(value);
    break;
  case Type::F64:
    static_cast<double *>(data)[i] = value;
    break;
  case Type::I32:
    static_cast<int32_t *>(data)[i] = static_cast<int32_t>(value);
    break;
  case Type::I64:
    static_cast<int64_t *>(data)[i] = static_cast<int64_t>(value);
    break;
  case Type::I1:
  case Type::U8:
    static_cast<uint8_t *>(data)[i] = static_cast<uint8_t>(value);
    break;
  default:
    break;
  }
}

int64_t Buffer::getToken(int64_t i) const {
  switch (type) {
  case Type::I32:
    return load<int32_t>(data, i);
  case Type::I64:
    return load<int64_t>(data, i);
  default:
    return load<uint8_t>(data, i);
  }
}

/// Whether all numbers of a block are finite: none has all bits of the exponent set.
template <typename Bits> static bool allFinite(const void *data, size_t count, Bits exponent) {
  Bits found = 0;
  for (size_t i = 0; i < count; ++i) {
    Bits bits; // a file's data need not be aligned
    memcpy(&bits, static_cast<const char *>(data) + i * sizeof(Bits), sizeof(Bits));
    found |= static_cast<Bits>((bits & exponent) == exponent);
  }
  return found == 0;
}

int64_t rondo::firstNotFinite(const Buffer &reals, Type type) {
  size_t count = static_cast<size_t>(reals.count());
  if (type == reals.type && type == Type::F32 && allFinite(reals.data, count, UINT32_C(0xff) << 23))
    return -1;
  if (type == reals.type && type == Type::F64 && allFinite(reals.data, count, UINT64_C(0x7ff) << 52))
    return -1;
  for (int64_t i = 0, n = reals.count(); i < n; ++i) {
    double value = reals.get(i);
    if (!std::isfinite(type == Type::F32 ? static_cast<double>(static_cast<float>(value)) : value))
      return i;
  }
  return -1;
}

void rondo::convertReals(const Buffer &from, const Buffer &to) {
  if (from.type == to.type) {
    memcpy(to.data, from.data, to.bytes());
    return;
  }
  for (int64_t i = 0, n = to.count(); i < n; ++i)
    to.set(i, from.get(i));
}
