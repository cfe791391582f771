// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the tools say for --version. RONDO_VERSION comes from the build.

#ifndef RONDO_TOOLS_VERSION_H
#define RONDO_TOOLS_VERSION_H

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/TargetParser/Host.h"

namespace rondo {

/// Names the program, its version and the machine in place of LLVM alone. Before the options are read.
inline void setVersionOf(llvm::StringRef program) {
  llvm::cl::SetVersionPrinter([=](llvm::raw_ostream &os) {
    os << program << " " RONDO_VERSION ", with LLVM " LLVM_VERSION_STRING "; this machine's CPU is "
       << llvm::sys::getHostCPUName() << '\n';
  });
}

} // namespace rondo

#endif // RONDO_TOOLS_VERSION_H
