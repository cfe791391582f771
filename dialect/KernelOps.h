// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the verifiers and effects of all kernels share. Not for use outside of this folder.

#ifndef RONDO_DIALECT_KERNELOPS_H
#define RONDO_DIALECT_KERNELOPS_H

#include "dialect/RondoDialect.h"

namespace rondo {

/// On buffers a kernel reads its inputs and writes its outputs; on tensors it is pure.
template <typename Op>
void addKernelEffects(Op op,
                      llvm::SmallVectorImpl<mlir::SideEffects::EffectInstance<mlir::MemoryEffects::Effect>> &effects) {
  for (mlir::OpOperand &operand : op->getOpOperands()) {
    if (!mlir::isa<mlir::MemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(mlir::MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(mlir::MemoryEffects::Read::get(), &operand);
  }
}

/// Tensors only and a result for each output, or buffers only and none.
mlir::LogicalResult verifyResults(mlir::Operation *op, mlir::ValueRange outputs);

} // namespace rondo

#endif // RONDO_DIALECT_KERNELOPS_H
