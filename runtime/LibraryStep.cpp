// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call, and copies of what is small.
#include "runtime/LibraryStep.h"

using namespace rondo;

bool LibraryStep::addArray(size_t i, Role role, const Port &port, List<Copy> &copies, Error &error) {
  const Buffer *buffer = call->find(role, port.name);
  return !buffer || copies.add({i, buffer, port.token ? port.vocab : 0}, error);
}

bool LibraryStep::open(Cover &cover, const Model &model, const List<LibraryArray> &arrays,
                       const List<LibraryArray> &results, const LibraryHeld &kept, Error &error) {
  // Of an axis with lengths only a part is copied.
  for (const LibraryArray &array : arrays)
    if (array.axis)
      return true;
  call = cover.single();
  counted = &model;
  held = &kept;
  for (size_t i = 0; call && i < arrays.size(); ++i) {
    const Port &port = *arrays[i].port;
    if (!addArray(i, model.input(port.name) ? Role::Input : Role::Target, port, inputs, error))
      return false;
  }
  for (size_t i = 0; call && i < results.size(); ++i)
    if (!addArray(i, Role::Output, *results[i].port, outputs, error))
      return false;
  return true;
}

bool LibraryStep::addState(const State &state, const Buffer &kept, Error &error) {
  const Buffer *buffer = call ? call->find(Role::State, state.name) : nullptr;
  return !buffer || states.add({kept.data, buffer}, error);
}

static bool isDense(const rondo_array &array) { return array.row_stride == 0 && array.step_stride == 0; }

static bool areTokens(const rondo_array &array, int64_t count, int64_t vocab) {
  for (int64_t i = 0; i < count; ++i) {
    int32_t token; // at any address
    memcpy(&token, static_cast<const char *>(array.data) + i * static_cast<int64_t>(sizeof token), sizeof token);
    if (token < 0 || token >= vocab)
      return false;
  }
  return true;
}

bool LibraryStep::run(const rondo_array *arrays, const rondo_array *results, int64_t seed, int64_t position) {
  if (!call || !counted->mayGoTo(position + 1) || !arrays || (!results && !outputs.empty()))
    return false;
  for (const Copy &input : inputs) {
    const rondo_array &array = arrays[input.array];
    if (!array.data || !isDense(array) || (input.vocab && !areTokens(array, input.buffer->count(), input.vocab)))
      return false;
  }
  for (const Copy &output : outputs)
    if (results[output.array].data && !isDense(results[output.array]))
      return false;
  if (!held->isOf(arrays))
    return false;
  for (const Copy &input : inputs)
    memcpy(input.buffer->data, arrays[input.array].data, input.buffer->bytes());
  for (const Kept &state : states)
    call->place(call->numberOf(state.buffer), state.values);
  call->setStart(states.empty());
  call->setExampleDraws(0, static_cast<uint64_t>(seed), 0, position);
  call->setBatchDraws(static_cast<uint64_t>(seed), 0, 0);
  held->place(*call);
  call->run();
  call->useOwnBuffers();
  for (const Copy &output : outputs)
    if (results[output.array].data)
      memcpy(results[output.array].data, output.buffer->data, output.buffer->bytes());
  return true;
}
