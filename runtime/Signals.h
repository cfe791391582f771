// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ctrl-C: the first SIGINT or SIGTERM asks a loop to end in good order, the second ends the program.
#ifndef RONDO_RUNTIME_SIGNALS_H
#define RONDO_RUNTIME_SIGNALS_H

namespace rondo {

/// From now on the first SIGINT or SIGTERM is only noted.
void catchStopSignals();

/// The signal that was noted, or 0.
int stopSignal();

} // namespace rondo

#endif
