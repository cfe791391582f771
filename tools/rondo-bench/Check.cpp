// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compares the loaded code with the reference interpreter.

#include "tools/rondo-bench/Check.h"

#include <cmath>

using namespace mlir;
using namespace rondo;

namespace {

/// The place in `buffer` of each element, in row-major order, of its leading part with the shape `part`.
std::vector<int64_t> corner(const Buffer &buffer, ArrayRef<int64_t> part) {
  std::vector<int64_t> places{0};
  for (auto [size, whole] : llvm::zip(part, buffer.shape)) {
    std::vector<int64_t> next;
    next.reserve(places.size() * size);
    for (int64_t place : places)
      for (int64_t i = 0; i < size; ++i)
        next.push_back(place * whole + i);
    places = std::move(next);
  }
  return places;
}

bool isPart(ArrayRef<int64_t> part, const Buffer &buffer) {
  if (part.size() != buffer.shape.size())
    return false;
  for (auto [size, whole] : llvm::zip(part, buffer.shape))
    if (size > whole)
      return false;
  return true;
}

const PortInfo *findPort(const ModelInfo &info, StringRef name) {
  for (const std::vector<PortInfo> *ports : {&info.inputs, &info.targets, &info.outputs})
    for (const PortInfo &port : *ports)
      if (port.name == name)
        return &port;
  return nullptr;
}

/// The axes of an input, a target or a state; none for what has no batch.
AxisSet axesOf(const ModelInfo &info, StringRef role, StringRef name) {
  if (role == "input" || role == "target")
    return findPort(info, name)->axes;
  auto state = llvm::find_if(info.states, [&](const StateInfo &state) { return state.name == name; });
  return role == "state" && state != info.states.end() ? state->axes : noAxes;
}

/// Makes row b of the batch equal to row b mod `rows`.
void repeatRows(Buffer &buffer, unsigned batchDim, int64_t rows) {
  int64_t inner = 1, outer = 1;
  for (size_t d = 0; d < buffer.shape.size(); ++d)
    (d < batchDim ? outer : inner) *= d == batchDim ? 1 : buffer.shape[d];
  int64_t batch = buffer.shape[batchDim], rowBytes = inner * (buffer.bytes / buffer.numElements());
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t b = rows; b < batch; ++b)
      std::memcpy(buffer.data.get() + (o * batch + b) * rowBytes, buffer.data.get() + (o * batch + b % rows) * rowBytes,
                  rowBytes);
}

/// The word for the role and the name among an argument's or a result's attributes.
std::pair<StringRef, StringRef> nameRole(DictionaryAttr attributes) {
  std::optional<NamedRole> role = roleOf(attributes);
  return role ? std::make_pair(role->word(), role->name) : std::pair<StringRef, StringRef>();
}

/// The reference's arguments, taken from the buffers of the loaded code.
std::vector<Tensor> takeArguments(LoadedModel &model, func::FuncOp function) {
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto [role, name] = nameRole(function.getArgAttrDict(i));
    auto shaped = cast<RankedTensorType>(type);
    Tensor tensor = Tensor::zeros(*Tensor::kindOf(shaped.getElementType()), shaped.getShape());
    if (Buffer *buffer = model.find(role, name))
      for (auto [k, place] : llvm::enumerate(corner(*buffer, shaped.getShape())))
        tensor.set(k, buffer->at(place));
    arguments.push_back(std::move(tensor));
  }
  return arguments;
}

} // namespace

double rondo::relativeDifference(const Tensor &expected, const Buffer &found) {
  double scale = 0, difference = 0;
  for (auto [k, place] : llvm::enumerate(corner(found, expected.shape))) {
    double want = expected.at(k), distance = std::abs(want - found.at(place));
    scale = std::max(scale, std::abs(want));
    if (!std::isnan(difference) && !(distance <= difference)) // so that a NaN gets in, and stays
      difference = distance;
  }
  return difference == 0 ? 0 : difference / std::max(scale, 1e-30);
}

void rondo::fillBuffers(LoadedModel &model, const Workload &workload) {
  uint64_t seed = 1;
  model.forEach([&](StringRef role, StringRef name, Buffer &buffer) {
    uint64_t stream = ++seed;
    auto fill = [&](double from, double to) {
      for (int64_t i = 0; i < buffer.numElements(); ++i)
        buffer.set(i, from + (to - from) * counterRandom(17, stream, 0, i));
    };
    if (role == "parameter") {
      for (const ParameterInfo &parameter : model.info.parameters)
        if (parameter.path == name) {
          double spread = 1 / std::sqrt(double(parameter.shape.empty() ? 1 : parameter.shape.back()));
          double center = parameter.init.kind == "constant" ? parameter.init.a : 0;
          fill(center - spread, center + spread);
        }
    } else if (role == "input" || role == "target") {
      const PortInfo *port = findPort(model.info, name);
      if (port && port->token)
        for (int64_t i = 0; i < buffer.numElements(); ++i)
          buffer.set(i, std::floor(port->vocab * counterRandom(17, stream, 0, i)));
      else
        fill(-1, 1);
    } else if (role == "state") {
      fill(-0.5, 0.5);
    } else if (role == "position") {
      for (int64_t i = 0; i < buffer.numElements(); ++i)
        buffer.set(i, workload.past);
    } else if (role == "step") {
      buffer.set(0, 1);
    } else if (role == "rate") {
      buffer.set(0, 0.1);
    }
  });
  model.pack();
}

std::optional<Difference> rondo::checkModel(LoadedModel &model, const Workload &workload, const LoadOptions &options) {
  // Multiplications that the interpreter does in about a second.
  constexpr int64_t budget = 300'000'000;
  int64_t weights = 0;
  for (const ParameterInfo &parameter : model.info.parameters) {
    int64_t count = 1;
    for (int64_t size : parameter.shape)
      count *= size;
    weights += count;
  }
  int64_t length = workload.T, rows = workload.B;
  if (!workload.train && model.info.streamable)
    length = std::min<int64_t>(length, 3);
  while (rows > 1 && (rows * length * weights > budget || (workload.train && (rows > 2 || workload.B % rows != 0))))
    --rows;
  if (workload.train)
    model.forEach([&](StringRef role, StringRef name, Buffer &buffer) {
      if (AxisSet axes = axesOf(model.info, role, name))
        repeatRows(buffer, llvm::popcount(axes) - 1, rows);
    });
  std::unique_ptr<WorkloadModule> reference =
      WorkloadModule::load(workload, options, rows, length, Stage::Differentiated, /*f64=*/true);
  if (!reference)
    return std::nullopt;
  Difference worst;
  std::vector<StringRef> entries{"run"};
  if (workload.train)
    entries = {"train_grad", "update"};
  for (StringRef name : entries) {
    func::FuncOp function = reference->function(name);
    std::vector<Tensor> arguments = takeArguments(model, function);
    model.call(name);
    FailureOr<std::vector<Tensor>> results = interpret(function, arguments);
    if (failed(results))
      return std::nullopt;
    for (auto [i, expected] : llvm::enumerate(*results)) {
      auto [role, result] = nameRole(function.getResultAttrDict(i));
      Buffer *found = model.find(role, result);
      // A state after fewer steps is another one.
      if (!found || (role == "state" && length != workload.T) || !isPart(expected.shape, *found))
        continue;
      double relative = relativeDifference(expected, *found);
      if (!std::isnan(worst.relative) && !(relative <= worst.relative))
        worst = {(role + (result.empty() ? "" : " ") + result).str(), relative};
    }
  }
  model.pack();
  return worst;
}
