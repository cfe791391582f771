// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parameters of a model in memory, and what entries read of them in another form ("packed").
#ifndef RONDO_RUNTIME_PARAMETERS_H
#define RONDO_RUNTIME_PARAMETERS_H

#include "runtime/Model.h"
#include "runtime/Team.h"

namespace rondo {

/// Owns memory of buffers.
class Blocks {
public:
  Blocks() = default;
  Blocks(const Blocks &) = delete;
  Blocks &operator=(const Blocks &) = delete;
  ~Blocks() {
    for (void *memory : owned)
      giveMemory(memory);
  }
  Buffer allocate(Type type, const Shape &shape);

private:
  List<void *> owned;
};

/// Runs an entry's code with one pointer for each of its arguments, by the team where that is of use, or (null) by this
/// thread alone. Denormals are flushed to zero inside; the caller's floating-point mode comes back.
void runEntry(const Entry &entry, void *const *arguments, Team *team);

/// The values of the parameters, for each element type that is asked for, and what is packed of them. Several
/// workspaces may share them, and threads may run entries of one workspace each at the same time; who binds entries or
/// writes values must be alone. Must outlive the workspaces.
class Parameters {
public:
  explicit Parameters(const Model &model) : model(model) {}
  Parameters(const Parameters &) = delete;
  Parameters &operator=(const Parameters &) = delete;

  /// The values of a parameter, made where they are not there yet. They may be written until the next run of an entry;
  /// what is packed of them is made again then. To write after that, ask again.
  Buffer values(const Parameter &parameter, Type type);

  const Model &model;

private:
  friend class Workspace;
  friend class Call;
  struct Values {
    const Parameter *parameter;
    Buffer buffer;
  };
  struct Packed {
    Text name;
    Buffer buffer;
  };
  /// An entry that packs parameters, with its arguments, and the version of them that it packed last.
  struct Packing {
    const Entry *entry;
    List<void *> pointers;
    uint64_t version;
  };
  /// The buffer that all entries know by that name.
  Buffer packed(const Argument &argument);
  /// The packing by that entry.
  size_t packingBy(const Entry &entry);
  /// Packs the current parameters where that has not been done.
  void pack(size_t packing, Team *team);
  /// To be called where an entry has written parameters.
  void changed() { ++version; }

  Blocks blocks;
  List<Values> known;
  List<Packed> packedBuffers;
  List<Packing> packings;
  /// Grows whenever parameters may change.
  uint64_t version = 1;
  /// Held by the thread that packs.
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
};

} // namespace rondo

#endif
