// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The first free piece that is large enough; free neighbours are one piece.
#include "runtime/Heap.h"

#include "runtime/Memory.h"

using namespace rondo;

Heap::Heap(void *block, size_t bytes, bool isTrial)
    : isTrial(isTrial), begin(static_cast<char *>(block)), end(begin + bytes / alignment * alignment) {
  // The memory behind the first header is aligned; behind the last piece as much is left.
  first = top = most = end - begin < 2 * static_cast<ptrdiff_t>(alignment) ? end : begin + alignment - sizeof(Piece);
}

void *Heap::take(size_t bytes) {
  if (bytes > SIZE_MAX - sizeof(Piece) - alignment) {
    lacking = bytes;
    return nullptr;
  }
  size_t size = (bytes + sizeof(Piece) + alignment - 1) / alignment * alignment;
  for (Piece **link = &free; *link; link = &(*link)->next) {
    Piece *piece = *link;
    if (piece->size < size)
      continue;
    if (piece->size == size) {
      *link = piece->next;
    } else {
      Piece *rest = reinterpret_cast<Piece *>(reinterpret_cast<char *>(piece) + size);
      *rest = {piece->size - size, piece->next};
      *link = rest;
      piece->size = size;
    }
    piece->next = mark();
    return piece + 1;
  }
  if (size > static_cast<size_t>(end - top)) {
    lacking = size;
    return nullptr;
  }
  Piece *piece = reinterpret_cast<Piece *>(top);
  piece->size = size;
  piece->next = mark();
  top += size;
  most = top > most ? top : most;
  return piece + 1;
}

void Heap::give(void *memory) {
  Piece *piece = static_cast<Piece *>(memory) - 1;
  auto endOf = [](Piece *piece) { return reinterpret_cast<char *>(piece) + piece->size; };
  Piece **link = &free, *before = nullptr, **beforeLink = &free;
  while (*link && *link < piece) {
    before = *link;
    beforeLink = link;
    link = &before->next;
  }
  piece->next = *link;
  *link = piece;
  if (piece->next && endOf(piece) == reinterpret_cast<char *>(piece->next)) {
    piece->size += piece->next->size;
    piece->next = piece->next->next;
  }
  if (before && endOf(before) == reinterpret_cast<char *>(piece)) {
    before->size += piece->size;
    before->next = piece->next;
    piece = before;
    link = beforeLink;
  }
  if (endOf(piece) == top) {
    top = reinterpret_cast<char *>(piece);
    *link = nullptr;
  }
}

void Heap::endCall() {
  // What is given back may become a part of the piece before: headers stay as they were for this walk.
  const char *end = top;
  for (char *at = first; at < end;) {
    Piece *piece = reinterpret_cast<Piece *>(at);
    at += piece->size;
    if (piece->next == mark())
      give(piece + 1);
  }
}

HeapScope::HeapScope(Heap &heap) : before(threadHeap) { threadHeap = &heap; }
HeapScope::~HeapScope() { threadHeap = before; }
