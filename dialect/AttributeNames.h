// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names of the dialect's attributes on functions, loops and nests, their arguments and results. RondoDialect.td
// says what they mean.

#ifndef RONDO_DIALECT_ATTRIBUTENAMES_H
#define RONDO_DIALECT_ATTRIBUTENAMES_H

#include "mlir/IR/OpImplementation.h"
#include <optional>

#include "dialect/RondoEnums.h.inc"

namespace rondo {

// Of a function.
constexpr llvm::StringLiteral entryAttribute = "rondo.entry";        // which entry of the binary it is
constexpr llvm::StringLiteral packedByAttribute = "rondo.packed_by"; // the function that makes its packed arguments

// Of an argument, beside its role.
constexpr llvm::StringLiteral accessAttribute = "rondo.access";      // in, out or inout
constexpr llvm::StringLiteral withinAttribute = "rondo.within";      // nothing behind a call's positions is touched
constexpr llvm::StringLiteral loopStepAttribute = "rondo.loop_step"; // of a private function
constexpr llvm::StringLiteral positionsAttribute =
    "rondo.positions"; // the dimension of which a call needs a part alone

// Of a loop over time, until it may be unrolled.
constexpr llvm::StringLiteral scanAttribute = "rondo.scan";

// Of a nest: the loop that threads share, and in what units.
constexpr llvm::StringLiteral splitAttribute = "rondo.split";

// Of a nest: the loops over positions of which a call with few of them needs a part alone, with the rows of each.
constexpr llvm::StringLiteral limitAttribute = "rondo.limit";

// Of a nest: a loop that ends at a number which is one of its operands.
constexpr llvm::StringLiteral endAttribute = "rondo.end";

// Of a module whose nests have marks for a clock.
constexpr llvm::StringLiteral profileAttribute = "rondo.profile";
constexpr llvm::StringLiteral profileFlopsAttribute = "rondo.profile_flops";

/// The attribute of arguments and results with this role.
inline llvm::StringRef attributeOf(Role role) { return stringifyRole(role); }

/// A role with the name that its attribute has as its value; empty if it has none.
struct NamedRole {
  Role role;
  llvm::StringRef name;

  /// The role without the dialect's name, as the description and the runtime know it.
  llvm::StringRef word() const { return attributeOf(role).split('.').second; }
};

/// The role among the attributes of an argument or result, which may be null.
std::optional<NamedRole> roleOf(mlir::DictionaryAttr attributes);

} // namespace rondo

#endif // RONDO_DIALECT_ATTRIBUTENAMES_H
