// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types, shapes and views of dense row-major memory: what buffers of entries and tensors in files share.
#ifndef RONDO_RUNTIME_TENSOR_H
#define RONDO_RUNTIME_TENSOR_H

#include "runtime/Support.h"

namespace rondo {

/// Element types. Entries use F32, F64, I32, I64 and I1 (one byte, 0 or 1); files may hold all of them.
enum class Type : uint8_t { F32, F64, I32, I64, I1, U8, I8, I16, U16, U32, U64, F16, BF16 };

/// Bytes of one element.
size_t sizeOf(Type type);
/// The name in the description, as "f32".
const char *nameOf(Type type);
/// The name in a safetensors file, as "F32".
const char *fileNameOf(Type type);
/// Finds the type with that name in the description. Returns false where there is none.
bool typeNamed(const Text &name, Type &type);
/// The same by the name in a file.
bool typeOfFileName(const Text &name, Type &type);

inline bool isReal(Type type) { return type == Type::F32 || type == Type::F64; }
/// The types that reals of data may have in a file.
inline bool isNumber(Type type) { return isReal(type) || type == Type::F16 || type == Type::U8; }
/// The types that tokens may have in a file.
inline bool isToken(Type type) { return type == Type::I32 || type == Type::I64 || type == Type::U8; }

/// Sizes of the dimensions, outermost first.
struct Shape {
  static constexpr int maxRank = 8;
  int rank = 0;
  int64_t dim[maxRank] = {};

  /// Appends a dimension; false where there are too many.
  bool add(int64_t size) {
    if (rank == maxRank)
      return false;
    dim[rank++] = size;
    return true;
  }
  bool operator==(const Shape &other) const;
  bool operator!=(const Shape &other) const { return !(*this == other); }
  /// Elements. The shape comes from a checked file or description, so this does not overflow.
  int64_t count() const;
  /// The dimensions from `first` on.
  Shape from(int first) const;
  /// This shape with `size` put before it; `this->rank` must be below maxRank.
  Shape within(int64_t size) const;
  /// "[96, 256]"
  ShortText<256> str() const;
};

/// Multiplies sizes; false where the product of non-negative sizes passes 2^62.
bool multiplySizes(const int64_t *sizes, int count, int64_t &product);

/// A view of memory that somebody else owns. What is only read need not be aligned.
struct Buffer {
  void *data = nullptr;
  Type type = Type::F32;
  Shape shape;

  int64_t count() const { return shape.count(); }
  size_t bytes() const { return static_cast<size_t>(count()) * sizeOf(type); }
  void clear() const { memset(data, 0, bytes()); }
  /// Element i as a double (exact for F16, BF16, F32, F64, I32, U8, I1; rounded for large I64). Other types read as 0.
  double get(int64_t i) const;
  /// Sets element i, rounding to the element type.
  void set(int64_t i, double value) const;
  /// Element i of a buffer of tokens (I32, I64, U8).
  int64_t getToken(int64_t i) const;
};

/// The first element of reals that is infinite or not a number, or would be as a value of that type, or -1.
int64_t firstNotFinite(const Buffer &reals, Type type);
inline int64_t firstNotFinite(const Buffer &reals) { return firstNotFinite(reals, reals.type); }

/// Copies reals of one type to another (same count).
void convertReals(const Buffer &from, const Buffer &to);

} // namespace rondo

#endif
