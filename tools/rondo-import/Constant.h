// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Arrays that are known when a model is imported: weights, and the integers that say what its shapes are.

#ifndef RONDO_TOOLS_RONDOIMPORT_CONSTANT_H
#define RONDO_TOOLS_RONDOIMPORT_CONSTANT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdint>
#include <string>
#include <vector>

namespace rondo::importer {

using Sizes = std::vector<int64_t>;

/// A size that the file leaves open has a name, the n-th of the model's: it stands for any length. Integers of the
/// graph may be such a size too, as the results of Shape, or the product of one or two of them and a number, as the
/// batch times the heads of attention.
constexpr int64_t firstOpenSize = INT64_MIN / 2;
constexpr size_t mostOpenSizes = 1 << 15;
inline int64_t openSize(size_t n) { return firstOpenSize + static_cast<int64_t>(n); }
inline bool isOpen(int64_t size) { return size < INT64_MIN / 4; }
/// An open size of which nothing is known, not even whether it is another one.
constexpr int64_t unknownSize = firstOpenSize + (1 << 16) - 1;

/// a b; `unknownSize` where that is no product of the kind above.
int64_t productOf(int64_t a, int64_t b);
/// a / b where b divides a whatever the open sizes are; 0 where not.
int64_t quotientOf(int64_t a, int64_t b);

/// An array, row-major. Of a `uniform` one the only element stands for all.
struct Constant {
  enum class Type { Real, Integer, Truth };

  Type type = Type::Real;
  Sizes shape;
  bool uniform = false;
  std::vector<double> reals;     // of Real
  std::vector<int64_t> integers; // of the others

  static Constant integer(Sizes shape, std::vector<int64_t> values);
  static Constant real(Sizes shape, std::vector<double> values);

  bool isReal() const { return type == Type::Real; }
  /// Elements that are stored.
  size_t stored() const { return isReal() ? reals.size() : integers.size(); }
  double number(size_t i) const { return isReal() ? reals[i] : static_cast<double>(integers[i]); }
  /// Whether all elements are the same; true of none.
  bool isSame() const;
  /// An array of that shape whose element i is element source(i) of this one; a uniform one stays so.
  Constant rearranged(Sizes newShape, llvm::function_ref<size_t(size_t)> source) const;
};

/// Which stored element of an array is element i of one of that shape, as which ONNX repeats it.
size_t repeatedElement(const Constant &array, size_t i, const Sizes &shape);

/// The number of elements; -1 if it is open or above 2^28, more than an array of a model may have.
int64_t countOf(const Sizes &shape);
/// Row-major distances between neighbours in each dimension; the sizes must be known.
Sizes stridesOf(const Sizes &shape);
/// The position in each dimension of element i.
Sizes positionOf(size_t i, const Sizes &shape);

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_CONSTANT_H
