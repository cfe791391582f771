// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes (Passes.td) and how to register them.

#ifndef RONDO_PASSES_PASSES_H
#define RONDO_PASSES_PASSES_H

#include "dialect/RondoDialect.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace rondo {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

} // namespace rondo

#endif // RONDO_PASSES_PASSES_H
