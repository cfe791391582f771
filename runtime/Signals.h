// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ctrl-C, a closed terminal, a reader of the output that has gone: the first SIGINT, SIGTERM or SIGHUP and each SIGPIPE
// asks a loop to end in good order, a second one but SIGPIPE ends the program.
#ifndef RONDO_RUNTIME_SIGNALS_H
#define RONDO_RUNTIME_SIGNALS_H

namespace rondo {

/// From now on these signals are only noted; ignored ones (nohup) stay ignored, but for SIGINT.
void catchStopSignals();

/// From now on a file that would be larger than allowed is an error of writing, in place of the program's end.
void ignoreFileSizeSignal();

/// The signal that was noted, or 0.
int stopSignal();

} // namespace rondo

#endif
