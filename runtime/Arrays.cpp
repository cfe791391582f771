// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays of data: checking them, and cutting windows out of them.
#include "runtime/Arrays.h"

using namespace rondo;

bool ArrayData::checkValues(const Port &port, const Buffer &data, Error &error) {
  const char *name = port.name.c_str();
  if (int64_t i = port.token ? -1 : firstNotFinite(data); i >= 0)
    return error.fail("'%s' holds a value that is not finite (element %lld)", name, static_cast<long long>(i));
  for (int64_t i = 0, n = port.token ? data.count() : 0; i < n; ++i)
    if (data.getToken(i) < 0 || data.getToken(i) >= port.vocab)
      return error.fail("'%s' holds the token %lld (element %lld), expected 0 to %lld", name,
                        static_cast<long long>(data.getToken(i)), static_cast<long long>(i),
                        static_cast<long long>(port.vocab - 1));
  return true;
}

bool ArrayData::add(const Model &model, const Port &port, Role role, const Buffer &data, Error &error) {
  const char *name = port.name.c_str();
  if (port.token ? !isToken(data.type) : !isNumber(data.type))
    return error.fail("'%s' is %s, expected %s", name, fileNameOf(data.type),
                      port.token ? "tokens (I32, I64 or U8)" : "F16, F32, F64 or U8");
  Source source{&port, role, data, false, 1, 1, 0, {}, {}};
  // In frames time takes the place of the sequences.
  bool inTime = isJoined() && port.varies(model.windowAxis());
  Text expected(inTime ? "[time" : "[sequences");
  int dims = 1, cut = 0;
  bool fits = true;
  auto expect = [&](int64_t size) {
    fits = fits && dims < data.shape.rank && data.shape.dim[dims] == size;
    ++dims;
    expected.appendFormat(", %lld", static_cast<long long>(size));
  };
  for (size_t axis = 0; axis < model.axes.size(); ++axis) {
    if (!port.varies(static_cast<int>(axis)))
      continue;
    if (static_cast<int>(axis) == model.windowAxis()) {
      source.isCut = true;
      if (inTime)
        continue;
      cut = dims++;
      expected.appendFormat(", time");
      continue;
    }
    expect(model.axes[axis].size);
    (source.isCut ? source.behind : source.before) *= model.axes[axis].size;
  }
  for (int i = 0; i < port.shape.rank; ++i)
    expect(port.shape.dim[i]);
  if (!fits || data.shape.rank != dims)
    return error.fail("'%s' has the shape %s, expected %s]", name, data.shape.str().c_str(), expected.c_str());
  int64_t rows = inTime ? sequences : data.shape.dim[0], length = source.isCut ? data.shape.dim[cut] : -1;
  if (!checkCounts(name, rows, length, error))
    return false;
  hasWhole |= length < 0;
  if (!checkValues(port, data, error))
    return false;
  sources.add(std::move(source));
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

static Text join(const char *part, const Text &name) {
  Text joined(part);
  joined.append(name);
  return joined;
}

bool ArrayData::addAll(const TensorFile &from, const char *part, const Model &model, Error &error) {
  auto addPorts = [&](const List<Port> &ports, Role role) {
    for (const Port &port : ports) {
      const Buffer *data = from.find(join(part, port.name));
      bool ahead = !data && !port.aheadOf.empty();
      if (ahead)
        data = from.find(join(part, port.aheadOf));
      if (!data)
        return error.fail("no tensor '%s%s', which is %s of the model", part, port.name.c_str(),
                          role == Role::Input ? "an input" : "a target");
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
  return addLengths(from, "", model, error);
}

bool ArrayData::readOffsets(const TensorFile &from, const char *part, Error &error) {
  Text name = join(part, "offsets");
  const Buffer *ends = from.find(name);
  if (!ends)
    return error.fail("no tensor '%s'%s, which says where each sequence begins", name.c_str(),
                      *part ? ", nor 'offsets'" : "");
  if ((ends->type != Type::I32 && ends->type != Type::I64) || ends->shape.rank != 1 || ends->count() < 2)
    return error.fail("'%s' is %s %s, expected I32 or I64 and one number more than sequences", name.c_str(),
                      fileNameOf(ends->type), ends->shape.str().c_str());
  sequences = ends->count() - 1;
  offsets.resize(static_cast<size_t>(sequences + 1));
  for (int64_t i = 0; i <= sequences; ++i) {
    int64_t offset = offsets[static_cast<size_t>(i)] = ends->getToken(i);
    if (i == 0 ? offset != 0 : offset < offsets[static_cast<size_t>(i - 1)])
      return error.fail("'%s' holds %lld (element %lld), expected offsets that ascend from 0", name.c_str(),
                        static_cast<long long>(offset), static_cast<long long>(i));
  }
  return true;
}

bool ArrayData::viewFrames(const TensorFile &from, const char *part, const Model &owner, Error &error) {
  if (!readOffsets(from, part, error) || !addAll(from, part, owner, error))
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
  if (!isJoined())
    return steps < 0 ? 0 : steps - longestAhead;
  return isFrames() ? joinedLength(row) : model->train.k2;
}

int64_t ArrayData::validLength(int64_t row) const {
  for (const Lengths &along : lengths)
    if (along.axis == model->windowAxis())
      return along.data.getToken(row);
  return length(row);
}

void ArrayData::fill(const Call &call, const Window *windows) const {
  int64_t batch = call.entry->batch;
  for (const Lengths &along : lengths)
    if (const Buffer *to = call.find(Role::Lengths, model->axes[static_cast<size_t>(along.axis)].name))
      for (int64_t b = 0; b < batch; ++b)
        to->set(b, static_cast<double>(along.data.getToken(windows[b].row)));
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
  RowArray dense = RowArray::of(port->name, data), rows = dense;
  int window = 0;
  for (int axis = 0; isCut && axis <= model.windowAxis(); ++axis)
    window += port->varies(axis);
  if (!begins.empty()) {
    // Time, which stands first in the file, goes to its place behind the sequences.
    rows.shape = data.shape.within(count);
    rows.begins = begins.data() + first;
    for (int i = 1; i <= data.shape.rank; ++i) {
      int dim = i == window ? 0 : i < window ? i : i - 1;
      rows.shape.dim[i] = dense.shape.dim[dim];
      rows.strides[i] = dense.strides[dim];
    }
    return rows;
  }
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
