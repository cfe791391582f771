// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of containers and buffers.
#include "runtime/Memory.h"

#include "runtime/Heap.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace rondo;

__thread Heap *rondo::threadHeap = nullptr;

void *rondo::takeMemory(size_t bytes) { return threadHeap ? threadHeap->take(bytes) : malloc(bytes); }

void rondo::giveMemory(void *memory) {
  if (memory && threadHeap && threadHeap->owns(memory))
    threadHeap->give(memory);
  else
    free(memory);
}

void *rondo::allocateAligned(size_t bytes) {
  constexpr size_t line = 64, largePage = 2 << 20;
  if (bytes > SIZE_MAX - line)
    return nullptr;
  size_t rounded = bytes == 0 ? line : (bytes + line - 1) / line * line;
  // Weights of many megabytes are read in each step: small pages would each be looked up again. Only whole large pages
  // are asked for, so that no more memory is used.
  if (threadHeap) {
    void *memory = threadHeap->take(rounded);
    return memory && !threadHeap->isTrial ? memset(memory, 0, rounded) : memory;
  }
  bool large = rounded >= 2 * largePage;
  void *memory = nullptr;
  if (posix_memalign(&memory, large ? largePage : line, rounded) != 0)
    return nullptr;
  if (large)
    madvise(memory, rounded / largePage * largePage, MADV_HUGEPAGE);
  // Touching the pages now keeps page faults out of the training step.
  memset(memory, 0, rounded);
  return memory;
}
