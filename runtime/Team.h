// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The persistent team of threads that runs an entry: every thread runs the whole function and does its share of it.
#ifndef RONDO_RUNTIME_TEAM_H
#define RONDO_RUNTIME_TEAM_H

#include "runtime/abi.h"

#include <cstdint>

namespace rondo {

/// The most threads that a team may have.
constexpr int64_t maxTeamThreads = 64;

/// The number of processors that this process may use, at most maxTeamThreads. More threads than that would wait for
/// each other's processor.
int64_t mostTeamThreads();

/// Sets the number of threads (from 1 to maxTeamThreads) of the calls that follow. Without it a call takes
/// mostTeamThreads().
void setTeamThreads(int64_t threads);

/// The number of threads of the next call.
int64_t teamThreads();

} // namespace rondo

#endif
