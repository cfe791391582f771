// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays of data: checking them, and cutting windows out of them.
#include "runtime/Arrays.h"

#include "runtime/PortTensor.h"

using namespace rondo;

/// Whether sequences have places behind their ends, where any number may stand, or none.
bool ArrayData::hasEnds(const Model &model, const Port &port) const {
  bool found = false;
  for (size_t axis = 0; axis < model.axes.size(); ++axis)
    found |= model.axes[axis].hasLengths && port.varies(static_cast<int>(axis));
  return found && !isJoined();
}

bool ArrayData::add(const Model &model, const Port &port, Role role, const Buffer &data, Error &error) {
  PortLayout layout;
  if (!checkPortTensor(model, port, data, isJoined(), layout, error))
    return false;
  bool isCut = layout.cut >= 0;
  int64_t rows = isCut && isJoined() ? sequences : data.shape.dim[0], length = isCut ? data.shape.dim[layout.cut] : -1;
  if (!checkCounts(port.name.c_str(), rows, length, error))
    return false;
  hasWhole |= !isCut;
  if (!hasEnds(model, port) && !checkPortValues(port, data, 0, error))
    return false;
  sources.add({&port, role, data, isCut, layout.before, layout.behind, 0, {}, {}});
  return true;
}

/// All tensors have the same number of sequences, and of positions.
bool ArrayData::checkCounts(const char *name, int64_t rows, int64_t length, Error &error) {
  if (sequences >= 0 && rows != sequences) {
    error.fail("'%s' has %lld sequences, the tensors before it %lld", name, static_cast<long long>(rows),
               static_cast<long long>(sequences));
    return length == sequences || rows == steps ? error.hint("expected sequences first, then time") : false;
  }
  if (length >= 0 && steps >= 0 && length != steps)
    return error.fail("'%s' has %lld positions, the tensors before it %lld", name, static_cast<long long>(length),
                      static_cast<long long>(steps));
  sequences = rows;
  if (length >= 0)
    steps = length;
  return true;
}

/// The first names of a file, as "'a', 'b'".
static Text namesOf(const TensorFile &file) {
  Text names;
  constexpr size_t most = 8;
  for (size_t i = 0; i < file.tensors.size() && i < most; ++i) {
    const Text &name = file.tensors[i].name;
    names.appendFormat(i ? ", '%s'" : "'%s'", quoted(name.c_str(), name.size()).c_str());
  }
  return file.tensors.empty()          ? Text("none")
         : file.tensors.size() <= most ? names
                                       : Text::format("%s and %zu more", names.c_str(), file.tensors.size() - most);
}

bool ArrayData::addAll(const TensorFile &from, const char *part, const Model &model, Error &error) {
  auto addPorts = [&](const List<Port> &ports, Role role) {
    for (const Port &port : ports) {
      const Buffer *data = from.find(partName(part, port.name));
      bool ahead = !data && !port.aheadOf.empty();
      if (ahead)
        data = from.find(partName(part, port.aheadOf));
      if (!data)
        return error.fail("no tensor '%s%s', which is %s of the model, found %s", part, port.name.c_str(),
                          role == Role::Input ? "an input" : "a target", namesOf(from).c_str());
      if (!add(model, port, role, *data, error))
        return false;
      if (ahead) {
        sources.back().ahead = port.ahead;
        longestAhead = port.ahead > longestAhead ? port.ahead : longestAhead;
      }
    }
    return true;
  };
  return addPorts(model.inputs, Role::Input) && addPorts(model.targets, Role::Target);
}

bool ArrayData::read(const char *path, const Model &model, Error &error) {
  return file.read(path, error) && (view(file, model, error) || error.inContext(path));
}

bool ArrayData::view(const TensorFile &from, const Model &model, Error &error) {
  if (!addAll(from, "", model, error))
    return false;
  for (const NamedTensor &tensor : from.tensors) {
    bool known =
        model.input(tensor.name) || model.target(tensor.name) || strncmp(tensor.name.c_str(), "state.", 6) == 0;
    for (const Axis &axis : model.axes)
      known |= axis.hasLengths && tensor.name == lengthName(axis);
    if (!known)
      return error.fail("'%s' is no input or target of the model '%s'",
                        quoted(tensor.name.c_str(), tensor.name.size()).c_str(), model.name.c_str());
  }
  if (sequences <= 0)
    return error.fail("expected at least one sequence");
  if (steps >= 0 && steps <= longestAhead)
    return error.fail("expected sequences of more than %lld positions, found %lld",
                      static_cast<long long>(longestAhead), static_cast<long long>(steps));
  return addLengths(from, "", model, error) && checkWithin(error);
}

bool ArrayData::viewFrames(const TensorFile &from, const char *part, const Model &owner, Error &error) {
  if (!readOffsets(from, part, offsets, error))
    return false;
  sequences = static_cast<int64_t>(offsets.size()) - 1;
  if (!addAll(from, part, owner, error))
    return false;
  if (steps != offsets.back())
    return error.fail("'%soffsets' ends with %lld, expected the %lld positions of the tensors", part,
                      static_cast<long long>(offsets.back()), static_cast<long long>(steps));
  return addLengths(from, part, owner, error);
}

/// Positions that have their targets.
int64_t ArrayData::joinedLength(int64_t row) const {
  size_t i = static_cast<size_t>(row);
  int64_t positions = offsets[i + 1] - offsets[i] - longestAhead;
  return positions > 0 ? positions : 0;
}

int64_t ArrayData::length(int64_t row) const {
  if (isDealt())
    return validLength(row);
  return isJoined() ? model->train.k2 : positions();
}

int64_t ArrayData::validLength(int64_t row) const {
  for (const Lengths &along : lengths)
    if (along.axis == model->windowAxis())
      return along.data.getToken(row);
  return isJoined() && isDealt() ? joinedLength(row) : length(row);
}

/// How many positions along that axis a window has of its sequence.
int64_t ArrayData::Lengths::within(const Window &window, int64_t longest, bool isCut) const {
  int64_t rest = data.getToken(window.row) - (isCut ? window.first : 0);
  return !isCut ? rest : rest < 0 ? 0 : rest < longest ? rest : longest;
}

void ArrayData::fill(const Call &call, const Window *windows) const {
  int64_t batch = call.entry->batch;
  for (const Lengths &along : lengths)
    if (const Buffer *to = call.find(Role::Lengths, model->axes[static_cast<size_t>(along.axis)].name))
      for (int64_t b = 0; b < batch; ++b)
        to->set(b,
                static_cast<double>(along.within(windows[b], call.entry->length, along.axis == model->windowAxis())));
  for (const Source &source : sources) {
    const Buffer *to = call.find(source.role, source.port->name);
    if (!to)
      continue; // an entry without losses has no targets
    int64_t features = source.port->shape.count(), out = 0;
    int64_t window = source.isCut ? call.entry->length : 1, length = source.isCut ? steps : 1;
    auto copyRow = [&](int64_t in, bool valid) {
      for (int64_t f = 0; f < features; ++f)
        to->set(out++, !valid               ? 0.0
                       : source.port->token ? static_cast<double>(source.data.getToken(in + f))
                                            : source.data.get(in + f));
    };
    for (int64_t i = 0; i < source.before; ++i)
      for (int64_t t = 0; t < window; ++t)
        for (int64_t j = 0; j < source.behind; ++j)
          for (int64_t b = 0; b < batch; ++b) {
            auto [row, first] = windows[b];
            int64_t begin = source.isCut ? first + source.ahead + t : 0;
            int64_t position = isJoined() && source.isCut
                                   ? (offsets[static_cast<size_t>(row)] + begin) * source.before + i
                                   : (row * source.before + i) * length + begin;
            bool valid = (!source.isCut || first + t < validLength(row)) && source.holds(lengths, row, i, j);
            copyRow((position * source.behind + j) * features, valid);
          }
  }
}

/// Rows of a source, whose first position is the first one that counts.
RowArray ArrayData::Source::view(int64_t first, int64_t count, const Model &model) const {
  int window = 0;
  for (int axis = 0; isCut && axis <= model.windowAxis(); ++axis)
    window += port->varies(axis);
  if (!begins.empty())
    return joinedRows(port->name, data, window, begins.data() + first, count);
  RowArray dense = RowArray::of(port->name, data), rows = dense;
  int64_t skipped = first * dense.strides[0] + (isCut ? ahead * dense.strides[window] : 0);
  rows.data = static_cast<char *>(data.data) + static_cast<size_t>(skipped) * sizeOf(data.type);
  rows.shape.dim[0] = count;
  if (isCut)
    rows.shape.dim[window] -= ahead;
  return rows;
}

void ArrayData::viewRows(int64_t first, int64_t count, List<RowArray> &inputs, List<RowArray> &targets) const {
  for (const Source &source : sources)
    (source.role == Role::Input ? inputs : targets).add(source.view(first, count, *model));
  for (const Lengths &along : lengths) {
    if (along.axis == model->windowAxis())
      continue;
    RowArray rows = RowArray::of(lengthName(model->axes[static_cast<size_t>(along.axis)]), along.data);
    rows.data = static_cast<char *>(rows.data) + static_cast<size_t>(first) * sizeOf(rows.type);
    rows.shape.dim[0] = count;
    inputs.add(std::move(rows));
  }
}
