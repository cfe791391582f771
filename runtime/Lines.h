// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A text of which each line is a sequence (`data lines`), or two with a tab between them (`data pairs`). A line ends
// with a newline, or a carriage return and a newline; the last one may lack it. Characters are bytes. Token 0 is the
// mark of a line's beginning and end, and what stands behind it.
//
// Over the window's axis, which is as long as the characters and the end, an input sees [mark, a, b, c], and a target
// that is not this input ahead [a, b, c, mark]. That is of the last column; the first one of pairs is that of inputs
// over another axis, which see [a, b, c].
#ifndef RONDO_RUNTIME_LINES_H
#define RONDO_RUNTIME_LINES_H

#include "runtime/Model.h"
#include "runtime/Safetensors.h"
#include "runtime/Weights.h"

namespace rondo {

/// Takes the next line, without its end, of a text from `begin` to `end`; `begin` is behind it then. False at the end.
bool takeLine(const uint8_t *&begin, const uint8_t *end, const uint8_t *&text, size_t &size);

class Lines {
public:
  /// Cuts `bytes`, which must live until encode(), into lines of one or two columns. Errors, with the line: no line, an
  /// empty column, no tab or a second one where there are two columns.
  bool split(const char *path, const FileBytes &bytes, int columns, Error &error);

  /// The same of the first column of pairs alone, where lines may have nothing behind it.
  bool splitSources(const char *path, const FileBytes &bytes, Error &error);

  int64_t count() const { return static_cast<int64_t>(spans[0].size()); }
  int columns() const { return spans[1].empty() ? 1 : 2; }

  /// Marks the bytes that occur in a column.
  void markBytes(int column, bool (&occurs)[256]) const;

  /// Makes tensors as those of `data arrays`: of each input and target by its name, and of the lengths. Errors, with
  /// the line: a byte that is not in the alphabet, more characters than the axis has positions; a vocabulary that is
  /// too small.
  bool encode(const Model &model, const WeightsInfo &info, Error &error);

  /// The same of splitSources(): of inputs over another axis than the window's, and their lengths. Further error: there
  /// are none.
  bool encodeSources(const Model &model, const WeightsInfo &info, Error &error);

  /// The tensors that encode() has made, which live as long as this.
  const TensorFile &tensors() const { return file; }

private:
  struct Span {
    const uint8_t *text;
    size_t size;
  };
  /// One line's or column's tokens, and their number along an axis.
  struct Column {
    List<int32_t> tokens, lengths;
    int64_t width = 0;

    Buffer buffer(int64_t rows);
  };
  bool splitAll(const char *path, const FileBytes &bytes, int columns, Error &error);
  bool splitLine(const uint8_t *text, size_t size, int columns, Error &error);
  bool fillSource(const Model &model, int axis, const WeightsInfo &info, Error &error);
  bool fill(Column &column, int number, bool begins, int64_t size, const char *axis, const Alphabet &alphabet,
            Error &error) const;
  bool checkLongest(int number, int64_t end, int64_t size, const char *axis, Error &error) const;
  bool failAt(size_t row, const Error &reason, Error &error) const;

  Text path;
  List<Span> spans[2];
  /// Over the window's axis with the mark in front and without it, and over the other axis.
  Column marked, plain, source;
  TensorFile file;
};

} // namespace rondo

#endif
