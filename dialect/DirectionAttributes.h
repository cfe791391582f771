// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The attributes of what functions of derivatives along a direction take and make: of each parameter's direction, an
// argument with the parameter's path; of the derivative of the loss along it, a scalar result; and of each parameter's
// part of a product of second derivatives with the direction, a result with its path.

#ifndef RONDO_DIALECT_DIRECTIONATTRIBUTES_H
#define RONDO_DIALECT_DIRECTIONATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace rondo {

constexpr llvm::StringLiteral directionAttribute = "rondo.direction";
constexpr llvm::StringLiteral slopeAttribute = "rondo.slope";
constexpr llvm::StringLiteral productAttribute = "rondo.product";

} // namespace rondo

#endif // RONDO_DIALECT_DIRECTIONATTRIBUTES_H
