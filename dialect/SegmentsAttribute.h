// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The attribute of a scan over the segments of a window (rondo-checkpoint), and of the function that a segment is made
// of, where it names the axis that is cut.

#ifndef RONDO_DIALECT_SEGMENTSATTRIBUTE_H
#define RONDO_DIALECT_SEGMENTSATTRIBUTE_H

#include "dialect/RondoDialect.h"

#include "mlir/Interfaces/LoopLikeInterface.h"

namespace rondo {

/// On a function that is stored as a whole: why.
constexpr llvm::StringLiteral uncutAttribute = "rondo.uncut";

/// On a scan, and on the loop that it is lowered to: "store" or "recompute", what its derivative does to have what it
/// reads of a segment. Nothing leaves such a scan: a segment is what is in memory at a time.
constexpr llvm::StringLiteral segmentsAttribute = "rondo.segments";
constexpr llvm::StringLiteral storeSegments = "store";
constexpr llvm::StringLiteral recomputeSegments = "recompute";

inline bool hasSegments(mlir::Operation *scan) { return scan->hasAttr(segmentsAttribute); }
/// Whether the derivative keeps the states at the segments' beginnings alone, and computes a segment again.
inline bool recomputesSegments(mlir::Operation *scan) {
  auto mode = scan->getAttrOfType<mlir::StringAttr>(segmentsAttribute);
  return mode && mode.getValue() == recomputeSegments;
}
/// Whether the scan is one over segments, or within a segment.
inline bool isOfSegments(ScanOp scan) {
  while (scan && !hasSegments(scan))
    scan = scan->getParentOfType<ScanOp>();
  return static_cast<bool>(scan);
}
/// Whether the op is a loop whose body is a step, and not a segment: a segment is lowered as a window by itself.
inline bool isLoopOfSteps(mlir::Operation *op) { return mlir::isa<mlir::LoopLikeOpInterface>(op) && !hasSegments(op); }
/// Whether the op is part of a step of a loop over positions, and not of a segment alone.
inline bool isInStep(mlir::Operation *op) {
  auto scan = op->getParentOfType<ScanOp>();
  while (scan && hasSegments(scan))
    scan = scan->getParentOfType<ScanOp>();
  return static_cast<bool>(scan);
}

} // namespace rondo

#endif // RONDO_DIALECT_SEGMENTSATTRIBUTE_H
