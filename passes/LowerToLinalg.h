// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The parts of the lowering of rondo ops to linalg, tensor and scf on tensors: one function per kind of op.

#ifndef RONDO_PASSES_LOWERTOLINALG_H
#define RONDO_PASSES_LOWERTOLINALG_H

#include "dialect/RondoDialect.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {

/// A scan becomes an scf.for over the states and the emitted sequences.
void lowerScan(mlir::IRRewriter &rewriter, ScanOp scan);

/// A contraction becomes a linalg.generic whose innermost parallel dimension is contiguous in one operand: an operand
/// that has it elsewhere is transposed first, outside of all loops that do not change it.
void lowerContract(mlir::IRRewriter &rewriter, ContractOp op);

/// Gates that share their left operand become one contraction with their weights side by side, and slices of it.
void lowerGateProduct(mlir::IRRewriter &rewriter, GateProductOp op);

void lowerReduce(mlir::IRRewriter &rewriter, ReduceOp op);
void lowerSoftmax(mlir::IRRewriter &rewriter, SoftmaxOp op);
void lowerCrossEntropy(mlir::IRRewriter &rewriter, CrossEntropyOp op);
void lowerGather(mlir::IRRewriter &rewriter, GatherOp op);
void lowerScatterAdd(mlir::IRRewriter &rewriter, ScatterAddOp op);

} // namespace rondo

#endif // RONDO_PASSES_LOWERTOLINALG_H
