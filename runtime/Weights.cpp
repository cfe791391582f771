// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weight files.
#include "runtime/Weights.h"

#include "runtime/LayoutWeights.h"
#include "runtime/LibraryImage.h"
#include "runtime/Npz.h"

using namespace rondo;

static ShortText<1024> display(const Text &name) { return quoted(name.c_str(), name.size()); }

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

/// The names in the metadata of what the tensors of each foreign layout are called.
static constexpr const char *namesKeys[foreignLayouts] = {"rondo.torch", "rondo.keras", "rondo.onnx"};

bool rondo::readWeightsInfo(const TensorFile &file, WeightsInfo &info, Error &error) {
  for (int i = 0; i < foreignLayouts && info.names; ++i)
    if (const Text *names = file.findText(namesKeys[i])) {
      info.names->of[i] = Text();
      if (!info.names->of[i].append(names->c_str(), names->size(), error))
        return false;
    }
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

bool rondo::isOfCheckpoint(const Text &name) { return strncmp(name.c_str(), "checkpoint/", 11) == 0; }

bool NamePrefix::isBefore(const Text &path, const Text &name) const {
  return name.size() == size + path.size() && memcmp(name.c_str(), text, size) == 0 &&
         memcmp(name.c_str() + size, path.c_str(), path.size()) == 0;
}

const Buffer *NamePrefix::find(const TensorFile &file, const Text &path) const {
  for (const NamedTensor &tensor : file.tensors)
    if (isBefore(path, tensor.name))
      return &tensor.value;
  return nullptr;
}

NamePrefix rondo::commonPrefix(const TensorFile &file, const Model &model) {
  if (model.parameters.empty() || file.find(model.parameters[0].path))
    return {};
  const Text &first = model.parameters[0].path;
  for (const NamedTensor &tensor : file.tensors) {
    if (tensor.name.size() <= first.size())
      continue;
    NamePrefix prefix{tensor.name.c_str(), tensor.name.size() - first.size()};
    if (prefix.text[prefix.size - 1] != '.' || !prefix.isBefore(first, tensor.name))
      continue;
    bool hasAll = true;
    for (size_t i = 1; i < model.parameters.size() && hasAll; ++i)
      hasAll = prefix.find(file, model.parameters[i].path) != nullptr;
    if (hasAll)
      return prefix;
  }
  return {};
}

/// Whether the tensors are the parameters, and no others, as values of that type.
static bool checkWeights(const TensorFile &file, const NamePrefix &prefix, const Model &model, Type type,
                         Error &error) {
  for (const Parameter &parameter : model.parameters) {
    const Buffer *found = prefix.find(file, parameter.path);
    const char *name = parameter.path.c_str();
    if (!found) {
      const char *layout = otherLayoutOfNames(file, model, Layout::Own);
      return error.fail("no tensor '%s', which the model '%s' needs%s%s%s", name, model.name.c_str(),
                        layout ? ": expected layout 'own', found names of layout '" : "", layout ? layout : "",
                        layout ? "', name it by --layout, layout= or PREFIX_load_layout" : "");
    }
    if (!isReal(found->type))
      return error.fail("'%s' is %s, expected F32 or F64", name, fileNameOf(found->type));
    if (found->shape != parameter.shape)
      return error.fail("'%s' has the shape %s, expected %s", name, found->shape.str().c_str(),
                        parameter.shape.str().c_str());
    if (int64_t i = firstNotFinite(*found, type); i >= 0)
      return error.fail("'%s' holds a value that is not finite in %s (element %lld)", name, nameOf(type),
                        static_cast<long long>(i));
  }
  bool isCheckpoint = file.findText("rondo.checkpoint") != nullptr;
  auto isParameter = [&](const Text &name) {
    for (const Parameter &parameter : model.parameters)
      if (prefix.isBefore(parameter.path, name))
        return true;
    return false;
  };
  for (const NamedTensor &tensor : file.tensors)
    if (!isParameter(tensor.name) && !(isCheckpoint && isOfCheckpoint(tensor.name)))
      return error.fail("'%s' is no parameter of the model '%s'", display(tensor.name).c_str(), model.name.c_str());
  return true;
}

bool rondo::takeWeights(const TensorFile &file, Parameters &parameters, Type type, WeightsInfo &info, Error &error) {
  NamePrefix prefix = commonPrefix(file, parameters.model);
  if (!readWeightsInfo(file, info, error) || !checkWeights(file, prefix, parameters.model, type, error) ||
      !parameters.allocate(type, error))
    return false;
  for (const Parameter &parameter : parameters.model.parameters)
    convertReals(*prefix.find(file, parameter.path), parameters.values(parameter, type));
  return true;
}

bool rondo::hasEmbeddedWeights() { return rondo_library_image.data != nullptr; }

bool rondo::useEmbeddedWeights(Parameters &parameters, WeightsInfo &info, Error &error) {
  const auto &header = *static_cast<const rondo_image_header *>(rondo_library_image.data);
  info.alphabet.assign(header.symbols[0], header.counts[0]);
  info.sourceAlphabet.assign(header.symbols[1], header.counts[1]);
  info.hasAlphabet = info.alphabet.count > 0;
  return parameters.useImage(static_cast<const char *>(rondo_library_image.data) + rondo_image_offset, error);
}

const char *rondo::nameOfWeights(const char *path) { return path ? path : "the embedded weight file"; }

/// Takes the parameters of a file in any layout.
static bool takeAny(const TensorFile &file, Layout layout, Parameters &parameters, Type type, WeightsInfo &info,
                    Error &error) {
  if (layout == Layout::Auto && !detectLayout(file, parameters.model, layout, error))
    return false;
  if (layout == Layout::Own)
    return takeWeights(file, parameters, type, info, error);
  return readWeightsInfo(file, info, error) && takeForeign(file, layout, parameters, type, info, error);
}

bool rondo::loadWeights(const char *path, Layout layout, Parameters &parameters, Type type, WeightsInfo &info,
                        Error &error) {
  if (!path && layout != Layout::Own)
    return error.fail("--layout: expected --weights with it: those that are a part of the program have none");
  if (!path && !hasEmbeddedWeights()) // of a model without parameters
    return takeWeights(TensorFile(), parameters, type, info, error);
  if (!path)
    return useEmbeddedWeights(parameters, info, error);
  TensorArchive archive;
  return archive.read(path, error) &&
         (takeAny(archive.file, layout, parameters, type, info, error) || error.inContext(path));
}

bool rondo::readWeights(const TensorFile &file, const char *path, Parameters &parameters, Type type, WeightsInfo &info,
                        Error &error) {
  return takeWeights(file, parameters, type, info, error) || error.inContext(path);
}

bool rondo::loadWeights(const void *bytes, size_t size, Layout layout, Parameters &parameters, Type type,
                        WeightsInfo &info, Error &error) {
  TensorArchive archive;
  return archive.parse(static_cast<const uint8_t *>(bytes), size, error) &&
         takeAny(archive.file, layout, parameters, type, info, error);
}

WeightsFile::WeightsFile(const Parameters &parameters, Type type, const WeightsInfo &info) {
  for (const Parameter &parameter : parameters.model.parameters)
    tensors.add({parameter.path, parameters.valuesToRead(parameter, type)});
  metadata.add({"rondo.model", parameters.model.name});
  metadata.add({"rondo.steps", Text::format("%lld", static_cast<long long>(info.steps))});
  if (info.hasAlphabet)
    metadata.add({"rondo.alphabet", info.alphabet.hex()});
  if (info.sourceAlphabet.count)
    metadata.add({"rondo.source_alphabet", info.sourceAlphabet.hex()});
  for (int i = 0; i < foreignLayouts && info.names; ++i)
    if (!info.names->of[i].empty())
      metadata.add({namesKeys[i], info.names->of[i]});
}

bool WeightsFile::checkFinite(Error &error) const {
  for (const NamedTensor &tensor : tensors)
    if (int64_t i = firstNotFinite(tensor.value); i >= 0)
      return error.fail("'%s' holds a value that is not finite (element %lld)", tensor.name.c_str(),
                        static_cast<long long>(i));
  return true;
}

bool rondo::saveWeights(const char *path, Parameters &parameters, Type type, const WeightsInfo &info, Error &error) {
  WeightsFile file(parameters, type, info);
  if (!file.checkFinite(error))
    return error.inContext(
        Text::format("the weights after %lld steps are not written to '%s'", static_cast<long long>(info.steps), path)
            .c_str());
  return writeTensorFile(path, file.tensors, file.metadata, error);
}
