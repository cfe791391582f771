// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of matrices of which each has a vector of its own, as states of rank 2 have: each number of the matrices is
// read once.

#ifndef RONDO_PASSES_SUPPORT_MATRIXPRODUCTS_H
#define RONDO_PASSES_SUPPORT_MATRIXPRODUCTS_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// Of such a product that is computed step by step, and of the nest that it becomes.
constexpr llvm::StringLiteral matrixProductAttribute = "rondo.matrix_product";

/// The matrices of such a product, null of other ops. For many positions at once it reads as many matrices: nothing is
/// gained by that.
mlir::Value matricesOf(mlir::Operation *op);

/// Whether it makes a matrix of two vectors for each of these, as what is added to a state of rank 2 is.
bool makesMatrices(mlir::Operation *op);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_MATRIXPRODUCTS_H
