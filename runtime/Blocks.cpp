// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes and frees the memory of buffers.
#include "runtime/Blocks.h"

using namespace rondo;

Blocks::~Blocks() {
  for (void *memory : owned)
    giveMemory(memory);
}

bool Blocks::allocate(size_t bytes, void *&memory, Error &error) {
  memory = nullptr;
  if (!owned.add(nullptr, error))
    return false;
  memory = owned.back() = allocateAligned(bytes);
  return memory || error.outOfMemory(bytes);
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
