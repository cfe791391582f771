// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Every pass: its flag, what it establishes, its options, and a before/after that a test runs.

#ifndef RONDO_PASSES_TD
#define RONDO_PASSES_TD

include "mlir/Pass/PassBase.td"
include "passes/training/TrainingPasses.td"
include "passes/training/DerivativePasses.td"
include "passes/split/SplitPasses.td"
include "passes/linalg/LinalgPasses.td"
include "passes/buffer/BufferPasses.td"
include "passes/threads/ThreadsPasses.td"
include "passes/vector/VectorPasses.td"

#endif // RONDO_PASSES_TD
