// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and writing of states.
#include "runtime/RunStates.h"

using namespace rondo;

static const char positionName[] = "position";

/// Reads how many positions are behind each row.
static bool readPositions(const Buffer &tensor, int64_t rows, List<int64_t> &positions, Error &error) {
  Shape shape;
  shape.add(rows);
  if ((tensor.type != Type::I32 && tensor.type != Type::I64) || tensor.shape != shape)
    return error.fail("'position' is %s %s, expected I32 or I64 %s", fileNameOf(tensor.type),
                      tensor.shape.str().c_str(), shape.str().c_str());
  constexpr int64_t most = INT64_C(1) << 62; // leaves room for those to come
  for (int64_t row = 0; row < rows; ++row) {
    int64_t position = tensor.getToken(row);
    if (position < 0 || position > most)
      return error.fail("'position' holds %lld (element %lld), expected 0 to 2^62", static_cast<long long>(position),
                        static_cast<long long>(row));
    positions.add(position);
  }
  return true;
}

bool RunStates::read(const char *name, const Model &model, const Cover &cover, int64_t rows, Error &error) {
  if (!file.read(name, error))
    return false;
  for (const NamedTensor &tensor : file.tensors)
    if (tensor.name == positionName ? !readPositions(tensor.value, rows, positions, error)
                                    : !stateOf(tensor, model, rows, cover.element(), error))
      return error.inContext(name);
  if (model.indexed && !file.find(positionName))
    return error.fail("%s: no tensor '%s', by which the model '%s' counts", name, positionName, model.name.c_str());
  for (const State *state : cover.statesRead())
    if (!file.find(stateName(*state)))
      return error.fail("%s: no tensor '%s', which the model '%s' needs", name, stateName(*state).c_str(),
                        model.name.c_str());
  return true;
}

void RunStates::begin(const Model &model, const Cover &cover, RunWindows &windows) const {
  for (const State *state : cover.statesRead())
    if (const Buffer *values = file.find(stateName(*state)))
      windows.begin(*state, *values);
  if (!positions.empty())
    windows.beginAt(positions);
}

bool RunStates::write(const char *to, const RunInput &input, const List<NamedTensor> &states, Error &error) const {
  List<int64_t> ends;
  for (size_t row = 0; row < static_cast<size_t>(input.rows); ++row)
    ends.add((positions.empty() ? 0 : positions[row]) + (input.lengths.empty() ? 0 : input.lengths[row]));
  Buffer position{ends.data(), Type::I64, {}};
  position.shape.add(input.rows);
  List<NamedTensor> tensors;
  for (const NamedTensor &state : states)
    tensors.add(state);
  tensors.add({positionName, position});
  return writeTensorFile(to, tensors, {}, error);
}
