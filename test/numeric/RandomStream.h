// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random programs that stream, of all that carries something over a cut.

#ifndef RONDO_TEST_NUMERIC_RANDOMSTREAM_H
#define RONDO_TEST_NUMERIC_RANDOMSTREAM_H

#include <cstdint>
#include <string>

namespace rondo {

/// The program that `seed` names, the same on every machine: a model with an input `x` along the axis T, for some with
/// tokens below 5 or another axis, and an output `y`. One that attends reads positions before its own, of up to 15.
std::string makeRandomStream(uint64_t seed, bool attends = false);

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_RANDOMSTREAM_H
