// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The buffers of entries, all allocated before the first call, and the calls.
#ifndef RONDO_RUNTIME_WORKSPACE_H
#define RONDO_RUNTIME_WORKSPACE_H

#include "runtime/Model.h"

namespace rondo {

/// An entry bound to its buffers.
class Call {
public:
  const Entry *entry = nullptr;

  /// Runs the entry. Denormals are flushed to zero inside; the caller's floating-point mode comes back.
  void run();

  /// The buffer of the argument with that role and name (where the role has names), or null.
  const Buffer *find(Role role, const Text &name = Text()) const;

  /// Sets every state to zero.
  void clearStates() const;
  /// Sets the argument that says whether a window is the first of its sequence, where the entry has one.
  void setStart(bool start) const;
  /// Sets the seed, where the entry takes one.
  void setSeed(int64_t seed) const;
  /// The loss of the last run; the entry must have one.
  double loss() const { return find(Role::Loss)->get(0); }

private:
  friend class Workspace;
  List<Buffer> buffers;
  List<void *> pointers;
  /// Where the workspace keeps its arena, and which argument it is (or none).
  void *const *arena = nullptr;
  size_t arenaIndex = SIZE_MAX;
};

/// Owns the buffers. Entries bound in one workspace share parameters, gradients and moments (by name and type) and
/// the arena; everything else belongs to one call alone. Must outlive its calls.
class Workspace {
public:
  explicit Workspace(const Model &model) : model(model) {}
  Workspace(const Workspace &) = delete;
  Workspace &operator=(const Workspace &) = delete;
  ~Workspace();

  /// Allocates what `entry` needs beyond what is there already.
  Call bind(const Entry &entry);

  /// The shared buffer of a parameter (or, by role, of its gradient or a moment), made where it is not there yet.
  Buffer shared(Role role, const Parameter &parameter, Type type);

  const Model &model;

private:
  struct Shared {
    Role role;
    const Parameter *parameter;
    Buffer buffer;
  };
  Buffer allocate(Type type, const Shape &shape);

  List<Shared> sharedBuffers;
  List<void *> owned;
  void *arena = nullptr;
  size_t arenaSize = 0;
};

} // namespace rondo

#endif
