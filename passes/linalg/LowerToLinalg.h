// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The parts of the lowering of rondo ops to linalg, tensor and scf on tensors: one function per kind of op.

#ifndef RONDO_PASSES_LINALG_LOWERTOLINALG_H
#define RONDO_PASSES_LINALG_LOWERTOLINALG_H

#include "dialect/AttentionGradOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "passes/support/Machine.h"

namespace rondo {

/// A scan becomes an scf.for over the states and the emitted sequences.
void lowerScan(mlir::IRRewriter &rewriter, ScanOp scan);

/// Marks the products of matrices that each step of the scan makes or takes: of one position or of many, they are
/// lowered alike.
void markMatrixProducts(ScanOp scan);

/// The addition that lets the sum `value` begin with another value (SumAttributes.h), or null.
mlir::arith::AddFOp findChain(mlir::Value value);

/// Contractions become phases: one for all that are summands of one sum and have the same loops. Weights are packed as
/// `target` reads them.
void lowerContractions(mlir::IRRewriter &rewriter, mlir::ArrayRef<ContractOp> ops, const Machine &machine);

/// Gates that share their left operand become one phase with a sum for each of them.
void lowerGateProduct(mlir::IRRewriter &rewriter, GateProductOp op, const Machine &machine);

/// Attention of packed keys and values.
void lowerAttention(mlir::IRRewriter &rewriter, AttentionOp op, const Machine &machine);
void lowerAttentionGrad(mlir::IRRewriter &rewriter, AttentionGradOp op, const Machine &machine);

/// Where the derivative of a cross-entropy of this softmax is computed far from the loss, as of a segment that is
/// stored, a loss beside it that nobody reads: the derivative has the same bits then as in the loss's loop.
void repeatLoss(mlir::IRRewriter &rewriter, SoftmaxOp op);

/// The loss, and with it the derivative by its logits where that is computed in the same block: that one's ops are gone
/// then.
void lowerCrossEntropy(mlir::IRRewriter &rewriter, CrossEntropyOp op);

void lowerReduce(mlir::IRRewriter &rewriter, ReduceOp op);
void lowerSoftmax(mlir::IRRewriter &rewriter, SoftmaxOp op);
void lowerGather(mlir::IRRewriter &rewriter, GatherOp op);
void lowerScatterAdd(mlir::IRRewriter &rewriter, ScatterAddOp op);
void lowerWindow(mlir::IRRewriter &rewriter, WindowOp op);
void lowerOverlapAdd(mlir::IRRewriter &rewriter, OverlapAddOp op);

} // namespace rondo

#endif // RONDO_PASSES_LINALG_LOWERTOLINALG_H
