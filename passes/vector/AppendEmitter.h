// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of what is kept in slots.

#ifndef RONDO_PASSES_VECTOR_APPENDEMITTER_H
#define RONDO_PASSES_VECTOR_APPENDEMITTER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {

/// Replaces each rondo.append of the function by loops over its rows and positions around copies of buffers.
void emitAppends(mlir::IRRewriter &rewriter, mlir::func::FuncOp function);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_APPENDEMITTER_H
