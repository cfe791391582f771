// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop cut into tiles of a fixed size and a smaller last one.

#include "passes/vector/LoopRange.h"

#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

void rondo::emitTiles(OpBuilder &b, Location loc, int64_t extent, int64_t tile, std::optional<Split> split,
                      Value backwards, llvm::function_ref<void(Value position, int64_t size)> body) {
  int64_t whole = extent / tile * tile;
  SplitRange share{indexConstant(b, loc, 0), indexConstant(b, loc, extent)};
  if (split)
    share = buildSplitRange(b, loc, extent, split->unit);
  if (whole == tile && !split) {
    body(share.lower, tile);
  } else if (whole > 0) {
    Value upper = b.createOrFold<arith::MinUIOp>(loc, share.upper, indexConstant(b, loc, whole));
    Value step = indexConstant(b, loc, tile), flip, base;
    if (backwards) {
      // -1 - i + (lower + upper - tile + 1), or i: both without a choice within the loop, of which there would be two.
      Value zero = indexConstant(b, loc, 0);
      flip = arith::SelectOp::create(b, loc, backwards, indexConstant(b, loc, -1), zero);
      Value ends = b.createOrFold<arith::AddIOp>(loc, share.lower, upper);
      base = arith::AndIOp::create(b, loc, flip,
                                   b.createOrFold<arith::SubIOp>(loc, ends, indexConstant(b, loc, tile - 1)));
    }
    auto loop = scf::ForOp::create(b, loc, share.lower, upper, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value position = loop.getInductionVar();
    if (backwards)
      position = arith::AddIOp::create(b, loc, arith::XOrIOp::create(b, loc, position, flip), base);
    body(position, tile);
  }
  if (whole < extent) {
    OpBuilder::InsertionGuard guard(b);
    if (split) {
      Value end = indexConstant(b, loc, extent);
      Value mine = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, share.upper, end);
      b.setInsertionPointToStart(scf::IfOp::create(b, loc, mine, /*withElseRegion=*/false).thenBlock());
    }
    body(indexConstant(b, loc, whole), extent - whole);
  }
}
