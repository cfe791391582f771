// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Vector-Jacobian products of one window.

#include "Model.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

namespace {

/// Views of those of some arrays that a dict has, in the order of the ports.
struct Arrays {
  Arrays(nb::dict given, const std::vector<Port> &ports, bool isWritten, Extent &extent, const char *what)
      : views(ports.size()), raw(ports.size() + 1) {
    size_t found = 0;
    for (size_t i = 0; i < ports.size(); ++i) {
      if (!given.contains(ports[i].key))
        continue;
      ++found;
      views[i] = viewOf(given[ports[i].key], ports[i], isWritten, extent);
      raw[i] = views[i].raw;
    }
    if (found != given.size())
      throwTypeError(std::string("vjp(): expected ") + what +
                     " of the model, found others: " + nb::cast<std::string>(nb::str(nb::list(given.keys()))));
  }

  std::vector<Array> views;
  std::vector<rondo_array> raw;
};

/// Dense values by name: states and parameters. There are places even of none, as of the states of a model without any
/// whose sequences go on.
struct Values {
  Values(nb::dict given, size_t count, const char *what) : kept(count), places(count + 1), given(given), what(what) {}

  void take(size_t i, const std::string &name, const std::vector<int64_t> &shape, ElementType type, bool isWritten) {
    if (!given.contains(name.c_str()))
      return;
    ++found;
    places[i] = const_cast<void *>(denseValues(given[name.c_str()], name, shape, type, isWritten, kept[i]));
  }
  void checkAll() const {
    if (found != given.size())
      throwTypeError(std::string("vjp(): expected ") + what +
                     " of the model, found others: " + nb::cast<std::string>(nb::str(nb::list(given.keys()))));
  }

  std::vector<View> kept;
  std::vector<void *> places;
  nb::dict given;
  const char *what;
  size_t found = 0;
};

} // namespace

void Model::vjp(nb::dict inputs, nb::dict cotangents, nb::object states, nb::object stateCotangents, nb::dict gradients,
                nb::dict inputGradients, nb::dict stateGradients) {
  Turn turn(*this);
  if (!functions.vjp)
    throw Failure("the model was compiled without what a layer needs: rondo.compile(.., layer=True), "
                  "or rondoc --layer");
  const Ports &ports = description.layer;
  Extent extent;
  Arrays given(inputs, ports.inputs, false, extent, "inputs");
  for (size_t i = 0; i < ports.inputs.size(); ++i)
    if (ports.inputs[i].isRead && !inputs.contains(ports.inputs[i].key))
      throwTypeError("vjp(): expected the input '" + ports.inputs[i].name + "', found none");
  Arrays ofOutputs(cotangents, ports.outputs, false, extent, "cotangents of outputs");
  Arrays wanted(inputGradients, ports.inputs, true, extent, "gradients of inputs");
  int64_t rows = extent.rows < 0 ? 1 : extent.rows, steps = extent.steps < 0 ? 1 : extent.steps;

  const std::vector<Port> &known = description.states;
  bool hasStates = !states.is_none();
  nb::dict none;
  Values before(hasStates ? nb::cast<nb::dict>(states) : none, known.size(), "states"),
      after(stateCotangents.is_none() ? none : nb::cast<nb::dict>(stateCotangents), known.size(),
            "cotangents of states"),
      ofStates(stateGradients, known.size(), "gradients of states"),
      ofParameters(gradients, description.parameters.size(), "gradients of parameters");
  std::vector<char> unread; // room for states that nothing depends on
  for (size_t i = 0; i < known.size(); ++i) {
    std::vector<int64_t> shape = known[i].shape;
    shape.insert(shape.begin(), rows);
    before.take(i, known[i].name, shape, known[i].type, false);
    after.take(i, known[i].name, shape, known[i].type, false);
    ofStates.take(i, known[i].name, shape, known[i].type, true);
    size_t bytes = static_cast<size_t>(sizeOf(known[i].type));
    for (int64_t size : shape)
      bytes *= static_cast<size_t>(size);
    if (!known[i].isRead && unread.size() < bytes)
      unread.resize(bytes);
  }
  for (size_t i = 0; hasStates && i < known.size(); ++i)
    if (!known[i].isRead)
      before.places[i] = unread.data();
  for (size_t i = 0; i < description.parameters.size(); ++i)
    ofParameters.take(i, description.parameters[i].path, description.parameters[i].shape, description.element, true);
  for (const Values *values : {&before, &after, &ofStates, &ofParameters})
    values->checkAll();

  if (!layer) {
    auto memory = std::make_unique<Memory>(functions.layer_bytes(threads), "a layer");
    check(functions.layer_open(memory->data, memory->bytes, weights, threads, &layer), "the layer cannot be opened");
    layerMemory = std::move(memory);
  }
  rondo_vjp arrays{given.raw.data(),          hasStates ? before.places.data() : nullptr,
                   ofOutputs.raw.data(),      after.places.data(),
                   wanted.raw.data(),         ofStates.places.data(),
                   ofParameters.places.data()};
  int code;
  {
    nb::gil_scoped_release release;
    code = functions.vjp(layer, rows, steps, &arrays);
  }
  check(code, functions.layer_error(layer));
}
