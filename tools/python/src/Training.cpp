// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Gradients of the model's own loss, and updates.

#include "Model.h"
#include "Numbers.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

nb::tuple Model::grad(nb::args args, nb::kwargs kwargs) {
  Turn turn(*this);
  if (!functions.grad)
    throw Failure("the model was compiled without training, or has no loss");
  const std::vector<Port> &ports = description.grad.inputs;
  Arguments arguments = parse(description.grad, args, kwargs, withLengths | withFirst | withSeed, "grad");
  Lists lists;
  lists.take(ports, arguments.inputs, description.steps);
  if (!lists.isEmpty() && arguments.lengths.is_valid())
    throwTypeError("grad(): expected no lengths with lists of arrays, which have their own, found some");
  if (!lists.isEmpty())
    arguments.lengths = lists.lengths();
  Extent extent;
  extent.rows = description.batch;
  extent.steps = description.steps;
  std::vector<Array> inputs(ports.size());
  std::vector<rondo_array> raw(ports.size() + 1);
  for (size_t i = 0; i < ports.size(); ++i)
    if (arguments.inputs[i].is_valid()) {
      inputs[i] = viewOf(arguments.inputs[i], ports[i], /*isWritten=*/false, extent);
      raw[i] = inputs[i].raw;
    }
  View keptLengths;
  const int32_t *lengths = lengthsOf(arguments.lengths, extent, keptLengths);
  if (!trainer) {
    auto memory = std::make_unique<Memory>(functions.trainer_bytes(threads), "a trainer");
    check(functions.trainer_open(memory->data, memory->bytes, weights, threads, &trainer),
          "the trainer cannot be opened");
    trainerMemory = std::move(memory);
  }
  bool first = !arguments.first.is_valid() || truthOf(arguments.first, "grad(): first");
  int64_t seed = arguments.seed.is_valid() ? integerOf(arguments.seed, "grad(): seed") : 1;
  double loss = 0;
  int code;
  {
    nb::gil_scoped_release release;
    code = functions.grad(trainer, first, seed, lengths, raw.data(), &loss);
  }
  check(code, functions.trainer_error(trainer));
  nb::dict gradients;
  for (const Parameter &parameter : description.parameters) {
    if (parameter.frozen)
      continue;
    nb::object array = newNumPy(parameter.shape, description.element);
    View keep;
    auto *place = const_cast<void *>(
        denseValues(array, parameter.path, parameter.shape, description.element, /*isWritten=*/true, keep));
    check(functions.gradient(trainer, parameter.path.c_str(), place, keep.nbytes()), functions.trainer_error(trainer));
    gradients[parameter.path.c_str()] = array;
  }
  return nb::make_tuple(loss, gradients);
}

double Model::update(nb::handle step, nb::handle rate) {
  Turn turn(*this);
  int64_t number = integerOf(step, "update(): step", 1);
  double given = rate.is_none() ? -1 : realOf(rate, "update(): rate"), norm = 0;
  if (!rate.is_none() && !(given >= 0))
    throwValueError("update(): rate: expected a number from 0 on, found " + std::to_string(given));
  if (!trainer)
    throw Failure("expected the gradients of a batch before the update: call grad()");
  check(functions.update(trainer, number, given, &norm), functions.trainer_error(trainer));
  return norm;
}
