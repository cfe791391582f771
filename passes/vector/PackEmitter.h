// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of one rondo.pack on buffers, over vectors.

#ifndef RONDO_PASSES_VECTOR_PACKEMITTER_H
#define RONDO_PASSES_VECTOR_PACKEMITTER_H

#include "dialect/RondoDialect.h"
#include "passes/support/Machine.h"

#include "mlir/IR/Builders.h"

namespace rondo {

/// Emits the loops that lay out weights: whole vectors, transposed in registers where the lanes are not contiguous.
void emitPack(mlir::OpBuilder &builder, PackOp op, const Machine &machine);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_PACKEMITTER_H
