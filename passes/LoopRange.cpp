// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop cut into tiles of a fixed size and a smaller last one.

#include "passes/LoopRange.h"

#include "passes/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

void rondo::emitTiles(OpBuilder &b, Location loc, int64_t extent, int64_t tile, std::optional<Split> split,
                      llvm::function_ref<void(Value position, int64_t size)> body) {
  int64_t whole = extent / tile * tile;
  SplitRange share{indexConstant(b, loc, 0), indexConstant(b, loc, extent)};
  if (split)
    share = buildSplitRange(b, loc, extent, split->unit);
  if (whole == tile && !split) {
    body(share.lower, tile);
  } else if (whole > 0) {
    Value upper = b.createOrFold<arith::MinUIOp>(loc, share.upper, indexConstant(b, loc, whole));
    Value step = indexConstant(b, loc, tile);
    auto loop = scf::ForOp::create(b, loc, share.lower, upper, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar(), tile);
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
