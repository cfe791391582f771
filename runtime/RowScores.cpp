// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses of rows, position by position.
#include "runtime/RowScores.h"

#include <cmath>

using namespace rondo;

namespace {

/// Where the logits of each position are: of one example those of the window's positions and one other dimension, in
/// either order.
struct ClassLayout {
  int64_t classes, positionStride, classStride;

  ClassLayout(const Model &model, const Port &output, const Shape &shape) {
    classes = output.shape.count();
    classStride = 1;
    for (int axis = 0, dim = 0; axis < static_cast<int>(model.axes.size()); ++axis) {
      if (!output.varies(axis))
        continue;
      if (axis != model.windowAxis()) { // scores of an axis's positions, single numbers
        classes = shape.dim[dim];
        classStride = shape.from(dim + 1).count();
      }
      ++dim;
    }
    positionStride = classStride > 1 ? 1 : classes;
  }
};

/// Adds positions 0 .. valid-1 of a cross-entropy: the logits against the targets [T, 1] (or [1]).
void addCrossEntropy(const Buffer &logits, const ClassLayout &layout, const Buffer &targets, int64_t valid,
                     LossSum &result) {
  for (int64_t t = 0; t < valid; ++t) {
    auto logit = [&](int64_t c) { return logits.get(t * layout.positionStride + c * layout.classStride); };
    int64_t target = targets.getToken(t), best = 0;
    for (int64_t c = 1; c < layout.classes; ++c)
      if (logit(c) > logit(best))
        best = c;
    double largest = logit(best), sum = 0;
    for (int64_t c = 0; c < layout.classes; ++c)
      sum += std::exp(logit(c) - largest);
    result.sum += std::log(sum) + largest - logit(target);
    result.correct += best == target;
    ++result.positions;
  }
}

/// Adds positions 0 .. valid-1 of a squared error: the mean over the features of each.
void addSquaredError(const Buffer &output, const Buffer &target, int64_t valid, LossSum &result) {
  int64_t features = output.shape.from(output.shape.rank ? 1 : 0).count();
  for (int64_t t = 0; t < valid; ++t) {
    double sum = 0;
    for (int64_t i = t * features; i < (t + 1) * features; ++i)
      sum += (output.get(i) - target.get(i)) * (output.get(i) - target.get(i));
    result.sum += sum / static_cast<double>(features);
    ++result.positions;
  }
}

} // namespace

void rondo::addPositions(const Model &model, const Buffer &output, const Buffer &target, int64_t valid,
                         LossSum &result) {
  const Port &port = *model.output(result.loss->output());
  int64_t positions = port.varies(model.windowAxis()) ? valid : 1;
  if (result.loss->isCrossEntropy())
    addCrossEntropy(output, ClassLayout(model, port, output.shape), target, positions, result);
  else
    addSquaredError(output, target, positions, result);
}

void RowData::viewText(const Model &model, const int32_t *tokens, int64_t stride) {
  auto view = [&](const Port &port) {
    RowArray array;
    array.name = port.name;
    array.data = const_cast<int32_t *>(tokens + port.ahead);
    array.type = Type::I32;
    array.shape.add(rows());
    array.shape.add(stride);
    array.strides[0] = stride;
    array.strides[1] = 1;
    return array;
  };
  inputs.add(view(model.inputs[0]));
  for (const Port &target : model.targets)
    targets.add(view(target));
}

/// Of a port's values in an entry, with the rows in front.
Shape RowScores::shapeOf(const Port &port, int64_t rows, int64_t positions) const {
  Shape shape;
  shapeOfRows(model, port, rows, positions, shape);
  return shape;
}

bool RowScores::hasRoom(int64_t rows, int64_t positions) const {
  constexpr int64_t most = 1 << 21;
  int64_t elements = 0;
  for (const Loss &loss : model.reported())
    elements += shapeOf(*model.output(loss.output()), rows, positions).count();
  return elements <= most && rows <= 4096;
}

/// A row of values with the rows in front, as one of an entry's buffers for one row.
static Buffer rowOf(const Buffer &values, int axes, int64_t row) {
  Buffer one = values;
  for (int i = 0; i < axes; ++i)
    one.shape.dim[i] = values.shape.dim[i + 1];
  one.shape.dim[axes] = 1;
  one.data = static_cast<char *>(values.data) + static_cast<size_t>(row) * one.bytes();
  return one;
}

bool RowScores::add(RowData &data, int64_t position, Error &error) {
  Blocks memory;
  int64_t longest = 0;
  for (int64_t length : data.lengths)
    longest = length > longest ? length : longest;
  CoverBatch batch;
  batch.rows = data.rows();
  batch.lengths = data.lengths.data();
  batch.inputs = std::move(data.inputs);
  for (const RowArray &target : data.targets)
    if (cover.isRead(Role::Target, target.name))
      batch.inputs.add(target);
  for (const Loss &loss : model.reported()) {
    const Port &port = *model.output(loss.output());
    Buffer output = memory.allocate(cover.element(), shapeOf(port, batch.rows, longest));
    if (!findArray(batch.outputs, port.name))
      batch.outputs.add(RowArray::of(port.name, output));
  }
  List<int64_t> positions;
  for (int64_t row = 0; row < batch.rows; ++row)
    positions.add(position);
  if (position >= 0) {
    batch.positions = positions.data();
    carryStates(position, batch);
  }
  if (!cover.run(batch, error))
    return false;
  for (int64_t row = 0; row < batch.rows; ++row)
    for (LossSum &loss : result.losses) {
      const Port &output = *model.output(loss.loss->output()), &target = *model.target(loss.loss->target());
      const RowArray &values = *findArray(batch.outputs, output.name), &wanted = *findArray(data.targets, target.name);
      int64_t positions = data.lengths[static_cast<size_t>(row)];
      int axes = __builtin_popcount(target.axes);
      Blocks copies;
      Buffer copy =
          rowOf(copies.allocate(target.token ? Type::I32 : Type::F64, shapeOf(target, 1, positions)), axes, 0);
      copyToSlot(wanted, row, {shapeOf(target, 1, positions).from(1)}, {&copy, axes, 0});
      addPositions(model, rowOf({values.data, values.type, values.shape}, __builtin_popcount(output.axes), row), copy,
                   positions, loss);
    }
  return true;
}

void RowScores::carryStates(int64_t position, CoverBatch &batch) {
  size_t next = 0;
  for (const State &state : model.states) {
    if (!cover.isRead(Role::State, state.name))
      continue;
    if (next == states.size())
      states.add(memory.allocate(cover.element(), state.shape.within(1)));
    RowArray array = RowArray::of(state.name, states[next++]);
    if (position > 0)
      batch.statesBefore.add(array);
    batch.statesAfter.add(array);
  }
}
