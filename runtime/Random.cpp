// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hashes and distributions. Compiled without contraction of a * b + c, so that every machine rounds alike.
#include "runtime/Random.h"

#include "runtime/Philox.h"

#include <cmath>
#include <cstring>

using namespace rondo;

uint64_t rondo::hashName(const char *name, size_t length) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < length; ++i)
    hash = (hash ^ static_cast<uint8_t>(name[i])) * 0x100000001b3u;
  return hash;
}

Random::Random(uint64_t seed, const char *stream) : Random(seed, hashName(stream, strlen(stream))) {}

uint64_t Random::bits(uint64_t index) const {
  uint32_t counter[4] = {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                         static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)};
  uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  philox(counter, key);
  return static_cast<uint64_t>(counter[1]) << 32 | counter[0];
}

double Random::uniform(uint64_t index) const { return (static_cast<double>(bits(index) >> 12) + 0.5) * 0x1p-52; }

double Random::normal(uint64_t index) const { return normalQuantile(uniform(index)); }

int64_t Random::below(uint64_t index, int64_t count) const {
  // The high half of a 64 x 64 bit product; the bias is below count / 2^64.
  return static_cast<int64_t>(static_cast<unsigned __int128>(bits(index)) * static_cast<uint64_t>(count) >> 64);
}

/// Natural logarithm of a positive normal number: x = m 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2
/// atanh((m-1)/(m+1)).
static double portableLog(double x) {
  uint64_t word;
  memcpy(&word, &x, sizeof word);
  int64_t exponent = static_cast<int64_t>(word >> 52) - 1023;
  word = (word & 0x000fffffffffffffu) | 0x3ff0000000000000u;
  double m;
  memcpy(&m, &word, sizeof m);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  double s = (m - 1) / (m + 1), square = s * s, sum = 0;
  // |s| < 0.172, so the first term left out is below 1e-18.
  for (int k = 23; k >= 1; k -= 2)
    sum = sum * square + 1.0 / k;
  return 2 * s * sum + static_cast<double>(exponent) * 0.69314718055994530942;
}

static double polynomial(const double (&c)[8], double x) {
  double value = c[7];
  for (int i = 6; i >= 0; --i)
    value = value * x + c[i];
  return value;
}

double rondo::normalQuantile(double p) {
  static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                              1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                              3.3430575583588128105e4, 2.5090809287301226727e3};
  static const double b[8] = {1.0,
                              4.2313330701600911252e1,
                              6.8718700749205790830e2,
                              5.3941960214247511077e3,
                              2.1213794301586595867e4,
                              3.9307895800092710610e4,
                              2.8729085735721942674e4,
                              5.2264952788528545610e3};
  static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                              3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                              2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static const double d[8] = {1.0,
                              2.05319162663775882187e0,
                              1.67638483018380384940e0,
                              6.89767334985100004550e-1,
                              1.48103976427480074590e-1,
                              1.51986665636164571966e-2,
                              5.47593808499534494600e-4,
                              1.05075007164441684324e-9};
  static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                              2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static const double f[8] = {1.0,
                              5.99832206555887937690e-1,
                              1.36929880922735805310e-1,
                              1.48753612908506148525e-2,
                              7.86869131145613259100e-4,
                              1.84631831751005468180e-5,
                              1.42151175831644588870e-7,
                              2.04426310338993978564e-15};
  double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = std::sqrt(-portableLog(q < 0 ? p : 1 - p));
  double value = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5);
  return q < 0 ? -value : value;
}
