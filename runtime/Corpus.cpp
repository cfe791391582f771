// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data files.
#include "runtime/Corpus.h"

#include "runtime/Feed.h"

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
  if (isText)
    return bytes.read(path, error);
  if (model.train.data == DataKind::Arrays)
    return arrays.read(path, model, error);
  return frames.read(path, error) && viewFrames(frames, path, model, frames.find("offsets") ? "" : part, error);
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
    if (!model.input(name) && !model.target(name) && name != "offsets")
      printf("note: '%s' is no input or target of the model, and is not read\n",
             quoted(tensor.name.c_str(), tensor.name.size()).c_str());
  }
  return true;
}

void Corpus::markBytes(bool (&occurs)[256]) const {
  for (size_t i = 0; i < bytes.size(); ++i)
    occurs[bytes.data()[i]] = true;
}

bool Corpus::encode(const char *path, const Model &model, const Alphabet &alphabet, Error &error) {
  if (!isText)
    return true;
  if (!checkVocabulary(alphabet, model.inputs[0].vocab, error))
    return false;
  if (!alphabet.encode(bytes.data(), bytes.size(), tokens, error))
    return error.inContext(path);
  bytes.clear();
  return true;
}

bool Corpus::checkEvaluable(const Call &score, const Model &model, int64_t first, Error &error) const {
  if (isText)
    return checkTextLength(score, model, size() - first, error);
  return checkArraysLength(score, model, arrays, first, size() - first, error);
}

bool Corpus::evaluate(Call &score, const Model &model, int64_t first, Evaluation &result, Error &error) const {
  if (isText)
    return evaluateText(score, model, tokens.data() + first, size() - first, result, error);
  return evaluateArrays(score, model, arrays, first, size() - first, result, error);
}
