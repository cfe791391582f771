// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Several time steps in one iteration.

#ifndef RONDO_PASSES_LINALG_UNROLL_H
#define RONDO_PASSES_LINALG_UNROLL_H

#include <cstdint>

namespace rondo {

/// The most steps of which rondo-unroll writes the code out.
constexpr int64_t mostUnrolledSteps = 1024;

} // namespace rondo

#endif // RONDO_PASSES_LINALG_UNROLL_H
