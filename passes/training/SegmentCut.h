// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What of a model's function on a window belongs to each segment of it, found by comparing the function with the same
// one on a segment.

#ifndef RONDO_PASSES_TRAINING_SEGMENTCUT_H
#define RONDO_PASSES_TRAINING_SEGMENTCUT_H

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace rondo {

/// A function on a window beside the same one on a segment: both streamed, op by op the same but for their sizes.
class SegmentCut {
public:
  /// What is carried from segment to segment: the values of the segment's function that one begins and ends with, and
  /// those of the window's.
  struct State {
    mlir::Value before, after, wholeBefore, wholeAfter;
  };
  /// What becomes of an argument in a segment.
  enum class ArgumentKind { Same, Sequence, Lengths, Position, State };

  /// Compares the two. Fails, with an error, where they are not the same function, and where the segment's says that
  /// it is cut along an axis and is not.
  mlir::LogicalResult find(mlir::func::FuncOp whole, mlir::func::FuncOp segment);

  /// Why segments one after the other would not compute what the window does, with the op at which that is seen; empty
  /// if they do.
  const std::string &getObstacle() const { return obstacle; }
  mlir::Operation *getObstructing() const { return obstructing; }

  int64_t getLength() const { return length; }
  int64_t getWholeLength() const { return wholeLength; }
  llvm::ArrayRef<State> getStates() const { return states; }
  ArgumentKind kindOf(unsigned argument) const { return kinds[argument]; }
  /// Those sequences of a segment that are read outside of it, each with the window's.
  llvm::ArrayRef<std::pair<mlir::Value, mlir::Value>> getRead() const { return read; }
  /// The window's ops that stay behind the segments, in order.
  llvm::ArrayRef<mlir::Operation *> getTail() const { return tail; }

  /// Builds a segment that begins with `begin`. `argument` is called for each argument of the segment's function that
  /// is not the same in all segments, nor a state. Returns the states after the segment, then what is read of it.
  llvm::SmallVector<mlir::Value> build(mlir::OpBuilder &builder, mlir::ValueRange begin,
                                       llvm::function_ref<mlir::Value(unsigned)> argument) const;

private:
  mlir::LogicalResult match();
  void classifyArguments(mlir::StringRef axis);
  void findVarying();
  bool findStates();
  void findTail();
  void findBody();
  void refuse(mlir::Operation *op, const llvm::Twine &reason);
  bool isSequence(mlir::Value value) const { return value.getType() != wholeOf.lookup(value).getType(); }
  bool resolveTail(mlir::Value value, llvm::DenseSet<mlir::Operation *> &seen);

  mlir::func::FuncOp whole, segment;
  int64_t length = 0, wholeLength = 0;
  std::string obstacle;
  mlir::Operation *obstructing = nullptr;
  llvm::SmallVector<ArgumentKind> kinds;
  llvm::DenseMap<mlir::Value, mlir::Value> wholeOf; // from the segment's values to the window's
  llvm::DenseSet<mlir::Value> varying;              // the segment's values that differ from segment to segment
  llvm::SmallVector<State> states;
  llvm::SmallVector<std::pair<mlir::Value, mlir::Value>> read;
  llvm::SmallVector<mlir::Operation *> tail, body;
};

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_SEGMENTCUT_H
