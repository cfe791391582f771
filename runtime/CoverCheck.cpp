// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks a batch against the model.
#include "runtime/CoverCheck.h"

using namespace rondo;

using LongLong = long long;

bool CoverCheck::run() {
  return checkLengths() && checkInputs() && checkOutputs() && checkStates() && checkEmptyRows();
}

/// How a model that looks ahead would take so many positions. No program is compiled for none.
Text CoverCheck::wayToCompileFor(int64_t length) const {
  const char *name = model.axes[static_cast<size_t>(model.windowAxis())].name.c_str();
  if (cover.takesShorter())
    return Text::format(": 'axis %s max %lld' takes as many", name, LongLong(length));
  return length > 0 ? Text::format(": -D bptt=%lld (bptt=%lld in Python) compiles it for as many", LongLong(length),
                                   LongLong(length))
                    : Text();
}

bool CoverCheck::checkLengths() {
  int axis = model.windowAxis();
  if (axis < 0)
    return true;
  const char *name = model.axes[static_cast<size_t>(axis)].name.c_str();
  if (!batch.lengths)
    return error.fail("expected the rows' lengths along '%s', found none", name);
  int64_t whole = cover.mostPositions();
  bool mayBeShorter = cover.takesShorter() || model.hasLengths();
  for (int64_t row = 0; row < batch.rows; ++row) {
    int64_t length = batch.lengths[row];
    if (length < 0)
      return error.fail("row %lld: expected a length from 0 on, found %lld", LongLong(row), LongLong(length));
    if (!model.mayGoTo(batch.position(row) + length))
      return error.fail("row %lld goes on to %lld positions along '%s', of which %lld have an index", LongLong(row),
                        LongLong(batch.position(row) + length), name, LongLong(model.indexed));
    if (!whole || length == whole || (mayBeShorter && length < whole))
      continue;
    return error.fail("row %lld has %lld positions along '%s', the model was compiled for %s%lld and looks ahead, so "
                      "that it cannot be run in parts%s",
                      LongLong(row), LongLong(length), name, mayBeShorter ? "at most " : "", LongLong(whole),
                      wayToCompileFor(length).c_str());
  }
  return true;
}

bool CoverCheck::checkNamedOnce(const char *what, const List<RowArray> &arrays) {
  for (const RowArray &array : arrays)
    if (findArray(arrays, array.name) != &array)
      return error.fail("expected the %s '%s' once, found it twice", what, array.name.c_str());
  return true;
}

/// The dimension of a row's value over these axes that is the window's, or -1.
static int windowIn(const Model &model, unsigned axes) {
  int window = model.windowAxis();
  return window >= 0 && (axes >> window & 1) ? __builtin_popcount(axes & ((1u << window) - 1)) : -1;
}

/// From the first to the last element that the batch's rows have of an array, whatever else lies between them.
CoverCheck::Range CoverCheck::rangeOf(const RowArray &array) const {
  const Port *port = model.input(array.name);
  port = port ? port : model.target(array.name) ? model.target(array.name) : model.output(array.name);
  int window = port && array.shape.rank > 1 ? windowIn(model, port->axes) + 1 : 0;
  int64_t low = 0, high = 0; // of a row, without the window's axis
  for (int dim = 1; dim < array.shape.rank; ++dim) {
    int64_t last = dim == window ? 0 : (array.shape.dim[dim] - 1) * array.strides[dim];
    (last < 0 ? low : high) += last;
    if (array.shape.dim[dim] == 0 && dim != window)
      return {0, 0};
  }
  int64_t size = static_cast<int64_t>(sizeOf(array.type));
  uintptr_t data = reinterpret_cast<uintptr_t>(array.data);
  Range range{UINTPTR_MAX, 0};
  for (int64_t row = 0; row < batch.rows; ++row) {
    int64_t last = window > 0 ? (batch.lengths[row] - 1) * array.strides[window] : 0;
    if (window > 0 && batch.lengths[row] == 0)
      continue;
    int64_t begin = array.beginOf(row) + low, end = array.beginOf(row) + high + 1;
    uintptr_t first = data + static_cast<uintptr_t>((begin + (last < 0 ? last : 0)) * size);
    uintptr_t behind = data + static_cast<uintptr_t>((end + (last > 0 ? last : 0)) * size);
    range.begin = first < range.begin ? first : range.begin;
    range.end = behind > range.end ? behind : range.end;
  }
  return range;
}

bool CoverCheck::hasOutputsApart() const {
  for (size_t i = 0; i < batch.outputs.size(); ++i) {
    Range output = rangeOf(batch.outputs[i]);
    for (size_t j = 0; j < i; ++j)
      if (output.meets(rangeOf(batch.outputs[j])))
        return false;
    for (const List<RowArray> *arrays : {&batch.inputs, &batch.statesBefore, &batch.statesAfter})
      for (const RowArray &array : *arrays)
        if (output.meets(rangeOf(array)))
          return false;
  }
  return true;
}

/// Whether the array is [rows, `behind`], of which the dimension of the window's axis, if there is one, may be any that
/// has room for all rows.
bool CoverCheck::checkShape(const char *what, const RowArray &array, unsigned axes, const Shape &behind) {
  Shape wanted = behind.within(batch.rows);
  int window = windowIn(model, axes) < 0 ? -1 : windowIn(model, axes) + 1;
  bool fits = array.shape.rank == wanted.rank;
  for (int i = 0; fits && i < wanted.rank; ++i)
    fits = i == window || array.shape.dim[i] == wanted.dim[i];
  if (!fits) {
    Text sizes("[");
    for (int i = 0; i < wanted.rank; ++i)
      sizes.append(i == window ? Text::format(", %s", model.axes[size_t(model.windowAxis())].name.c_str())
                               : Text::format(i ? ", %lld" : "%lld", LongLong(wanted.dim[i])));
    return error.fail("%s '%s': expected the shape %s], found %s", what, array.name.c_str(), sizes.c_str(),
                      array.shape.str().c_str());
  }
  for (int64_t row = 0; window >= 0 && !array.begins && row < batch.rows; ++row)
    if (batch.lengths[row] > array.shape.dim[window])
      return error.fail("%s '%s': row %lld has %lld positions, the array %lld", what, array.name.c_str(), LongLong(row),
                        LongLong(batch.lengths[row]), LongLong(array.shape.dim[window]));
  return true;
}

/// The same of a port, whose row in the entries' buffers has the axes before it.
bool CoverCheck::checkPort(Role role, const char *what, const RowArray &array, const Port &port) {
  for (const Argument &argument : cover.longest().args) {
    if (argument.role != role || argument.name != array.name)
      continue;
    Shape behind;
    for (int i = 0; i < argument.shape.rank; ++i)
      if (i != __builtin_popcount(port.axes))
        behind.add(argument.shape.dim[i]);
    return checkShape(what, array, port.axes, behind);
  }
  return error.fail("the outputs do not depend on '%s'", array.name.c_str());
}

bool CoverCheck::checkTokens(const RowArray &array, const Port &port) {
  int window = windowIn(model, port.axes);
  const RowArray *lengths =
      port.positions < 0 ? nullptr : findLengths(batch.inputs, model.axes[static_cast<size_t>(port.positions)]);
  for (int64_t row = 0; row < batch.rows; ++row) {
    Shape extents = array.shape.from(1);
    if (window >= 0)
      extents.dim[window] = batch.lengths[row];
    int64_t token,
        limit = lengths ? Buffer{lengths->data, lengths->type, {}}.getToken(lengths->beginOf(row)) : port.vocab;
    if (!areTokens(array, row, extents, limit, token))
      return limit < port.vocab && token >= 0 && token < port.vocab
                 ? error.fail("'%s': row %lld has the position %lld, of %lld that there are", array.name.c_str(),
                              LongLong(row), LongLong(token), LongLong(limit))
                 : error.fail("'%s': row %lld has the token %lld, expected 0 to %lld", array.name.c_str(),
                              LongLong(row), LongLong(token), LongLong(port.vocab - 1));
  }
  return true;
}

bool CoverCheck::checkAxisLengths(const RowArray &array, int axis) {
  const Axis &of = model.axes[static_cast<size_t>(axis)];
  if (!of.hasLengths || axis == model.windowAxis())
    return error.fail("'%s': %s", array.name.c_str(),
                      of.hasLengths ? "the rows' lengths along the window's axis are given by themselves"
                                    : "the program asks for no lengths along that axis");
  if (!isToken(array.type))
    return error.fail("'%s': expected I32, I64 or U8, found %s", array.name.c_str(), fileNameOf(array.type));
  if (!checkShape("lengths", array, 0, Shape()))
    return false;
  Buffer values{array.data, array.type, {}};
  for (int64_t row = 0; row < batch.rows; ++row) {
    int64_t length = values.getToken(array.beginOf(row));
    if (length < 0 || length > of.size)
      return error.fail("'%s': expected a length from 0 to %lld of row %lld, found %lld", array.name.c_str(),
                        LongLong(of.size), LongLong(row), LongLong(length));
  }
  return true;
}

bool CoverCheck::checkInput(const RowArray &array) {
  for (const Axis &axis : model.axes)
    if (isLengths(array, axis))
      return true;
  const Port *port = model.input(array.name) ? model.input(array.name) : model.target(array.name);
  if (!port)
    return error.fail("the model has no input '%s'", array.name.c_str());
  if (port->token ? !isToken(array.type) : !isNumber(array.type))
    return error.fail("input '%s': expected %s, found %s", array.name.c_str(),
                      port->token ? "I32, I64 or U8" : "F32, F64, F16 or U8", fileNameOf(array.type));
  Role role = model.input(array.name) ? Role::Input : Role::Target;
  return checkPort(role, "input", array, *port) && (!port->token || checkTokens(array, *port));
}

bool CoverCheck::checkInputs() {
  if (!checkNamedOnce("input", batch.inputs))
    return false;
  // Lengths first: they say which positions there are.
  for (size_t axis = 0; axis < model.axes.size(); ++axis)
    if (const RowArray *given = findLengths(batch.inputs, model.axes[axis]))
      if (!checkAxisLengths(*given, static_cast<int>(axis)))
        return false;
  for (const RowArray &array : batch.inputs)
    if (!checkInput(array))
      return false;
  for (const List<Port> *ports : {&model.inputs, &model.targets})
    for (const Port &port : *ports)
      if ((cover.isRead(Role::Input, port.name) || cover.isRead(Role::Target, port.name)) &&
          !findArray(batch.inputs, port.name))
        return error.fail("expected the input '%s', found none", port.name.c_str());
  for (size_t axis = 0; axis < model.axes.size(); ++axis) {
    if (static_cast<int>(axis) != model.windowAxis() && cover.isRead(Role::Lengths, model.axes[axis].name) &&
        !findLengths(batch.inputs, model.axes[axis]))
      return error.fail("expected the lengths 'length.%s', found none", model.axes[axis].name.c_str());
  }
  return true;
}

bool CoverCheck::checkOutputs() {
  if (!checkNamedOnce("output", batch.outputs))
    return false;
  for (const RowArray &array : batch.outputs) {
    const Port *port = model.output(array.name);
    if (!port)
      return error.fail("the model has no output '%s'", array.name.c_str());
    if (!isReal(array.type))
      return error.fail("output '%s': expected F32 or F64, found %s", array.name.c_str(), fileNameOf(array.type));
    if (!checkPort(Role::Output, "output", array, *port))
      return false;
  }
  return true;
}

bool CoverCheck::checkState(const RowArray &array) {
  const State *state = model.state(array.name);
  if (!state)
    return error.fail("the model has no state '%s'", array.name.c_str());
  if (!isReal(array.type))
    return error.fail("state '%s': expected F32 or F64, found %s", array.name.c_str(), fileNameOf(array.type));
  if (!cover.isRead(Role::State, array.name))
    return error.fail("the outputs do not depend on the state '%s'", array.name.c_str());
  return checkShape("state", array, 0, state->shape);
}

bool CoverCheck::checkStates() {
  for (const List<RowArray> *states : {&batch.statesBefore, &batch.statesAfter}) {
    if (!checkNamedOnce("state", *states))
      return false;
    for (const RowArray &array : *states)
      if (!checkState(array))
        return false;
  }
  bool goesOn = false;
  for (int64_t row = 0; row < batch.rows; ++row) {
    if (batch.position(row) < 0)
      return error.fail("row %lld: expected a position from 0 on, found %lld", LongLong(row),
                        LongLong(batch.position(row)));
    goesOn |= batch.position(row) > 0;
  }
  for (const State &state : cover.states())
    if (cover.isRead(Role::State, state.name) && !findArray(batch.statesBefore, state.name) &&
        (goesOn || (!batch.statesBefore.empty() && !state.hasInitial)))
      return error.fail("expected the state '%s', found none", state.name.c_str());
  return true;
}

bool CoverCheck::checkEmptyRows() {
  for (int64_t row = 0; model.windowAxis() >= 0 && row < batch.rows; ++row) {
    if (batch.lengths[row] > 0)
      continue;
    if (cover.wholeLength() && cover.isRead(Role::Lengths, model.axes[size_t(model.windowAxis())].name))
      continue; // it is run: the program says what is made of nothing
    for (const RowArray &array : batch.outputs)
      if (batch.position(row) == 0 && !model.output(array.name)->varies(model.windowAxis()))
        return error.fail("row %lld has no positions, of which the output '%s' is to be made", LongLong(row),
                          array.name.c_str());
    for (const RowArray &array : batch.statesAfter)
      if (!findArray(batch.statesBefore, array.name) && !model.state(array.name)->hasInitial)
        return error.fail("row %lld has no positions, of which the state '%s' is to be made", LongLong(row),
                          array.name.c_str());
  }
  return true;
}
