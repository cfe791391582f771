// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What an op reads.

#ifndef RONDO_PASSES_SUPPORT_READS_H
#define RONDO_PASSES_SUPPORT_READS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SetVector.h"

namespace rondo {

/// The operands of `op`, then what its regions use from outside; each value once.
llvm::SetVector<mlir::Value> readsOf(mlir::Operation *op);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_READS_H
