// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop cut into tiles of a fixed size and a smaller last one.

#include "passes/vector/LoopRange.h"

#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

/// The next multiple of `tile` from `value` on, from 0 on.
static Value roundUp(OpBuilder &b, Location loc, Value value, int64_t tile) {
  Value size = indexConstant(b, loc, tile);
  Value positive = b.createOrFold<arith::MaxSIOp>(loc, value, indexConstant(b, loc, 0));
  Value reached = b.createOrFold<arith::AddIOp>(loc, positive, indexConstant(b, loc, tile - 1));
  return b.createOrFold<arith::MulIOp>(loc, b.createOrFold<arith::DivUIOp>(loc, reached, size), size);
}

void rondo::emitLoop(OpBuilder &b, Location loc, Value lower, Value upper, int64_t tile, Value backwards,
                     llvm::function_ref<void(Value position)> body) {
  Value step = indexConstant(b, loc, tile), flip, base;
  if (backwards) {
    // -1 - i + (lower + upper - tile + 1), or i: both without a choice within the loop, of which there would be two.
    Value zero = indexConstant(b, loc, 0);
    flip = arith::SelectOp::create(b, loc, backwards, indexConstant(b, loc, -1), zero);
    Value ends = b.createOrFold<arith::AddIOp>(loc, lower, upper);
    base =
        arith::AndIOp::create(b, loc, flip, b.createOrFold<arith::SubIOp>(loc, ends, indexConstant(b, loc, tile - 1)));
  }
  auto loop = scf::ForOp::create(b, loc, lower, upper, step);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value position = loop.getInductionVar();
  if (backwards)
    position = arith::AddIOp::create(b, loc, arith::XOrIOp::create(b, loc, position, flip), base);
  body(position);
}

void rondo::emitTiles(OpBuilder &b, Location loc, int64_t extent, int64_t tile, std::optional<Split> split,
                      Value backwards, Value limit, llvm::function_ref<void(Value position, int64_t size)> body) {
  int64_t whole = extent / tile * tile;
  SplitRange share{indexConstant(b, loc, 0), indexConstant(b, loc, extent)};
  if (split)
    share = buildSplitRange(b, loc, extent, split->unit, limit);
  if (whole == tile && !split && !limit) {
    body(share.lower, tile);
  } else if (whole > 0) {
    Value upper = b.createOrFold<arith::MinUIOp>(loc, share.upper, indexConstant(b, loc, whole));
    if (limit)
      upper = b.createOrFold<arith::MinSIOp>(loc, upper, backwards ? roundUp(b, loc, limit, tile) : limit);
    emitLoop(b, loc, share.lower, upper, tile, backwards, [&](Value position) { body(position, tile); });
  }
  if (whole < extent) {
    OpBuilder::InsertionGuard guard(b);
    auto enterIf = [&](arith::CmpIPredicate predicate, Value left, int64_t right) {
      Value condition = arith::CmpIOp::create(b, loc, predicate, left, indexConstant(b, loc, right));
      b.setInsertionPointToStart(scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false).thenBlock());
    };
    if (split)
      enterIf(arith::CmpIPredicate::eq, share.upper, extent);
    if (limit)
      enterIf(arith::CmpIPredicate::sgt, limit, whole);
    body(indexConstant(b, loc, whole), extent - whole);
  }
}
