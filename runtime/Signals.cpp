// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signals that ask for an end.
#include "runtime/Signals.h"

#include <csignal>
#include <cstring>
#include <initializer_list>

static volatile sig_atomic_t noted = 0;

static void note(int number) { noted = number; }

static void handle(int number, int flags) {
  struct sigaction action, before;
  // Who starts a program with nohup wants no end.
  if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN && number != SIGINT)
    return;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

void rondo::catchStopSignals() {
  // The second signal meets the default action. Interrupted writes go on.
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    handle(number, static_cast<int>(SA_RESETHAND | SA_RESTART));
  // Each line for a reader that has gone sends one more, also while the weights are saved.
  handle(SIGPIPE, SA_RESTART);
}

void rondo::ignoreFileSizeSignal() { signal(SIGXFSZ, SIG_IGN); }

int rondo::stopSignal() { return noted; }
