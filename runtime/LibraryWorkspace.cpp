// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The workspaces of a library: the outputs of batches, with states that are kept from call to call.
#include "runtime/LibraryStep.h"

using namespace rondo;

using LongLong = long long;

namespace {

/// A state of all rows, and whether the outputs depend on it.
struct KeptState {
  const State *state;
  bool isRead;
  Buffer buffer;
  /// Whether it was set since the rows began.
  bool isSet;
};

} // namespace

struct rondo_model_workspace : LibraryObject {
  rondo_model_workspace(void *block, size_t bytes, bool isTrial, const rondo_model_weights &weights, int64_t rows,
                        int64_t steps, int threads)
      : LibraryObject(block, bytes, isTrial), weights(weights), model(weights.model), team(threads),
        cover(const_cast<Parameters &>(weights.parameters), team), maxRows(rows), maxSteps(steps) {}

  static int open(void *memory, size_t bytes, bool isTrial, const rondo_model_weights &weights, int64_t rows,
                  int64_t steps, int threads, rondo_model_workspace *&workspace, size_t &needed);
  int prepare(Error &error);
  bool prepareStates(Error &error);
  void beginRow(int64_t row);
  int run(int64_t rows, int64_t steps, const int32_t *given, const rondo_array *arrays, const rondo_array *results,
          Error &error);
  int setLengths(int64_t rows, int64_t steps, const int32_t *given, Error &error);
  int setArrays(int64_t rows, int64_t steps, const rondo_array *arrays, const rondo_array *results, Error &error);
  int setStates(int64_t rows, Error &error);
  bool stepOne(const rondo_array *arrays, const rondo_array *results);
  int copyState(int which, int64_t rows, void *values, size_t bytes, bool set, Error &error);

  const rondo_model_weights &weights;
  const Model &model;
  Team team;
  Cover cover;
  int64_t maxRows, maxSteps;
  List<LibraryArray> inputs, outputs;
  List<KeptState> states;
  List<int64_t> lengths;
  /// How many steps each row has behind it.
  List<int64_t> positions;
  CoverBatch batch;
  LibraryHeld held;
  LibraryStep one;
  int64_t seed = 1;
  /// Whether all states begin with numbers: then each row has states at all times.
  bool hasInitials = true;
  /// Else, how many rows have states.
  int64_t begun = 0;
};

bool rondo_model_workspace::prepareStates(Error &error) {
  for (const State &state : model.states) {
    KeptState *kept = states.add({&state, cover.isRead(Role::State, state.name), {}, false}, error);
    void *memory =
        kept && kept->isRead
            ? allocateAligned(Buffer{nullptr, cover.element(), state.shape}.bytes() * static_cast<size_t>(maxRows))
            : nullptr;
    if (!kept || (kept->isRead && !memory))
      return false;
    kept->buffer = {memory, cover.element(), state.shape.within(maxRows)};
    hasInitials &= !kept->isRead || state.hasInitial;
  }
  for (int64_t row = 0; row < maxRows && !heap.isTrial; ++row)
    beginRow(row);
  return true;
}

int rondo_model_workspace::prepare(Error &error) {
  if (!cover.open(error))
    return RONDO_ABSENT;
  const Entry *entry = nullptr;
  for (const Entry &candidate : model.entries)
    if (candidate.isOfCover() && !entry)
      entry = &candidate;
  int64_t threads = team.threads() < maxRows ? team.threads() : maxRows;
  if (!positions.resize(static_cast<size_t>(maxRows), error) || !prepareStates(error) ||
      !cover.reserve(threads, error) || !listInputs(*entry, model, inputs, error) ||
      !listOutputs(*entry, model, outputs, error) || !lengths.resize(static_cast<size_t>(maxRows), error) ||
      !held.open(cover, weights.parameters, inputs, maxRows, error) ||
      !one.open(cover, model, inputs, outputs, held, error))
    return RONDO_MEMORY;
  for (const KeptState &kept : states)
    if (kept.isRead && !one.addState(*kept.state, kept.buffer, error))
      return RONDO_MEMORY;
  // What a run takes for its lists and plan.
  constexpr size_t perRow = 1024, perArray = 1024, more = 1 << 15;
  size_t arrays = inputs.size() + outputs.size() + 2 * states.size() + model.held.size();
  void *room = takeMemory(static_cast<size_t>(maxRows) * perRow + arrays * perArray + more);
  if (!room)
    return RONDO_MEMORY;
  giveMemory(room);
  if (team.threads() > 1 && !heap.isTrial)
    team.start();
  return RONDO_OK;
}

int rondo_model_workspace::open(void *memory, size_t bytes, bool isTrial, const rondo_model_weights &weights,
                                int64_t rows, int64_t steps, int threads, rondo_model_workspace *&opened,
                                size_t &needed) {
  constexpr int64_t most = INT64_C(1) << 31;
  if (rows < 1 || rows > most || steps < 1 || steps > most || threads < 1 || threads > maxTeamThreads)
    return RONDO_ARGUMENT;
  if (int code = checkMemory<rondo_model_workspace>(memory, bytes))
    return code;
  constexpr size_t offset = heapOffset<rondo_model_workspace>();
  auto *workspace = new (memory) rondo_model_workspace(static_cast<char *>(memory) + offset, bytes - offset, isTrial,
                                                       weights, rows, steps, threads);
  int code = guard(workspace, [&](Error &error) -> int { return workspace->prepare(error); });
  if (code == RONDO_OK)
    opened = workspace;
  needed = offset + workspace->heap.bytesNeeded();
  return code;
}

/// Gives a row the states that the program says, where those are numbers.
void rondo_model_workspace::beginRow(int64_t row) {
  positions[static_cast<size_t>(row)] = 0;
  for (KeptState &kept : states) {
    kept.isSet = false;
    int64_t count = kept.state->shape.count();
    for (int64_t i = 0; kept.isRead && kept.state->hasInitial && i < count; ++i)
      kept.buffer.set(row * count + i, kept.state->initial);
  }
}

int rondo_model_workspace::setLengths(int64_t rows, int64_t steps, const int32_t *given, Error &error) {
  if (rows < 0 || rows > maxRows)
    return error.fail("expected 0 to %lld rows, for which the workspace was opened, found %lld", LongLong(maxRows),
                      LongLong(rows)),
           RONDO_ARGUMENT;
  if (steps < 0 || steps > maxSteps)
    return error.fail("expected 0 to %lld steps, for which the workspace was opened, found %lld", LongLong(maxSteps),
                      LongLong(steps)),
           RONDO_ARGUMENT;
  bool hasSteps = model.windowAxis() >= 0;
  if (!hasSteps && (steps != 1 || given))
    return error.fail("expected 1 step, and no lengths, of a model without an axis of steps"), RONDO_ARGUMENT;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t length = given ? given[row] : steps;
    if (length < 0 || length > steps)
      return error.fail("expected a length from 0 to %lld of row %lld, found %lld", LongLong(steps), LongLong(row),
                        LongLong(length)),
             RONDO_ARGUMENT;
    lengths[static_cast<size_t>(row)] = length;
  }
  batch.rows = rows;
  batch.lengths = hasSteps ? lengths.data() : nullptr;
  return RONDO_OK;
}

int rondo_model_workspace::setArrays(int64_t rows, int64_t steps, const rondo_array *arrays, const rondo_array *results,
                                     Error &error) {
  if (!arrays || (!results && !outputs.empty()))
    return error.fail("expected the arrays of the %s, found a null pointer", arrays ? "outputs" : "inputs"), RONDO_NULL;
  batch.inputs.clear();
  batch.outputs.clear();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].isRead)
      continue;
    if (!arrays[i].data && rows > 0 && steps > 0)
      return error.fail("expected the input '%s', found a null pointer", inputs[i].view.name.c_str()), RONDO_NULL;
    if (!inputs[i].set(arrays[i], rows, steps, /*isWritten=*/false, error))
      return RONDO_ARGUMENT;
    batch.inputs.add(inputs[i].view);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!results[i].data)
      continue;
    if (!outputs[i].set(results[i], rows, steps, /*isWritten=*/true, error))
      return RONDO_ARGUMENT;
    batch.outputs.add(outputs[i].view);
  }
  return RONDO_OK;
}

/// The states before and behind the steps. Both are the kept ones: a row's are read before they are written.
int rondo_model_workspace::setStates(int64_t rows, Error &error) {
  batch.statesBefore.clear();
  batch.statesAfter.clear();
  const char *missing = nullptr;
  bool anySet = false;
  for (const KeptState &kept : states) {
    if (!kept.isRead)
      continue;
    anySet |= kept.isSet;
    if (!kept.isSet && !kept.state->hasInitial)
      missing = kept.state->name.c_str();
    RowArray view =
        RowArray::of(kept.state->name, {kept.buffer.data, kept.buffer.type, kept.state->shape.within(rows)});
    batch.statesAfter.add(view);
    if (hasInitials || begun > 0 || anySet)
      batch.statesBefore.add(std::move(view));
  }
  if (hasInitials)
    return RONDO_OK;
  if (begun == 0 && !anySet) {
    batch.statesBefore.clear();
    return RONDO_OK;
  }
  if (begun == 0 && missing)
    return error.fail(
               "expected the state '%s' to be set as others were, since the program computes what it begins with",
               missing),
           RONDO_ORDER;
  if (rows > begun)
    return error.fail("%lld rows have states, found %lld rows: others can begin only with all of them, after a reset",
                      LongLong(begun), LongLong(rows)),
           RONDO_ORDER;
  return RONDO_OK;
}

int rondo_model_workspace::run(int64_t rows, int64_t steps, const int32_t *given, const rondo_array *arrays,
                               const rondo_array *results, Error &error) {
  if (!weights.isLoaded)
    return error.fail("the weights have no values yet"), RONDO_ORDER;
  int code = setLengths(rows, steps, given, error);
  if (code == RONDO_OK)
    code = setArrays(rows, steps, arrays, results, error);
  if (code == RONDO_OK)
    code = setStates(rows, error);
  if (code != RONDO_OK || rows == 0)
    return code;
  batch.positions = positions.data();
  batch.seed = seed;
  batch.held.clear();
  if (steps > 0)
    held.give(inputs, batch);
  if (!cover.run(batch, error))
    return RONDO_ARGUMENT;
  held.keep(batch);
  begun = begun > rows ? begun : rows;
  for (int64_t row = 0; row < rows && model.streamable && batch.lengths; ++row)
    positions[static_cast<size_t>(row)] += lengths[static_cast<size_t>(row)];
  return RONDO_OK;
}

/// One position of the first row, where that takes no more than copies.
bool rondo_model_workspace::stepOne(const rondo_array *arrays, const rondo_array *results) {
  bool hasStates = hasInitials || begun > 0;
  if (!weights.isLoaded || !hasStates || !one.run(arrays, results, seed, positions[0]))
    return false;
  begun = begun > 1 ? begun : 1;
  positions[0] += model.windowAxis() >= 0;
  return true;
}

int rondo_model_workspace::copyState(int which, int64_t rows, void *values, size_t bytes, bool set, Error &error) {
  if (which < 0 || static_cast<size_t>(which) >= states.size() || !states[static_cast<size_t>(which)].isRead)
    return error.fail("expected the number of a state, found %d", which), RONDO_ARGUMENT;
  KeptState &kept = states[static_cast<size_t>(which)];
  const char *name = kept.state->name.c_str();
  if (!values)
    return error.fail("expected memory for the state '%s', found a null pointer", name), RONDO_NULL;
  size_t wanted = Buffer{nullptr, kept.buffer.type, kept.state->shape}.bytes();
  if (rows < 0 || rows > maxRows || bytes != wanted * static_cast<size_t>(rows))
    return error.fail(
               "expected 0 to %lld rows, and %zu bytes of each for the state '%s', found %lld rows and %zu bytes",
               LongLong(maxRows), wanted, name, LongLong(rows), bytes),
           RONDO_ARGUMENT;
  if (set) {
    memcpy(kept.buffer.data, values, bytes);
    kept.isSet = true;
    bool all = !hasInitials;
    for (const KeptState &other : states)
      all &= !other.isRead || other.isSet || other.state->hasInitial;
    if (all && begun < rows)
      begun = rows;
    return RONDO_OK;
  }
  if (!hasInitials && rows > begun)
    return error.fail("%lld rows have states, found %lld rows", LongLong(begun), LongLong(rows)), RONDO_ORDER;
  memcpy(values, kept.buffer.data, bytes);
  return RONDO_OK;
}

extern "C" size_t rondo_model_workspace_bytes(int64_t rows, int64_t steps, int threads) {
  return measureBeside<rondo_model_workspace>(rows, steps, threads);
}

extern "C" int rondo_model_workspace_open(void *memory, size_t bytes, const rondo_model_weights *weights, int64_t rows,
                                          int64_t steps, int threads, rondo_model_workspace **workspace) {
  size_t needed;
  return weights && workspace ? rondo_model_workspace::open(memory, bytes, /*isTrial=*/false, *weights, rows, steps,
                                                            threads, *workspace, needed)
                              : RONDO_NULL;
}

extern "C" void rondo_model_workspace_close(rondo_model_workspace *workspace) {
  if (workspace)
    workspace->team.~Team();
}

extern "C" int rondo_model_run(rondo_model_workspace *workspace, int64_t rows, int64_t steps, const int32_t *lengths,
                               const rondo_array *inputs, const rondo_array *outputs) {
  return guard(workspace,
               [&](Error &error) -> int { return workspace->run(rows, steps, lengths, inputs, outputs, error); });
}

extern "C" int rondo_model_step(rondo_model_workspace *workspace, int64_t rows, const rondo_array *inputs,
                                const rondo_array *outputs) {
  return guard(workspace, [&](Error &error) -> int {
    if (workspace->cover.mostPositions() > 1)
      return error.fail("the model looks ahead, so that it has no single steps"), RONDO_ABSENT;
    if (rows == 1 && workspace->stepOne(inputs, outputs))
      return RONDO_OK;
    return workspace->run(rows, 1, nullptr, inputs, outputs, error);
  });
}

extern "C" int rondo_model_reset(rondo_model_workspace *workspace) {
  return guard(workspace, [&](Error &) -> int {
    for (int64_t row = 0; row < workspace->maxRows; ++row)
      workspace->beginRow(row);
    workspace->begun = 0;
    return RONDO_OK;
  });
}

extern "C" int rondo_model_reset_row(rondo_model_workspace *workspace, int64_t row) {
  return guard(workspace, [&](Error &error) -> int {
    if (row < 0 || row >= workspace->maxRows)
      return error.fail("expected a row from 0 to %lld, found %lld", LongLong(workspace->maxRows - 1), LongLong(row)),
             RONDO_ARGUMENT;
    if (!workspace->hasInitials)
      return error.fail("the program computes what states begin with, so that all rows begin together"), RONDO_ABSENT;
    workspace->beginRow(row);
    return RONDO_OK;
  });
}

extern "C" int rondo_model_seed(rondo_model_workspace *workspace, int64_t seed) {
  return guard(workspace, [&](Error &) -> int { return workspace->seed = seed, RONDO_OK; });
}

extern "C" int rondo_model_state_get(rondo_model_workspace *workspace, int which, int64_t rows, void *values,
                                     size_t bytes) {
  return guard(workspace, [&](Error &error) -> int {
    return workspace->copyState(which, rows, values, bytes, /*set=*/false, error);
  });
}

extern "C" int rondo_model_state_set(rondo_model_workspace *workspace, int which, int64_t rows, const void *values,
                                     size_t bytes) {
  return guard(workspace, [&](Error &error) -> int {
    return workspace->copyState(which, rows, const_cast<void *>(values), bytes, /*set=*/true, error);
  });
}

extern "C" const char *rondo_model_workspace_error(const rondo_model_workspace *workspace) {
  return workspace ? workspace->last.message() : "";
}
