// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What this machine can do at most, measured.

#ifndef RONDO_TOOLS_BENCH_MACHINE_H
#define RONDO_TOOLS_BENCH_MACHINE_H

#include "passes/support/Machine.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rondo {

/// The rates of `threads` cores that work at the same time, each on memory of its own.
struct MachineRates {
  int64_t threads = 1;
  std::string vectors;     // the instructions: AVX-512, AVX2, AVX or SSE
  bool fma = false;        // fused multiply-adds
  double oneCoreFlops = 0; // flop/s of one core alone, multiply-adds of floats being two
  double flops = 0;        // of all together
  /// Bytes per core -> bytes/s of all together, never rising. Copies: of which half are read and half written.
  std::vector<std::pair<int64_t, double>> reads, copies;

  /// Bytes per second at which all cores together read `bytes` that are split over them, again and again.
  double bandwidth(double bytes) const;
  /// The same where half of the bytes are read, and the other half written.
  double copyBandwidth(double bytes) const;
};

/// Measures for about half a second, on the cores that this process may use, with the vectors and multiply-adds of the
/// machine that is compiled for, which this one must have.
MachineRates measureMachine(int64_t threads, const Machine &target);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_MACHINE_H
