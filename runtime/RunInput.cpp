// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From tensors by name to rows.
#include "runtime/RunInput.h"

#include "runtime/Arrays.h"
#include "runtime/PortTensor.h"

using namespace rondo;

static bool isRead(const Cover &cover, const Port &port) {
  return cover.isRead(Role::Input, port.name) || cover.isRead(Role::Target, port.name);
}

/// Whether the cover's calls make it themselves.
static bool isMade(const Model &model, const Cover &cover, const Port &port) {
  return cover.isGenerator() && &port == model.answer();
}

/// Calls `visit` with each input and target that the outputs read, until it returns false.
template <typename Visit> static bool eachRead(const Model &model, const Cover &cover, Visit visit) {
  for (const List<Port> *ports : {&model.inputs, &model.targets})
    for (const Port &port : *ports)
      if (isRead(cover, port) && !isMade(model, cover, port) && !visit(port))
        return false;
  return true;
}

List<const Port *> rondo::sourcesOf(const Model &model, const Cover &cover) {
  List<const Port *> sources;
  eachRead(model, cover, [&](const Port &port) {
    const Port *source = port.aheadOf.empty() ? &port : model.input(port.aheadOf);
    bool known = false;
    for (const Port *other : sources)
      known |= other == source;
    if (!known && source)
      sources.add(source);
    return true;
  });
  return sources;
}

bool RunInput::checkCounts(const Text &name, int64_t count, int64_t positions, Error &error) {
  if (rows >= 0 && count != rows)
    return error.fail("'%s' has %lld sequences, the tensors before it %lld", name.c_str(),
                      static_cast<long long>(count), static_cast<long long>(rows));
  // A file of a few bytes can claim any number of them, and each takes memory.
  constexpr int64_t mostEmpty = 1 << 20;
  if (positions == 0 && count > mostEmpty)
    return error.fail("'%s' has %lld sequences without positions, expected at most %lld", name.c_str(),
                      static_cast<long long>(count), static_cast<long long>(mostEmpty));
  rows = count;
  if (positions < 0)
    return true;
  if (steps >= 0 && positions != steps)
    return error.fail("'%s' has %lld positions, the tensors before it %lld", name.c_str(),
                      static_cast<long long>(positions), static_cast<long long>(steps));
  steps = positions;
  return true;
}

bool RunInput::addPort(const InputFiles &files, const Model &model, const Cover &cover, const Port &port,
                       Error &error) {
  const InputFiles::Item *item = files.find(port.name);
  bool isAhead = !item && !port.aheadOf.empty();
  if (isAhead)
    item = files.find(port.aheadOf);
  if (!item)
    return error.fail("no file gives '%s', which is %s of the model '%s'", port.name.c_str(),
                      model.input(port.name) ? "an input" : "a target that outputs read", model.name.c_str());
  bool joined = !files.offsets.empty();
  PortLayout layout;
  if (!checkPortTensor(model, port, item->value, joined, layout, error))
    return error.inContext(item->path);
  bool isCut = layout.cut >= 0;
  joined = joined && isCut;
  int64_t count = joined ? static_cast<int64_t>(files.offsets.size()) - 1 : item->value.shape.dim[0];
  if (!checkCounts(port.name, count, isCut ? item->value.shape.dim[layout.cut] : -1, error) ||
      !checkPortValues(port, item->value, 0, error))
    return error.inContext(item->path);
  // What is finite in the file may be too large for the numbers that the model computes with.
  if (int64_t i = port.token ? -1 : firstNotFinite(item->value, cover.element()); i >= 0)
    return error.fail("%s: '%s' holds a value that is not finite in %s (element %lld)", item->path, port.name.c_str(),
                      nameOf(cover.element()), static_cast<long long>(i));
  int64_t end = joined ? files.offsets[files.offsets.size() - 1] : steps;
  if (end != steps)
    return error.fail("%s: 'offsets' ends with %lld, expected the %lld positions of '%s'", item->path,
                      static_cast<long long>(end), static_cast<long long>(steps), port.name.c_str());
  if (isAhead && port.ahead > longestAhead)
    longestAhead = port.ahead;
  int64_t ahead = isAhead && port.ahead <= steps ? port.ahead : 0;
  RowArray array = RowArray::of(port.name, item->value);
  if (joined) {
    List<int64_t> &starts = begins.add();
    for (int64_t row = 0; row < rows; ++row)
      starts.add((files.offsets[static_cast<size_t>(row)] + ahead) * array.strides[0]);
    array = joinedRows(port.name, item->value, layout.rowCut, starts.data(), rows);
  } else if (ahead) {
    array.data = static_cast<uint8_t *>(array.data) +
                 static_cast<size_t>(ahead * array.strides[layout.cut]) * sizeOf(array.type);
    array.shape.dim[layout.cut] -= ahead;
  }
  sources.add({array, layout.rowCut});
  return true;
}

/// Positions of each row: those that the frames or `length.T` say, or all that there are.
bool RunInput::addWindowLengths(const InputFiles &files, const Model &model, const Cover &cover, Error &error) {
  if (model.windowAxis() < 0)
    return true;
  const Axis &axis = model.axes[static_cast<size_t>(model.windowAxis())];
  Text name = lengthName(axis);
  const InputFiles::Item *item = files.find(name);
  int64_t positions = steps > longestAhead ? steps - longestAhead : 0;
  if (rows < 0) // no input says how many
    rows = item && item->value.shape.rank == 1 ? item->value.count() : 1;
  if (!files.offsets.empty()) {
    if (item)
      return error.fail("%s: expected no '%s' beside 'offsets', which say the same", item->path, name.c_str());
    for (int64_t row = 0; row < rows; ++row) {
      int64_t own = files.offsets[size_t(row + 1)] - files.offsets[size_t(row)] - longestAhead;
      lengths.add(own > 0 ? own : 0);
    }
  } else if (item) {
    if (!checkLengths(name, item->value, rows, steps < 0 ? INT32_MAX : positions, error))
      return error.inContext(item->path);
    for (int64_t row = 0; row < rows; ++row)
      lengths.add(item->value.getToken(row));
  } else if (steps < 0 && !cover.wholeLength()) {
    return error.fail("expected '%s', which says how many positions each row has: no input varies over '%s'",
                      name.c_str(), axis.name.c_str());
  } else {
    for (int64_t row = 0; row < rows; ++row)
      lengths.add(steps < 0 ? cover.wholeLength() : positions);
  }
  hasLengths = item || !files.offsets.empty();
  longest = rows == 0 ? positions : 0;
  for (int64_t length : lengths)
    longest = length > longest ? length : longest;
  return true;
}

/// Lengths along other axes, where the outputs depend on them: what no file gives is the whole axis.
bool RunInput::addAxisLengths(const InputFiles &files, const Model &model, const Cover &cover, Error &error) {
  for (const Axis &axis : model.axes) {
    if (!axis.size || !cover.isRead(Role::Lengths, axis.name))
      continue;
    Text name = lengthName(axis);
    Buffer value;
    if (const InputFiles::Item *item = files.find(name)) {
      if (!checkLengths(name, item->value, rows, axis.size, error))
        return error.inContext(item->path);
      value = item->value;
    } else {
      List<int64_t> &whole = wholes.add();
      for (int64_t row = 0; row < rows; ++row)
        whole.add(axis.size);
      value.data = whole.data();
      value.type = Type::I64;
      value.shape.add(rows);
    }
    sources.add({RowArray::of(name, value), -1});
  }
  return true;
}

bool RunInput::checkUnused(const InputFiles &files, const Model &model, const Cover &cover, Error &error) {
  for (const InputFiles::Item &item : files.items) {
    const Port *port = model.input(item.name) ? model.input(item.name) : model.target(item.name);
    bool isUsed = port && isRead(cover, *port);
    eachRead(model, cover, [&](const Port &reader) {
      isUsed |= reader.aheadOf == item.name && !files.find(reader.name);
      return true;
    });
    for (int axis = 0; axis < static_cast<int>(model.axes.size()); ++axis) {
      const Axis &of = model.axes[static_cast<size_t>(axis)];
      isUsed |= item.name == lengthName(of) && (axis == model.windowAxis() || cover.isRead(Role::Lengths, of.name));
    }
    if (!isUsed && item.isAlone)
      return error.fail("%s: the outputs do not depend on '%s'", item.path, item.name.c_str());
  }
  return true;
}

bool RunInput::arrange(const InputFiles &files, const Model &model, const Cover &cover, Error &error) {
  if (!eachRead(model, cover, [&](const Port &port) { return addPort(files, model, cover, port, error); }) ||
      !checkUnused(files, model, cover, error))
    return false;
  if (rows < 0 && (model.windowAxis() < 0 || cover.isGenerator()))
    rows = 1; // nothing says how many
  return (cover.isGenerator() || addWindowLengths(files, model, cover, error)) &&
         addAxisLengths(files, model, cover, error);
}
