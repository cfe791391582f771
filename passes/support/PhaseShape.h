// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of a phase decides whether it takes a pointwise part, how its sums are computed and what it may overwrite.

#ifndef RONDO_PASSES_SUPPORT_PHASESHAPE_H
#define RONDO_PASSES_SUPPORT_PHASESHAPE_H

#include "dialect/RondoDialect.h"
#include "passes/support/Machine.h"

namespace rondo {

/// Whether every op of a body makes one number of numbers: what can be evaluated for several points at once.
bool isPointwiseBody(mlir::Block &body);

/// Whether the phase yields its sums as they are.
bool yieldsSums(PhaseOp op);

/// Whether the phase has sums of more than `terms` terms, and rows enough to read a panel several times.
bool hasSumsLongerThan(PhaseOp op, int64_t terms);

/// Whether the phase's sums are so long that they are better computed in blocks: then a pointwise part is better left
/// to an op of its own.
inline bool hasLongSums(PhaseOp op, const Machine &machine) { return hasSumsLongerThan(op, machine.wholeTerms()); }

/// Whether the op of `use` reads it, if at all, element by element, each before it writes that point of its results.
bool readsAtWrittenPoint(mlir::OpOperand &use);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_PHASESHAPE_H
