// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far an update moves the weights.
#include "runtime/UpdateNorm.h"

#include <cmath>

using namespace rondo;

void UpdateNorm::open(const Call &update) {
  for (const Argument &argument : update.entry->args)
    if (argument.role == Role::Parameter && argument.written) {
      const Buffer &now = *update.find(Role::Parameter, argument.name);
      kept.add({now, blocks.allocate(now.type, now.shape)});
    }
}

void UpdateNorm::begin() {
  for (const Kept &buffer : kept)
    memcpy(buffer.before.data, buffer.now.data, buffer.now.bytes());
}

/// In several sums side by side, which the processor adds at once.
template <typename T> static double squares(const void *now, const void *before, int64_t count) {
  const T *a = static_cast<const T *>(now), *b = static_cast<const T *>(before);
  constexpr int64_t lanes = 8;
  double sums[lanes] = {}, all = 0;
  for (int64_t i = 0; i + lanes <= count; i += lanes)
    for (int64_t lane = 0; lane < lanes; ++lane) {
      double difference = static_cast<double>(a[i + lane]) - static_cast<double>(b[i + lane]);
      sums[lane] += difference * difference;
    }
  for (int64_t i = count / lanes * lanes; i < count; ++i) {
    double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    all += difference * difference;
  }
  for (double sum : sums)
    all += sum;
  return all;
}

double UpdateNorm::value() const {
  double sum = 0;
  for (const auto &[now, before] : kept) {
    int64_t count = now.shape.count();
    sum += now.type == Type::F64 ? squares<double>(now.data, before.data, count)
                                 : squares<float>(now.data, before.data, count);
  }
  return std::sqrt(sum);
}
