// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How one-shot bufferisation treats rondo.phase and rondo.pack.

#ifndef RONDO_PASSES_BUFFER_KERNELBUFFERIZATION_H
#define RONDO_PASSES_BUFFER_KERNELBUFFERIZATION_H

#include "mlir/IR/DialectRegistry.h"

namespace rondo {

/// Registers the ops' models of bufferization's interface.
void registerKernelBufferization(mlir::DialectRegistry &registry);

} // namespace rondo

#endif // RONDO_PASSES_BUFFER_KERNELBUFFERIZATION_H
