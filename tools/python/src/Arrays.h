// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Arrays of NumPy, PyTorch and JAX as a library takes them, through the buffer protocol and DLPack.

#ifndef RONDO_PYTHON_ARRAYS_H
#define RONDO_PYTHON_ARRAYS_H

#include "Functions.h"
#include "Ports.h"
#include "View.h"

namespace rondo {

[[noreturn]] void throwTypeError(const std::string &message);
[[noreturn]] void throwValueError(const std::string &message);

enum class Framework { NumPy, Torch, Jax };

/// The framework that an array belongs to; NumPy of all others.
Framework frameworkOf(nanobind::handle array);

/// The numbers of rows and steps in a call: -1 until an array has said one.
struct Extent {
  int64_t rows = -1, steps = -1;
  bool isStep = false;                        // arrays are of a single step, without the axis
  const char *rowsFrom = "", *stepsFrom = ""; // the arrays that said them
};

/// An array as it is seen and as the library takes it.
struct Array {
  View view;
  rondo_array raw{nullptr, 0, 0};
  const char *begin = nullptr, *end = nullptr; // of its memory
};

/// An array that is read, or where `isWritten` one for results. Where its strides do not suit the library, what is read
/// is copied, and what is written is refused. Throws TypeError or ValueError with the port's name where it has another
/// type, shape or device, or rows and steps other than `extent`, which it fills in.
Array viewOf(nanobind::handle object, const Port &port, bool isWritten, Extent &extent);

/// Throws ValueError where an array for results shares memory with another one.
void checkOverlap(const Array &written, const Port &port, const Array &other, const std::string &otherName);

/// A new array of the port's shape, with `view` of it. `zero`: it holds zeros.
nanobind::object newArray(const Port &port, const Extent &extent, Framework framework, bool zero, Array &view);
/// What a caller gets for it: of JAX an array of its own.
nanobind::object finished(nanobind::object array, Framework framework);

/// A dense array of NumPy, of that type and shape.
nanobind::object newNumPy(const std::vector<int64_t> &shape, ElementType type, bool zero = false);

/// The place of dense values of exactly that shape and type, of which `keep` keeps hold: for parameters and states.
const void *denseValues(nanobind::handle object, const std::string &name, const std::vector<int64_t> &shape,
                        ElementType type, bool isWritten, View &keep);

/// "[2, 3]"
std::string describeShape(const std::vector<int64_t> &shape);

} // namespace rondo

#endif // RONDO_PYTHON_ARRAYS_H
