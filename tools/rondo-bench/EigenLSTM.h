// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The baseline: an LSTM as one would write it by hand with a library for matrices.

#ifndef RONDO_TOOLS_BENCH_EIGENLSTM_H
#define RONDO_TOOLS_BENCH_EIGENLSTM_H

#include <cstdint>

namespace rondo {

/// An LSTM in Eigen on one core: x [T, B, I], the four gates' weights [4H, I] and [4H, H], bias [4H], to y [T, B, H].
struct EigenLSTM {
  int64_t T, B, I, H;
  const float *x, *wx, *wh, *bias;
  float *y;
};

/// Runs a sequence from zero states, with the vectors of this machine. Gates in the order i, f, o, g.
void runEigenLSTM(const EigenLSTM &lstm);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_EIGENLSTM_H
