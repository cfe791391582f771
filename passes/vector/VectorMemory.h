// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the emitters of loops over vectors share: vectors in memory, and loops that carry sums.

#ifndef RONDO_PASSES_VECTOR_VECTORMEMORY_H
#define RONDO_PASSES_VECTOR_VECTORMEMORY_H

#include "passes/support/Machine.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace rondo {

inline mlir::Value zeroVector(mlir::OpBuilder &b, mlir::Location loc, mlir::VectorType type) {
  return mlir::arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

/// The first lanes of a vector, as many as `count` (an index, which may be below 0 or above all).
inline mlir::Value lanesBelow(mlir::OpBuilder &b, mlir::Location loc, int64_t width, mlir::Value count) {
  count = mlir::arith::IndexCastOp::create(b, loc, b.getI32Type(), count);
  auto numbers = llvm::to_vector(llvm::seq<int32_t>(0, width));
  mlir::Value lanes = mlir::arith::ConstantOp::create(b, loc, b.getI32VectorAttr(numbers));
  mlir::Value counts = mlir::vector::BroadcastOp::create(b, loc, lanes.getType(), count);
  return mlir::arith::CmpIOp::create(b, loc, mlir::arith::CmpIPredicate::slt, lanes, counts);
}

/// The neighbours in memory from `at` on, those of `mask` (null: all) and zeros for the others.
inline mlir::Value loadVector(mlir::OpBuilder &b, mlir::Location loc, mlir::VectorType type, mlir::Value buffer,
                              mlir::ValueRange at, mlir::Value mask) {
  if (!mask)
    return mlir::vector::LoadOp::create(b, loc, type, buffer, at);
  return mlir::vector::MaskedLoadOp::create(b, loc, type, buffer, at, mask, zeroVector(b, loc, type));
}

/// Writes those of `mask` (null: all).
inline void storeVector(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, mlir::Value buffer,
                        mlir::ValueRange at, mlir::Value mask) {
  if (!mask)
    mlir::vector::StoreOp::create(b, loc, value, buffer, at);
  else
    mlir::vector::MaskedStoreOp::create(b, loc, buffer, at, mask, value);
}

/// Writes a whole vector past the caches, at the beginning of a line or, if it is shorter, of a part of one.
inline void storeVectorPast(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, mlir::Value buffer,
                            mlir::ValueRange at) {
  auto type = mlir::cast<mlir::VectorType>(value.getType());
  int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  llvm::Align alignment(std::min(bytes, Machine::line));
  mlir::vector::StoreOp::create(b, loc, value, buffer, at, /*nontemporal=*/true, alignment);
}

/// A loop that carries `sums`: `body` gets its position and the sums so far, and returns the next ones.
inline mlir::SmallVector<mlir::Value>
emitSumLoop(mlir::OpBuilder &b, mlir::Location loc, mlir::Value lower, mlir::Value upper, mlir::Value step,
            mlir::ValueRange sums,
            llvm::function_ref<mlir::SmallVector<mlir::Value>(mlir::Value position, mlir::ValueRange sums)> body) {
  auto loop = mlir::scf::ForOp::create(b, loc, lower, upper, step, sums);
  mlir::OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  mlir::scf::YieldOp::create(b, loc, body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return mlir::SmallVector<mlir::Value>(loop.getResults());
}

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_VECTORMEMORY_H
