// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers that are a function of (seed, stream, index), the same on every machine: Philox.h, and distributions
// computed with basic arithmetic only, because the last bits of a libm's log and cos differ.
#ifndef RONDO_RUNTIME_RANDOM_H
#define RONDO_RUNTIME_RANDOM_H

#include <cstddef>
#include <cstdint>

namespace rondo {

/// FNV-1a, to make a stream's number of a name.
uint64_t hashName(const char *name, size_t length);

/// One stream of numbers; each is asked for by its index.
class Random {
public:
  Random(uint64_t seed, uint64_t stream) : seed(seed), stream(stream) {}
  Random(uint64_t seed, const char *stream);

  /// 64 random bits.
  uint64_t bits(uint64_t index) const;
  /// Uniform in (0, 1): the middle of one of 2^52 equal parts.
  double uniform(uint64_t index) const;
  /// Normal with mean 0 and deviation 1.
  double normal(uint64_t index) const;
  /// Uniform in 0 .. count-1; count is positive.
  int64_t below(uint64_t index, int64_t count) const;

private:
  uint64_t seed, stream;
};

/// The quantile function of the normal distribution for 0 < p < 1 (Wichura 1988, AS 241), to about 1e-15.
double normalQuantile(double p);

} // namespace rondo

#endif
