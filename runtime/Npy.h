// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of one array in NumPy's format (numpy.lib.format): the six bytes "\x93NUMPY", the version in two, the header's
// length N (little-endian, two bytes in version 1, four in 2 and 3), N bytes of a Python dictionary
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, then the elements.
#ifndef RONDO_RUNTIME_NPY_H
#define RONDO_RUNTIME_NPY_H

#include "runtime/File.h"
#include "runtime/Tensor.h"

namespace rondo {

/// A file that has been read and checked; the array is a view of its memory.
struct NpyFile {
  /// Row-major, whatever the file's order was. Truth values (b1) are U8, 0 or 1.
  Buffer array;

  /// Reads `path`, of version 1 to 3, with elements f2, f4, f8, i4, i8, u1 or b1, little-endian, in either order. Every
  /// part of a malformed file gives an error with the file's name.
  bool read(const char *path, Error &error);

  /// Checks `size` bytes at `data` (which must be aligned to 8 bytes and outlive the view). Without `isAligned`
  /// the elements of the view need not be.
  bool parse(const uint8_t *data, size_t size, Error &error, bool isAligned = true);

private:
  FileBytes bytes;
  /// The elements, where they lie in another order in the file or on no multiple of their size.
  List<uint8_t> copy;
};

/// All that stands in front of the elements of an array that is written as below to `path`.
bool npyHeader(const char *path, const Buffer &array, Text &header, Error &error);

/// Writes the array as version 1, row-major, replacing the file `path` at once or not at all. Its type is F16, F32,
/// F64, I32, I64, U8 or I1.
bool writeNpyFile(const char *path, const Buffer &array, Error &error);

} // namespace rondo

#endif
