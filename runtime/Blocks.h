// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory of buffers.
#ifndef RONDO_RUNTIME_BLOCKS_H
#define RONDO_RUNTIME_BLOCKS_H

#include "runtime/Tensor.h"

namespace rondo {

/// Memory for buffers, which it frees at its end.
class Blocks {
public:
  Blocks() = default;
  Blocks(const Blocks &) = delete;
  Blocks &operator=(const Blocks &) = delete;
  ~Blocks();

  /// Gives `buffer` that type and shape, and zeroed memory aligned to 64 bytes. Errors: there is not enough memory.
  bool allocate(Type type, const Shape &shape, Buffer &buffer, Error &error);
  bool allocate(size_t bytes, void *&memory, Error &error);
  /// The same for commands, which end where there is not enough memory.
  Buffer allocate(Type type, const Shape &shape);

  /// Gives the memory of one buffer back.
  void release(void *memory);

private:
  List<void *> owned;
};

} // namespace rondo

#endif
