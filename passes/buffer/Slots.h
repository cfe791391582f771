// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The slots of a sequence that a view holds.

#ifndef RONDO_PASSES_BUFFER_SLOTS_H
#define RONDO_PASSES_BUFFER_SLOTS_H

#include "passes/support/LinearSum.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include <optional>

namespace rondo {

/// Slots that follow each other along the leading dimension of a buffer.
struct Slots {
  mlir::Value buffer;
  LinearSum first;
  int64_t count;

  /// Those that `view` lies in; none if it is no view of a buffer's part, or has steps, or a number that is not known.
  static std::optional<Slots> of(mlir::Value view);

  /// Whether both are known to be of one buffer, with none in common.
  bool areApartFrom(const Slots &other) const;
};

/// Whether the view holds all of its slots, in every dimension but the leading one.
bool holdsWholeSlots(mlir::memref::SubViewOp view);

} // namespace rondo

#endif // RONDO_PASSES_BUFFER_SLOTS_H
