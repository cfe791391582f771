// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scans that a seed makes up, of states that need each other in any order.

#ifndef RONDO_TEST_NUMERIC_RANDOMSTATES_H
#define RONDO_TEST_NUMERIC_RANDOMSTATES_H

#include <cstdint>
#include <string>

namespace rondo::test {

/// A function @f with one scan of two to six states, as text with the numbers of Sizes left open. A step sums products
/// with the states before it and with those of this step that are known, these states themselves, gates of them,
/// products with the input, and a normalisation; forward or backward; held where a mask says so. The loss is that of
/// what a random choice of states emits. With `ends` the scan runs one position, and only final states are results.
std::string randomStates(uint64_t seed, bool ends = false);

} // namespace rondo::test

#endif // RONDO_TEST_NUMERIC_RANDOMSTATES_H
