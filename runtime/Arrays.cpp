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
  if (port.token ? !isToken(data.type) : !isReal(data.type))
    return error.fail("'%s' is %s, expected %s", name, fileNameOf(data.type),
                      port.token ? "tokens (I32, I64 or U8)" : "F32 or F64");
  Source source{&port, role, data, false, 1, 1, 0};
  Text expected("[sequences");
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
  int64_t rows = data.shape.dim[0], length = source.isCut ? data.shape.dim[cut] : -1;
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
  else
    hasWhole = true;
  if (!checkValues(port, data, error))
    return false;
  sources.add(source);
  return true;
}

bool ArrayData::read(const char *path, const Model &model, Error &error) {
  if (!file.read(path, error))
    return false;
  int64_t longestAhead = 0;
  auto addAll = [&](const List<Port> &ports, Role role) {
    for (const Port &port : ports) {
      const Buffer *data = file.find(port.name);
      bool ahead = !data && !port.aheadOf.empty();
      if (ahead)
        data = file.find(port.aheadOf);
      if (!data)
        return error.fail("no tensor '%s', which is %s of the model", port.name.c_str(),
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
  if (!addAll(model.inputs, Role::Input) || !addAll(model.targets, Role::Target))
    return error.inContext(path);
  for (const NamedTensor &tensor : file.tensors)
    if (!model.input(tensor.name) && !model.target(tensor.name) && strncmp(tensor.name.c_str(), "state.", 6) != 0)
      return error.fail("%s: '%s' is no input or target of the model '%s'", path,
                        quoted(tensor.name.c_str(), tensor.name.size()).c_str(), model.name.c_str());
  if (sequences <= 0)
    return error.fail("%s: expected at least one sequence", path);
  if (steps >= 0 && steps <= longestAhead)
    return error.fail("%s: expected sequences of more than %lld positions, found %lld", path,
                      static_cast<long long>(longestAhead), static_cast<long long>(steps));
  positions = steps < 0 ? 0 : steps - longestAhead;
  return true;
}

void ArrayData::fill(const Call &call, const int64_t *rows, int64_t first) const {
  int64_t batch = call.entry->batch;
  for (const Source &source : sources) {
    const Buffer *to = call.find(source.role, source.port->name);
    if (!to)
      continue; // an entry without losses has no targets
    int64_t features = source.port->shape.count(), out = 0;
    int64_t window = source.isCut ? call.entry->length : 1, length = source.isCut ? steps : 1;
    int64_t begin = source.isCut ? first + source.ahead : 0;
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
            int64_t position = (rows[b] * source.before + i) * length + begin + t;
            copyRow((position * source.behind + j) * features, !source.isCut || first + t < positions);
          }
  }
}
