// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of buffers, own or given.
#include "runtime/Blocks.h"

using namespace rondo;

static constexpr size_t alignment = 64;

Blocks::~Blocks() {
  for (void *memory : owned)
    giveMemory(memory);
}

bool Blocks::allocate(size_t bytes, void *&memory, Error &error) {
  memory = nullptr;
  if (bytes > SIZE_MAX - alignment || taken > SIZE_MAX - alignment - bytes)
    return error.outOfMemory(bytes);
  size_t rounded = bytes == 0 ? alignment : (bytes + alignment - 1) / alignment * alignment;
  if (source == Source::Given) {
    if (reinterpret_cast<uintptr_t>(next) % alignment != 0)
      return error.fail("expected a block of memory aligned to %zu bytes", alignment);
    if (rounded > left)
      return error.outOfMemory(rounded - left);
    memory = next;
    memset(memory, 0, rounded);
    next += rounded;
    left -= rounded;
  } else if (source == Source::Own) {
    if (!owned.add(nullptr, error))
      return false;
    memory = owned.back() = allocateAligned(bytes);
    if (!memory)
      return error.outOfMemory(rounded);
  }
  taken += rounded;
  return true;
}

void Blocks::release(void *memory) {
  for (void *&known : owned)
    if (known == memory) {
      giveMemory(memory);
      known = nullptr;
    }
}

bool Blocks::allocate(Type type, const Shape &shape, Buffer &buffer, Error &error) {
  buffer = {nullptr, type, shape};
  if (static_cast<size_t>(buffer.count()) > SIZE_MAX / sizeOf(type))
    return error.outOfMemory(SIZE_MAX);
  return allocate(buffer.bytes(), buffer.data, error);
}

Buffer Blocks::allocate(Type type, const Shape &shape) {
  Buffer buffer;
  Error error;
  if (!allocate(type, shape, buffer, error))
    outOfMemory(buffer.bytes());
  return buffer;
}
