// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Running a model.

#include "Model.h"
#include "Numbers.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

/// Room for files with much more in their headers than the library writes itself.
static constexpr size_t moreForHeaders = size_t(1) << 20;

Model::Model(const std::string &path, nb::handle threads)
    : path(path), threads(static_cast<int>(integerOf(threads, "threads", 1, 64))), functions(path),
      description(functions.description()),
      weightsMemory(functions.weights_bytes() ? functions.weights_bytes() + moreForHeaders : 0, "the weights") {
  check(functions.weights_open(weightsMemory.data, weightsMemory.bytes, &weights), "the weights cannot be opened");
  const void *values = nullptr;
  isEmbedded = !description.parameters.empty() &&
               functions.parameter_view(weights, description.parameters[0].path.c_str(), &values) == RONDO_ABSENT;
  hasValues = isEmbedded;
  if (description.parameters.empty()) { // there is none that lacks a value
    check(functions.parameters_set(weights, &values), functions.weights_error(weights));
    hasValues = true;
  }
}

Model::~Model() {
  functions.workspace_close(workspace);
  if (trainer)
    functions.trainer_close(trainer);
  if (layer)
    functions.layer_close(layer);
  if (generator)
    functions.generator_close(generator);
}

Model::Turn::Turn(Model &model) : model(model) {
  if (model.isBusy)
    throw Failure("the model is in use by another thread: give each thread a model of its own");
  model.isBusy = true;
}

void Model::check(int code, const char *words) const {
  if (code == RONDO_OK)
    return;
  std::string message = *words ? words : functions.message(code);
  if (code == RONDO_ARGUMENT || code == RONDO_VALUE || code == RONDO_WEIGHTS)
    throwValueError(message);
  throw Failure(message);
}

std::string Model::namesOf(const std::vector<Port> &ports, bool readOnly) const {
  std::string names;
  for (const Port &port : ports)
    if (port.isRead || !readOnly)
      names += (names.empty() ? "'" : ", '") + port.name + "'";
  return names.empty() ? "none" : names;
}

Arguments Model::parse(const Ports &ports, nb::args args, nb::kwargs kwargs, unsigned options,
                       const char *function) const {
  Arguments arguments;
  arguments.inputs.resize(ports.inputs.size());
  std::string context = std::string(function) + "(): ";
  auto setInput = [&](nb::handle key, nb::handle value) {
    for (size_t i = 0; i < ports.inputs.size(); ++i) {
      if (!ports.inputs[i].isNamed(key))
        continue;
      if (!ports.inputs[i].isRead)
        throwTypeError(context + "expected no '" + ports.inputs[i].name +
                       "', which nothing that is computed depends on");
      if (arguments.inputs[i].is_valid())
        throwTypeError(context + "expected '" + ports.inputs[i].name + "' once, found it twice");
      arguments.inputs[i] = value;
      return true;
    }
    return false;
  };
  const std::tuple<const char *, unsigned, nb::handle *> known[] = {{"out", withOut, &arguments.out},
                                                                    {"lengths", withLengths, &arguments.lengths},
                                                                    {"carry", withCarry, &arguments.carry},
                                                                    {"first", withFirst, &arguments.first},
                                                                    {"seed", withSeed, &arguments.seed}};
  // The lengths have the name that files give them too.
  std::string lengthsName = "length." + description.windowAxis;
  auto checkNoLengths = [&] {
    if (arguments.lengths.is_valid())
      throwTypeError(context + "expected the rows' numbers of steps once, found lengths= and '" + lengthsName + "'");
  };
  auto setLengths = [&](nb::handle key, nb::handle value) {
    if (!(options & withLengths) || description.windowAxis.empty() || !PyUnicode_Check(key.ptr()) ||
        PyUnicode_CompareWithASCIIString(key.ptr(), lengthsName.c_str()) != 0)
      return false;
    checkNoLengths();
    arguments.lengths = value;
    return true;
  };
  auto unknown = [&](nb::handle key) {
    throwTypeError(context + "expected the inputs " + namesOf(ports.inputs, true) + ", found '" +
                   nb::cast<std::string>(nb::str(key)) + "'");
  };
  if (args.size() > 1 || (args.size() == 1 && !nb::isinstance<nb::dict>(args[0])))
    throwTypeError(context + "expected the inputs by name, or one dict of them, found positional arguments");
  if (args.size() == 1)
    for (auto [key, value] : nb::borrow<nb::dict>(args[0]))
      if (!setInput(key, value) && !setLengths(key, value))
        unknown(key);
  for (auto [key, value] : kwargs) {
    bool isKnown = setInput(key, value);
    for (auto [name, option, place] : known)
      if (!isKnown && (options & option) && PyUnicode_CompareWithASCIIString(key.ptr(), name) == 0) {
        if (!value.is_none()) {
          if (option == withLengths)
            checkNoLengths();
          *place = value;
        }
        isKnown = true;
      }
    if (!isKnown && !setLengths(key, value))
      unknown(key);
  }
  checkGiven(ports, arguments, function);
  return arguments;
}

void Model::checkGiven(const Ports &ports, const Arguments &arguments, const char *function) const {
  for (size_t i = 0; i < ports.inputs.size(); ++i)
    if (ports.inputs[i].isRead && !arguments.inputs[i].is_valid())
      throwTypeError(std::string(function) + "(): expected the input '" + ports.inputs[i].name + "', " +
                     nameOf(ports.inputs[i].type) + " " + ports.inputs[i].describe(std::string(function) == "step") +
                     ", found none");
}

const int32_t *Model::lengthsOf(nb::handle object, const Extent &extent, View &keep) const {
  if (!object.is_valid())
    return nullptr;
  if (description.windowAxis.empty())
    throwTypeError("expected no lengths for a model without an axis of steps");
  return static_cast<const int32_t *>(
      denseValues(object, "lengths", {extent.rows}, ElementType::I32, /*isWritten=*/false, keep));
}

void Model::openWorkspace(int64_t rows) {
  if (rows <= capacity && workspace)
    return;
  if (hasBegun)
    throwValueError("expected at most " + std::to_string(capacity) + " rows, for which the sequences began, found " +
                    std::to_string(rows) + ": call reset() to begin new ones");
  constexpr int64_t most = INT64_C(1) << 31; // steps, which take no memory
  int64_t wanted = std::max<int64_t>(rows, 1);
  size_t bytes = functions.workspace_bytes(wanted, most, threads);
  if (bytes == 0 && description.run.outputs.empty())
    throw Failure("the model has no outputs that could be computed");
  auto memory = std::make_unique<Memory>(bytes, "a workspace");
  functions.workspace_close(workspace);
  workspace = nullptr;
  workspaceMemory = std::move(memory);
  capacity = 0;
  check(functions.workspace_open(workspaceMemory->data, bytes, weights, wanted, most, threads, &workspace),
        "the workspace cannot be opened");
  capacity = wanted;
  check(functions.seed(workspace, lastSeed), functions.workspace_error(workspace));
}

nb::object Model::results(const Arguments &arguments, const Extent &extent, Framework framework,
                          std::vector<Array> &arrays, std::vector<nb::object> &made) {
  const std::vector<Port> &ports = description.run.outputs;
  Extent known = extent;
  nb::handle out = arguments.out;
  if (!out.is_valid()) {
    for (size_t i = 0; i < ports.size(); ++i)
      made[i] = newArray(ports[i], extent, framework, arguments.lengths.is_valid(), arrays[i]);
    return nb::none();
  }
  if (!nb::isinstance<nb::dict>(out)) {
    if (ports.size() != 1)
      throwTypeError("expected out to be a dict with arrays for " + namesOf(ports, false) + ", found one array");
    arrays[0] = viewOf(out, ports[0], /*isWritten=*/true, known);
    return nb::borrow(out);
  }
  for (auto [key, value] : nb::borrow<nb::dict>(out)) {
    size_t i = 0;
    while (i < ports.size() && !ports[i].isNamed(key))
      ++i;
    if (i == ports.size())
      throwTypeError("expected out to have arrays for " + namesOf(ports, false) + ", found '" +
                     nb::cast<std::string>(nb::str(key)) + "'");
    arrays[i] = viewOf(value, ports[i], /*isWritten=*/true, known);
  }
  return nb::borrow(out);
}

nb::object Model::call(const Arguments &arguments, Extent extent, Framework framework, bool carry) {
  checkValues();
  const Ports &ports = description.run;
  size_t inputCount = ports.inputs.size(), outputCount = ports.outputs.size();
  std::vector<Array> inputs(inputCount), outputs(outputCount);
  for (size_t i = 0; i < inputCount; ++i) {
    if (!arguments.inputs[i].is_valid())
      continue;
    inputs[i] = viewOf(arguments.inputs[i], ports.inputs[i], /*isWritten=*/false, extent);
    if (framework == Framework::NumPy)
      framework = frameworkOf(arguments.inputs[i]);
  }
  if (extent.rows < 0)
    extent.rows = 1; // a model without inputs
  if (extent.steps < 0 || extent.isStep)
    extent.steps = 1;
  std::vector<nb::object> made(outputCount);
  nb::object out = results(arguments, extent, framework, outputs, made);
  View keptLengths;
  const int32_t *lengths = lengthsOf(arguments.lengths, extent, keptLengths);

  std::vector<rondo_array> raw(inputCount + outputCount + 1);
  for (size_t i = 0; i < inputCount; ++i)
    raw[i] = inputs[i].raw;
  for (size_t i = 0; i < outputCount; ++i) {
    raw[inputCount + i] = outputs[i].raw;
    for (size_t k = 0; arguments.out.is_valid() && k < inputCount + i; ++k)
      checkOverlap(outputs[i], ports.outputs[i], k < inputCount ? inputs[k] : outputs[k - inputCount],
                   k < inputCount ? ports.inputs[k].name : ports.outputs[k - inputCount].name);
  }

  hasBegun &= carry;
  openWorkspace(extent.rows);
  if (!hasBegun)
    check(functions.reset(workspace), functions.workspace_error(workspace));
  int code;
  if (extent.isStep) {
    code = functions.step(workspace, extent.rows, raw.data(), raw.data() + inputCount);
  } else {
    nb::gil_scoped_release release;
    code = functions.run(workspace, extent.rows, extent.steps, lengths, raw.data(), raw.data() + inputCount);
  }
  check(code, functions.workspace_error(workspace));
  hasBegun = true;
  lastRows = extent.rows;

  if (arguments.out.is_valid())
    return out;
  outputs.clear();
  if (outputCount == 1)
    return finished(made[0], framework);
  nb::dict named;
  for (size_t i = 0; i < outputCount; ++i)
    named[ports.outputs[i].key] = finished(made[i], framework);
  return named;
}

/// With lists among the inputs: of outputs over steps, lists too.
nb::object Model::callLists(Arguments arguments, bool carry) {
  Lists lists;
  lists.take(description.run.inputs, arguments.inputs, /*steps=*/-1);
  if (lists.isEmpty())
    return call(arguments, Extent(), Framework::NumPy, carry);
  if (arguments.lengths.is_valid() || arguments.out.is_valid())
    throwTypeError(std::string("run(): expected no ") + (arguments.out.is_valid() ? "out" : "lengths") +
                   " with lists of arrays, " +
                   (arguments.out.is_valid() ? "of which lists are made" : "which have their own") + ", found one");
  arguments.lengths = lists.lengths();
  nb::object found = call(arguments, Extent(), lists.framework(), carry);
  const std::vector<Port> &ports = description.run.outputs;
  if (ports.size() == 1)
    return ports[0].hasStepStride() ? nb::object(lists.cut(found)) : found;
  for (const Port &port : ports)
    if (port.hasStepStride())
      found[port.key] = lists.cut(found[port.key]);
  return found;
}

nb::object Model::run(nb::args args, nb::kwargs kwargs) {
  Turn turn(*this);
  Arguments arguments = parse(description.run, args, kwargs, withOut | withLengths | withCarry, "run");
  bool carry = arguments.carry.is_valid() && truthOf(arguments.carry, "run(): carry");
  if (carry && !description.streamable)
    throwValueError("the model looks ahead, so that no states go on from call to call: expected carry=False");
  return callLists(arguments, carry);
}

nb::object Model::step(nb::args args, nb::kwargs kwargs) {
  Turn turn(*this);
  if (!description.streamable)
    throw Failure("the model looks ahead, so that it has no single steps");
  if (description.windowAxis.empty())
    throw Failure("the model has no axis of time, so that it has no single steps: expected run()");
  Arguments arguments = parse(description.run, args, kwargs, withOut, "step");
  Extent extent;
  extent.isStep = true;
  return call(arguments, extent, Framework::NumPy, /*carry=*/true);
}

void Model::reset(nb::object row) {
  Turn turn(*this);
  if (row.is_none()) {
    hasBegun = false;
    if (workspace)
      check(functions.reset(workspace), functions.workspace_error(workspace));
    return;
  }
  int64_t number = integerOf(row, "reset(): row");
  openWorkspace(1);
  check(functions.reset_row(workspace, number), functions.workspace_error(workspace));
}

void Model::seed(nb::handle seed) {
  Turn turn(*this);
  lastSeed = integerOf(seed, "seed(): seed");
  if (workspace)
    check(functions.seed(workspace, lastSeed), functions.workspace_error(workspace));
}

nb::dict Model::states() {
  Turn turn(*this);
  nb::dict values;
  for (size_t i = 0; i < description.states.size(); ++i) {
    const Port &state = description.states[i];
    if (!state.isRead)
      continue;
    std::vector<int64_t> shape = state.shape;
    int64_t rows = workspace && hasBegun ? lastRows : 0;
    shape.insert(shape.begin(), rows);
    nb::object array = newNumPy(shape, state.type);
    View keep;
    auto *place = const_cast<void *>(denseValues(array, state.name, shape, state.type, /*isWritten=*/true, keep));
    if (rows)
      check(functions.state_get(workspace, static_cast<int>(i), rows, place, keep.nbytes()),
            functions.workspace_error(workspace));
    values[state.name.c_str()] = array;
  }
  return values;
}

void Model::setStates(nb::dict values) {
  Turn turn(*this);
  size_t found = 0;
  std::vector<View> kept(description.states.size());
  std::vector<const void *> places(description.states.size());
  int64_t rows = -1;
  bool all = true;
  for (size_t i = 0; i < description.states.size(); ++i) {
    const Port &state = description.states[i];
    if (!state.isRead || !values.contains(state.name.c_str())) {
      all &= !state.isRead;
      continue;
    }
    ++found;
    nb::object value = values[state.name.c_str()];
    nb::ndarray<nb::ro> view;
    if (rows < 0 && nb::try_cast(value, view) && view.ndim() > 0)
      rows = static_cast<int64_t>(view.shape(0));
    std::vector<int64_t> shape = state.shape;
    shape.insert(shape.begin(), rows < 0 ? 1 : rows);
    places[i] = denseValues(value, state.name, shape, state.type, /*isWritten=*/false, kept[i]);
  }
  if (found != values.size())
    throwTypeError("expected the states " + namesOf(description.states, true) +
                   ", found others: " + nb::cast<std::string>(nb::str(nb::list(values.keys()))));
  if (rows > capacity && all)
    hasBegun = false; // nothing of what there is goes on
  openWorkspace(std::max<int64_t>(rows, 1));
  for (size_t i = 0; i < places.size(); ++i)
    if (places[i])
      check(functions.state_set(workspace, static_cast<int>(i), rows, places[i], kept[i].nbytes()),
            functions.workspace_error(workspace));
  if (found) {
    hasBegun = true;
    lastRows = rows;
  }
}

std::string Model::describe() const {
  auto line = [](const Port &port, const std::string &shape) {
    std::string text = "  " + port.name;
    text.resize(std::max<size_t>(text.size() + 1, 20), ' ');
    return text + nameOf(port.type) + "  " + shape + "\n";
  };
  std::string text = "inputs\n";
  for (const Port &port : description.run.inputs)
    if (port.isRead)
      text += line(port, port.describe(false));
  if (description.hasLengths) {
    Port lengths;
    lengths.name = "lengths";
    lengths.type = ElementType::I32;
    text += line(lengths, "[rows], each row's number of steps, which the model looks at");
  }
  bool first = true;
  for (const Port &port : description.grad.inputs)
    for (const Port &known : description.run.inputs)
      if (port.isRead && port.name == known.name && !known.isRead) {
        text += first ? "\ninputs of grad alone\n" : "";
        first = false;
        text += line(port, port.describe(false));
      }
  text += "\noutputs\n";
  for (const Port &port : description.run.outputs)
    text += line(port, port.describe(false));
  text += description.states.empty() ? "" : "\nstates\n";
  for (const Port &state : description.states)
    if (state.isRead)
      text += line(state, state.describe(false));
  text += "\nparameters\n";
  for (const Parameter &parameter : description.parameters) {
    Port port;
    port.name = parameter.path;
    port.type = description.element;
    std::string kind = parameter.isBuffer ? ", a buffer, without a gradient" : parameter.frozen ? ", frozen" : "";
    text += line(port, describeShape(parameter.shape) + kind);
  }
  return text;
}
