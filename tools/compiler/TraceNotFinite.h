// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Where in the program a number that is not finite arises, for a window of training that a compiled model has written.

#ifndef RONDO_TOOLS_COMPILER_TRACENOTFINITE_H
#define RONDO_TOOLS_COMPILER_TRACENOTFINITE_H

#include "tools/compiler/ModelCompiler.h"

namespace rondo {

enum class TraceResult { Failed, Found, Finite };

/// Runs the reference interpreter on the window in `path` (runtime/StepWatch.h has the format): forward, the gradients
/// and the update. Found: the first operation whose result is not finite is a diagnostic at its place in the program,
/// and `os` says in which part and where in the sequence. Of the options it sets the functions that are made. Failed:
/// `error` has a message, or a diagnostic was given.
TraceResult traceNotFinite(Program &program, CompileOptions &options, const std::string &path, llvm::raw_ostream &os,
                           std::string &error, mlir::TimingScope &timing);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_TRACENOTFINITE_H
