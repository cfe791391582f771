// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The clock that code compiled with rondo-profile reads: how long the thread that calls it spends at each place.

#ifndef RONDO_TOOLS_BENCH_PHASECLOCK_H
#define RONDO_TOOLS_BENCH_PHASECLOCK_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdint>
#include <vector>

namespace rondo {

/// What one place took in one call.
struct PlaceTime {
  double us = 0, visits = 0;
};

/// Calls `f` again and again for about `seconds` on this thread; the means for each of `places` places.
std::vector<PlaceTime> profile(double seconds, size_t places, llvm::function_ref<void()> f);

} // namespace rondo

/// The hook: from now on time goes to `place`. Threads other than the profiling one are not counted.
extern "C" void rondo_profile(int64_t place);

#endif // RONDO_TOOLS_BENCH_PHASECLOCK_H
