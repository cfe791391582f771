// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows from their first positions to their last ones, in one call of the cover or in many with the states carried.
#ifndef RONDO_RUNTIME_RUNWINDOWS_H
#define RONDO_RUNTIME_RUNWINDOWS_H

#include "runtime/RunInput.h"

namespace rondo {

class RunWindows {
public:
  /// Makes room for every output, which begins with zeros. Error: an output is too large.
  bool open(const Model &model, const Cover &cover, const RunInput &input, Error &error);

  /// A state that the rows begin with, dense; all that the outputs depend on must be set, or none. It must outlive
  /// this.
  void begin(const State &state, const Buffer &values);
  /// How many positions of its sequence each row has behind it; states must have been set.
  void beginAt(const List<int64_t> &behind) { positions = &behind; }
  /// Keeps these states behind each row's last position, for states().
  void keepStates() { keepsStates = true; }

  /// Where a row has as many positions as have an index, states begin anew and the last half of it is read again.
  void slide() { slides = true; }

  /// Computes so many positions at a time; all in one call where `width` is 0. Errors as those of Cover.
  bool run(Cover &cover, int64_t width, uint64_t seed, Error &error);

  /// By name, sequences first: [rows, axes, features].
  List<NamedTensor> results, states;

private:
  bool checkEmptyRows(const Cover &cover, Error &error) const;
  bool runPart(Cover &cover, int64_t first, int64_t width, bool isAgain, Error &error);

  const Model *model = nullptr;
  const RunInput *input = nullptr;
  List<RunInput::Source> outputs;
  /// Those that go from call to call.
  List<const State *> carried;
  /// The states that the next call begins with.
  List<RowArray> before;
  /// Of all rows, or none where all are 0.
  const List<int64_t> *positions = nullptr;
  bool keepsStates = false, slides = false;
  /// The position of the rows that is the model's first one.
  int64_t base = 0;
  uint64_t seed = 0;
  /// The states behind a call, with which the next one begins; none where nothing goes on.
  List<Buffer> after;
  /// What has no time, of all rows; none where each call makes it.
  List<const State *> heldValues;
  List<Buffer> held;
  Blocks blocks;
};

} // namespace rondo

#endif
