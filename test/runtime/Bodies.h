// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Bodies of entries (abi.h) for models that are written by hand.

#ifndef RONDO_TEST_RUNTIME_BODIES_H
#define RONDO_TEST_RUNTIME_BODIES_H

#include "runtime/abi.h"

/// A body that is called once.
template <void (*function)(void *const *args)> void alone(void *const *args, rondo_team *, int64_t, int64_t) {
  function(args);
}

/// One that does nothing.
inline void idle(void *const *, rondo_team *, int64_t, int64_t) {}

#endif // RONDO_TEST_RUNTIME_BODIES_H
