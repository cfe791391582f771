// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory in a block that the caller of a library gave. While a HeapScope lives, the containers and buffers that its
// thread makes are in the scope's heap (Memory.h), so that a library's functions need no other memory.
#ifndef RONDO_RUNTIME_HEAP_H
#define RONDO_RUNTIME_HEAP_H

#include <csetjmp>
#include <cstddef>
#include <cstdint>

namespace rondo {

/// Pieces of one block, for one thread at a time.
class Heap {
public:
  /// `block` is aligned to 64 bytes. A trial's buffers are not zeroed, since they are only counted.
  Heap(void *block, size_t bytes, bool isTrial = false);
  Heap(const Heap &) = delete;
  Heap &operator=(const Heap &) = delete;

  /// Memory aligned to 64 bytes, or null where no piece is large enough.
  void *take(size_t bytes);
  /// Takes back what take() gave.
  void give(void *memory);
  /// Begins a call: what take() gives from here on is the call's, until the next one begins.
  void beginCall() { ++call; }
  /// Takes back all that the call has taken and not given back, whoever has it.
  void endCall();

  bool owns(const void *memory) const { return memory >= begin && memory < end; }
  /// The size of a block in which the same calls would have succeeded, a multiple of the alignment.
  size_t bytesNeeded() const { return (static_cast<size_t>(most - begin) + alignment - 1) / alignment * alignment; }

  static constexpr size_t alignment = 64;
  const bool isTrial;
  /// The bytes that take() could not give last; 0 at first.
  size_t lacking = 0;
  /// Where a function goes on whose containers find no memory and cannot say so (outOfMemory()).
  jmp_buf exit;

private:
  /// Stands before each piece's memory. Sizes are multiples of the alignment, with this.
  struct Piece {
    size_t size;
    Piece *next; // of those that are free, by address; of others the call's number, which is odd
  };
  Piece *mark() const { return reinterpret_cast<Piece *>(2 * call + 1); }
  char *begin, *end;
  /// Where the first piece begins.
  char *first;
  /// All memory from here on is free and in no piece; and the greatest value of that.
  char *top, *most;
  Piece *free = nullptr;
  uintptr_t call = 0;
};

/// Makes a heap this thread's, in place of the one before.
class HeapScope {
public:
  explicit HeapScope(Heap &heap);
  HeapScope(const HeapScope &) = delete;
  HeapScope &operator=(const HeapScope &) = delete;
  ~HeapScope();

private:
  Heap *before;
};

} // namespace rondo

#endif
