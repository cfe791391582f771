// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The end of a command whose containers find no memory. What a library uses does not come here.
#include "runtime/Support.h"

#include <cstdio>

void rondo::outOfMemory(size_t bytes) {
  Error error;
  error.outOfMemory(bytes);
  fprintf(stderr, "error: %s\n", error.message());
  exit(1);
}
