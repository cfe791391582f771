// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Masks of what lies behind a call's positions, in nests whose loops end there.
//
// The front end masks what is summed over positions (frontend/IRGenBound.cpp). A nest that ends with them comes to none
// behind them: there the mask holds everywhere.

#ifndef RONDO_PASSES_BUFFER_CALLMASKS_H
#define RONDO_PASSES_BUFFER_CALLMASKS_H

#include "passes/support/LoopLimit.h"

#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "llvm/ADT/SetVector.h"

namespace rondo {

/// The masks of a function on buffers, each of which is written once.
class CallMasks {
public:
  /// `length` is the function's argument that says how many positions a call has.
  explicit CallMasks(mlir::Value length) : length(length) {}

  /// In the bodies of a nest with limits, masks that hold in all of its iterations are true, and it reads them no more.
  void fold(mlir::Operation *nest);
  /// Erases nests that make what nothing reads since.
  void eraseUnused();

private:
  std::optional<unsigned> loopWithin(mlir::Operation *nest, mlir::Value condition);
  bool isNumber(mlir::Value buffer);
  void foldIn(mlir::Operation *nest, mlir::Block &body);
  void dropUnusedInputs(mlir::Operation *nest);

  mlir::Value length;
  llvm::SetVector<mlir::Value> dropped; // buffers
};

} // namespace rondo

#endif // RONDO_PASSES_BUFFER_CALLMASKS_H
