// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many processors this process may use.
#ifndef RONDO_RUNTIME_CORES_H
#define RONDO_RUNTIME_CORES_H

#include <cstdint>

namespace rondo {

/// The number of processors that this process may use, from 1 on: those of its affinity, and no more than the quota of
/// processor time of its control groups fills. RONDO_CGROUP_ROOT names another root than /sys/fs/cgroup (for tests).
int64_t usableCores();

} // namespace rondo

#endif
