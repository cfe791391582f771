// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The buffers of entries, all allocated before the first call, and the calls.
#ifndef RONDO_RUNTIME_WORKSPACE_H
#define RONDO_RUNTIME_WORKSPACE_H

#include "runtime/Parameters.h"

namespace rondo {

class Workspace;

/// An entry bound to its buffers.
class Call {
public:
  const Entry *entry = nullptr;

  /// Runs the entry; before it, where parameters may have changed, the entry that packs them for it.
  void run();

  /// The buffer of the argument with that role and name (where the role has names), or null. A parameter must not be
  /// written through it: Parameters::values() is for that.
  const Buffer *find(Role role, const Text &name = Text()) const;

  /// The buffer of the entry's argument with that number.
  const Buffer &argument(size_t number) const { return buffers[number]; }

  size_t numberOf(const Buffer *buffer) const { return static_cast<size_t>(buffer - buffers.begin()); }

  /// Lets the next runs use memory of the same layout in place of that buffer, until useOwnBuffers().
  void place(size_t number, void *data) { pointers[number] = data; }
  void useOwnBuffers();

  /// Sets every state to zero.
  void clearStates() const;
  /// So many slots, of states that keep positions, may hold other values than zero: TileRun counts them.
  int64_t slotsUsed = 0;
  /// Sets the states of example b to the numbers that they begin with.
  void beginExample(int64_t b) const;
  /// Sets the argument that says whether a window is the first of its sequence, where the entry has one.
  void setStart(bool start) const;
  /// Sets how many positions the next runs have, where the entry takes that: from 1 to its length, which is what it is
  /// at first.
  void setLength(int64_t positions) const;
  /// Sets the number of the update, from 1 on, by which the weights of losses change; until then it is 1. Errors: one
  /// of them is infinite, or not a number.
  bool setStep(int64_t step, Error &error) const;
  /// Sets what the random numbers are drawn by, where the entry takes it (Feed.h): all examples are at `position` of
  /// the sequences of the run's batch number `batch`.
  void setDraws(uint64_t seed, int64_t batch, int64_t position) const;
  /// The same of example b alone, which is at `position` of the run's sequence number `sequence`.
  void setExampleDraws(int64_t b, uint64_t seed, int64_t sequence, int64_t position) const;
  /// What all examples have together.
  void setBatchDraws(uint64_t seed, int64_t batch, int64_t position) const;
  /// The loss of the last run; the entry must have one.
  double loss() const { return find(Role::Loss)->get(0); }
  /// The same of one of the losses that are reported.
  double loss(const Loss &loss) const {
    return loss.name.empty() ? this->loss() : find(Role::LossPart, loss.name)->get(0);
  }

private:
  friend class Workspace;
  void setDrawn(int rank, int64_t i, uint64_t seed, int64_t position) const;

  List<Buffer> buffers;
  List<void *> pointers;
  /// Which argument is the workspace's arena (or none).
  size_t arenaIndex = SIZE_MAX;
  /// Where it is bound, and which packing of the parameters it reads (or none).
  Workspace *workspace = nullptr;
  size_t packing = SIZE_MAX;
  bool writesParameters = false;
};

/// The buffers of one caller at a time. Entries bound in one workspace share gradients, moments, directions, products
/// and what buffers are primed with (by name and type) and the arena; parameters and what is packed of them are those
/// of all workspaces; everything else belongs to one call alone. Must outlive its calls.
class Workspace {
public:
  /// With the team that runs its entries.
  Workspace(Parameters &parameters, Team &team) : parameters(parameters), model(parameters.model), team(team) {}
  Workspace(const Workspace &) = delete;
  Workspace &operator=(const Workspace &) = delete;

  /// Takes the memory that `entry` needs beyond what is there already; running it takes none. In a heap it is least
  /// where the entry with the largest arena comes first. What the entry takes as held is what `begin`, a call of this
  /// workspace, has made last, if that is given; its data, and what says which they are, are those of `data`, if that
  /// has them. Errors: not enough memory; the call must not be used then.
  Call bind(const Entry &entry, Error &error, const Call *begin = nullptr, const Call *data = nullptr);

  Parameters &parameters;
  const Model &model;

private:
  friend class Call;
  struct Shared {
    Role role;
    const Parameter *parameter;
    Buffer buffer;
  };

  /// The shared buffer of a parameter's gradient or moment, made where it is not there yet.
  bool shared(Role role, const Parameter &parameter, Type type, Buffer &buffer, Error &error);
  bool bindArgument(const Argument &argument, const Call *begin, const Call *data, Buffer &buffer, Error &error);
  bool growArena(size_t bytes, Error &error);

  Team &team;
  Blocks blocks;
  List<Shared> sharedBuffers;
  void *arena = nullptr;
  size_t arenaSize = 0;
};

} // namespace rondo

#endif
