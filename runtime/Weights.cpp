// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weight files.
#include "runtime/Weights.h"

using namespace rondo;

static Text display(const Text &name) { return quoted(name.c_str(), name.size()); }

bool rondo::parseSteps(const Text &text, int64_t &steps) {
  constexpr int64_t maxSteps = INT64_C(1) << 62; // leaves room for the steps to come
  steps = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    int64_t digit = text.c_str()[i] - '0';
    if (digit < 0 || digit > 9 || steps > (maxSteps - digit) / 10)
      return false;
    steps = steps * 10 + digit;
  }
  return !text.empty();
}

static bool readInfo(const TensorFile &file, WeightsInfo &info, Error &error) {
  if (const Text *steps = file.findText("rondo.steps"); steps && !parseSteps(*steps, info.steps))
    return error.fail("expected rondo.steps to be an integer from 0 to 2^62, found '%s'", display(*steps).c_str());
  if (const Text *alphabet = file.findText("rondo.source_alphabet"))
    if (!info.sourceAlphabet.parse(*alphabet, error))
      return false;
  if (const Text *alphabet = file.findText("rondo.alphabet")) {
    info.hasAlphabet = true;
    return info.alphabet.parse(*alphabet, error);
  }
  return true;
}

bool rondo::loadWeights(const char *path, Parameters &parameters, Type type, WeightsInfo &info, Error &error) {
  TensorFile file;
  return file.read(path, error) && readWeights(file, path, parameters, type, info, error);
}

bool rondo::isOfCheckpoint(const Text &name) { return strncmp(name.c_str(), "checkpoint/", 11) == 0; }

bool rondo::readWeights(const TensorFile &file, const char *path, Parameters &parameters, Type type, WeightsInfo &info,
                        Error &error) {
  const Model &model = parameters.model;
  if (!readInfo(file, info, error))
    return error.inContext(path);
  for (const Parameter &parameter : model.parameters) {
    const Buffer *found = file.find(parameter.path);
    const char *name = parameter.path.c_str();
    if (!found)
      return error.fail("%s: no tensor '%s', which the model '%s' needs", path, name, model.name.c_str());
    if (!isReal(found->type))
      return error.fail("%s: '%s' is %s, expected F32 or F64", path, name, fileNameOf(found->type));
    if (found->shape != parameter.shape)
      return error.fail("%s: '%s' has the shape %s, expected %s", path, name, found->shape.str().c_str(),
                        parameter.shape.str().c_str());
    Buffer buffer = parameters.values(parameter, type);
    convertReals(*found, buffer);
    if (int64_t i = firstNotFinite(buffer); i >= 0)
      return error.fail("%s: '%s' holds a value that is not finite in %s (element %lld)", path, name, nameOf(type),
                        static_cast<long long>(i));
  }
  bool isCheckpoint = file.findText("rondo.checkpoint") != nullptr;
  for (const NamedTensor &tensor : file.tensors)
    if (!model.parameter(tensor.name) && !(isCheckpoint && isOfCheckpoint(tensor.name)))
      return error.fail("%s: '%s' is no parameter of the model '%s'", path, display(tensor.name).c_str(),
                        model.name.c_str());
  return true;
}

bool rondo::listWeights(Parameters &parameters, Type type, const WeightsInfo &info, List<NamedTensor> &tensors,
                        List<NamedText> &metadata, Error &error) {
  for (const Parameter &parameter : parameters.model.parameters) {
    Buffer buffer = parameters.values(parameter, type);
    if (int64_t i = firstNotFinite(buffer); i >= 0)
      return error.fail("the weights after %lld steps are not written: '%s' holds a value that is not finite "
                        "(element %lld)",
                        static_cast<long long>(info.steps), parameter.path.c_str(), static_cast<long long>(i));
    tensors.add({parameter.path, buffer});
  }
  metadata.add({"rondo.model", parameters.model.name});
  metadata.add({"rondo.steps", Text::format("%lld", static_cast<long long>(info.steps))});
  if (info.hasAlphabet)
    metadata.add({"rondo.alphabet", info.alphabet.hex()});
  if (info.sourceAlphabet.count)
    metadata.add({"rondo.source_alphabet", info.sourceAlphabet.hex()});
  return true;
}

bool rondo::saveWeights(const char *path, Parameters &parameters, Type type, const WeightsInfo &info, Error &error) {
  List<NamedTensor> tensors;
  List<NamedText> metadata;
  return listWeights(parameters, type, info, tensors, metadata, error) &&
         writeTensorFile(path, tensors, metadata, error);
}
