// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of containers and buffers. Without the rest of the runtime: what measures generated code allocates in the same
// way.
#ifndef RONDO_RUNTIME_MEMORY_H
#define RONDO_RUNTIME_MEMORY_H

#include <cstddef>

namespace rondo {

class Heap;

/// The heap that this thread takes its memory from, or null for the system's (Heap.h). The model of its place takes no
/// memory, wherever the code is loaded.
extern __thread Heap *threadHeap __attribute__((tls_model("initial-exec")));

/// Memory for a container; null where there is not enough.
void *takeMemory(size_t bytes);
/// Takes back what takeMemory() or allocateAligned() gave, or null.
void giveMemory(void *memory);

/// Returns `bytes` of zeroed memory aligned to 64 bytes (at least one line), much of it in large pages where the system
/// has them; giveMemory() releases it. Null where there is not enough memory.
void *allocateAligned(size_t bytes);

} // namespace rondo

#endif // RONDO_RUNTIME_MEMORY_H
