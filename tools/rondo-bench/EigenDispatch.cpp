// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Chooses the baseline's code for this machine.

#include "tools/rondo-bench/EigenLSTM.h"

namespace rondo {
void runEigenAVX512(const EigenLSTM &);
void runEigenAVX2(const EigenLSTM &);
void runEigenSSE(const EigenLSTM &);
} // namespace rondo

void rondo::runEigenLSTM(const EigenLSTM &lstm) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw"))
    return runEigenAVX512(lstm);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return runEigenAVX2(lstm);
  runEigenSSE(lstm);
}
