// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Nests over matrices whose results are matrices, sums along their rows and sums along their columns.

#ifndef RONDO_PASSES_VECTOR_MATRIXNEST_H
#define RONDO_PASSES_VECTOR_MATRIXNEST_H

#include "passes/support/Machine.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace rondo {

/// What a result of a nest over matrices is.
enum class MatrixResult {
  Matrix, // a number for each of the matrices'
  Row,    // of each row, the sum along it
  Column  // of each column
};

/// A nest of which the last two loops run over the rows and along the lanes of matrices.
struct MatrixNest {
  mlir::linalg::GenericOp op;
  mlir::SmallVector<mlir::AffineMap> maps; // per operand
  mlir::SmallVector<MatrixResult> results; // per output
  mlir::SmallVector<int64_t> sizes;        // of the loops
  mlir::Type element;
  unsigned getRows() const { return sizes.size() - 2; }
  unsigned getLanes() const { return sizes.size() - 1; }
  /// Whether it is marked as a product: its bits must not depend on the nests beside it.
  bool isProduct() const;
  unsigned countSums(MatrixResult kind) const { return llvm::count(results, kind); }
};

/// The nest that `op` is; nothing if it is none, as `why` says.
std::optional<MatrixNest> matrixNestOf(mlir::Operation *op, std::string &why);

/// Nests that run together, each row after row.
struct MatrixPlan {
  static constexpr int64_t mostUnrolled = 4; // vectors of a row; of more, the rows of a tile are walked side by side

  mlir::SmallVector<MatrixNest> nests; // in their order
  int64_t width = 1;                   // lanes of a vector
  int64_t rows = 1;                    // of a tile
};

/// Chooses the tile of nests over the same loops.
void planTile(MatrixPlan &plan, const Machine &machine);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_MATRIXNEST_H
