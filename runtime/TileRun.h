// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of one tile from their first positions to their last ones.
#ifndef RONDO_RUNTIME_TILERUN_H
#define RONDO_RUNTIME_TILERUN_H

#include "runtime/Cover.h"

namespace rondo {

/// Runs one tile of a checked batch by the calls of one thread.
class TileRun {
public:
  /// `rows` are the batch's in the order of the cover, the longest of a tile first. Code may write an output where the
  /// caller has it only if all outputs are apart (CoverCheck). The team, if there is one, shares the copies.
  TileRun(const Cover &cover, const CoverBatch &batch, Cover::Worker &worker, const Tile &tile, const int64_t *rows,
          bool outputsApart, Team *team);
  void run();

private:
  // Slots are the tile's rows from 0 on.
  int64_t length(int64_t slot) const;
  int64_t position(int64_t slot) const { return batch.position(rows[slot]); }
  int64_t left(int64_t slot) const { return length(slot) > done ? length(slot) - done : 0; }
  size_t next();
  void begin(Call &call);
  void hold();
  void takeOver(Call &call);
  void *placeOf(const Call &call, const Argument &argument, const Port &port, const RowArray &array) const;
  void *placeOf(const State &state) const;
  void placeStates(Call &call);
  void fill(Call &call, bool filled, int64_t first, int64_t end);
  void placeOutputs(Call &call);
  void fillLengths(Call &call, int64_t slot);
  void store(const Call &call, int64_t first, int64_t end);
  struct Copies;
  static void copySlots(void *const *copies, rondo_team *team, int64_t thread, int64_t threads);
  void copy(Copies copies);
  void keepStates(int64_t slot);
  Shape partOf(const State &state, int64_t positions) const;
  void clearSlots(const Call &call, int64_t first) const;
  RowPart partOf(const Port &port, const RowSlot &slot, int64_t positions) const;

  const Model &model;
  const List<State> &states;
  const CoverBatch &batch;
  const TileForm &form;
  List<Call> &calls, &begins;
  bool streams, outputsApart;
  Team *team;
  int64_t count;
  const int64_t *rows;
  /// By state: where a single row has it in the caller's memory and the entry works on it there; null elsewhere.
  List<void *> &places;
  /// Whether a row must have been run to its own last position and no further when that is stored.
  bool endsCount = false;
  /// The call that ran last, and which ones have their inputs without positions.
  Call *last = nullptr;
  unsigned isFilled = 0;
  /// How many positions are behind, and how many the call at hand has.
  int64_t done = 0, width = 0;
};

} // namespace rondo

#endif
