// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The parameters of a model.

#include "Model.h"
#include "Numbers.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

size_t Model::parameterNumber(const std::string &path) const {
  for (size_t i = 0; i < description.parameters.size(); ++i)
    if (description.parameters[i].path == path)
      return i;
  std::string names;
  for (const Parameter &parameter : description.parameters)
    names += (names.empty() ? "'" : ", '") + parameter.path + "'";
  throw nb::key_error(
      ("expected one of the parameters " + (names.empty() ? "(none)" : names) + ", found '" + path + "'").c_str());
}

nb::list Model::parameterPaths() const {
  nb::list paths;
  for (const Parameter &parameter : description.parameters)
    paths.append(parameter.path);
  return paths;
}

nb::set Model::frozenPaths() const {
  nb::set paths;
  for (const Parameter &parameter : description.parameters)
    if (parameter.frozen)
      paths.add(nb::str(parameter.path.c_str()));
  return paths;
}

void Model::checkValues() const {
  if (!hasValues)
    throw Failure("the weights have no values yet: init(), load_weights() or load_state_dict() gives them some");
}

nb::object Model::parameter(nb::object self, const std::string &path) {
  const Parameter &parameter = description.parameters[parameterNumber(path)];
  const void *values = nullptr;
  check(functions.parameter_view(weights, path.c_str(), &values), functions.weights_error(weights));
  checkValues();
  std::vector<size_t> shape(parameter.shape.begin(), parameter.shape.end());
  nb::dlpack::dtype type = description.element == ElementType::F64 ? nb::dtype<double>() : nb::dtype<float>();
  return nb::cast(
      nb::ndarray<nb::numpy, nb::ro>(const_cast<void *>(values), shape.size(), shape.data(), self, nullptr, type),
      nb::rv_policy::reference);
}

void Model::setParameters(nb::dict values) {
  Turn turn(*this);
  size_t count = description.parameters.size();
  std::vector<const void *> places(count);
  std::vector<View> kept(count);
  for (auto [key, value] : values) {
    size_t i = parameterNumber(nb::cast<std::string>(nb::str(key)));
    const Parameter &parameter = description.parameters[i];
    places[i] = denseValues(value, parameter.path, parameter.shape, description.element, /*isWritten=*/false, kept[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    const std::string &path = description.parameters[i].path;
    if (places[i])
      continue;
    if (!hasValues)
      throw nb::key_error(("expected the parameter '" + path + "', found none").c_str());
    check(functions.parameter_view(weights, path.c_str(), &places[i]), functions.weights_error(weights));
  }
  check(functions.parameters_set(weights, places.data()), functions.weights_error(weights));
  hasValues = true;
}

void Model::init(nb::handle seed) {
  Turn turn(*this);
  auto number = static_cast<uint64_t>(integerOf(seed, "init(): seed", 0));
  check(functions.init(weights, number), functions.weights_error(weights));
  hasValues = true;
}

void Model::loadBytes(nb::bytes bytes, const std::string &layout) {
  Turn turn(*this);
  int code = functions.load_layout(weights, bytes.data(), bytes.size(), layout.c_str());
  if (code == RONDO_MEMORY)
    loadWithMore(bytes, layout);
  else
    check(code, functions.weights_error(weights));
  hasValues = true;
}

/// Of files whose arrays have to be unpacked: weights with more memory take them, and give them on.
void Model::loadWithMore(nb::bytes bytes, const std::string &layout) {
  constexpr size_t most = size_t(1) << 40;
  int code = RONDO_MEMORY;
  for (size_t more = (size_t(1) << 24) + 4 * bytes.size(); code == RONDO_MEMORY && more < most; more *= 8) {
    size_t size = functions.weights_bytes() + more;
    Memory memory(size, "the weight file");
    rondo_model_weights *larger = nullptr;
    check(functions.weights_open(memory.data, size, &larger), "the weight file cannot be opened");
    code = functions.load_layout(larger, bytes.data(), bytes.size(), layout.c_str());
    if (code == RONDO_MEMORY)
      continue;
    check(code, functions.weights_error(larger));
    std::string own = bytesOf(larger);
    check(functions.load_layout(weights, own.data(), own.size(), "own"), functions.weights_error(weights));
  }
  check(code, "");
}

std::string Model::bytesOf(rondo_model_weights *of) const {
  size_t size = 0;
  check(functions.save_bytes(of, &size), functions.weights_error(of));
  std::string bytes(size, '\0');
  check(functions.save(of, bytes.data(), size), functions.weights_error(of));
  return bytes;
}

nb::bytes Model::saveBytes() {
  Turn turn(*this);
  std::string bytes = bytesOf(weights);
  return nb::bytes(bytes.data(), bytes.size());
}
