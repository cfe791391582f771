// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data files.
#include "runtime/Corpus.h"

#include "runtime/Feed.h"
#include "runtime/Random.h"

#include <cstdio>

using namespace rondo;

bool rondo::dataIsText(const Model &model, bool &isText, Error &error) {
  if (!model.hasTrain)
    return error.fail("the model '%s' has no train block that says how a file becomes sequences", model.name.c_str());
  isText = model.train.readsText();
  return !isText || checkTextModel(model, error);
}

bool Corpus::load(const char *path, const Model &model, const char *part, Error &error) {
  if (!dataIsText(model, isText, error))
    return false;
  isLines = model.train.readsLines();
  if (isText)
    return bytes.read(path, error);
  if (isLines)
    return bytes.read(path, error) && lines.split(path, bytes, model.train.data == DataKind::Pairs ? 2 : 1, error);
  if (model.train.data == DataKind::Arrays)
    return arrays.read(path, model, error);
  return frames.read(path, error) && viewFrames(frames, path, model, frames.find("offsets") ? "" : part, error);
}

Text Corpus::identity() const {
  const FileBytes &content = isText || isLines             ? bytes
                             : frames.content().size() > 0 ? frames.content()
                                                           : arrays.tensors().content();
  uint64_t hash = hashName(reinterpret_cast<const char *>(content.data()), content.size());
  return Text::format("%zu bytes, hash %016llx", content.size(), static_cast<unsigned long long>(hash));
}

bool Corpus::hasPart(const char *part) const { return frames.find(Text::format("%s.offsets", part)) != nullptr; }

bool Corpus::loadPart(const Corpus &whole, const char *path, const Model &model, const char *part, Error &error) {
  isText = false;
  return viewFrames(whole.frames, path, model, part, error);
}

bool Corpus::viewFrames(const TensorFile &from, const char *path, const Model &model, const char *part, Error &error) {
  Text prefix = *part ? Text::format("%s.", part) : Text();
  if (!arrays.viewFrames(from, prefix.c_str(), model, error))
    return error.inContext(path);
  for (const NamedTensor &tensor : from.tensors) {
    if (strncmp(tensor.name.c_str(), prefix.c_str(), prefix.size()) != 0)
      continue;
    Text name(tensor.name.c_str() + prefix.size());
    bool known = model.input(name) || model.target(name) || name == "offsets";
    for (int axis = 0; axis < static_cast<int>(model.axes.size()); ++axis)
      known |= axis != model.windowAxis() && model.axes[static_cast<size_t>(axis)].hasLengths &&
               name == lengthName(model.axes[static_cast<size_t>(axis)]);
    if (!known)
      printf("note: '%s' is no input or target of the model, and is not read\n",
             quoted(tensor.name.c_str(), tensor.name.size()).c_str());
  }
  return true;
}

bool rondo::checkAlphabets(const Model &model, const WeightsInfo &info, const char *weights, Error &error) {
  if ((model.train.readsText() || model.train.readsLines()) && !info.hasAlphabet)
    return error.fail("%s has no alphabet (metadata rondo.alphabet), so it cannot read a text", weights);
  if (model.train.data == DataKind::Pairs && !info.sourceAlphabet.count)
    return error.fail(
        "%s has no alphabet of the first column (metadata rondo.source_alphabet), so it cannot read pairs", weights);
  return true;
}

void Corpus::makeAlphabets(const Corpus &other, WeightsInfo &info) const {
  bool occurs[256] = {}, inSource[256] = {};
  int last = isLines ? lines.columns() - 1 : 0;
  markBytes(last, occurs);
  other.markBytes(last, occurs);
  info.hasAlphabet = true;
  if (!isLines)
    return info.alphabet.assign(occurs);
  info.alphabet.assignLines(occurs);
  if (last == 0)
    return;
  markBytes(0, inSource);
  other.markBytes(0, inSource);
  info.sourceAlphabet.assignLines(inSource);
}

void Corpus::markBytes(int column, bool (&occurs)[256]) const {
  if (isLines)
    return lines.markBytes(column, occurs);
  for (size_t i = 0; i < bytes.size(); ++i)
    occurs[bytes.data()[i]] = true;
}

bool Corpus::encode(const char *path, const Model &model, const WeightsInfo &info, Error &error) {
  if (isLines) {
    if (!lines.encode(model, info, error) || !arrays.view(lines.tensors(), model, error))
      return false;
    bytes.clear();
    return true;
  }
  if (!isText)
    return true;
  const Alphabet &alphabet = info.alphabet;
  if (!checkVocabulary(alphabet, model.inputs[0].vocab, error))
    return false;
  if (!alphabet.encode(bytes.data(), bytes.size(), tokens, error))
    return error.inContext(path);
  bytes.clear();
  return true;
}

bool Corpus::checkEvaluable(const Scorer &scorer, const Model &model, int64_t first, Error &error) const {
  if (isText)
    return checkTextLength(scorer, model, size() - first, error);
  return checkArraysLength(scorer, model, arrays, first, size() - first, error);
}

bool Corpus::evaluate(Scorer &scorer, const Model &model, int64_t first, Evaluation &result, Error &error) const {
  if (isText)
    return evaluateText(scorer, model, tokens.data() + first, size() - first, result, error);
  return evaluateArrays(scorer, model, arrays, first, size() - first, result, error);
}
