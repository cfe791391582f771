// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is asked of a model's description.
#include "runtime/Model.h"

using namespace rondo;

template <typename T> static const T *named(const List<T> &list, const Text &name, Text T::*key) {
  for (const T &item : list)
    if (item.*key == name)
      return &item;
  return nullptr;
}

const Entry *Model::entry(const char *wanted) const {
  for (const Entry &entry : entries)
    if (entry.name == wanted)
      return &entry;
  return nullptr;
}

const Port *Model::answer() const {
  return input(generation.answer) ? input(generation.answer) : target(generation.answer);
}

bool Model::hasGenerator() const {
  for (const Entry &entry : entries)
    if (entry.generates)
      return true;
  return false;
}

const Entry *Model::singleEntry() const {
  bool isApart = hasGenerator();
  for (const Entry &entry : entries)
    if ((isApart ? entry.generates : entry.isOfCover()) && entry.batch == 1 && entry.length == 1)
      return &entry;
  return nullptr;
}

const Entry *Model::require(const char *wanted, Error &error) const {
  const Entry *found = entry(wanted);
  if (!found && requireLoss(error))
    error.fail("the model '%s' was compiled without the entry '%s', which this command needs", name.c_str(), wanted);
  return found;
}

bool Model::checkTrained(int64_t position, int64_t positions, Error &error) const {
  if (!mayGoTo(position + positions))
    return error.fail("the window goes on to %lld positions, of which %lld have an index",
                      static_cast<long long>(position + positions), static_cast<long long>(indexed));
  return !keepsPositions || position == 0 ||
         error.fail("expected a window from position 0 on, as the model '%s' is trained on whole sequences, found %lld",
                    name.c_str(), static_cast<long long>(position));
}

bool Model::hasLoss() const {
  for (const Entry &entry : entries)
    for (const Argument &argument : entry.args)
      if (argument.role == Role::Loss)
        return true;
  return false;
}

bool Model::requireLoss(Error &error) const {
  return !losses.empty() ||
         error.fail("the model '%s' has no loss, which this command needs: the program says none", name.c_str());
}

int Model::windowAxis() const {
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i].size == 0)
      return static_cast<int>(i);
  return -1;
}

int Model::axis(const Text &wanted) const {
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i].name == wanted)
      return static_cast<int>(i);
  return -1;
}

bool Model::overWindow(const Port &port) const {
  int axis = windowAxis();
  return axis >= 0 && port.axes == 1u << axis;
}

const char *Model::unit() const {
  if (!hasPositions())
    return "examples";
  for (const Port &input : inputs)
    if (input.token)
      return "tokens";
  return "positions";
}

int64_t Model::unitsOf(int64_t batch, int64_t positions) const { return hasPositions() ? batch * positions : batch; }

bool Model::hasPositions() const {
  for (const List<Port> *ports : {&inputs, &targets})
    for (const Port &port : *ports)
      if (port.varies(windowAxis()))
        return true;
  return false;
}

bool Model::lossOverWindow() const {
  for (const Port &port : targets.empty() ? inputs : targets)
    if (port.varies(windowAxis()))
      return true;
  return false;
}

const Parameter *Model::parameter(const Text &path) const { return named(parameters, path, &Parameter::path); }
const State *Model::state(const Text &wanted) const {
  const State *state = named(states, wanted, &State::name);
  return state ? state : named(generation.states, wanted, &State::name);
}
const State *Model::heldValue(const Text &wanted) const { return named(held, wanted, &State::name); }
const Constant *Model::constant(const Text &wanted) const { return named(constants, wanted, &Constant::file); }
const Port *Model::input(const Text &wanted) const { return named(inputs, wanted, &Port::name); }
const Port *Model::target(const Text &wanted) const { return named(targets, wanted, &Port::name); }
const Port *Model::output(const Text &wanted) const { return named(outputs, wanted, &Port::name); }
