// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The team of threads that runs compiled functions in tests.

#ifndef RONDO_TEST_NUMERIC_TESTTEAM_H
#define RONDO_TEST_NUMERIC_TESTTEAM_H

#include "tools/codegen/LoadedCode.h"

namespace rondo {

struct TestTeam {
  int64_t threads = 1;
  enum Order {
    Together,  // as the runtime does it
    Ascending, // from one barrier to the next the threads run one after another: a barrier that is missing shows
    Descending // as a wrong result in one order or the other, whatever the machine does
  } order = Together;
};

/// Sets the team of the calls that follow.
void setTestTeam(TestTeam team);

/// Runs a compiled function.
void runByTestTeam(const rondo_entry &entry, void *const *args);

/// What compiled functions call of the runtime, as this team does it.
std::vector<LoadedCode::Symbol> testTeamSymbols();

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_TESTTEAM_H
