// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Of two exponentials less their maximum one is 1.

#ifndef RONDO_PASSES_SUPPORT_JOINEXPONENTIALS_H
#define RONDO_PASSES_SUPPORT_JOINEXPONENTIALS_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// exp(a - max(a, b)) and exp(b - max(a, b)) within `op` become one exponential, of -|a - b|, and what is 1, but no
/// number where the maximum is none or infinite: no bit changes. `hasStops`: the derivative is still to be made.
void joinExponentials(mlir::Operation *op, bool hasStops);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_JOINEXPONENTIALS_H
