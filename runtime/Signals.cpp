// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signals that ask for an end.
#include "runtime/Signals.h"

#include <csignal>
#include <cstring>

static volatile sig_atomic_t noted = 0;

static void note(int number) { noted = number; }

void rondo::catchStopSignals() {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  // The second signal meets the default action. Interrupted writes go on.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int rondo::stopSignal() { return noted; }
