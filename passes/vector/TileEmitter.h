// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The sums of one rondo.phase on buffers in a register tile, and the pointwise body behind them.

#ifndef RONDO_PASSES_VECTOR_TILEEMITTER_H
#define RONDO_PASSES_VECTOR_TILEEMITTER_H

#include "passes/vector/PhaseTile.h"
#include "passes/vector/VectorBody.h"

namespace rondo {

/// Where a tile is in its phase is set by the loops' emitter.
class TileEmitter : public PhaseTile {
public:
  using PhaseTile::PhaseTile;

  void emitTile();

  mlir::Value nextLanes;                        // of the panel after this one, where it is asked for
  mlir::Value nextRow;                          // the first of the tile after this one, where it is asked for
  llvm::SmallVector<mlir::Value> ends;          // of the loops, how many iterations a call needs; null: all
  mlir::Value blockBegin, blockEnd, firstBlock; // of the terms, where they come in blocks; whether it is the first

private:
  /// Sums that are computed at once, from `first` on.
  struct Turn {
    unsigned first, count;
  };

  /// The inputs that a body reads, loaded once for all rows or vectors along which they do not vary. They are its
  /// arguments from `first` on.
  class Inputs {
  public:
    Inputs(TileEmitter &tile, unsigned first) : tile(tile), first(first) {}

    /// Sets those that are read.
    void set(VectorBody &body, const llvm::BitVector &reads, int64_t row, int64_t vector);

  private:
    TileEmitter &tile;
    unsigned first;
    llvm::DenseMap<std::tuple<unsigned, int64_t, int64_t>, mlir::Value> loaded;
  };

  VectorBody bodyOf(mlir::Block &block) { return VectorBody(b, block, plan.width, machine.fma, indices, plan.lanes); }
  mlir::Type sumType();
  /// The place of a sum's accumulator among those of the tile.
  unsigned slot(unsigned sum, int64_t row, int64_t vector) { return (sum * rows + row) * vectors + vector; }
  /// Whether a row's left operand and the right ones of all sums and vectors are no more than a right one and the left
  /// ones of all rows: so many are held at once.
  bool isByRow(unsigned sums) { return sums * vectors <= rows; }
  void forTile(bool byRow, llvm::function_ref<void(int64_t row, int64_t vector)> body);

  mlir::SmallVector<mlir::Value> emitSums(Turn turn);
  mlir::SmallVector<mlir::Value> sumOver(unsigned loop, mlir::SmallVector<mlir::Value> accumulators,
                                         llvm::function_ref<mlir::SmallVector<mlir::Value>(mlir::ValueRange)> body);
  mlir::SmallVector<mlir::Value> addTerm(mlir::ValueRange carried, mlir::ArrayRef<mlir::Value> summands);
  void storeSums(Turn turn, mlir::ArrayRef<mlir::Value> accumulators);

  void emitTurns(const llvm::BitVector &reads);
  void makeAside();
  void putAside(mlir::Value first, unsigned count, mlir::ArrayRef<mlir::Value> accumulators);
  void emitEpilogueOfThoseAside(const llvm::BitVector &reads);

  /// The inputs that the pointwise body reads.
  llvm::BitVector epilogueReads();
  void emitEpilogue(Inputs &loaded, const llvm::BitVector &reads, int64_t row, int64_t vector,
                    llvm::function_ref<mlir::Value(unsigned sum)> sumAt);

  mlir::Value aside; // memory of a tile's sums, where they wait there for the pointwise body
};

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_TILEEMITTER_H
