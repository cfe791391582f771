// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a batch fits a model, before anything of it is run.
#ifndef RONDO_RUNTIME_COVERCHECK_H
#define RONDO_RUNTIME_COVERCHECK_H

#include "runtime/Cover.h"

namespace rondo {

/// Checks all that Cover::run() says it does.
class CoverCheck {
public:
  CoverCheck(const Cover &cover, const CoverBatch &batch, Error &error)
      : cover(cover), model(cover.model), batch(batch), error(error) {}

  bool run();
  /// Whether no output lies where any other array of the batch does.
  bool hasOutputsApart() const;

private:
  /// Memory from its first byte to behind its last one.
  struct Range {
    uintptr_t begin, end;
    bool meets(const Range &other) const { return begin < other.end && other.begin < end; }
  };
  Range rangeOf(const RowArray &array) const;
  Text wayToCompileFor(int64_t length) const;
  bool checkLengths();
  bool checkInputs();
  bool checkInput(const RowArray &array);
  bool checkAxisLengths(const RowArray &array, int axis);
  bool checkOutputs();
  bool checkStates();
  bool checkState(const RowArray &array);
  bool checkEmptyRows();
  bool checkShape(const char *what, const RowArray &array, unsigned axes, const Shape &behind);
  bool checkPort(Role role, const char *what, const RowArray &array, const Port &port);
  bool checkTokens(const RowArray &array, const Port &port);
  bool checkNamedOnce(const char *what, const List<RowArray> &arrays);

  const Cover &cover;
  const Model &model;
  const CoverBatch &batch;
  Error &error;
};

} // namespace rondo

#endif
