// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Choosing a symbol by the logits of all.
#ifndef RONDO_RUNTIME_SAMPLER_H
#define RONDO_RUNTIME_SAMPLER_H

#include "runtime/Tensor.h"

namespace rondo {

/// How symbols are drawn.
struct Sampling {
  /// Divides the logits; at 0 the likeliest symbol is taken, the first one of several.
  double temperature = 0;
  /// Only so many of the likeliest symbols may be drawn; 0: all.
  int64_t topK = 0;
  /// Of these only the likeliest ones that have together this share of the probability (Holtzman et al. 2020).
  double topP = 1;
};

/// The logits of `count` symbols. Those that are not finite have no probability.
class Sampler {
public:
  /// Takes the logits from element `begin` on. False where none is finite.
  bool set(const Buffer &logits, int64_t begin, int64_t count);

  int64_t count() const { return static_cast<int64_t>(logits.size()); }
  /// The natural logarithm of the symbol's probability at temperature 1, minus infinity where it has none.
  double logProbability(int64_t symbol) const;
  /// Draws a symbol by the number u, uniform in (0, 1).
  int64_t draw(const Sampling &sampling, double u);

private:
  double weight(int64_t symbol, double temperature) const;
  void keepLikeliest(const Sampling &sampling);

  List<double> logits;
  size_t best = 0;
  double logTotal = 0; // of exp(logit - the best one)
  List<int32_t> order;
  List<bool> isKept; // empty where all are
};

} // namespace rondo

#endif
