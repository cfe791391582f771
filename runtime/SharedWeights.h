// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What another model's weights have for this one.
#ifndef RONDO_RUNTIME_SHAREDWEIGHTS_H
#define RONDO_RUNTIME_SHAREDWEIGHTS_H

#include "runtime/Weights.h"

namespace rondo {

/// Replaces those parameters, which all have values, that are in the file too, and says of how many and of which others
/// it knows nothing. Where the file has an alphabet it is that of `info`, or becomes it. Errors: none is there; one is
/// of another shape, no real, or has a value that is not finite; another alphabet. The parameters stay as they were
/// then.
bool takeShared(const char *path, Parameters &parameters, Type type, WeightsInfo &info, Error &error);

} // namespace rondo

#endif
