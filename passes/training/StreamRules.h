// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What ops that mix positions carry over a cut of a sequence into windows.

#ifndef RONDO_PASSES_TRAINING_STREAMRULES_H
#define RONDO_PASSES_TRAINING_STREAMRULES_H

#include "dialect/RondoDialect.h"
#include "mlir/IR/Builders.h"

namespace rondo {

/// A value that goes from window to window.
struct Carried {
  mlir::StringAttr name;
  mlir::Location loc;
  mlir::OpOperand *before; // what the op begins with
  mlir::Value after;       // what the next window begins with, of the same type

  mlir::Type type() const { return after.getType(); }
};

/// The names of what the op carries, in order: the states of a scan, the positions before those of a history. None of
/// an op that looks at its own position alone, or begins anew in each window.
llvm::SmallVector<mlir::StringAttr> carriedBy(mlir::Operation *op);

/// Takes the names from the op, which is one on a window then, and says what it carries.
llvm::SmallVector<Carried> buildWindow(mlir::Operation *op);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_STREAMRULES_H
