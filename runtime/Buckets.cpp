// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which function trains a batch of short sequences.
#include "runtime/Buckets.h"

using namespace rondo;

bool rondo::findBuckets(const Model &model, List<Call> &buckets, Error &error) {
  for (const Entry &entry : model.entries) {
    if (strncmp(entry.name.c_str(), "train_short", 11) != 0 || !entry.takes(Role::Loss))
      continue;
    Call *call = buckets.add(Call(), error);
    if (!call)
      return false;
    call->entry = &entry;
  }
  sortItems(buckets, [](const Call &a, const Call &b) { return a.entry->length > b.entry->length; });
  return true;
}

bool rondo::bindBuckets(List<Call> &buckets, Workspace &workspace, Error &error) {
  for (Call &call : buckets) {
    call = workspace.bind(*call.entry, error);
    if (error.failed())
      return false;
  }
  return true;
}

Call *rondo::bucketFor(List<Call> &buckets, int64_t longest) {
  Call *found = nullptr;
  for (Call &call : buckets)
    if (call.entry->length >= longest)
      found = &call;
  return found;
}
