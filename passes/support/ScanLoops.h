// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops that scans have become.

#ifndef RONDO_PASSES_SUPPORT_SCANLOOPS_H
#define RONDO_PASSES_SUPPORT_SCANLOOPS_H

#include "dialect/AttributeNames.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {

/// The loops over time, each before the one around it.
inline llvm::SmallVector<mlir::scf::ForOp> scanLoops(mlir::Operation *op) {
  llvm::SmallVector<mlir::scf::ForOp> loops;
  op->walk([&](mlir::scf::ForOp loop) {
    if (loop->hasAttr(scanAttribute))
      loops.push_back(loop);
  });
  return loops;
}

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_SCANLOOPS_H
