// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weight files.
#include "runtime/Weights.h"

#include <cmath>

using namespace rondo;

static Text display(const Text &name) { return quoted(name.c_str(), name.size()); }

static bool readInfo(const TensorFile &file, WeightsInfo &info, Error &error) {
  if (const Text *steps = file.findText("rondo.steps"))
    info.steps = strtoll(steps->c_str(), nullptr, 10);
  if (const Text *alphabet = file.findText("rondo.alphabet")) {
    info.hasAlphabet = true;
    return info.alphabet.parse(*alphabet, error);
  }
  return true;
}

bool rondo::loadWeights(const char *path, Workspace &workspace, Type type, WeightsInfo &info, Error &error) {
  const Model &model = workspace.model;
  TensorFile file;
  if (!file.read(path, error))
    return false;
  if (!readInfo(file, info, error))
    return error.inContext(path);
  for (const Parameter &parameter : model.parameters) {
    const Buffer *found = file.find(parameter.path);
    const char *name = parameter.path.c_str();
    if (!found)
      return error.fail("%s: no tensor '%s', which the model '%s' needs", path, name, model.name.c_str());
    if (!isReal(found->type))
      return error.fail("%s: '%s' is %s, expected F32 or F64", path, name, nameOf(found->type, true));
    if (found->shape != parameter.shape)
      return error.fail("%s: '%s' has the shape %s, expected %s", path, name, found->shape.str().c_str(),
                        parameter.shape.str().c_str());
    Buffer buffer = workspace.shared(Role::Parameter, parameter, type);
    convertReals(*found, buffer);
    for (int64_t i = 0, n = buffer.count(); i < n; ++i)
      if (!std::isfinite(buffer.get(i)))
        return error.fail("%s: '%s' holds a value that is not finite in %s (element %lld)", path, name, nameOf(type),
                          static_cast<long long>(i));
  }
  for (const NamedTensor &tensor : file.tensors)
    if (!model.parameter(tensor.name))
      return error.fail("%s: '%s' is no parameter of the model '%s'", path, display(tensor.name).c_str(),
                        model.name.c_str());
  return true;
}

bool rondo::saveWeights(const char *path, Workspace &workspace, Type type, const WeightsInfo &info, Error &error) {
  List<NamedTensor> tensors;
  for (const Parameter &parameter : workspace.model.parameters)
    tensors.add({parameter.path, workspace.shared(Role::Parameter, parameter, type)});
  List<NamedText> metadata;
  metadata.add({"rondo.model", workspace.model.name});
  metadata.add({"rondo.steps", Text::format("%lld", static_cast<long long>(info.steps))});
  if (info.hasAlphabet)
    metadata.add({"rondo.alphabet", info.alphabet.hex()});
  return writeTensorFile(path, tensors, metadata, error);
}
