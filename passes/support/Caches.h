// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The caches of each CPU.

#ifndef RONDO_PASSES_SUPPORT_CACHES_H
#define RONDO_PASSES_SUPPORT_CACHES_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace rondo {

/// Bytes of a core's caches, and what a program may expect of the shared one: about half of it in one socket or complex
/// of cores, as a power of two.
struct Caches {
  int64_t l1 = 32 << 10, l2 = 1 << 20, l3 = 16 << 20;

  /// Those of a CPU's name, so that a name gives the same code everywhere.
  static Caches ofName(llvm::StringRef cpu);
  /// Those that the system reports, and those of the CPU's name where it does not.
  static Caches ofThisMachine(llvm::StringRef cpu);
};

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_CACHES_H
