// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An entry of a model written by hand, with all that a call of it takes.

#ifndef RONDO_TEST_RUNTIME_BOUNDENTRY_H
#define RONDO_TEST_RUNTIME_BOUNDENTRY_H

#include "runtime/Workspace.h"

namespace rondo {

/// The model must have an entry of that name, and outlive this.
struct BoundEntry {
  BoundEntry(const Model &model, const char *name, Error &error)
      : parameters(model), workspace(parameters, team), call(workspace.bind(*model.entry(name), error)) {}

  Team team{1};
  Parameters parameters;
  Workspace workspace;
  Call call;
};

} // namespace rondo

#endif // RONDO_TEST_RUNTIME_BOUNDENTRY_H
