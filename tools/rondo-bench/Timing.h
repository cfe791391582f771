// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Repeated calls and what their times say.

#ifndef RONDO_TOOLS_BENCH_TIMING_H
#define RONDO_TOOLS_BENCH_TIMING_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <chrono>
#include <vector>

namespace rondo {

/// Microseconds per call.
struct Times {
  double median = 0, low = 0, high = 0; // low and high: the 10th and the 90th percentile
  int64_t calls = 0;
};

/// Seconds since some moment.
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Calls `f` twice and then for `seconds`, at least 5 and at most 20000 times, and times each of these calls.
inline Times measure(double seconds, llvm::function_ref<void()> f) {
  f();
  f();
  std::vector<double> samples;
  for (double end = now() + seconds; (now() < end || samples.size() < 5) && samples.size() < 20000;) {
    double begin = now();
    f();
    samples.push_back((now() - begin) * 1e6);
  }
  std::sort(samples.begin(), samples.end());
  size_t count = samples.size();
  return {samples[count / 2], samples[count / 10], samples[count - 1 - count / 10], int64_t(count)};
}

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_TIMING_H
