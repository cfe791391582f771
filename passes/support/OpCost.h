// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What an op on tensors costs, as one table for all passes that weigh it: beside what each op's derivative is.

#ifndef RONDO_PASSES_SUPPORT_OPCOST_H
#define RONDO_PASSES_SUPPORT_OPCOST_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// Kinds of work, from the least on.
enum class OpCost {
  Move,         // elements change places: slices, reshapes
  Repetition,   // each element read becomes several
  Arithmetic,   // some instructions for each element: less than storing it
  OuterProduct, // a product that sums nothing, which makes more elements than it reads
  Function,     // a quotient or a function of each element, or a sum: more than storing it
  Product       // sums of products, and what reads tables or rows: much faster for many positions at once
};

OpCost costOf(mlir::Operation *op);

/// Whether it is as well computed again where it is read: it costs less than storing its result.
inline bool isCheap(mlir::Operation *op) { return costOf(op) <= OpCost::Arithmetic; }

/// Whether it makes more elements than it reads and costs next to nothing: its result is not worth storing.
inline bool isExpansion(mlir::Operation *op) {
  OpCost cost = costOf(op);
  return cost == OpCost::Repetition || cost == OpCost::OuterProduct;
}

/// Whether it does the same work on many positions much faster than on one after the other.
inline bool isExpensive(mlir::Operation *op) { return costOf(op) == OpCost::Product; }

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_OPCOST_H
