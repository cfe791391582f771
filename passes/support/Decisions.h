// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which ops decide by floating-point values. A decision is made once (Rationale.md, "Decisions").

#ifndef RONDO_PASSES_SUPPORT_DECISIONS_H
#define RONDO_PASSES_SUPPORT_DECISIONS_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// Whether `op` turns floating-point values into something that is none: a comparison, a conversion to an integer. The
/// last bit of an operand may change all of the result.
bool isDecision(mlir::Operation *op);

/// Whether each element of the results of `op` is one of an operand's, bit for bit, or a constant.
bool movesElements(mlir::Operation *op);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_DECISIONS_H
