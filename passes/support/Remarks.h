// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the passes report of their decisions, by source line (rondoc --remarks).

#ifndef RONDO_PASSES_SUPPORT_REMARKS_H
#define RONDO_PASSES_SUPPORT_REMARKS_H

#include "mlir/IR/Operation.h"

namespace rondo {

/// Reports what was done (`kind`: "hoisted", "packed", "fused", "tile", ..) with what `op` comes from. `text` is called
/// only if someone listens.
void reportDone(mlir::Operation *op, llvm::StringRef kind, llvm::function_ref<std::string()> text);

/// Reports what was not done, and why.
void reportMissed(mlir::Operation *op, llvm::StringRef kind, llvm::function_ref<std::string()> text);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_REMARKS_H
