// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies rows between the caller's arrays and the buffers of entries.
#include "runtime/RowArray.h"

using namespace rondo;

RowArray RowArray::of(const Text &name, const Buffer &dense) {
  RowArray array;
  array.name = name;
  array.data = dense.data;
  array.type = dense.type;
  array.shape = dense.shape;
  for (int i = 0; i < dense.shape.rank; ++i)
    array.strides[i] = dense.shape.from(i + 1).count();
  return array;
}

bool rondo::shapeOfRows(const Model &model, const Port &port, int64_t rows, int64_t positions, Shape &shape) {
  bool fits = shape.add(rows);
  for (size_t axis = 0; axis < model.axes.size(); ++axis)
    if (port.varies(static_cast<int>(axis)))
      fits = fits && shape.add(static_cast<int>(axis) == model.windowAxis() ? positions : model.axes[axis].size);
  for (int i = 0; i < port.shape.rank; ++i)
    fits = fits && shape.add(port.shape.dim[i]);
  return fits;
}

const RowArray *rondo::findArray(const List<RowArray> &arrays, const Text &name) {
  for (const RowArray &array : arrays)
    if (array.name == name)
      return &array;
  return nullptr;
}

bool rondo::isLengths(const RowArray &array, const Axis &axis) {
  constexpr char prefix[] = "length.";
  constexpr size_t length = sizeof prefix - 1;
  return array.name.size() == length + axis.name.size() && memcmp(array.name.c_str(), prefix, length) == 0 &&
         axis.name == array.name.c_str() + length;
}

const RowArray *rondo::findLengths(const List<RowArray> &arrays, const Axis &axis) {
  for (const RowArray &array : arrays)
    if (isLengths(array, axis))
      return &array;
  return nullptr;
}

bool rondo::areTokens(const RowArray &array, int64_t row, const Shape &extents, int64_t vocab, int64_t &found) {
  Buffer values{array.data, array.type, {}};
  for (int64_t i = 0, n = extents.count(); i < n; ++i) {
    int64_t place = array.beginOf(row), rest = i;
    for (int d = extents.rank - 1; d >= 0; rest /= extents.dim[d--])
      place += rest % extents.dim[d] * array.strides[d + 1];
    found = values.getToken(place);
    if (found < 0 || found >= vocab)
      return false;
  }
  return true;
}

namespace {

/// One side of a copy.
struct Side {
  void *data;
  Type type;
  int64_t begin;
  int64_t strides[Shape::maxRank];
};

Side sideOf(const RowArray &array, int64_t row, const RowPart &part) {
  Side side{array.data, array.type, array.beginOf(row), {}};
  for (int i = 0; i < part.extents.rank; ++i)
    side.strides[i] = array.strides[i + 1];
  if (part.shift >= 0)
    side.begin += part.from * side.strides[part.shift];
  return side;
}

Side sideOf(const RowSlot &slot) {
  const Shape &shape = slot.buffer->shape;
  Side side{slot.buffer->data, slot.buffer->type, slot.row * shape.from(slot.axes + 1).count(), {}};
  for (int i = 0, dim = 0; dim < shape.rank; ++dim)
    if (dim != slot.axes)
      side.strides[i++] = shape.from(dim + 1).count();
  return side;
}

/// Elements `to + i` from `from + i`, i below `count`, in the strides of both.
void copyLine(const Side &to, int64_t toFirst, int64_t toStride, const Side &from, int64_t fromFirst,
              int64_t fromStride, int64_t count) {
  size_t size = sizeOf(to.type);
  char *target = static_cast<char *>(to.data) + toFirst * static_cast<int64_t>(size);
  const char *source = static_cast<const char *>(from.data) + fromFirst * static_cast<int64_t>(sizeOf(from.type));
  if (to.type == from.type && toStride == 1 && fromStride == 1) {
    memcpy(target, source, static_cast<size_t>(count) * size);
    return;
  }
  Buffer in{from.data, from.type, {}}, out{to.data, to.type, {}};
  for (int64_t i = 0; i < count; ++i) {
    if (to.type == from.type)
      memcpy(target + i * toStride * static_cast<int64_t>(size), source + i * fromStride * static_cast<int64_t>(size),
             size);
    else
      out.set(toFirst + i * toStride, in.get(fromFirst + i * fromStride));
  }
}

void copy(const Side &to, const Side &from, const Shape &extents) {
  int inner = extents.rank - 1;
  // Dimensions that are one run in both are one.
  int64_t run = inner < 0 ? 1 : extents.dim[inner];
  int64_t toStride = inner < 0 ? 1 : to.strides[inner], fromStride = inner < 0 ? 1 : from.strides[inner];
  while (inner > 0 && to.strides[inner - 1] == run * toStride && from.strides[inner - 1] == run * fromStride)
    run *= extents.dim[--inner];
  int64_t index[Shape::maxRank] = {}, lines = 1;
  for (int i = 0; i < inner; ++i)
    lines *= extents.dim[i];
  for (int64_t line = 0; line < lines; ++line) {
    int64_t toFirst = to.begin, fromFirst = from.begin;
    for (int i = 0; i < inner; ++i) {
      toFirst += index[i] * to.strides[i];
      fromFirst += index[i] * from.strides[i];
    }
    copyLine(to, toFirst, toStride, from, fromFirst, fromStride, run);
    for (int i = inner - 1; i >= 0 && ++index[i] == extents.dim[i]; --i)
      index[i] = 0;
  }
}

} // namespace

void rondo::copyToSlot(const RowArray &array, int64_t row, const RowPart &part, const RowSlot &slot) {
  copy(sideOf(slot), sideOf(array, row, part), part.extents);
}

void rondo::copyFromSlot(const RowSlot &slot, const RowPart &part, const RowArray &array, int64_t row) {
  copy(sideOf(array, row, part), sideOf(slot), part.extents);
}

void rondo::fillSlot(const RowSlot &slot, double number) {
  const Shape &shape = slot.buffer->shape;
  int64_t features = shape.from(slot.axes + 1).count(), rows = shape.dim[slot.axes];
  size_t size = sizeOf(slot.buffer->type);
  for (int64_t line = slot.row, n = shape.count() / features; line < n; line += rows)
    if (number == 0)
      memset(static_cast<char *>(slot.buffer->data) + static_cast<size_t>(line * features) * size, 0,
             static_cast<size_t>(features) * size);
    else
      for (int64_t i = 0; i < features; ++i)
        slot.buffer->set(line * features + i, number);
}
