// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// States in files: the tensor `state.NAME` has [sequences, axes, features].
#ifndef RONDO_RUNTIME_STATETENSOR_H
#define RONDO_RUNTIME_STATETENSOR_H

#include "runtime/Model.h"
#include "runtime/Safetensors.h"

namespace rondo {

/// The name of the tensor of a state.
Text stateName(const State &state);
/// Whether the tensor is a state by its name.
bool isStateTensor(const NamedTensor &tensor);
/// The state that the tensor holds for so many rows, or null. Errors: the model has no such state; another type or
/// shape; a value that is not finite as `element`.
const State *stateOf(const NamedTensor &tensor, const Model &model, int64_t rows, Type element, Error &error);

} // namespace rondo

#endif
