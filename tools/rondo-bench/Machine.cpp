// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Measures multiply-adds and reads with the vectors that are compiled for.

#include "tools/rondo-bench/Machine.h"
#include "tools/rondo-bench/Timing.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <memory>
#include <sched.h>
#include <sys/mman.h>
#include <thread>

using namespace rondo;

namespace {

// Functions for one instruction set: a target attribute reaches no function that is called, so a macro makes them.
// 12 chains of multiply-adds keep two units of latency 4 and more busy; so do 8 of additions for the reads.
#define RONDO_KERNELS(NAME, TARGET, VECTOR, SET, LOAD, ADD, MULTIPLY_ADD, STORE)                                       \
  __attribute__((target(TARGET))) float multiplyAdd##NAME(int64_t rounds, float value) {                               \
    VECTOR x = SET(value), sums[12];                                                                                   \
    for (VECTOR &sum : sums)                                                                                           \
      sum = SET(value);                                                                                                \
    for (int64_t i = 0; i < rounds; ++i)                                                                               \
      _Pragma("clang loop unroll(full)") for (int k = 0; k < 12; ++k) sums[k] = MULTIPLY_ADD(sums[k], x, x);           \
    for (int k = 1; k < 12; ++k)                                                                                       \
      sums[0] = ADD(sums[0], sums[k]);                                                                                 \
    alignas(64) float lanes[16] = {};                                                                                  \
    STORE(lanes, sums[0]);                                                                                             \
    return lanes[0];                                                                                                   \
  }                                                                                                                    \
  __attribute__((target(TARGET))) float read##NAME(const float *from, int64_t count) {                                 \
    constexpr int lanes = sizeof(VECTOR) / sizeof(float);                                                              \
    VECTOR sums[8];                                                                                                    \
    for (VECTOR &sum : sums)                                                                                           \
      sum = SET(0);                                                                                                    \
    for (int64_t i = 0; i < count; i += 8 * lanes)                                                                     \
      _Pragma("clang loop unroll(full)") for (int k = 0; k < 8; ++k) sums[k] =                                         \
          ADD(sums[k], LOAD(from + i + k * lanes));                                                                    \
    for (int k = 1; k < 8; ++k)                                                                                        \
      sums[0] = ADD(sums[0], sums[k]);                                                                                 \
    alignas(64) float out[16] = {};                                                                                    \
    STORE(out, sums[0]);                                                                                               \
    return out[0];                                                                                                     \
  }                                                                                                                    \
  __attribute__((target(TARGET))) void copy##NAME(const float *from, float *to, int64_t count) {                       \
    constexpr int lanes = sizeof(VECTOR) / sizeof(float);                                                              \
    for (int64_t i = 0; i < count; i += 8 * lanes)                                                                     \
      _Pragma("clang loop unroll(full)") for (int k = 0; k < 8; ++k)                                                   \
          STORE(to + i + k * lanes, LOAD(from + i + k * lanes));                                                       \
  }

#define RONDO_SEPARATE(A, B, C) _mm_add_ps(_mm_mul_ps(A, B), C)
#define RONDO_SEPARATE256(A, B, C) _mm256_add_ps(_mm256_mul_ps(A, B), C)
RONDO_KERNELS(AVX512, "avx512f", __m512, _mm512_set1_ps, _mm512_load_ps, _mm512_add_ps, _mm512_fmadd_ps,
              _mm512_store_ps)
RONDO_KERNELS(AVX2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_load_ps, _mm256_add_ps, _mm256_fmadd_ps, _mm256_store_ps)
RONDO_KERNELS(AVX, "avx", __m256, _mm256_set1_ps, _mm256_load_ps, _mm256_add_ps, RONDO_SEPARATE256, _mm256_store_ps)
RONDO_KERNELS(SSE, "sse2", __m128, _mm_set1_ps, _mm_load_ps, _mm_add_ps, RONDO_SEPARATE, _mm_store_ps)

struct Kernels {
  const char *name;
  int64_t lanes;
  float (*multiplyAdd)(int64_t, float);
  float (*read)(const float *, int64_t);
  void (*copy)(const float *, float *, int64_t);
};

Kernels kernelsFor(const Machine &target) {
  if (target.width >= 16)
    return {"AVX-512", 16, multiplyAddAVX512, readAVX512, copyAVX512};
  if (target.width >= 8)
    return target.fma ? Kernels{"AVX2", 8, multiplyAddAVX2, readAVX2, copyAVX2}
                      : Kernels{"AVX", 8, multiplyAddAVX, readAVX, copyAVX};
  return {"SSE", 4, multiplyAddSSE, readSSE, copySSE};
}

std::vector<int> usableCPUs() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set))
        cpus.push_back(cpu);
  return cpus;
}

/// The work per second of `threads` threads that call `f(thread)`, which returns its work, for `seconds`: the sum of
/// each one's best.
template <typename F> double rateOf(int64_t threads, double seconds, F f) {
  std::vector<double> best(threads, 0);
  std::atomic<int64_t> ready = 0;
  std::vector<int> cpus = usableCPUs();
  std::vector<std::thread> team;
  for (int64_t thread = 0; thread < threads; ++thread)
    team.emplace_back([&, thread] {
      if (!cpus.empty()) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpus[thread % cpus.size()], &set);
        sched_setaffinity(0, sizeof(set), &set);
      }
      f(thread);
      ++ready;
      while (ready < threads)
        std::this_thread::yield();
      for (double end = now() + seconds, begin = now(); begin < end;) {
        double work = f(thread), after = now();
        best[thread] = std::max(best[thread], work / (after - begin));
        begin = after;
      }
    });
  double sum = 0;
  for (int64_t thread = 0; thread < threads; ++thread) {
    team[thread].join();
    sum += best[thread];
  }
  return sum;
}

} // namespace

using Rates = std::vector<std::pair<int64_t, double>>;

/// The rate for `bytes` of each core, between those that were measured.
static double rateFor(const Rates &rates, double bytes) {
  double share = std::max(bytes, 1.0);
  for (size_t i = 0; i < rates.size(); ++i) {
    if (share > rates[i].first)
      continue;
    if (i == 0)
      return rates[0].second;
    double part = std::log2(share / rates[i - 1].first) / std::log2(double(rates[i].first) / rates[i - 1].first);
    return rates[i - 1].second + part * (rates[i].second - rates[i - 1].second);
  }
  return rates.back().second;
}

double MachineRates::bandwidth(double bytes) const { return rateFor(reads, bytes / threads); }

double MachineRates::copyBandwidth(double bytes) const { return rateFor(copies, bytes / threads); }

MachineRates rondo::measureMachine(int64_t threads, const Machine &target) {
  Kernels kernels = kernelsFor(target);
  MachineRates machine;
  machine.threads = threads;
  machine.vectors = kernels.name;
  machine.fma = target.fma;
  volatile float kept = 0;
  auto multiplyAdd = [&](int64_t) {
    constexpr int64_t rounds = 20000;
    kept = kernels.multiplyAdd(rounds, 0.5f);
    return double(rounds * 12 * kernels.lanes * 2);
  };
  machine.oneCoreFlops = rateOf(1, 0.05, multiplyAdd);
  machine.flops = threads == 1 ? machine.oneCoreFlops : rateOf(threads, 0.05, multiplyAdd);

  constexpr int64_t smallest = 16 << 10, largest = 64 << 20;
  struct Free {
    void operator()(float *memory) const { std::free(memory); }
  };
  std::vector<std::unique_ptr<float, Free>> memory;
  for (int64_t thread = 0; thread < threads; ++thread) {
    memory.emplace_back(static_cast<float *>(std::aligned_alloc(2 << 20, largest)));
    // Large pages: the limit is the caches', not that of the translation of addresses.
    madvise(memory.back().get(), largest, MADV_HUGEPAGE);
    std::memset(memory.back().get(), 0, largest);
  }
  // `f` moves so many bytes of its thread's memory.
  auto measureRates = [&](auto f) {
    Rates rates;
    for (int64_t bytes = smallest; bytes <= largest; bytes *= 2)
      rates.emplace_back(bytes, rateOf(threads, 0.02, [&](int64_t thread) {
                           // Long enough for the clock.
                           int64_t repeats = std::max<int64_t>(1, (1 << 20) / bytes);
                           for (int64_t i = 0; i < repeats; ++i)
                             f(memory[thread].get(), bytes / int64_t(sizeof(float)));
                           return double(bytes * repeats);
                         }));
    // What a larger part reaches, a smaller one does too: a dip is noise.
    for (size_t i = rates.size() - 1; i-- > 0;)
      rates[i].second = std::max(rates[i].second, rates[i + 1].second);
    return rates;
  };
  machine.reads = measureRates([&](float *from, int64_t count) { kept = kernels.read(from, count); });
  machine.copies = measureRates([&](float *from, int64_t count) { kernels.copy(from, from + count / 2, count / 2); });
  return machine;
}
