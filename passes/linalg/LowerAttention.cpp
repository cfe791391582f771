// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.attention -> rondo.attend, with keys and values packed once for all queries, and so for the derivative.

#include "dialect/AttentionTerms.h"
#include "passes/linalg/LowerToLinalg.h"
#include "passes/support/LinalgBuilders.h"

using namespace mlir;
using namespace rondo;

/// `matrix` in blocks of the lanes along the letter `lanes` of a tile of many rows, also where there are few: blocks of
/// keys, and with them the bits, are the same for any number of queries.
static Value packed(IRRewriter &rewriter, Location loc, const Machine &machine, Value matrix, StringRef term,
                    char lanes, char terms) {
  auto type = cast<RankedTensorType>(matrix.getType());
  int64_t lanesDim = term.find(lanes), termsDim = term.find(terms);
  Machine::Tile tile = machine.tileOf(type.getElementType(), 1, Machine::rowsWorthPacking, type.getDimSize(lanesDim));
  int64_t width = machine.lanesOf(type.getElementType()) * tile.vectors;
  SmallVector<int64_t> shape = PackOp::shapeOf(type.getShape(), 1, lanesDim, termsDim, width, false);
  Value destination = emptyTensor(rewriter, loc, shape, type.getElementType());
  return PackOp::create(rewriter, loc, destination.getType(), matrix, destination, lanesDim, termsDim, width, false)
      .getResult(0);
}

void rondo::lowerAttention(IRRewriter &rewriter, AttentionOp op, const Machine &machine) {
  Location loc = op.getLoc();
  AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(op);
  auto type = cast<RankedTensorType>(op.getType());
  Value destination = emptyTensor(rewriter, loc, type.getShape(), type.getElementType());
  if (type.getNumElements() == 0)
    return rewriter.replaceOp(op, destination);
  Value keys = packed(rewriter, loc, machine, op.getKeys(), terms.keys, terms.key, terms.term);
  Value values = packed(rewriter, loc, machine, op.getValues(), terms.values, terms.feature, terms.key);
  rewriter.replaceOpWithNewOp<AttendOp>(op, TypeRange(type), ValueRange{op.getQuery(), keys, values}, destination,
                                        op.getSpecAttr(), op.getScaleAttr(), op.getFirstAttr());
}

void rondo::lowerAttentionGrad(IRRewriter &rewriter, AttentionGradOp op, const Machine &machine) {
  Location loc = op.getLoc();
  AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(op);
  bool isEmpty = cast<RankedTensorType>(op.getResult().getType()).getNumElements() == 0;
  SmallVector<Value> destinations;
  for (Type result : op->getResultTypes()) {
    auto type = cast<RankedTensorType>(result);
    destinations.push_back(isEmpty ? filledTensor(rewriter, loc, type.getShape(), type.getElementType(), 0)
                                   : emptyTensor(rewriter, loc, type.getShape(), type.getElementType()));
  }
  if (isEmpty)
    return rewriter.replaceOp(op, destinations);
  Value keys = packed(rewriter, loc, machine, op.getKeys(), terms.keys, terms.key, terms.term);
  Value values = packed(rewriter, loc, machine, op.getValues(), terms.values, terms.key, terms.feature);
  Value ofTerms = packed(rewriter, loc, machine, op.getKeys(), terms.keys, terms.term, terms.key);
  rewriter.replaceOpWithNewOp<AttendGradOp>(
      op, op->getResultTypes(), ValueRange{op.getQuery(), keys, values, ofTerms, op.getResult(), op.getCotangent()},
      destinations, op.getSpecAttr(), op.getScaleAttr(), op.getFirstAttr());
}
