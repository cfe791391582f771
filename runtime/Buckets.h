// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions that train batches of whole sequences which are all shorter than a window, beside train_grad.
#ifndef RONDO_RUNTIME_BUCKETS_H
#define RONDO_RUNTIME_BUCKETS_H

#include "runtime/Workspace.h"

namespace rondo {

/// Adds the model's, the longest first, not bound yet. Errors: not enough memory.
bool findBuckets(const Model &model, List<Call> &buckets, Error &error);

/// Binds them, behind train_grad, whose gradients they share. Errors: not enough memory.
bool bindBuckets(List<Call> &buckets, Workspace &workspace, Error &error);

/// The one of the fewest positions in which `longest` have room; null if none has.
Call *bucketFor(List<Call> &buckets, int64_t longest);

} // namespace rondo

#endif
