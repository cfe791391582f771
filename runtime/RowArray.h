// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of many rows in the caller's memory, batch first, and the way between them and the buffers of an entry, in
// which the rows stand behind the axes.
#ifndef RONDO_RUNTIME_ROWARRAY_H
#define RONDO_RUNTIME_ROWARRAY_H

#include "runtime/Model.h"

namespace rondo {

/// A view of the values of all rows: [rows, axes in the order of their declarations, features], with any strides.
struct RowArray {
  /// The input's, target's, output's or state's in the program; "length.AXIS" for the rows' lengths along an axis.
  Text name;
  void *data = nullptr;
  /// Of inputs: reals may be F32, F64, F16 or U8, tokens and lengths I32, I64 or U8. Of outputs and states F32 or F64,
  /// and I32 or I64 of tokens.
  Type type = Type::F32;
  /// The rows first. Along the window's axis it may have more positions than a row has.
  Shape shape;
  /// Elements from one index to the next of each dimension.
  int64_t strides[Shape::maxRank] = {};
  /// The element with which each row begins, in place of row * strides[0], where rows stand anywhere, as frames do that
  /// stand one behind the other; then the window's dimension of `shape` is not looked at. Null for none.
  const int64_t *begins = nullptr;

  /// A view of dense memory.
  static RowArray of(const Text &name, const Buffer &dense);

  int64_t beginOf(int64_t row) const { return begins ? begins[row] : row * strides[0]; }
};

/// The shape of a port's values for so many rows and positions along the window's axis. False if it has too many
/// dimensions.
bool shapeOfRows(const Model &model, const Port &port, int64_t rows, int64_t positions, Shape &shape);

/// The array of that name, or null.
const RowArray *findArray(const List<RowArray> &arrays, const Text &name);

/// Whether the array has the rows' lengths along that axis, and the array that has, or null.
bool isLengths(const RowArray &array, const Axis &axis);
const RowArray *findLengths(const List<RowArray> &arrays, const Axis &axis);

/// Whether the first so many elements of each dimension of a row are tokens below `vocab`; else `found` is one that is
/// not.
bool areTokens(const RowArray &array, int64_t row, const Shape &extents, int64_t vocab, int64_t &found);

/// Where the values of one row are in a buffer of an entry: [axes, rows, features].
struct RowSlot {
  const Buffer *buffer;
  /// Leading dimensions, which are axes, and the row of the buffer.
  int axes;
  int64_t row;
};

/// Which part of a row: so many of its indices from the first one on in each dimension behind the rows; the first one
/// of `shift`, if it is a dimension from 0 on, is index `from` of the array.
struct RowPart {
  Shape extents;
  int shift = -1;
  int64_t from = 0;
};

/// Copies a part of a row of the array to the slot of an entry, or back; the other elements stay as they are.
void copyToSlot(const RowArray &array, int64_t row, const RowPart &part, const RowSlot &slot);
void copyFromSlot(const RowSlot &slot, const RowPart &part, const RowArray &array, int64_t row);
/// Sets all elements of the slot to a number.
void fillSlot(const RowSlot &slot, double number);

} // namespace rondo

#endif
