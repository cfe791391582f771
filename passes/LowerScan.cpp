// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.scan -> scf.for on tensors.

#include "passes/LinalgBuilders.h"
#include "passes/LowerToLinalg.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

void rondo::lowerScan(IRRewriter &rewriter, ScanOp scan) {
  Location loc = scan.getLoc();
  rewriter.setInsertionPoint(scan);
  Value zero = indexConstant(rewriter, loc, 0), one = indexConstant(rewriter, loc, 1);
  Value length = indexConstant(rewriter, loc, scan.getLength());
  SmallVector<Value> carried(scan.getInits());
  for (Value emitted : scan.getEmitted()) {
    auto type = cast<RankedTensorType>(emitted.getType());
    carried.push_back(emptyTensor(rewriter, loc, type.getShape(), type.getElementType()));
  }
  auto loop = scf::ForOp::create(rewriter, loc, zero, length, one, carried);
  loop->setAttr("rondo.scan", rewriter.getUnitAttr()); // for rondo-unroll
  if (!loop.getBody()->empty())                        // a loop without iter_args comes with its terminator
    rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.setInsertionPointToStart(loop.getBody());
  Value position = loop.getInductionVar();
  if (scan.getBackward()) {
    Value last = indexConstant(rewriter, loc, scan.getLength() - 1);
    position = arith::SubIOp::create(rewriter, loc, last, position);
  }

  SmallVector<Value> arguments(loop.getRegionIterArgs().take_front(scan.getNumStates()));
  for (auto [sequence, argument] : llvm::zip(scan.getSequences(), scan.getSequenceArguments())) {
    auto whole = cast<RankedTensorType>(sequence.getType());
    LeadingSlice slice(rewriter, whole, position);
    arguments.push_back(tensor::ExtractSliceOp::create(rewriter, loc, cast<RankedTensorType>(argument.getType()),
                                                       sequence, slice.offsets, slice.sizes, slice.strides));
  }
  YieldOp yield = scan.getYield();
  rewriter.inlineBlockBefore(&scan.getBlock(), loop.getBody(), loop.getBody()->end(), arguments);
  rewriter.setInsertionPoint(yield);
  SmallVector<Value> next(yield.getNext());
  for (auto [value, sequence] :
       llvm::zip(yield.getEmitted(), loop.getRegionIterArgs().drop_front(scan.getNumStates()))) {
    LeadingSlice slice(rewriter, cast<RankedTensorType>(sequence.getType()), position);
    next.push_back(
        tensor::InsertSliceOp::create(rewriter, loc, value, sequence, slice.offsets, slice.sizes, slice.strides));
  }
  scf::YieldOp::create(rewriter, loc, next);
  rewriter.eraseOp(yield);
  rewriter.replaceOp(scan, loop.getResults());
}
