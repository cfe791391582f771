// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sequences that may lie in the memory of another one, slot by slot.

#ifndef RONDO_PASSES_BUFFER_SLOTSHARING_H
#define RONDO_PASSES_BUFFER_SLOTSHARING_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {

/// Whether `next`, first used in `loop`, may be in the place of `before`, last used in it: each iteration works on one
/// slot of both, the same, and has read that of `before` when it writes that of `next` (at the latest element by
/// element).
bool maySucceed(mlir::memref::AllocOp next, mlir::memref::AllocOp before, mlir::scf::ForOp loop);

} // namespace rondo

#endif // RONDO_PASSES_BUFFER_SLOTSHARING_H
