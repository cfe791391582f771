// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A main() for the object of a compiled model: whether outputs and states of random rows have the same bits for any
// batch, cut of the sequences and number of threads, as each row has by itself, position by position.
//
//   cover-tester [LENGTH]...    the lengths of rows, in turn; 1, 2, 50 and 1000 without any

#include "runtime/Cover.h"
#include "runtime/Processor.h"
#include "runtime/Random.h"
#include "runtime/Weights.h"

#include <cstdio>

using namespace rondo;

extern "C" const rondo_program rondo_main_program;

namespace {

constexpr int64_t manyRows = 17;

/// Inputs of many rows, and memory for outputs and states.
struct Rows {
  const Cover &cover;
  const Model &model;
  Blocks memory;
  List<int64_t> lengths;
  List<RowArray> inputs, outputs, states, held;
  List<uint8_t> isHeld;
  int64_t longest = 0;

  Rows(const Cover &cover, const Model &model, const List<int64_t> &lengthsInTurn) : cover(cover), model(model) {
    for (int64_t row = 0; row < manyRows; ++row) {
      lengths.add(lengthsInTurn[static_cast<size_t>(row) % lengthsInTurn.size()]);
      longest = lengths.back() > longest ? lengths.back() : longest;
    }
  }

  /// Memory for the argument of an entry, with the rows before the axes.
  RowArray make(const Argument &argument, unsigned axes, Type type) {
    Shape shape;
    shape.add(manyRows);
    int rows = __builtin_popcount(axes), window = model.windowAxis();
    int position = window >= 0 && (axes >> window & 1) ? __builtin_popcount(axes & ((1u << window) - 1)) : -1;
    for (int i = 0; i < argument.shape.rank; ++i)
      if (i != rows)
        shape.add(i == position ? longest : argument.shape.dim[i]);
    return RowArray::of(argument.name, memory.allocate(type, shape));
  }

  void addInputs(const Entry &entry) {
    for (const Argument &argument : entry.args) {
      bool isInput = argument.role == Role::Input;
      if (argument.role == Role::Lengths && model.axis(argument.name) != model.windowAxis()) {
        const Axis &axis = model.axes[static_cast<size_t>(model.axis(argument.name))];
        Shape shape;
        shape.add(manyRows);
        RowArray array = RowArray::of(Text::format("length.%s", axis.name.c_str()), memory.allocate(Type::I32, shape));
        for (int64_t row = 0; row < manyRows; ++row)
          static_cast<int32_t *>(array.data)[row] = static_cast<int32_t>(1 + row % axis.size);
        inputs.add(array);
      }
      if (!isInput && argument.role != Role::Target)
        continue;
      const Port &port = *(isInput ? model.input(argument.name) : model.target(argument.name));
      RowArray array = make(argument, port.axes, argument.type);
      Random random(1, argument.name.c_str());
      Buffer values{array.data, array.type, array.shape};
      for (int64_t i = 0, n = values.count(); i < n; ++i)
        values.set(i, port.token ? static_cast<double>(random.below(static_cast<uint64_t>(i), port.vocab))
                                 : static_cast<float>(random.normal(static_cast<uint64_t>(i))));
      inputs.add(array);
    }
  }

  void addResults(const Entry &entry) {
    for (const Argument &argument : entry.args) {
      if (argument.role == Role::Output)
        outputs.add(make(argument, model.output(argument.name)->axes, argument.type));
      if (argument.role == Role::State) {
        Shape shape = model.state(argument.name)->shape.within(manyRows);
        states.add(RowArray::of(argument.name, memory.allocate(argument.type, shape)));
      }
    }
    for (const State *value : cover.heldRead())
      held.add(RowArray::of(value->name, memory.allocate(cover.element(), value->shape.within(manyRows))));
  }

  /// Computes `count` rows from `first` on, `cut` positions at a time (0: all).
  bool run(Cover &by, int64_t first, int64_t count, int64_t cut, bool withStates, Error &error) {
    List<int64_t> parts, positions;
    parts.resize(static_cast<size_t>(count));
    positions.resize(static_cast<size_t>(count));
    int64_t end = cut ? longest : 1;
    for (int64_t begin = 0; begin < end; begin += cut ? cut : 1) {
      CoverBatch batch;
      batch.rows = count;
      batch.positions = positions.data();
      for (int64_t row = 0; row < count; ++row) {
        int64_t left = lengths[static_cast<size_t>(first + row)] - begin;
        positions[static_cast<size_t>(row)] = begin;
        parts[static_cast<size_t>(row)] = left < 0 ? 0 : cut && left > cut ? cut : left;
      }
      batch.lengths = parts.data();
      auto view = [&](const List<RowArray> &from, List<RowArray> &to, unsigned (*axesOf)(const Model &, const Text &)) {
        for (const RowArray &array : from) {
          RowArray part = array;
          unsigned axes = axesOf(model, array.name);
          int window = model.windowAxis();
          int64_t skipped = first * array.strides[0];
          if (window >= 0 && (axes >> window & 1)) {
            int dim = 1 + __builtin_popcount(axes & ((1u << window) - 1));
            skipped += begin * array.strides[dim];
            part.shape.dim[dim] -= begin;
          }
          part.shape.dim[0] = count;
          part.data = static_cast<char *>(array.data) + static_cast<size_t>(skipped) * sizeOf(array.type);
          to.add(std::move(part));
        }
      };
      auto axesOf = [](const Model &of, const Text &name) -> unsigned {
        for (const Port *port : {of.input(name), of.target(name), of.output(name)})
          if (port)
            return port->axes;
        return 0;
      };
      view(inputs, batch.inputs, axesOf);
      view(outputs, batch.outputs, axesOf);
      if (withStates || cut)
        view(states, batch.statesAfter, axesOf);
      if (begin > 0)
        view(states, batch.statesBefore, axesOf);
      // Some rows have what is held, for others it is made again.
      isHeld.clear();
      for (int64_t row = 0; row < count; ++row)
        isHeld.add(begin > 0 && (row + begin) % 3 != 0);
      if (cut)
        view(held, batch.held, axesOf);
      batch.isHeld = isHeld.data();
      if (!by.run(batch, error))
        return false;
    }
    return true;
  }
};

int64_t differing(const List<RowArray> &left, const List<RowArray> &right, int64_t rows, const char *&name) {
  int64_t differences = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    size_t bytes = static_cast<size_t>(left[i].shape.count() / manyRows * rows) * sizeOf(left[i].type);
    int64_t before = differences;
    const char *a = static_cast<const char *>(left[i].data), *b = static_cast<const char *>(right[i].data);
    for (size_t byte = 0; byte < bytes; byte += sizeOf(left[i].type))
      differences += memcmp(a + byte, b + byte, sizeOf(left[i].type)) != 0;
    if (differences > before)
      name = left[i].name.c_str();
  }
  return differences;
}

int check(const Model &model, const List<int64_t> &lengthsInTurn, Error &error) {
  Parameters parameters(model);
  if (!initializeWeights(parameters, model.element, 1, error))
    return 1;
  // None is zero, as biases are at first.
  for (const Parameter &parameter : model.parameters) {
    Buffer values = parameters.values(parameter, model.element);
    Random random(2, parameter.path.c_str());
    for (int64_t i = 0, n = values.count(); i < n; ++i)
      values.set(i, values.get(i) + static_cast<float>(0.1 * random.normal(static_cast<uint64_t>(i))));
  }
  Team alone(1);
  Cover reference(parameters, alone);
  if (!reference.open(error))
    return 1;
  const Entry *entry = nullptr;
  for (const Entry &found : model.entries)
    if (found.isOfCover() && !entry)
      entry = &found;
  int64_t whole = reference.mostPositions();
  bool mayBeShorter = model.hasLengths() || reference.takesShorter();
  List<int64_t> lengths;
  for (int64_t length : lengthsInTurn)
    lengths.add(!whole ? length : mayBeShorter ? 1 + length % whole : whole);
  Rows expected(reference, model, lengths);
  expected.addInputs(*entry);
  expected.addResults(*entry);
  for (int64_t row = 0; row < manyRows; ++row)
    if (!expected.run(reference, row, 1, whole || model.windowAxis() < 0 ? 0 : 1, true, error))
      return 1;

  int failures = 0;
  for (int64_t threads : {1, 3})
    for (int64_t rows : {1, 3, 17})
      for (int64_t cut : {0, 1, 7, 40})
        for (bool withStates : {true, false}) {
          if ((cut && (whole || model.windowAxis() < 0 || !withStates)) || (cut == 1 && rows == 1))
            continue;
          Team team(threads);
          Cover cover(parameters, team);
          if (!cover.open(error))
            return 1;
          Rows found(cover, model, lengths);
          found.addInputs(*entry);
          found.addResults(*entry);
          // A row that has ended goes on without positions, of which nothing is made.
          if (!found.run(cover, 0, rows, cut, withStates, error))
            return 1;
          const char *name = "";
          int64_t differences = differing(expected.outputs, found.outputs, rows, name);
          if (withStates)
            differences += differing(expected.states, found.states, rows, name);
          if (differences) {
            printf("%lld rows in parts of %lld by %lld threads%s: %lld values differ, of '%s' among others\n",
                   static_cast<long long>(rows), static_cast<long long>(cut), static_cast<long long>(threads),
                   withStates ? "" : " without states", static_cast<long long>(differences), name);
            ++failures;
          }
        }
  double sum = 0;
  for (const RowArray &array : expected.outputs) {
    Buffer values{array.data, array.type, array.shape};
    for (int64_t i = 0; i < values.count(); ++i)
      sum += values.get(i) * values.get(i);
  }
  printf("%s: %s, sum of squares %.6g\n", model.name.c_str(), failures ? "DIFFERENT" : "the same bits", sum);
  return failures != 0;
}

} // namespace

int main(int argc, char **argv) {
  Model model;
  Error error;
  List<int64_t> lengths;
  for (int i = 1; i < argc; ++i)
    lengths.add(atoll(argv[i]));
  if (lengths.empty())
    for (int64_t length : {1000, 1, 2, 50})
      lengths.add(length);
  int status = model.read(rondo_main_program, error) ? check(model, lengths, error) : 1;
  if (error.failed())
    fprintf(stderr, "error: %s\n", error.message());
  return status;
}
