// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attributes that say in which order sums add up: those over positions go from the last one to the first, so that a
// window that is cut into segments, whose derivative comes segment by segment from the last one, gives the same bits.

#ifndef RONDO_DIALECT_SUMATTRIBUTES_H
#define RONDO_DIALECT_SUMATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace rondo {

/// On a linalg op: the loops that it sums over run from their last iterations to the first.
constexpr llvm::StringLiteral descendingAttribute = "rondo.descending";

/// On an addition: the sum that is its right operand, which nothing else reads, begins with the left operand.
constexpr llvm::StringLiteral chainAttribute = "rondo.chain";

/// On an addition to a sum: what is added is rounded first, and no product becomes a part of the addition. Whether a
/// product stands in the same loop is another question for a segment than for a window.
constexpr llvm::StringLiteral roundedAttribute = "rondo.rounded";

} // namespace rondo

#endif // RONDO_DIALECT_SUMATTRIBUTES_H
