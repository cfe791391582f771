// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses from outputs and targets.
#ifndef RONDO_RUNTIME_ROWSCORES_H
#define RONDO_RUNTIME_ROWSCORES_H

#include "runtime/Evaluation.h"

namespace rondo {

/// Adds positions 0 .. valid-1 of one row's output and target, [axes, 1, features] each, to the loss that is computed
/// from them: a cross-entropy, or a squared error over no axis or the window's.
void addPositions(const Model &model, const Buffer &output, const Buffer &target, int64_t valid, LossSum &result);

/// Rows to score.
struct RowData {
  List<int64_t> lengths;
  List<RowArray> inputs, targets;

  int64_t rows() const { return static_cast<int64_t>(lengths.size()); }
  /// Views tokens as the model's input, each row so many of them behind the one before, and later ones as the targets.
  void viewText(const Model &model, const int32_t *tokens, int64_t stride);
};

/// Computes the outputs of rows and adds their losses.
class RowScores {
public:
  RowScores(Cover &cover, const Model &model, Evaluation &result) : cover(cover), model(model), result(result) {}

  /// Whether the outputs of so many rows of at most so many positions are small enough to be computed together.
  bool hasRoom(int64_t rows, int64_t positions) const;
  /// Adds the losses of the rows, in their order. Each is a sequence, or with a `position` from 0 on what begins there
  /// in a single long one, of which the rows before it have been added.
  bool add(RowData &data, int64_t position, Error &error);

private:
  Shape shapeOf(const Port &port, int64_t rows, int64_t positions) const;
  void carryStates(int64_t position, CoverBatch &batch);

  Cover &cover;
  const Model &model;
  Evaluation &result;
  Blocks memory;
  /// What the states are behind the row that was added last.
  List<Buffer> states;
};

} // namespace rondo

#endif
