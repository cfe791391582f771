// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.attention -> rondo.attend, with keys and values packed once for all queries, and so for the derivative.

#include "dialect/AttentionTerms.h"
#include "passes/linalg/LowerToLinalg.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/ShareUnits.h"
#include "passes/support/TensorBuilder.h"

using namespace mlir;
using namespace rondo;

/// `matrix` in blocks of the lanes along the letter `lanes` of a tile of many rows, also where there are few: blocks of
/// keys, and with them the bits, are the same for any number of queries.
/// What its queries see of a matrix is all that is packed.
static PackOp packed(IRRewriter &rewriter, Location loc, const Machine &machine, Value matrix, StringRef term,
                     char lanes, char terms) {
  auto type = cast<RankedTensorType>(matrix.getType());
  int64_t lanesDim = term.find(lanes), termsDim = term.find(terms);
  Machine::Tile tile = machine.tileOf(type.getElementType(), 1, Machine::rowsWorthPacking, type.getDimSize(lanesDim));
  int64_t width = machine.lanesOf(type.getElementType()) * tile.vectors;
  SmallVector<int64_t> shape = PackOp::shapeOf(type.getShape(), 1, lanesDim, termsDim, width, false);
  Value destination = emptyTensor(rewriter, loc, shape, type.getElementType());
  return PackOp::create(rewriter, loc, destination.getType(), matrix, destination, lanesDim, termsDim, width, false);
}

/// Nothing of the packed keys or values is needed behind those that queries see.
static void setEnds(AttentionOp op, const AttentionTerms &terms, PackOp pack, StringRef term) {
  Value ends = op.getFirsts() ? op.getFirsts() : op.getLengths();
  if (!ends)
    return;
  Builder b(op.getContext());
  bool hasRows = cast<RankedTensorType>(ends.getType()).getRank() != 0;
  size_t rows = hasRows ? term.find(op.getRows()->front()) : 0;
  if (rows == StringRef::npos) // shared by rows
    return;
  int64_t plus = 0, queries = op.getQuery().getType().getDimSize(terms.query.find(terms.position));
  if (op.getFirsts())
    plus = std::min<int64_t>(*op.getFirst(), std::numeric_limits<int32_t>::max()) + queries;
  pack.getEndsMutable().assign(ends);
  pack.setAlong(term.find(terms.key));
  pack.setPlus(plus);
  if (hasRows)
    pack.setRows(rows);
}

void rondo::lowerAttention(IRRewriter &rewriter, AttentionOp op, const Machine &machine) {
  Location loc = op.getLoc();
  AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(op);
  auto type = cast<RankedTensorType>(op.getType());
  Value destination = emptyTensor(rewriter, loc, type.getShape(), type.getElementType());
  if (type.getNumElements() == 0)
    return rewriter.replaceOp(op, destination);
  PackOp keys = packed(rewriter, loc, machine, op.getKeys(), terms.keys, terms.key, terms.term);
  PackOp values = packed(rewriter, loc, machine, op.getValues(), terms.values, terms.feature, terms.key);
  setEnds(op, terms, keys, terms.keys);
  setEnds(op, terms, values, terms.values);
  rewriter.replaceOpWithNewOp<AttendOp>(
      op, TypeRange(type), ValueRange{op.getQuery(), keys.getResult(0), values.getResult(0)}, op.getFirsts(),
      op.getLengths(), destination, op.getSpecAttr(), op.getScaleAttr(), op.getFirstAttr(), op.getRowsAttr());
}

/// The queries of one part of the derivative, or 0.
static int64_t partOf(AttentionGradOp op, const AttentionTerms &terms) {
  int64_t matrices = 1;
  for (char letter : terms.matrices())
    matrices *= op.getQuery().getType().getDimSize(terms.query.find(letter));
  return attentionPart(matrices, op.getQuery().getType().getDimSize(terms.query.find(terms.position)));
}

void rondo::lowerAttentionGrad(IRRewriter &rewriter, AttentionGradOp op, const Machine &machine) {
  Location loc = op.getLoc();
  AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(op);
  bool isEmpty = cast<RankedTensorType>(op.getResult().getType()).getNumElements() == 0;
  if (isEmpty) {
    auto zeros = llvm::map_to_vector(op->getResultTypes(), [&](Type result) {
      auto type = cast<RankedTensorType>(result);
      return filledTensor(rewriter, loc, type.getShape(), type.getElementType(), 0);
    });
    return rewriter.replaceOp(op, zeros);
  }
  int64_t part = partOf(op, terms), queries = op.getQuery().getType().getDimSize(terms.query.find(terms.position));
  SmallVector<Value> destinations;
  for (Type result : op->getResultTypes()) {
    auto type = cast<RankedTensorType>(result);
    SmallVector<int64_t> shape(type.getShape());
    if (part && !destinations.empty())
      shape.insert(shape.begin(), llvm::divideCeil(queries, part));
    destinations.push_back(emptyTensor(rewriter, loc, shape, type.getElementType()));
  }
  Value keys = packed(rewriter, loc, machine, op.getKeys(), terms.keys, terms.key, terms.term).getResult(0);
  Value values = packed(rewriter, loc, machine, op.getValues(), terms.values, terms.key, terms.feature).getResult(0);
  Value ofTerms = packed(rewriter, loc, machine, op.getKeys(), terms.keys, terms.term, terms.key).getResult(0);
  auto kernel =
      AttendGradOp::create(rewriter, loc, TypeRange(ValueRange(destinations)),
                           ValueRange{op.getQuery(), keys, values, ofTerms, op.getResult(), op.getCotangent()},
                           op.getLengths(), destinations, op.getSpecAttr(), op.getScaleAttr(), op.getFirstAttr(),
                           op.getRowsAttr(), part ? rewriter.getI64IntegerAttr(part) : IntegerAttr());
  SmallVector<Value> results(kernel.getResults());
  if (part)
    for (Value &parts : MutableArrayRef(results).drop_front())
      parts = TensorBuilder(rewriter, loc).reduce(ReduceKind::sum, parts, 0);
  rewriter.replaceOp(op, results);
  if (part)
    for (Value sum : ArrayRef(results).drop_front())
      lowerReduce(rewriter, sum.getDefiningOp<ReduceOp>());
}
