// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of rondo.attend and rondo.attend_grad on buffers, around phases and linalg ops on blocks of queries and
// keys.

#ifndef RONDO_PASSES_VECTOR_ATTENDEMITTER_H
#define RONDO_PASSES_VECTOR_ATTENDEMITTER_H

#include "passes/vector/AttentionBlocks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {

/// Replaces each rondo.attend and rondo.attend_grad of the function. Scores of a block lie on the thread's own stack,
/// of which all of them together take 96 KB at most. An error is that a buffer has no strides.
mlir::LogicalResult emitAttentions(mlir::IRRewriter &rewriter, mlir::func::FuncOp function);

/// Those of rondo.attend_grad alone.
mlir::LogicalResult emitAttentionGrads(mlir::IRRewriter &rewriter, mlir::func::FuncOp function, Stack &stack);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_ATTENDEMITTER_H
