// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows that `run` computes: tensors by name become views of rows with their lengths.
#ifndef RONDO_RUNTIME_RUNINPUT_H
#define RONDO_RUNTIME_RUNINPUT_H

#include "runtime/Cover.h"
#include "runtime/InputFiles.h"

namespace rondo {

/// The inputs, and the targets that the outputs read, which files must give. A target that is an input ahead is that
/// input.
List<const Port *> sourcesOf(const Model &model, const Cover &cover);

class RunInput {
public:
  /// A view of rows, and which of its dimensions is along the window's axis, or -1.
  struct Source {
    RowArray array;
    int cut;
  };

  /// Views the tensors, which must outlive this. Errors, with the file's name: an input is missing; a type or shape
  /// does not fit; other numbers of sequences or positions than those before; a value that is not finite in the type
  /// that the model computes with, a token outside of the vocabulary; lengths that do not fit; a file that the outputs
  /// do not depend on (a tensor beside others in a file may be such a one, if it is an input or target). Of a cover
  /// that generates what it makes is not looked at, and there are no lengths along the window's axis; `rows` may be
  /// known before.
  bool arrange(const InputFiles &files, const Model &model, const Cover &cover, Error &error);

  int64_t rows = -1;
  /// Positions of each row along the window's axis, and the most of them; none where the model has no such axis.
  List<int64_t> lengths;
  int64_t longest = 0;
  /// Whether rows have been given lengths of their own.
  bool hasLengths = false;
  List<Source> sources;

private:
  bool addPort(const InputFiles &files, const Model &model, const Cover &cover, const Port &port, Error &error);
  bool checkCounts(const Text &name, int64_t count, int64_t positions, Error &error);
  bool addWindowLengths(const InputFiles &files, const Model &model, const Cover &cover, Error &error);
  bool addAxisLengths(const InputFiles &files, const Model &model, const Cover &cover, Error &error);
  bool checkUnused(const InputFiles &files, const Model &model, const Cover &cover, Error &error);

  int64_t steps = -1, longestAhead = 0;
  /// Where each row of frames begins in a source; lengths along other axes that no file gives.
  List<List<int64_t>> begins, wholes;
};

} // namespace rondo

#endif
