// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of states in files.
#include "runtime/StateTensor.h"

using namespace rondo;

static constexpr char prefix[] = "state.";
static constexpr size_t prefixSize = sizeof prefix - 1;

Text rondo::stateName(const State &state) { return Text::format("%s%s", prefix, state.name.c_str()); }

bool rondo::isStateTensor(const NamedTensor &tensor) { return strncmp(tensor.name.c_str(), prefix, prefixSize) == 0; }

const State *rondo::stateOf(const NamedTensor &tensor, const Model &model, int64_t rows, Type element, Error &error) {
  const char *name = tensor.name.c_str();
  const State *state = isStateTensor(tensor) ? model.state(Text(name + prefixSize)) : nullptr;
  if (!state) {
    error.fail("'%s' is no state of the model", quoted(name, tensor.name.size()).c_str());
    return nullptr;
  }
  const Buffer &value = tensor.value;
  Shape shape = state->shape.within(rows);
  if (!isReal(value.type) || value.shape != shape) {
    error.fail("'%s' is %s %s, expected F32 or F64 %s", name, fileNameOf(value.type), value.shape.str().c_str(),
               shape.str().c_str());
    return nullptr;
  }
  if (int64_t i = firstNotFinite(value, element); i >= 0) {
    error.fail("'%s' holds a value that is not finite in %s (element %lld)", name, nameOf(element),
               static_cast<long long>(i));
    return nullptr;
  }
  return state;
}
