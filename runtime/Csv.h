// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables of numbers as text: a row a line, fields between commas, each of which may stand in double quotes; a byte
// order mark is skipped. A first line without a number is a header of names.
#ifndef RONDO_RUNTIME_CSV_H
#define RONDO_RUNTIME_CSV_H

#include "runtime/File.h"
#include "runtime/Tensor.h"

namespace rondo {

/// A file that has been read and checked.
struct CsvFile {
  int64_t rows = 0, columns = 0;
  /// Row by row.
  List<double> values;

  /// Reads `path`. Errors, with the file's name and the line: a field that is no finite decimal number, a line with
  /// another number of fields than the first one, an empty line, a quote without its end; there is no row.
  bool read(const char *path, Error &error);
  /// The same of `size` bytes; without the file's name.
  bool parse(const char *text, size_t size, Error &error);

  /// The table as a view of the values, [rows, columns]. It lives as long as this.
  Buffer table() const;
  /// The number of the line that a row stands in, from 1.
  int64_t lineOf(int64_t row) const { return row + 1 + hasHeader; }

private:
  bool addLine(const List<Text> &fields, Error &error);

  bool hasHeader = false;
};

/// Writes a matrix of F32, F64, I32 or I64 without a header, reals with as many digits as give the same number again,
/// replacing the file `path` at once or not at all.
bool writeCsvFile(const char *path, const Buffer &matrix, Error &error);

} // namespace rondo

#endif
