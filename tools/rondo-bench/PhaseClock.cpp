// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Counts the processor's time stamps by place.

#include "tools/rondo-bench/PhaseClock.h"
#include "tools/rondo-bench/Timing.h"

#include <x86intrin.h>

namespace {

struct Counts {
  uint64_t last = 0;
  int64_t place = 0;
  std::vector<uint64_t> ticks;
  std::vector<int64_t> visits;
};

thread_local Counts *counts = nullptr;

} // namespace

extern "C" void rondo_profile(int64_t place) {
  if (!counts)
    return;
  uint64_t time = __rdtsc();
  counts->ticks[counts->place] += time - counts->last;
  ++counts->visits[place];
  counts->place = place;
  counts->last = time;
}

std::vector<rondo::PlaceTime> rondo::profile(double seconds, size_t places, llvm::function_ref<void()> f) {
  f();
  Counts taken;
  taken.ticks.resize(places);
  taken.visits.resize(places);
  counts = &taken;
  double begin = now(), end = begin;
  uint64_t first = __rdtsc();
  int64_t calls = 0;
  for (; calls < 5 || end < begin + seconds; ++calls) {
    taken.last = __rdtsc();
    f();
    rondo_profile(0);
    end = now();
  }
  double usPerTick = (end - begin) * 1e6 / double(__rdtsc() - first);
  counts = nullptr;
  std::vector<PlaceTime> result(places);
  for (size_t i = 0; i < places; ++i)
    result[i] = {taken.ticks[i] * usPerTick / calls, double(taken.visits[i]) / calls};
  return result;
}
