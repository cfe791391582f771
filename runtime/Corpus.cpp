// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data files.
#include "runtime/Corpus.h"

#include "runtime/Feed.h"

using namespace rondo;

bool rondo::dataIsText(const Model &model, bool &isText, Error &error) {
  if (!model.hasTrain)
    return error.fail("the model '%s' has no train block that says how a file becomes sequences", model.name.c_str());
  isText = model.train.readsText();
  return !isText || checkTextModel(model, error);
}

bool Corpus::load(const char *path, const Model &model, Error &error) {
  return dataIsText(model, isText, error) && (isText ? bytes.read(path, error) : arrays.read(path, model, error));
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
  return checkArraysLength(score, model, arrays, size() - first, error);
}

bool Corpus::evaluate(Call &score, const Model &model, int64_t first, Evaluation &result, Error &error) const {
  if (isText)
    return evaluateText(score, model, tokens.data() + first, size() - first, result, error);
  return evaluateArrays(score, model, arrays, first, size() - first, result, error);
}
