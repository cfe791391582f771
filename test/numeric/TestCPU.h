// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which processor tests compile for, and how much of their sweeps they take for it.

#ifndef RONDO_TEST_NUMERIC_TESTCPU_H
#define RONDO_TEST_NUMERIC_TESTCPU_H

#include <string>

namespace rondo {

/// RONDO_TEST_CPU; native unless given.
std::string testCPU();

/// Whether each processor takes all members of all sweeps: where RONDO_WHOLE_SWEEPS is set.
bool takesWholeSweeps();

/// Whether the test that runs takes the next member of its sweep. Code for this machine is made for the first and every
/// second of them, for another processor for the first and every third, which are others for haswell than for the rest:
/// what a member is about is mostly decided before the processor is known.
bool takesNext();

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_TESTCPU_H
