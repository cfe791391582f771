// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The parameters of a model.

#include "Model.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

size_t Model::parameterNumber(const std::string &path) const {
  for (size_t i = 0; i < description.parameters.size(); ++i)
    if (description.parameters[i].path == path)
      return i;
  throw nb::key_error(("the model has no parameter '" + path + "'").c_str());
}

nb::list Model::parameterPaths() const {
  nb::list paths;
  for (const Parameter &parameter : description.parameters)
    paths.append(parameter.path);
  return paths;
}

nb::object Model::parameter(nb::object self, const std::string &path) {
  const Parameter &parameter = description.parameters[parameterNumber(path)];
  const void *values = nullptr;
  check(functions.parameter_view(weights, path.c_str(), &values), functions.weights_error(weights));
  if (!hasValues)
    throw Failure("the weights have no values yet: init(), load_weights() or load_state_dict() gives them some");
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
  std::vector<nb::ndarray<>> kept(count);
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

void Model::init(uint64_t seed) {
  Turn turn(*this);
  check(functions.init(weights, seed), functions.weights_error(weights));
  hasValues = true;
}

void Model::loadBytes(nb::bytes bytes, const std::string &layout) {
  Turn turn(*this);
  check(functions.load_layout(weights, bytes.data(), bytes.size(), layout.c_str()), functions.weights_error(weights));
  hasValues = true;
}

nb::bytes Model::saveBytes() {
  Turn turn(*this);
  size_t size = 0;
  check(functions.save_bytes(weights, &size), functions.weights_error(weights));
  std::string bytes(size, '\0');
  check(functions.save(weights, bytes.data(), size), functions.weights_error(weights));
  return nb::bytes(bytes.data(), size);
}
