// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The one place that names every dialect a module may hold and every extension that the passes rely on.

#ifndef RONDO_PASSES_REGISTRATION_H
#define RONDO_PASSES_REGISTRATION_H

namespace mlir {
class DialectRegistry;
}

namespace rondo {

/// Registers the dialects of all stages and the interfaces attached to their ops.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers every pass of Rondo under its flag, for textual pipelines.
void registerPasses();

} // namespace rondo

#endif // RONDO_PASSES_REGISTRATION_H
