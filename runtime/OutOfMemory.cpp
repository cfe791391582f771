// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The end of a program whose containers find no memory. A library has another one (Library.cpp).
#include "runtime/Memory.h"

#include <cstdio>
#include <cstdlib>

void rondo::outOfMemory(size_t bytes) {
  fprintf(stderr, "error: out of memory: %zu more bytes were needed\n", bytes);
  exit(1);
}
