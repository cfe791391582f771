// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where buffers get their memory from.
#ifndef RONDO_RUNTIME_BLOCKS_H
#define RONDO_RUNTIME_BLOCKS_H

#include "runtime/Tensor.h"

namespace rondo {

/// Memory for buffers: of its own, which it frees at its end, or taken piece by piece from a block that the caller
/// gives; or none at all, to find out how large such a block must be.
class Blocks {
public:
  /// With memory of its own.
  Blocks() = default;
  /// Takes buffers from `block`, which is aligned to 64 bytes and outlives them.
  Blocks(void *block, size_t bytes) : source(Source::Given), next(static_cast<char *>(block)), left(bytes) {}
  /// Only counts: its buffers have no memory (null), and must not be used.
  static Blocks counter() { return Blocks(Source::None); }
  Blocks(const Blocks &) = delete;
  Blocks &operator=(const Blocks &) = delete;
  ~Blocks();

  /// Gives `buffer` that type and shape, and zeroed memory aligned to 64 bytes. Errors: there is not enough memory, the
  /// block is not aligned.
  bool allocate(Type type, const Shape &shape, Buffer &buffer, Error &error);
  bool allocate(size_t bytes, void *&memory, Error &error);
  /// The same for commands, which end where there is not enough memory.
  Buffer allocate(Type type, const Shape &shape);

  /// Gives memory of its own back; what was taken from a given block stays taken.
  void release(void *memory);

  /// The bytes of all that was allocated, each filled up to 64: the size of a block that has room for the same.
  size_t bytes() const { return taken; }

private:
  enum class Source { Own, Given, None };
  explicit Blocks(Source source) : source(source) {}

  Source source = Source::Own;
  List<void *> owned;
  char *next = nullptr;
  size_t left = 0, taken = 0;
};

} // namespace rondo

#endif
