// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Probabilities, and draws.
#include "runtime/Sampler.h"

#include <cmath>

using namespace rondo;

bool Sampler::set(const Buffer &values, int64_t begin, int64_t count) {
  logits.resize(static_cast<size_t>(count));
  bool hasBest = false;
  for (size_t i = 0; i < logits.size(); ++i) {
    logits[i] = values.get(begin + static_cast<int64_t>(i));
    if (std::isfinite(logits[i]) && (!hasBest || logits[i] > logits[best])) {
      best = i;
      hasBest = true;
    }
  }
  if (!hasBest)
    return false;
  double total = 0;
  for (int64_t symbol = 0; symbol < count; ++symbol)
    total += weight(symbol, 1);
  logTotal = std::log(total);
  return true;
}

/// Proportional to the symbol's probability.
double Sampler::weight(int64_t symbol, double temperature) const {
  double logit = logits[static_cast<size_t>(symbol)];
  return std::isfinite(logit) ? std::exp((logit - logits[best]) / temperature) : 0;
}

double Sampler::logProbability(int64_t symbol) const {
  double logit = logits[static_cast<size_t>(symbol)];
  return std::isfinite(logit) ? logit - logits[best] - logTotal : -INFINITY;
}

/// Chooses the symbols that may be drawn.
void Sampler::keepLikeliest(const Sampling &sampling) {
  isKept.clear();
  if (!sampling.topK && sampling.topP >= 1)
    return;
  order.clear();
  for (int32_t symbol = 0; symbol < count(); ++symbol)
    if (std::isfinite(logits[static_cast<size_t>(symbol)]))
      order.add(symbol);
  sortItems(order, [&](int32_t a, int32_t b) {
    double of = logits[static_cast<size_t>(a)], other = logits[static_cast<size_t>(b)];
    return of != other ? of > other : a < b;
  });
  size_t kept = order.size();
  if (sampling.topK && static_cast<size_t>(sampling.topK) < kept)
    kept = static_cast<size_t>(sampling.topK);
  double total = 0, share = 0;
  for (size_t i = 0; i < kept; ++i)
    total += weight(order[i], sampling.temperature);
  isKept.resize(logits.size());
  for (size_t i = 0; i < kept && (i == 0 || share < sampling.topP * total); ++i) {
    share += weight(order[i], sampling.temperature);
    isKept[static_cast<size_t>(order[i])] = true;
  }
}

int64_t Sampler::draw(const Sampling &sampling, double u) {
  if (sampling.temperature == 0)
    return static_cast<int64_t>(best);
  keepLikeliest(sampling);
  auto keptWeight = [&](int64_t symbol) {
    bool kept = isKept.empty() || isKept[static_cast<size_t>(symbol)];
    return kept ? weight(symbol, sampling.temperature) : 0;
  };
  double total = 0;
  for (int64_t symbol = 0; symbol < count(); ++symbol)
    total += keptWeight(symbol);
  double left = u * total;
  for (int64_t symbol = 0; symbol < count(); ++symbol) {
    left -= keptWeight(symbol);
    if (left < 0)
      return symbol;
  }
  return static_cast<int64_t>(best); // rounding left a crumb
}
