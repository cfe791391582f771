// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which dimensions of a function's buffers, and loops of its nests, are over the positions of a call.
//
// A dimension of a buffer is known to be over positions by how the loop of a scan with a limit goes through it, or by
// what an argument says, and from there on by the loops of nests that index it and dimensions of other buffers.

#ifndef RONDO_PASSES_BUFFER_POSITIONFINDER_H
#define RONDO_PASSES_BUFFER_POSITIONFINDER_H

#include "passes/support/LoopLimit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {

/// The dimension of a buffer that runs over positions, `rows` of its elements for each.
struct Positions {
  int64_t dimension, rows;
};

/// What is known of a function's buffers.
class PositionFinder {
public:
  PositionFinder(mlir::func::FuncOp function, mlir::Value length);
  /// The greatest number of positions; nothing where no loop has a limit, or they do not agree.
  std::optional<int64_t> find();

  /// Whether the copy is of positions.
  bool knows(mlir::memref::CopyOp copy) const { return places.contains(copy.getSource()); }
  /// Whether arguments say which of their dimensions are over positions.
  bool isOfWhole() const { return looksAhead; }
  /// The loops of a nest over positions, in their order.
  llvm::SmallVector<LoopLimit> loopsOf(mlir::Operation *op);
  /// Whether the nest sums over positions that loops but these go through.
  bool sumsAside(mlir::Operation *op, llvm::ArrayRef<LoopLimit> known);
  /// Whether a loop goes through all positions, and writes at the position at hand alone.
  bool isOverPositions(mlir::scf::ForOp loop);
  /// Whether all that touches the buffer ends where the call's positions do, which the nests have limits for by now.
  bool staysWithin(mlir::Value buffer);

private:
  bool argumentsAgree();
  bool isSummed(mlir::Value buffer);
  bool staysWithin(mlir::OpOperand &use, Positions positions);
  bool isAtPosition(mlir::Operation *op, mlir::Value buffer, mlir::scf::ForOp loop);
  void begin(mlir::scf::ForOp loop);
  void setWindow(int64_t most);
  void add(mlir::Value buffer, Positions positions);
  void goThrough(mlir::memref::CollapseShapeOp view, Positions positions);
  void goToSource(mlir::Value buffer, Positions positions);
  void goToUser(mlir::Operation *user, Positions positions);
  void goAlong(mlir::Value position);

  mlir::func::FuncOp function;
  mlir::Value length;
  std::optional<int64_t> window;
  bool agrees = true, looksAhead = false;
  llvm::SmallPtrSet<mlir::Operation *, 4> limited; // loops of scans
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Positions>> places;
  llvm::SmallVector<std::pair<mlir::Value, Positions>> pending;
};

} // namespace rondo

#endif // RONDO_PASSES_BUFFER_POSITIONFINDER_H
