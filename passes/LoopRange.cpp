// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop cut into tiles of a fixed size and a smaller last one.

#include "passes/LoopRange.h"

#include "passes/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

void rondo::emitTiles(OpBuilder &b, Location loc, int64_t extent, int64_t tile, std::optional<Split>,
                      llvm::function_ref<void(Value position, int64_t size)> body) {
  int64_t whole = extent / tile * tile;
  if (whole == tile) {
    body(indexConstant(b, loc, 0), tile);
  } else if (whole > 0) {
    Value lower = indexConstant(b, loc, 0), upper = indexConstant(b, loc, whole), step = indexConstant(b, loc, tile);
    auto loop = scf::ForOp::create(b, loc, lower, upper, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar(), tile);
  }
  if (whole < extent)
    body(indexConstant(b, loc, whole), extent - whole);
}
