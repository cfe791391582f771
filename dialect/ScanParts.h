// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Replacing a scan by one with other states, sequences or results.

#ifndef RONDO_DIALECT_SCANPARTS_H
#define RONDO_DIALECT_SCANPARTS_H

#include "dialect/RondoDialect.h"
#include "mlir/IR/Builders.h"

namespace rondo {

/// What a scan is made of besides its body. Begins as the parts of a scan; what the other one has of its own is put in
/// their place.
struct ScanParts {
  explicit ScanParts(ScanOp scan);

  llvm::SmallVector<mlir::Value> inits;
  llvm::SmallVector<llvm::StringRef> names; // of the states, for carrying
  llvm::SmallVector<mlir::Value> sequences;
  llvm::SmallVector<mlir::Type> emitted; // at one position
  int64_t length;

  /// A scan of these parts with a body without ops; direction, limit, attributes and location are those of the first
  /// scan.
  ScanOp create(mlir::OpBuilder &builder) const;

private:
  ScanOp scan;
};

} // namespace rondo

#endif // RONDO_DIALECT_SCANPARTS_H
