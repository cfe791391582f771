// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Where the elements of an array lie.

#ifndef RONDO_PYTHON_VIEW_H
#define RONDO_PYTHON_VIEW_H

#include <nanobind/ndarray.h>

namespace rondo {

/// The place, type, shape and strides (in elements) of an array, which it keeps.
class View {
public:
  View() = default;
  explicit View(nanobind::ndarray<> array)
      : place(array.data()), dims(array.ndim()), sizes(array.shape_ptr()), steps(array.stride_ptr()),
        elementType(array.dtype()), array(std::move(array)) {}
  /// Of what a tensor says of itself, which holds as long as nothing changes the tensor's shape.
  View(nanobind::object tensor, const nanobind::dlpack::dltensor &of)
      : place(static_cast<char *>(of.data) + of.byte_offset), dims(static_cast<size_t>(of.ndim)), sizes(of.shape),
        steps(of.strides), elementType(of.dtype), tensor(std::move(tensor)) {}

  void *data() const { return place; }
  size_t ndim() const { return dims; }
  int64_t shape(size_t i) const { return sizes[i]; }
  int64_t stride(size_t i) const { return steps[i]; }
  nanobind::dlpack::dtype dtype() const { return elementType; }
  /// How many elements there are.
  size_t size() const {
    size_t count = 1;
    for (size_t i = 0; i < dims; ++i)
      count *= static_cast<size_t>(sizes[i]);
    return count;
  }
  size_t nbytes() const { return size() * elementType.bits / 8; }

private:
  void *place = nullptr;
  size_t dims = 0;
  const int64_t *sizes = nullptr, *steps = nullptr;
  nanobind::dlpack::dtype elementType;
  nanobind::ndarray<> array;
  nanobind::object tensor;
};

} // namespace rondo

#endif // RONDO_PYTHON_VIEW_H
