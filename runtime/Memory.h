// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of buffers. Without the rest of the runtime: what measures generated code allocates in the same way.
#ifndef RONDO_RUNTIME_MEMORY_H
#define RONDO_RUNTIME_MEMORY_H

#include <cstddef>

namespace rondo {

/// Returns `bytes` of zeroed memory aligned to 64 bytes (at least one line), much of it in large pages where the system
/// has them; free() releases it. Null where there is not enough memory.
void *allocateAligned(size_t bytes);

} // namespace rondo

#endif // RONDO_RUNTIME_MEMORY_H
