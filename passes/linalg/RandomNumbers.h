// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The arithmetic of rondo.random.

#ifndef RONDO_PASSES_LINALG_RANDOMNUMBERS_H
#define RONDO_PASSES_LINALG_RANDOMNUMBERS_H

#include "dialect/RondoDialect.h"
#include "mlir/IR/Builders.h"

namespace rondo {

/// The number that `op` has at the current position of the loops of a linalg op, which are its result's dimensions.
/// `seed` and `first` are the scalars, i64, of the position's row; `first` may be null.
mlir::Value buildRandom(mlir::OpBuilder &b, mlir::Location loc, RandomOp op, mlir::Value seed, mlir::Value first);

} // namespace rondo

#endif // RONDO_PASSES_LINALG_RANDOMNUMBERS_H
