// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The attribute of a concatenation of two tensors of which the first one is what lies before a window of the second:
// the name of the state that it becomes in later windows (rondo-stream), the last positions of the window before.

#ifndef RONDO_DIALECT_HISTORYATTRIBUTE_H
#define RONDO_DIALECT_HISTORYATTRIBUTE_H

#include "llvm/ADT/StringRef.h"

namespace rondo {

constexpr llvm::StringLiteral historyAttribute = "rondo.history";

} // namespace rondo

#endif // RONDO_DIALECT_HISTORYATTRIBUTE_H
