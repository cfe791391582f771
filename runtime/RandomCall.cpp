// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random data for an entry or a batch.
#include "runtime/RandomCall.h"

using namespace rondo;

static Random randomOf(Role role, const Text &name, uint64_t seed) {
  return Random(seed, Text::format("%s %s", nameOf(role), name.c_str()).c_str());
}

static void fillNormal(const Buffer &buffer, const Random &random) {
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    buffer.set(i, static_cast<float>(random.normal(static_cast<uint64_t>(i))));
}

static void fillPort(const Port &port, const Buffer &buffer, const Random &random) {
  if (!port.token)
    return fillNormal(buffer, random);
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    buffer.set(i, static_cast<double>(random.below(static_cast<uint64_t>(i), port.vocab)));
}

/// Of an axis whose positions are data there is one at least.
static int64_t leastLength(const Model &model, int axis) {
  for (const List<Port> *ports : {&model.inputs, &model.targets})
    for (const Port &port : *ports)
      if (port.positions == axis)
        return 1;
  return 0;
}

static void fillLengths(int64_t least, int64_t size, bool mixed, const Buffer &buffer, const Random &random) {
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    buffer.set(i, static_cast<double>(
                      !mixed || i % 3 == 0
                          ? size
                          : least + (i % 3 == 1 ? 0 : random.below(static_cast<uint64_t>(i), size + 1 - least))));
}

/// Brings positions of an axis to those that each row has.
static void keepWithin(const Port &port, const Buffer &buffer, const Buffer &lengths) {
  int axes = __builtin_popcount(port.axes);
  int64_t inner = buffer.shape.from(axes + 1).count(), rows = buffer.shape.dim[axes];
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    if (int64_t length = lengths.getToken(i / inner % rows))
      buffer.set(i, static_cast<double>(buffer.getToken(i) % length));
}

RandomCall::RandomCall(Workspace &workspace, const Entry &entry, uint64_t seed, Lengths lengths, Error &error)
    : workspace(workspace), call(workspace.bind(entry, error)) {
  if (error.failed())
    return;
  const Model &model = workspace.model;
  for (const Argument &argument : entry.args) {
    const Buffer *buffer = call.find(argument.role, argument.name);
    Random random = randomOf(argument.role, argument.name, seed);
    if (argument.role == Role::Input)
      fillPort(*model.input(argument.name), *buffer, random);
    if (argument.role == Role::Target)
      fillPort(*model.target(argument.name), *buffer, random);
    if (argument.role == Role::Lengths) {
      int axis = model.axis(argument.name);
      int64_t size = model.axes[static_cast<size_t>(axis)].size;
      fillLengths(leastLength(model, axis), size ? size : entry.length, lengths == Lengths::mixed, *buffer, random);
    }
  }
  // Lengths are there now.
  for (const Argument &argument : entry.args) {
    const Port *port = argument.role == Role::Input    ? model.input(argument.name)
                       : argument.role == Role::Target ? model.target(argument.name)
                                                       : nullptr;
    const Buffer *along = port && port->positions >= 0
                              ? call.find(Role::Lengths, model.axes[static_cast<size_t>(port->positions)].name)
                              : nullptr;
    if (along)
      keepWithin(*port, *call.find(argument.role, argument.name), *along);
  }
  call.setStart(true);
  call.setDraws(seed, 0, 0);
}

double RandomCall::run() {
  call.clearStates();
  call.run();
  return call.loss();
}

/// Adds an array for all rows, of a port's values or, without a port, a number of each row. Null after an error.
RowArray *RandomBatch::add(List<RowArray> &arrays, const Text &name, Type type, const Port *port, Error &error) {
  Shape shape;
  bool fits = port ? shapeOfRows(model, *port, rows, positions, shape) : shape.add(rows);
  int64_t count;
  if (!fits || !multiplySizes(shape.dim, shape.rank, count) || count > INT64_MAX / 8) {
    error.fail("'%s' is too large", name.c_str());
    return nullptr;
  }
  Buffer values;
  if (!memory.allocate(type, shape, values, error))
    return nullptr;
  return &arrays.add(RowArray::of(name, values));
}

static Buffer bufferOf(const RowArray &array) { return {array.data, array.type, array.shape}; }

RandomBatch::RandomBatch(const Model &model, const Cover &cover, int64_t rows, int64_t positions, uint64_t seed,
                         Error &error)
    : model(model), rows(rows), positions(positions) {
  auto addPort = [&](Role role, const Port &port) {
    if (!cover.isRead(role, port.name))
      return true;
    RowArray *array = add(batch.inputs, port.name, port.token ? Type::I32 : cover.element(), &port, error);
    if (array)
      fillPort(port, bufferOf(*array), randomOf(role, port.name, seed));
    return array != nullptr;
  };
  for (const Port &port : model.inputs)
    if (!addPort(Role::Input, port))
      return;
  for (const Port &port : model.targets)
    if (!addPort(Role::Target, port))
      return;
  for (int axis = 0; axis < static_cast<int>(model.axes.size()); ++axis) {
    const Axis &of = model.axes[static_cast<size_t>(axis)];
    if (axis == model.windowAxis() || !cover.isRead(Role::Lengths, of.name))
      continue;
    RowArray *array = add(batch.inputs, Text::format("length.%s", of.name.c_str()), Type::I64, nullptr, error);
    if (!array)
      return;
    fillLengths(0, of.size, false, bufferOf(*array), Random(seed, ""));
  }
  for (const Port &port : model.outputs)
    if (!add(batch.outputs, port.name, cover.element(), &port, error))
      return;
  for (int64_t row = 0; row < rows; ++row)
    lengths.add(positions);
  batch.rows = rows;
  batch.lengths = model.windowAxis() < 0 ? nullptr : lengths.data();
  batch.seed = static_cast<int64_t>(seed);
}
