// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The progress line.
#include "runtime/Progress.h"

#include <cstdio>
#include <ctime>
#include <unistd.h>

using namespace rondo;

double rondo::now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Progress::Progress(int64_t before, int64_t steps, int64_t unitsPerStep, const char *unit)
    : before(before), steps(steps), unitsPerStep(unitsPerStep), unit(unit), began(now()), lastTime(began),
      terminal(isatty(STDOUT_FILENO)) {}

void Progress::step(int64_t step, double loss, const char *parts) {
  double time = now();
  int64_t part = (steps + 19) / 20;
  bool due = terminal ? time - lastTime > 0.2 : step % part == 0 || time - lastTime > 10;
  if (step == before + 1 || step == steps || due)
    show(step, loss, parts, time);
}

void Progress::show(int64_t step, double loss, const char *parts, double time) {
  double rate = step > before && time > began ? static_cast<double>(step - before) / (time - began) : 0;
  double left = rate > 0 ? static_cast<double>(steps - step) / rate : 0;
  long long seconds = static_cast<long long>(left + 0.5);
  char remaining[48];
  if (seconds >= 3600)
    snprintf(remaining, sizeof remaining, "%lldh %02lldm", seconds / 3600, seconds / 60 % 60);
  else
    snprintf(remaining, sizeof remaining, "%lldm %02llds", seconds / 60, seconds % 60);
  printf("%sstep %lld/%lld  loss %.4f%s  %.0f %s/s  %s left%s", terminal ? "\r" : "", static_cast<long long>(step),
         static_cast<long long>(steps), loss, parts, rate * static_cast<double>(unitsPerStep), unit, remaining,
         terminal ? "\033[K" : "\n");
  fflush(stdout);
  open = terminal;
  lastTime = time;
}

void Progress::finish() {
  if (open)
    printf("\n");
  open = false;
  fflush(stdout);
}
