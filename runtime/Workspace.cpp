// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binds entries to buffers and calls them.
#include "runtime/Workspace.h"

using namespace rondo;

void Call::run() {
  if (packing != SIZE_MAX)
    workspace->parameters.pack(packing, workspace->team);
  if (arenaIndex != SIZE_MAX)
    pointers[arenaIndex] = workspace->arena;
  runEntry(*entry, pointers.data(), workspace->team);
  if (writesParameters)
    workspace->parameters.changed();
}

const Buffer *Call::find(Role role, const Text &name) const {
  for (size_t i = 0; i < entry->args.size(); ++i)
    if (entry->args[i].role == role && (name.empty() || entry->args[i].name == name))
      return &buffers[i];
  return nullptr;
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
    for (int64_t element = 0, n = state.shape.count(); element < n; ++element)
      buffers[i].set(state.placeOf(b, element, entry->batch), state.initial);
  }
}

void Call::setStart(bool start) const {
  if (const Buffer *argument = find(Role::Start))
    argument->set(0, start);
}

void Call::setSeed(int64_t seed) const {
  if (const Buffer *argument = find(Role::Seed))
    *static_cast<int64_t *>(argument->data) = seed;
}

Buffer Workspace::shared(Role role, const Parameter &parameter, Type type) {
  for (const Shared &known : sharedBuffers)
    if (known.role == role && known.parameter == &parameter && known.buffer.type == type)
      return known.buffer;
  return sharedBuffers.add({role, &parameter, blocks.allocate(type, parameter.shape)}).buffer;
}

Call Workspace::bind(const Entry &entry) {
  Call call;
  call.entry = &entry;
  call.workspace = this;
  if (!entry.pack.empty())
    call.packing = parameters.packingBy(*model.entry(entry.pack.c_str()));
  for (const Argument &argument : entry.args) {
    Buffer buffer;
    switch (argument.role) {
    case Role::Parameter:
      buffer = parameters.values(*model.parameter(argument.name), argument.type);
      call.writesParameters |= argument.written;
      break;
    case Role::Gradient:
    case Role::Moment1:
    case Role::Moment2:
      buffer = shared(argument.role, *model.parameter(argument.name), argument.type);
      break;
    case Role::Packed:
      buffer = parameters.packed(argument);
      break;
    case Role::Arena:
      call.arenaIndex = call.buffers.size();
      break;
    default:
      buffer = blocks.allocate(argument.type, argument.shape);
    }
    call.buffers.add(buffer);
    call.pointers.add(buffer.data);
  }
  // An arena holds nothing between calls, so the largest serves all.
  if (size_t size = static_cast<size_t>(entry.arena); size > arenaSize || !arena) {
    giveMemory(arena);
    arena = allocateAligned(size);
    arenaSize = size;
  }
  return call;
}
