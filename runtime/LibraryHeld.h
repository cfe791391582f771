// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is held for the rows of a workspace, as long as their inputs and the weights stay the same: a caller gives all
// inputs in each call, and where one of these is another one, what follows from it is made again.
#ifndef RONDO_RUNTIME_LIBRARYHELD_H
#define RONDO_RUNTIME_LIBRARYHELD_H

#include "runtime/Library.h"

namespace rondo {

class LibraryHeld {
public:
  /// Takes memory for so many rows, and for copies of the inputs that it follows from.
  bool open(const Cover &cover, const Parameters &parameters, const List<LibraryArray> &inputs, int64_t rows,
            Error &error);
  /// Gives it to a batch of the first rows, whose inputs and positions have been set, if one of these goes on: a
  /// sequence that is run in one call needs no copies.
  void give(const List<LibraryArray> &inputs, CoverBatch &batch);
  /// To be called when the batch has run: its rows with positions have it.
  void keep(const CoverBatch &batch);
  /// Whether the first row has it, and these inputs of one dense row are those that it was made of.
  bool isOf(const rondo_array *arrays) const;
  /// Lets a call for one row read that of the first one.
  void place(Call &call) const;

private:
  /// What an input was when what is held was made, of all rows.
  struct Copy {
    size_t array;
    Buffer rows, row;
    void *of(int64_t index) const { return static_cast<char *>(rows.data) + static_cast<size_t>(index) * row.bytes(); }
  };

  const Parameters *parameters = nullptr;
  uint64_t version = 0;
  Blocks blocks;
  List<const State *> values;
  List<Buffer> buffers;
  List<Copy> copies;
  List<uint8_t> isHeld;
};

} // namespace rondo

#endif
