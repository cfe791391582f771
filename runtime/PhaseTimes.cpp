// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the time of training goes.
#include "runtime/PhaseTimes.h"

#include "runtime/Progress.h"

#include <cstdio>

using namespace rondo;

PhaseTimes::PhaseTimes() : began(now()), last(began) {}

double PhaseTimes::enter(Phase phase) {
  double time = now();
  seconds[static_cast<int>(current)] += time - last;
  last = time;
  current = phase;
  return time;
}

void PhaseTimes::print(int64_t steps) {
  enter(current);
  static constexpr struct {
    Phase phase;
    const char *name;
  } names[count] = {
      {Phase::Gradients, "gradients"},   {Phase::Search, "search"},  {Phase::Update, "update"}, {Phase::Data, "data"},
      {Phase::Validation, "validating"}, {Phase::Weights, "saving"}, {Phase::Logs, "logs"}};
  printf("time %.2f s, %lld steps:", total(), static_cast<long long>(steps));
  const char *before = "";
  for (const auto &[phase, name] : names) {
    if (phase == Phase::Search && seconds[static_cast<int>(phase)] == 0)
      continue; // most optimizers have none
    printf("%s %s %.1f %%", before, name, 100 * seconds[static_cast<int>(phase)] / total());
    before = ",";
  }
  printf("\n");
}
