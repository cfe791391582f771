// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The version of the runtime's interface as text, for descriptions that are written by hand.

#ifndef RONDO_TEST_RUNTIME_ABITEXT_H
#define RONDO_TEST_RUNTIME_ABITEXT_H

#include "runtime/abi.h"

#define STRING_OF(text) #text
#define STRING(text) STRING_OF(text)
#define ABI_TEXT STRING(RONDO_ABI_VERSION)

#endif // RONDO_TEST_RUNTIME_ABITEXT_H
