// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model's outputs for any number of rows of any lengths, by the entries that the compiler makes for a few numbers of
// rows and positions (Entry::isOfCover()). Rows are covered by tiles at least cost; a tile runs windows and single
// positions with its states carried. What a row's outputs are depends on nothing but its own inputs and states: the
// same bits for any batch, cover, cut into calls and number of threads.
//
// What who calls this must do:
//   - load the weights into the Parameters, before or between calls of run();
//   - give each input by name, and each target that the outputs read (Cover::isRead()), as RowArray: batch first;
//     further "length.AXIS" for each axis but the window's along which the model reads lengths;
//   - give memory for the outputs that are wanted. What is behind a row's length along an axis is not written, so it is
//     the caller's to set it to zero before;
//   - check that reals are finite, if they should be. Names, shapes, types and tokens are checked here.
//
// A batch in one call is the same as positions 0 to n-1 and then the others, with `statesAfter` of the first call given
// as `statesBefore` of the second, in which all rows are at position n.
#ifndef RONDO_RUNTIME_COVER_H
#define RONDO_RUNTIME_COVER_H

#include "runtime/CoverPlan.h"
#include "runtime/RowArray.h"
#include "runtime/Workspace.h"

namespace rondo {

/// What is to be computed. Views of the caller's memory. An output may have that of an input, if the elements of each
/// row and position of both are the same bytes; else no element of an output may be one of another array.
struct CoverBatch {
  int64_t rows = 0;
  /// Of each row, how many positions it has along the window's axis; null where the model has no such axis. Of a
  /// streamable model any number; of another as many as Cover::mostPositions() or, but where Cover::wholeLength() is
  /// the only length and the program does not ask for lengths along that axis, fewer. A row without positions keeps its
  /// states, and its outputs are not written: where it begins, an error if an output without positions, or a state that
  /// begins with no number, is wanted.
  const int64_t *lengths = nullptr;
  /// Inputs, targets and lengths along other axes.
  List<RowArray> inputs;
  /// Any of the outputs, in any order.
  List<RowArray> outputs;
  /// States of all rows before the first position and behind each row's last one; of streamable models. What is not
  /// given begins as the program says: if some are given, the others must be ones that begin with a number. A row may
  /// have both in the same memory, where a single one is computed in place. Of a state with slots (State::slots) those
  /// of the row's positions alone are read and written.
  List<RowArray> statesBefore, statesAfter;
  /// Of each row, how many positions of its sequence are behind it, which may differ; null where none are. If one is
  /// not 0, all states are given.
  const int64_t *positions = nullptr;
  /// Of all rows, memory for what is held (Cover::heldRead()), of all or nothing of it. It is given where `isHeld` says
  /// so of a row, else it is made of the inputs, as it is where there is no memory, and written there.
  List<RowArray> held;
  const uint8_t *isHeld = nullptr; // of each row; null is no
  int64_t position(int64_t row) const { return positions ? positions[row] : 0; }
  /// For models that draw for each row: row r is sequence number r, or `sequences[r]`, of a run with this seed
  /// (Feed.h).
  int64_t seed = 0;
  const int64_t *sequences = nullptr;
};

/// Runs batches, one at a time. Takes its buffers when they are first needed and keeps them.
class Cover {
public:
  Cover(Parameters &parameters, Team &team);
  Cover(const Cover &) = delete;
  Cover &operator=(const Cover &) = delete;
  ~Cover();

  /// Finds the model's entries. An error where it was compiled without.
  bool open(Error &error);
  /// The same of those that generate: single positions, for the logits alone where the model has such entries.
  bool openGenerator(Error &error);
  /// Whether it was opened so.
  bool isGenerator() const { return isOfGenerator; }
  /// Takes all buffers that batches of any size can need with so many threads, so that run() takes none.
  bool reserve(int64_t threads, Error &error);
  /// Computes the outputs and states of a batch. Errors, before anything is written: a missing, unknown or second name,
  /// a shape or type that does not fit, a length, token or state that cannot be.
  bool run(const CoverBatch &batch, Error &error);

  /// The call of one row at one position, where reserve() has made one and the model can be streamed, else null.
  Call *single();
  /// The only length of a row of a model that was compiled for one, 0 of others and where there is no window's axis.
  int64_t wholeLength() const { return takesShorter() ? 0 : mostPositions(); }
  /// The most positions of a row of a model that cannot be streamed, 0 of others and where there is no window's axis.
  int64_t mostPositions() const;
  /// Whether such a row may have fewer.
  bool takesShorter() const { return mostPositions() && longest().takes(Role::Length); }
  /// Whether the outputs need that input, target, or the lengths along that axis.
  bool isRead(Role role, const Text &name) const;
  /// The type that the entries compute in. For this and the two above, open() has found them.
  Type element() const { return longest().element; }
  /// The states of the entries, and others.
  const List<State> &states() const { return generates ? model.generation.states : model.states; }
  /// The states that the outputs depend on.
  List<const State *> statesRead() const;
  /// What a sequence has one value of, computed of its inputs: the outputs at all positions depend on it. A caller that
  /// runs sequences in parts may keep it (CoverBatch::held), as long as their inputs and the parameters are the same.
  List<const State *> heldRead() const;
  /// Whether what is held depends on that input, or the lengths along that axis.
  bool isHeldOf(Role role, const Text &name) const;

private:
  friend class CoverCheck;
  friend class TileRun;
  /// The entries of one number of rows, of most positions first.
  struct Form {
    List<const Entry *> entries;
    int64_t rows() const { return entries[0]->batch; }
  };
  /// What one thread needs to run tiles: the calls of each form, none where it had no such tile.
  struct Worker {
    Workspace workspace;
    List<List<Call>> calls;
    /// Of a tile that runs, by state (TileRun).
    List<void *> places;
    /// The one that makes what is held for them, or none.
    List<List<Call>> begins;
    Worker(Parameters &parameters, Team &team) : workspace(parameters, team) {}
  };
  /// What the threads take tiles from.
  struct Deal;
  static void runTiles(void *const *deal, rondo_team *team, int64_t thread, int64_t threads);
  bool streams() const;
  bool addForms(Error &error);
  /// The entry for one row and most positions.
  const Entry &longest() const { return *forms[0].entries[0]; }
  /// What makes what is held for those of the form, or null.
  const Entry *beginOf(const Form &form) const;
  bool makeWorkers(int64_t threads, Error &error);
  bool bindForm(Worker &worker, size_t form, Error &error);
  bool prepare(int64_t threads, const CoverPlan &plan, Error &error);
  void countBegins(const CoverBatch &batch);

  Parameters &parameters;
  const Model &model;
  Team &team;
  bool isOfGenerator = false;
  bool generates = false; // the entries are of what generates alone
  List<Form> forms;       // by the number of rows
  List<TileForm> costs;
  List<Worker *> workers;
};

} // namespace rondo

#endif
