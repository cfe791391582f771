// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.append on buffers: for each row and each position that has a slot one copy of what else there is.

#include "passes/vector/AppendEmitter.h"

#include "dialect/AppendOps.h"
#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

/// The part of a buffer at one position and row.
static Value partAt(OpBuilder &b, AppendOp op, Value buffer, Value position, Value row) {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  for (int64_t size : cast<MemRefType>(buffer.getType()).getShape()) {
    offsets.push_back(b.getIndexAttr(0));
    sizes.push_back(b.getIndexAttr(size));
    strides.push_back(b.getIndexAttr(1));
  }
  for (auto [dim, index] : {std::pair(op.getDim(), position), std::pair(op.getRows(), row)}) {
    offsets[dim] = index;
    sizes[dim] = b.getIndexAttr(1);
  }
  return memref::SubViewOp::create(b, op.getLoc(), buffer, offsets, sizes, strides);
}

static void emitAppend(OpBuilder &b, AppendOp op) {
  Location loc = op.getLoc();
  auto window = cast<MemRefType>(op.getWindow().getType()), slots = cast<MemRefType>(op.getSlots().getType());
  if (window.getNumElements() == 0 || slots.getNumElements() == 0)
    return;
  auto constant = [&](int64_t number) { return indexConstant(b, loc, number); };
  Value zero = constant(0), one = constant(1);
  auto rows = scf::ForOp::create(b, loc, zero, constant(window.getDimSize(op.getRows())), one);
  b.setInsertionPointToStart(rows.getBody());
  Value row = rows.getInductionVar(), first = zero;
  if (op.getFirst())
    first = arith::IndexCastOp::create(b, loc, b.getIndexType(), memref::LoadOp::create(b, loc, op.getFirst(), row));
  // A row may have gone on to where there are no slots: what it gives there is not read.
  Value room = arith::SubIOp::create(b, loc, constant(slots.getDimSize(op.getDim())), first);
  Value end = arith::MinSIOp::create(b, loc, room, constant(window.getDimSize(op.getDim())));
  auto positions = scf::ForOp::create(b, loc, zero, end, one);
  b.setInsertionPointToStart(positions.getBody());
  Value position = positions.getInductionVar(), slot = arith::AddIOp::create(b, loc, first, position);
  memref::CopyOp::create(b, loc, partAt(b, op, op.getWindow(), position, row), partAt(b, op, op.getSlots(), slot, row));
}

void rondo::emitAppends(IRRewriter &rewriter, func::FuncOp function) {
  SmallVector<AppendOp> ops;
  function.walk([&](AppendOp op) { ops.push_back(op); });
  for (AppendOp op : ops) {
    rewriter.setInsertionPoint(op);
    emitAppend(rewriter, op);
    rewriter.eraseOp(op);
  }
}
