// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loops over tokens, and the rows of tensors at their positions.

#ifndef RONDO_PASSES_LINALG_ROWLOOPS_H
#define RONDO_PASSES_LINALG_ROWLOOPS_H

#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {

/// Builds the work at one position: of its place, of its token as an index, and of the tensors so far; the tensors to
/// carry on.
using TokenBody = llvm::function_ref<mlir::scf::ValueVector(mlir::OpBuilder &, mlir::ValueRange position,
                                                            mlir::Value token, mlir::ValueRange carried)>;

/// Runs `body` for each position of `tokens` in order, from the last one to the first along the dimensions of
/// `descending`. Returns the tensors after all positions.
mlir::scf::ValueVector forEachToken(mlir::OpBuilder &b, mlir::Location loc, mlir::Value tokens, mlir::ValueRange init,
                                    TokenBody body, llvm::ArrayRef<unsigned> descending = {});

/// The row of a tensor at `position`, which has a null for a dimension of the row and ends before its last ones.
class RowSlice {
public:
  RowSlice(mlir::OpBuilder &b, mlir::RankedTensorType whole, llvm::ArrayRef<mlir::Value> position);

  mlir::RankedTensorType type;
  mlir::Value extract(mlir::OpBuilder &b, mlir::Location loc, mlir::Value from) const;
  mlir::Value insert(mlir::OpBuilder &b, mlir::Location loc, mlir::Value row, mlir::Value into) const;

private:
  mlir::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
};

} // namespace rondo

#endif // RONDO_PASSES_LINALG_ROWLOOPS_H
