// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// convert: weights from one layout to another.
#include "runtime/Commands.h"
#include "runtime/LayoutWeights.h"
#include "runtime/Npz.h"
#include "runtime/Weights.h"

#include <cstdio>

using namespace rondo;

static bool endsIn(const char *path, const char *ending) {
  size_t size = strlen(path), length = strlen(ending);
  return size > length && strcmp(path + size - length, ending) == 0;
}

int rondo::runConvert(const Model &model, const Arguments &options, Team &, Error &error) {
  const char *out = options.text("--out");
  Layout layout, to;
  if (!parseLayout(options.text("--layout"), "--layout", layout, error) ||
      !parseLayout(options.text("--to"), "--to", to, error, /*mayBeAuto=*/false))
    return 1;
  if (!endsIn(out, ".safetensors") && !endsIn(out, ".npz")) {
    error.fail("--out: expected a name that ends with .safetensors or .npz, found '%s'",
               quoted(out, strlen(out)).c_str());
    return 1;
  }
  if (!options.has("--weights")) {
    error.fail(hasEmbeddedWeights()
                   ? "--weights is missing: those that are a part of the program are packed for its code"
                   : "--weights is missing: the model has no parameters, so that it has no weights to convert");
    return 1;
  }
  Parameters parameters(model);
  LayoutNames names;
  WeightsInfo info;
  info.names = &names;
  if (!checkReplaceable(out, error) || !options.distinct("--out", "--weights", error) ||
      !loadWeights(options.text("--weights"), layout, parameters, model.element, info, error))
    return 1;
  WeightsFile file(parameters, model.element, info);
  ForeignWeights foreign;
  if (to != Layout::Own && !foreign.make(parameters, model.element, to, info, error))
    return 1;
  const List<NamedTensor> &tensors = to == Layout::Own ? file.tensors : foreign.tensors;
  if (!(endsIn(out, ".npz") ? writeNpzFile(out, tensors, error) : writeTensorFile(out, tensors, file.metadata, error)))
    return 1;
  printf("%s: %zu tensors in layout '%s'\n", out, tensors.size(), nameOf(to));
  return 0;
}
