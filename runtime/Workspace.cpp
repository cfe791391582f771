// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binds entries to buffers and calls them.
#include "runtime/Workspace.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

using namespace rondo;

void Call::run() {
  if (packing != SIZE_MAX)
    workspace->pack(packing);
  if (arenaIndex != SIZE_MAX)
    pointers[arenaIndex] = *arena;
#ifdef __SSE2__
  unsigned int mode = _mm_getcsr();
  _mm_setcsr(mode | 0x8040); // flush results to zero, read denormals as zero
  entry->call(pointers.data());
  _mm_setcsr(mode);
#else
  entry->call(pointers.data());
#endif
  if (writesParameters)
    ++workspace->version;
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

void Call::setStart(bool start) const {
  if (const Buffer *argument = find(Role::Start))
    argument->set(0, start);
}

void Call::setSeed(int64_t seed) const {
  if (const Buffer *argument = find(Role::Seed))
    *static_cast<int64_t *>(argument->data) = seed;
}

Workspace::~Workspace() {
  for (void *memory : owned)
    free(memory);
  free(arena);
}

Buffer Workspace::allocate(Type type, const Shape &shape) {
  Buffer buffer{nullptr, type, shape};
  buffer.data = allocateAligned(buffer.bytes());
  owned.add(buffer.data);
  return buffer;
}

Buffer Workspace::shared(Role role, const Parameter &parameter, Type type) {
  if (role == Role::Parameter)
    ++version;
  for (const Shared &known : sharedBuffers)
    if (known.role == role && known.parameter == &parameter && known.buffer.type == type)
      return known.buffer;
  return sharedBuffers.add({role, &parameter, allocate(type, parameter.shape)}).buffer;
}

Buffer Workspace::packed(const Argument &argument) {
  for (const Packed &known : packedBuffers)
    if (known.name == argument.name)
      return known.buffer;
  return packedBuffers.add({argument.name, allocate(argument.type, argument.shape)}).buffer;
}

size_t Workspace::packingBy(const Entry &entry) {
  for (size_t i = 0; i < packings.size(); ++i)
    if (packings[i].call.entry == &entry)
      return i;
  packings.add({bind(entry), 0});
  return packings.size() - 1;
}

void Workspace::pack(size_t packing) {
  Packing &wanted = packings[packing];
  if (wanted.version == version)
    return;
  wanted.call.run();
  wanted.version = version;
}

Call Workspace::bind(const Entry &entry) {
  Call call;
  call.entry = &entry;
  call.workspace = this;
  if (!entry.pack.empty())
    call.packing = packingBy(*model.entry(entry.pack.c_str()));
  for (const Argument &argument : entry.args) {
    Buffer buffer;
    switch (argument.role) {
    case Role::Parameter:
    case Role::Gradient:
    case Role::Moment1:
    case Role::Moment2:
      buffer = shared(argument.role, *model.parameter(argument.name), argument.type);
      call.writesParameters |= argument.role == Role::Parameter && argument.written;
      break;
    case Role::Packed:
      buffer = packed(argument);
      break;
    case Role::Arena:
      call.arenaIndex = call.buffers.size();
      call.arena = &arena;
      break;
    default:
      buffer = allocate(argument.type, argument.shape);
    }
    call.buffers.add(buffer);
    call.pointers.add(buffer.data);
  }
  // An arena holds nothing between calls, so the largest serves all.
  if (size_t size = static_cast<size_t>(entry.arena); size > arenaSize || !arena) {
    free(arena);
    arena = allocateAligned(size);
    arenaSize = size;
  }
  return call;
}
