// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loop cut into tiles of a fixed size and a smaller last one.

#ifndef RONDO_PASSES_VECTOR_LOOPRANGE_H
#define RONDO_PASSES_VECTOR_LOOPRANGE_H

#include "passes/threads/WorkShare.h"

#include "mlir/IR/Builders.h"

namespace rondo {

/// Emits a loop over tiles of `tile` from `lower` to below `upper`. Where `backwards` (i1, or null for never) is true
/// they come from the last to the first: `upper` is then a number of whole tiles behind `lower`.
void emitLoop(mlir::OpBuilder &b, mlir::Location loc, mlir::Value lower, mlir::Value upper, int64_t tile,
              mlir::Value backwards, llvm::function_ref<void(mlir::Value position)> body);

/// Emits `body` for the tiles of the loop 0 .. extent: `body(position, size)` gets each tile's first position and its
/// static size, which is `tile` or what is left at the end. With `split` (of this loop) only this thread's tiles; the
/// unit must be a multiple of the tile then. Where `backwards` is true the whole tiles come from the last to the first.
/// With `limit` (index, may be below 0; or null) only the tiles that begin below it.
void emitTiles(mlir::OpBuilder &b, mlir::Location loc, int64_t extent, int64_t tile, std::optional<Split> split,
               mlir::Value backwards, mlir::Value limit,
               llvm::function_ref<void(mlir::Value position, int64_t size)> body);
inline void emitTiles(mlir::OpBuilder &b, mlir::Location loc, int64_t extent, int64_t tile, std::optional<Split> split,
                      llvm::function_ref<void(mlir::Value position, int64_t size)> body) {
  emitTiles(b, loc, extent, tile, split, /*backwards=*/nullptr, /*limit=*/nullptr, body);
}

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_LOOPRANGE_H
