// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The weights of a library.
#include "runtime/Library.h"
#include "runtime/Processor.h"

using namespace rondo;

/// Takes, in a trial, the memory that weights of the model's own need to be saved and loaded, with metadata.
static bool tryFile(rondo_model_weights &weights, Error &error) {
  WeightsFile file(weights.parameters, weights.model.element, weights.info);
  return tryFileBytes(tensorFileHeader(file.tensors, file.metadata), file.tensors, error);
}

int rondo_model_weights::open(void *memory, size_t bytes, bool isTrial, rondo_model_weights *&opened, size_t &needed) {
  if (int code = checkMemory<rondo_model_weights>(memory, bytes))
    return code;
  constexpr size_t offset = heapOffset<rondo_model_weights>();
  auto *weights = new (memory) rondo_model_weights(static_cast<char *>(memory) + offset, bytes - offset, isTrial);
  int code = guard(weights, [&](Error &error) -> int {
    Model &model = weights->model;
    if (!model.read(rondo_library_program, error))
      return RONDO_INTERNAL;
    if (!isTrial && !checkProcessor(model, error))
      return RONDO_PROCESSOR;
    if (hasEmbeddedWeights()) {
      weights->isLoaded = true;
      return useEmbeddedWeights(weights->parameters, weights->info, error) ? RONDO_OK : RONDO_MEMORY;
    }
    if (!weights->parameters.allocate(model.element, error))
      return RONDO_MEMORY;
    for (const Entry &entry : model.entries)
      if (!weights->parameters.prepare(entry, error))
        return RONDO_MEMORY;
    if (!weights->isSet.resize(model.parameters.size(), error))
      return RONDO_MEMORY;
    return !isTrial || tryFile(*weights, error) ? RONDO_OK : RONDO_INTERNAL;
  });
  if (code == RONDO_OK)
    opened = weights;
  needed = offset + weights->heap.bytesNeeded();
  return code;
}

void rondo_model_weights::changed() {
  isLoaded = true;
  for (bool &set : isSet)
    set = true;
  parameters.pack(nullptr);
}

extern "C" size_t rondo_model_weights_bytes(void) {
  return measure([](void *memory, size_t bytes, size_t &needed) {
    rondo_model_weights *weights = nullptr;
    return rondo_model_weights::open(memory, bytes, /*isTrial=*/true, weights, needed);
  });
}

extern "C" int rondo_model_weights_open(void *memory, size_t bytes, rondo_model_weights **weights) {
  size_t needed;
  return weights ? rondo_model_weights::open(memory, bytes, /*isTrial=*/false, *weights, needed) : RONDO_NULL;
}

extern "C" int rondo_model_load(rondo_model_weights *weights, const void *data, size_t bytes) {
  return rondo_model_load_layout(weights, data, bytes, "own");
}

extern "C" int rondo_model_load_layout(rondo_model_weights *weights, const void *data, size_t bytes,
                                       const char *layoutName) {
  auto load = [&](Error &error) -> int {
    if (!data)
      return error.fail("expected the bytes of a weight file, found a null pointer"), RONDO_NULL;
    Layout layout;
    if (!parseLayout(layoutName, "layout", layout, error))
      return RONDO_ARGUMENT;
    WeightsInfo info;
    if (!loadWeights(data, bytes, layout, weights->parameters, weights->model.element, info, error))
      return RONDO_WEIGHTS;
    weights->info = info;
    weights->stepsBefore = 0;
    weights->changed();
    return RONDO_OK;
  };
  return guardOwn(weights, load, /*keepsNothing=*/true);
}

extern "C" int rondo_model_init(rondo_model_weights *weights, uint64_t seed) {
  return guardOwn(weights, [&](Error &error) -> int {
    if (!initializeWeights(weights->parameters, weights->model.element, seed, error))
      return RONDO_ABSENT;
    weights->info = WeightsInfo();
    weights->stepsBefore = 0;
    weights->changed();
    return RONDO_OK;
  });
}

extern "C" int rondo_model_parameter_get(rondo_model_weights *weights, const char *path, void *values, size_t bytes) {
  return guardOwn(weights, [&](Error &error) -> int {
    int code;
    const Parameter *parameter = findParameter(weights->model, path, values, bytes, code, error);
    if (!parameter)
      return code;
    if (!weights->isSet[static_cast<size_t>(parameter - weights->model.parameters.begin())])
      return error.fail("the parameter '%s' has no values yet", path), RONDO_ORDER;
    memcpy(values, weights->parameters.valuesToRead(*parameter, weights->model.element).data, bytes);
    return RONDO_OK;
  });
}

extern "C" int rondo_model_parameter_set(rondo_model_weights *weights, const char *path, const void *values,
                                         size_t bytes) {
  return guardOwn(weights, [&](Error &error) -> int {
    int code;
    const Parameter *parameter = findParameter(weights->model, path, values, bytes, code, error);
    if (!parameter)
      return code;
    Buffer given{const_cast<void *>(values), weights->model.element, parameter->shape};
    if (int64_t i = firstNotFinite(given); i >= 0)
      return error.fail("the value %lld of the parameter '%s' is not finite", static_cast<long long>(i), path),
             RONDO_VALUE;
    convertReals(given, weights->parameters.values(*parameter, weights->model.element));
    weights->isSet[static_cast<size_t>(parameter - weights->model.parameters.begin())] = true;
    bool all = true;
    for (bool set : weights->isSet)
      all &= set;
    if (all)
      weights->changed();
    return RONDO_OK;
  });
}

extern "C" int rondo_model_parameter_view(rondo_model_weights *weights, const char *path, const void **values) {
  return guardOwn(weights, [&](Error &error) -> int {
    if (!path || !values)
      return error.fail("expected %s, found a null pointer", path ? "a place for the address" : "a parameter's path"),
             RONDO_NULL;
    for (const Parameter &parameter : weights->model.parameters)
      if (parameter.path == path) {
        *values = weights->parameters.valuesToRead(parameter, weights->model.element).data;
        return RONDO_OK;
      }
    return error.fail("the model has no parameter '%s'", quoted(path, strlen(path)).c_str()), RONDO_ARGUMENT;
  });
}

extern "C" int rondo_model_parameters_set(rondo_model_weights *weights, const void *const *values) {
  return guardOwn(weights, [&](Error &error) -> int {
    const List<Parameter> &all = weights->model.parameters;
    if (!values)
      return error.fail("expected the values of the parameters, found a null pointer"), RONDO_NULL;
    auto given = [&](size_t i) { return Buffer{const_cast<void *>(values[i]), weights->model.element, all[i].shape}; };
    for (size_t i = 0; i < all.size(); ++i) {
      const char *path = all[i].path.c_str();
      if (!values[i])
        return error.fail("expected the values of the parameter '%s', found a null pointer", path), RONDO_NULL;
      if (int64_t found = firstNotFinite(given(i)); found >= 0)
        return error.fail("the value %lld of the parameter '%s' is not finite", static_cast<long long>(found), path),
               RONDO_VALUE;
    }
    for (size_t i = 0; i < all.size(); ++i)
      convertReals(given(i), weights->parameters.values(all[i], weights->model.element));
    weights->changed();
    return RONDO_OK;
  });
}

/// What a file of the weights would hold, given to `use` with its header; an error if there are none.
template <typename Use> static int withFile(rondo_model_weights *weights, Use use) {
  return guardOwn(weights, [&](Error &error) -> int {
    if (!weights->isLoaded)
      return error.fail("the weights have no values yet"), RONDO_ORDER;
    WeightsFile file(weights->parameters, weights->model.element, weights->info);
    Text header = tensorFileHeader(file.tensors, file.metadata);
    return use(file, header, error);
  });
}

extern "C" int rondo_model_save_bytes(rondo_model_weights *weights, size_t *bytes) {
  return withFile(weights, [&](const WeightsFile &file, const Text &header, Error &error) -> int {
    if (!bytes)
      return error.fail("expected a place for the size, found a null pointer"), RONDO_NULL;
    *bytes = fileBytes(header, file.tensors);
    return RONDO_OK;
  });
}

extern "C" int rondo_model_save(rondo_model_weights *weights, void *data, size_t bytes) {
  return withFile(weights, [&](const WeightsFile &file, const Text &header, Error &error) -> int {
    return file.checkFinite(error) ? writeFileBytes(header, file.tensors, data, bytes, error) : RONDO_VALUE;
  });
}

extern "C" const char *rondo_model_weights_error(const rondo_model_weights *weights) {
  return weights ? weights->last.message() : "";
}
