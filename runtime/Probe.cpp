// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moving a parameter.
#include "runtime/Probe.h"

#include <cmath>

using namespace rondo;

double Direction::step(int64_t i) const {
  if (end - begin == 1)
    return 1;
  double length = 1 / std::sqrt(static_cast<double>(end - begin));
  return signs.bits(static_cast<uint64_t>(i)) & 1 ? length : -length;
}

double Direction::slope(const Buffer &gradient) const {
  double sum = 0;
  for (int64_t i = begin; i < end; ++i)
    sum += step(i) * gradient.get(i);
  return sum;
}

Probe::Probe(RandomCall &loss, const Parameter &parameter, double base) : loss(loss), parameter(parameter), base(base) {
  kept.resize(static_cast<size_t>(parameter.shape.count()));
  steps.resize(kept.size());
  if (!kept.empty())
    memcpy(kept.data(), values(), kept.size() * sizeof(double));
}

Probe::~Probe() {
  if (!kept.empty())
    memcpy(values(), kept.data(), kept.size() * sizeof(double));
}

Curve Probe::along(const Direction &wanted) {
  direction = wanted;
  for (int64_t i = direction.begin; i < direction.end; ++i)
    steps[static_cast<size_t>(i)] = direction.step(i);
  return {evaluate, this, base};
}

double *Probe::values() const {
  return static_cast<double *>(loss.workspace.parameters.values(parameter, Type::F64).data);
}

void Probe::move(double offset) const {
  double *to = values();
  for (int64_t i = direction.begin; i < direction.end; ++i)
    to[i] = kept[static_cast<size_t>(i)] + offset * steps[static_cast<size_t>(i)];
}

double Probe::evaluate(void *context, double offset) {
  Probe &probe = *static_cast<Probe *>(context);
  probe.move(offset);
  double value = probe.loss.run();
  probe.move(0);
  return value;
}
