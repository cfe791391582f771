// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The attributes of parameters that training's gradients leave as they are, since there is none by them: a unit on each
// such argument, and on what an update gives to one, an argument or result, its path.

#ifndef RONDO_DIALECT_FROZENATTRIBUTE_H
#define RONDO_DIALECT_FROZENATTRIBUTE_H

#include "llvm/ADT/StringRef.h"

namespace rondo {

constexpr llvm::StringLiteral frozenAttribute = "rondo.frozen";
constexpr llvm::StringLiteral primedAttribute = "rondo.primed";

} // namespace rondo

#endif // RONDO_DIALECT_FROZENATTRIBUTE_H
