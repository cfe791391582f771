// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What another model's weights have for this one: an instance that models of one file share has the same paths in both.
#include "runtime/SharedWeights.h"

#include "runtime/Npz.h"

#include <cstdio>

using namespace rondo;

/// An alphabet says what the rows of a shared table are.
static bool shareAlphabets(const WeightsInfo &theirs, WeightsInfo &info, Error &error) {
  if (!theirs.hasAlphabet)
    return true;
  if (!info.hasAlphabet) {
    info.alphabet = theirs.alphabet;
    info.sourceAlphabet = theirs.sourceAlphabet;
    info.hasAlphabet = true;
    return true;
  }
  return (info.alphabet.hex() == theirs.alphabet.hex() && info.sourceAlphabet.hex() == theirs.sourceAlphabet.hex()) ||
         error.fail("the alphabet is another one than that of the weights to start from");
}

static bool check(const Parameter &parameter, const Buffer &found, Type type, Error &error) {
  const char *name = parameter.path.c_str();
  if (!isReal(found.type))
    return error.fail("'%s' is %s, expected F32 or F64", name, fileNameOf(found.type));
  if (found.shape != parameter.shape)
    return error.fail("'%s' has the shape %s, expected %s", name, found.shape.str().c_str(),
                      parameter.shape.str().c_str());
  if (int64_t i = firstNotFinite(found, type); i >= 0)
    return error.fail("'%s' holds a value that is not finite in %s (element %lld)", name, nameOf(type),
                      static_cast<long long>(i));
  return true;
}

static bool take(const TensorFile &file, Parameters &parameters, Type type, WeightsInfo &info, Text &others,
                 size_t &taken, Error &error) {
  const Model &model = parameters.model;
  WeightsInfo theirs;
  if (!readWeightsInfo(file, theirs, error) || !shareAlphabets(theirs, info, error))
    return false;
  for (const Parameter &parameter : model.parameters) {
    const Buffer *found = file.find(parameter.path);
    if (found && !check(parameter, *found, type, error))
      return false;
    if (found)
      ++taken;
    else
      others.appendFormat("%s%s", others.empty() ? "" : ", ", parameter.path.c_str());
  }
  if (!taken)
    return error.fail("none of its tensors is a parameter of the model '%s'", model.name.c_str());
  for (const Parameter &parameter : model.parameters)
    if (const Buffer *found = file.find(parameter.path))
      convertReals(*found, parameters.values(parameter, type));
  return true;
}

bool rondo::takeShared(const char *path, Parameters &parameters, Type type, WeightsInfo &info, Error &error) {
  TensorArchive archive;
  Text others;
  size_t taken = 0;
  if (!archive.read(path, error) ||
      !(take(archive.file, parameters, type, info, others, taken, error) || error.inContext(path)))
    return false;
  printf("%s: %zu of %zu parameters%s%s\n", path, taken, parameters.model.parameters.size(),
         others.empty() ? "" : "; it does not have ", others.c_str());
  return true;
}
