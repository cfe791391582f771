// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binds entries to buffers and calls them.
#include "runtime/Workspace.h"

#include "runtime/Random.h"
#include "runtime/RowArray.h"

#include <cmath>

using namespace rondo;

void Call::run() {
  if (packing != SIZE_MAX)
    workspace->parameters.pack(packing, &workspace->team);
  if (arenaIndex != SIZE_MAX)
    pointers[arenaIndex] = workspace->arena;
  runEntry(*entry, pointers.data(), &workspace->team);
  if (writesParameters)
    workspace->parameters.changed();
}

const Buffer *Call::find(Role role, const Text &name) const {
  for (size_t i = 0; i < entry->args.size(); ++i)
    if (entry->args[i].role == role && (name.empty() || entry->args[i].name == name))
      return &buffers[i];
  return nullptr;
}

void Call::useOwnBuffers() {
  for (size_t i = 0; i < buffers.size(); ++i)
    pointers[i] = buffers[i].data;
}

void Call::clearStates() const {
  for (size_t i = 0; i < entry->args.size(); ++i)
    if (entry->args[i].role == Role::State)
      buffers[i].clear();
}

void Call::beginExample(int64_t b) const {
  for (size_t i = 0; i < entry->args.size(); ++i) {
    if (entry->args[i].role != Role::State)
      continue;
    const State &state = *workspace->model.state(entry->args[i].name);
    fillSlot({&buffers[i], state.axes, b}, state.initial);
  }
}

void Call::setStart(bool start) const {
  if (const Buffer *argument = find(Role::Start))
    argument->set(0, start);
}

void Call::setLength(int64_t positions) const {
  if (const Buffer *argument = find(Role::Length))
    *static_cast<int64_t *>(argument->data) = positions;
}

bool Call::setStep(int64_t step, Error &error) const {
  for (const Loss &loss : workspace->model.losses)
    if (double value = loss.weight.at(step); !std::isfinite(value))
      return error.fail("the weight of the loss '%s' in step %lld is %g: expected a finite number", loss.name.c_str(),
                        static_cast<long long>(step), value);
  if (const Buffer *argument = find(Role::Step))
    *static_cast<int64_t *>(argument->data) = step;
  return true;
}

/// Number i of the seeds and positions with a rank: 1 has one for each example, 0 is of the batch.
void Call::setDrawn(int rank, int64_t i, uint64_t seed, int64_t position) const {
  for (size_t k = 0; k < entry->args.size(); ++k) {
    Role role = entry->args[k].role;
    if ((role == Role::Seed || role == Role::Position) && entry->args[k].shape.rank == rank)
      static_cast<int64_t *>(buffers[k].data)[i] = role == Role::Seed ? static_cast<int64_t>(seed) : position;
  }
}

void Call::setExampleDraws(int64_t b, uint64_t seed, int64_t sequence, int64_t position) const {
  if (!find(Role::Seed) && !find(Role::Position))
    return;
  setDrawn(1, b, Random(seed, "sequence").bits(static_cast<uint64_t>(sequence)), position);
}

void Call::setBatchDraws(uint64_t seed, int64_t batch, int64_t position) const {
  setDrawn(0, 0, Random(seed, "batch").bits(static_cast<uint64_t>(batch)), position);
}

void Call::setDraws(uint64_t seed, int64_t batch, int64_t position) const {
  if (!find(Role::Seed) && !find(Role::Position))
    return;
  for (int64_t b = 0; b < entry->batch; ++b)
    setExampleDraws(b, seed, batch * entry->batch + b, position);
  setBatchDraws(seed, batch, position);
}

bool Workspace::shared(Role role, const Parameter &parameter, Type type, Buffer &buffer, Error &error) {
  for (const Shared &known : sharedBuffers)
    if (known.role == role && known.parameter == &parameter && known.buffer.type == type) {
      buffer = known.buffer;
      return true;
    }
  return blocks.allocate(type, parameter.shape, buffer, error) && sharedBuffers.add({role, &parameter, buffer}, error);
}

/// The buffer that a call has for such an argument, if it is a batch's data or says which they are, or null.
static const Buffer *findData(const Call &call, const Argument &argument) {
  switch (argument.role) {
  case Role::Input:
  case Role::Target:
  case Role::Lengths:
  case Role::Seed:
  case Role::Position:
  case Role::Start:
  case Role::Step:
    break;
  default:
    return nullptr;
  }
  for (size_t i = 0; i < call.entry->args.size(); ++i)
    if (const Argument &own = call.entry->args[i]; own.role == argument.role && own.name == argument.name &&
                                                   own.type == argument.type && own.shape == argument.shape)
      return &call.argument(i);
  return nullptr;
}

bool Workspace::bindArgument(const Argument &argument, const Call *begin, const Call *data, Buffer &buffer,
                             Error &error) {
  const Buffer *made = begin && argument.role == Role::Held ? begin->find(Role::Held, argument.name)
                       : data                               ? findData(*data, argument)
                                                            : nullptr;
  if (made) {
    buffer = *made;
    return true;
  }
  switch (argument.role) {
  case Role::Parameter:
    return parameters.take(*model.parameter(argument.name), argument.type, buffer, error);
  case Role::Gradient:
  case Role::Moment1:
  case Role::Moment2:
  case Role::Moment3:
  case Role::Average:
  case Role::Primed:
  case Role::Direction:
  case Role::Product:
    return shared(argument.role, *model.parameter(argument.name), argument.type, buffer, error);
  case Role::Packed:
    return parameters.take(argument, buffer, error);
  case Role::Constant:
    buffer = model.constant(argument.name)->values(argument.type);
    return true;
  case Role::Arena:
    return true;
  case Role::Step:
    if (!blocks.allocate(argument.type, argument.shape, buffer, error))
      return false;
    *static_cast<int64_t *>(buffer.data) = 1;
    return true;
  default:
    return blocks.allocate(argument.type, argument.shape, buffer, error);
  }
}

/// An arena holds nothing between calls, so the largest serves all.
bool Workspace::growArena(size_t bytes, Error &error) {
  if (arena && bytes <= arenaSize)
    return true;
  blocks.release(arena);
  arenaSize = blocks.allocate(bytes, arena, error) ? bytes : 0;
  return arena;
}

Call Workspace::bind(const Entry &entry, Error &error, const Call *begin, const Call *data) {
  Call call;
  call.entry = &entry;
  call.workspace = this;
  if (!entry.pack.empty())
    call.packing = parameters.packingBy(*model.entry(entry.pack.c_str()), error);
  for (const Argument &argument : entry.args) {
    Buffer buffer;
    if (error.failed() || !bindArgument(argument, begin, data, buffer, error) || !call.buffers.add(buffer, error) ||
        !call.pointers.add(buffer.data, error))
      return call;
    if (argument.role == Role::Arena)
      call.arenaIndex = call.buffers.size() - 1;
    call.writesParameters |= argument.role == Role::Parameter && argument.written;
  }
  if (call.arenaIndex != SIZE_MAX)
    growArena(static_cast<size_t>(entry.arena), error);
  if (!error.failed())
    call.setLength(entry.length);
  return call;
}
