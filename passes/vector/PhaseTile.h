// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The operands of one rondo.phase on buffers at the points of a register tile.

#ifndef RONDO_PASSES_VECTOR_PHASETILE_H
#define RONDO_PASSES_VECTOR_PHASETILE_H

#include "passes/vector/PhasePlan.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace rondo {

/// Where a tile of `rows` rows x `vectors` vectors is, and what of the operands belongs to it. The loops' emitter moves
/// it on.
class PhaseTile {
public:
  PhaseTile(mlir::OpBuilder &builder, PhaseOp op, const PhasePlan &plan, const Machine &machine)
      : b(builder), loc(op.getLoc()), op(op), plan(plan), machine(machine), bounds(op.getBounds()),
        indices(bounds.size()) {}

  mlir::OpBuilder &b;
  mlir::Location loc;
  PhaseOp op;
  const PhasePlan &plan;
  const Machine &machine;
  mlir::ArrayRef<int64_t> bounds;
  mlir::SmallVector<mlir::Value> indices;         // of the loops, as far as they are open
  int64_t rows = 1, vectors = 1, lanesOfLast = 1; // lanes of the last vector
  mlir::Value lastMask;                           // of the last vector, where the position decides about it
  mlir::Value sumAtHand;                          // where a loop goes over the sums
  int64_t term = 0, termsInStep = 1;              // of those in one iteration of the loop over terms

  mlir::Value constant(int64_t value);

  /// Whether the operand varies along a loop.
  bool along(unsigned operand, std::optional<unsigned> loop) { return isAlong(op, operand, loop); }
  /// The bytes that the sums read along one loop, but not along the other.
  int64_t bytesAlong(unsigned loop, std::optional<unsigned> other) { return bytesAlong(op, loop, other); }
  static int64_t bytesAlong(PhaseOp op, unsigned loop, std::optional<unsigned> other);

  /// An index as another one plus a constant.
  static std::pair<mlir::AffineExpr, int64_t> splitConstant(mlir::AffineExpr expr);
  /// Whether the elements that the lanes of a vector read or write are neighbours in memory.
  bool isContiguous(unsigned operand);
  /// Whether an operand with these indices is one of several that are packed apart: the second index is its number.
  static bool isPackedApart(mlir::ArrayRef<mlir::AffineExpr> indices) {
    return indices.size() == 4 && mlir::isa<mlir::AffineConstantExpr>(indices[1]) &&
           indices.back().getKind() == mlir::AffineExprKind::Mod;
  }
  /// Whether it lies in blocks of lanes, each of which is contiguous.
  bool isPacked(unsigned operand);
  /// Whether any of its indices is a lane's place in a block.
  bool isInBlocks(unsigned operand);

  /// An operand's indices at a row and lane of the tile, or of the one at `loops`. Vectors begin and end within a block
  /// of packed operands, tiles may not.
  mlir::SmallVector<mlir::Value> position(unsigned operand, int64_t row, int64_t lane,
                                          mlir::ArrayRef<mlir::Value> loops);
  mlir::SmallVector<mlir::Value> position(unsigned operand, int64_t row, int64_t lane) {
    return position(operand, row, lane, indices);
  }
  /// An operand's value at a row and vector of the tile: a vector if it varies along the lanes, else a scalar.
  mlir::Value load(unsigned operand, int64_t row, int64_t vector);
  void store(unsigned operand, int64_t row, int64_t vector, mlir::Value value);
  /// The lanes below `count`.
  mlir::Value maskBelow(mlir::Value count);

private:
  static bool isAlong(PhaseOp op, unsigned operand, std::optional<unsigned> loop) {
    return loop && op.getMap(operand).isFunctionOfDim(*loop);
  }
  mlir::Value evaluate(mlir::AffineExpr expr, int64_t row, int64_t lane, mlir::ArrayRef<mlir::Value> loops);
  bool isPadded(unsigned operand);
  int64_t lanesOf(int64_t vector) { return vector == vectors - 1 ? lanesOfLast : plan.width; }
  bool isMasked(int64_t vector) { return vector == vectors - 1 && (lastMask || lanesOfLast < plan.width); }
  mlir::Value mask();
};

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_PHASETILE_H
