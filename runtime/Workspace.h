// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The buffers of entries, all allocated before the first call, and the calls.
#ifndef RONDO_RUNTIME_WORKSPACE_H
#define RONDO_RUNTIME_WORKSPACE_H

#include "runtime/Model.h"

namespace rondo {

class Workspace;

/// An entry bound to its buffers.
class Call {
public:
  const Entry *entry = nullptr;

  /// Runs the entry; before it, where parameters may have changed, the entry that packs them for it. Denormals are
  /// flushed to zero inside; the caller's floating-point mode comes back.
  void run();

  /// The buffer of the argument with that role and name (where the role has names), or null. A parameter must not be
  /// written through it: Workspace::shared() is for that.
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
  /// Where it is bound, and which of the workspace's packings it reads (or none).
  Workspace *workspace = nullptr;
  size_t packing = SIZE_MAX;
  bool writesParameters = false;
};

/// Owns the buffers. Entries bound in one workspace share parameters, gradients and moments (by name and type), what
/// is packed of the parameters, and the arena; everything else belongs to one call alone. Must outlive its calls.
class Workspace {
public:
  explicit Workspace(const Model &model) : model(model) {}
  Workspace(const Workspace &) = delete;
  Workspace &operator=(const Workspace &) = delete;
  ~Workspace();

  /// Allocates what `entry` needs beyond what is there already.
  Call bind(const Entry &entry);

  /// The shared buffer of a parameter (or, by role, of its gradient or a moment), made where it is not there yet. A
  /// parameter may be written until the next run of an entry; what is packed of it is made again then. To write
  /// after that, ask again.
  Buffer shared(Role role, const Parameter &parameter, Type type);

  const Model &model;

private:
  friend class Call;
  struct Shared {
    Role role;
    const Parameter *parameter;
    Buffer buffer;
  };
  struct Packed {
    Text name;
    Buffer buffer;
  };
  /// An entry that packs parameters, and the version of them that it packed last.
  struct Packing {
    Call call;
    uint64_t version = 0;
  };
  Buffer allocate(Type type, const Shape &shape);
  /// The buffer that all entries know by that name.
  Buffer packed(const Argument &argument);
  /// The packing by that entry.
  size_t packingBy(const Entry &entry);
  /// Packs the current parameters where that has not been done.
  void pack(size_t packing);

  List<Shared> sharedBuffers;
  List<Packed> packedBuffers;
  List<Packing> packings;
  /// Grows whenever parameters may change.
  uint64_t version = 1;
  List<void *> owned;
  void *arena = nullptr;
  size_t arenaSize = 0;
};

} // namespace rondo

#endif
