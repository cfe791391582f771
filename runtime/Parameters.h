// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parameters of a model in memory, and what entries read of them in another form ("packed").
#ifndef RONDO_RUNTIME_PARAMETERS_H
#define RONDO_RUNTIME_PARAMETERS_H

#include "runtime/Blocks.h"
#include "runtime/Model.h"
#include "runtime/Team.h"

namespace rondo {

/// Runs an entry's code with one pointer for each of its arguments, by the team where that is of use, or (null) by this
/// thread alone. Denormals are flushed to zero inside; the caller's floating-point mode comes back.
void runEntry(const Entry &entry, void *const *arguments, Team *team);

/// The values of the parameters, for each element type that is asked for, and what is packed of them. Several
/// workspaces may share them, and threads may run entries of one workspace each at the same time; who prepares entries
/// or writes values must be alone. Must outlive the workspaces.
class Parameters {
public:
  explicit Parameters(const Model &model) : model(model) {}
  Parameters(const Parameters &) = delete;
  Parameters &operator=(const Parameters &) = delete;

  /// Makes the values of all parameters in that type, where they are not there yet. Errors: not enough memory.
  bool allocate(Type type, Error &error);
  /// Makes what `entry` and the entry that packs for it need of parameters, so that workspaces may then bind it while
  /// others run. Errors: not enough memory.
  bool prepare(const Entry &entry, Error &error);

  /// What entries read, but those that pack: values of parameters and packed buffers, each at a multiple of 64 bytes.
  /// Its size, and a copy of it. The values must be loaded and packed.
  size_t imageBytes() const;
  void writeImage(void *image) const;
  /// Takes all that entries read from such an image, which is aligned to 64 bytes, outlives this and is only read, in
  /// place of memory of its own. No other parameters have values. Errors: not enough memory.
  bool useImage(const void *image, Error &error);

  /// The values of a parameter, which must have been made. They may be written until the next run of an entry; what is
  /// packed of them is made again then. To write after that, ask again.
  Buffer values(const Parameter &parameter, Type type);
  /// The same, to be read only: what is packed stays as it is.
  Buffer valuesToRead(const Parameter &parameter, Type type) const;
  /// A number that is another one whenever values may have changed.
  uint64_t changes() const { return version; }
  /// Packs what entries read that were prepared or bound, where values may have changed: no run has to do it then.
  void pack(Team *team);

  const Model &model;

private:
  friend class Workspace;
  friend class Call;
  struct Values {
    const Parameter *parameter;
    Buffer buffer;
  };
  struct Packed {
    const Text *name;
    Buffer buffer;
  };
  /// An entry that packs parameters, with its arguments, and the version of them that it packed last.
  struct Packing {
    const Entry *entry;
    List<void *> pointers;
    uint64_t version;
  };
  /// The values of a parameter, or the buffer that all entries know by the argument's name, made where they are not
  /// there yet.
  bool take(const Parameter &parameter, Type type, Buffer &buffer, Error &error);
  bool take(const Argument &packed, Buffer &buffer, Error &error);
  /// Calls visit(argument, place) once for each part of an image; returns its size.
  template <typename Visit> size_t eachOfImage(Visit visit) const;
  /// The packing by that entry, made where it is not there yet, or SIZE_MAX after an error.
  size_t packingBy(const Entry &entry, Error &error);
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
  /// Whether all is packed for good.
  bool isImage = false;
  /// Held by the thread that packs.
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
};

} // namespace rondo

#endif
