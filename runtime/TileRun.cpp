// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Windows and single positions of a tile.
//
// Rows are independent of each other, and no position depends on a later one where there are several windows. So what
// fills up a tile's rows or a row's last window may be anything: it is what was there before, zeros at first. A state
// behind a row's last position, or an output that has no positions, is right only if nothing follows that position.
#include "runtime/TileRun.h"

using namespace rondo;

TileRun::TileRun(const Cover &cover, const CoverBatch &batch, Cover::Worker &worker, const Tile &tile,
                 const int64_t *rows, bool outputsApart, Team *team)
    : model(cover.model), states(cover.states()), batch(batch), form(cover.costs[tile.form]),
      calls(worker.calls[tile.form]), begins(worker.begins[tile.form]), streams(cover.streams()),
      outputsApart(outputsApart), team(team), count(tile.count), rows(rows + tile.first), places(worker.places) {
  endsCount = !batch.statesAfter.empty();
  for (const RowArray &array : batch.outputs)
    endsCount |= !model.output(array.name)->varies(model.windowAxis());
  for (size_t i = 0; i < states.size(); ++i)
    places[i] = placeOf(states[i]);
}

/// Of a state that is read and written in one place, as it lies in the buffer of a single row.
void *TileRun::placeOf(const State &state) const {
  constexpr uintptr_t alignment = 64; // as all buffers have it
  const Buffer *buffer = calls[0].entry->batch == 1 && length(0) > 0 ? calls[0].find(Role::State, state.name) : nullptr;
  const RowArray *before = buffer ? findArray(batch.statesBefore, state.name) : nullptr;
  const RowArray *after = before ? findArray(batch.statesAfter, state.name) : nullptr;
  if (!after || after->type != buffer->type || before->type != buffer->type)
    return nullptr;
  int64_t stride = 1;
  for (int dim = state.shape.rank; dim > 0; stride *= state.shape.dim[--dim])
    if (after->strides[dim] != stride || before->strides[dim] != stride)
      return nullptr;
  auto at = [&](const RowArray &array) {
    return static_cast<char *>(array.data) + array.beginOf(rows[0]) * static_cast<int64_t>(sizeOf(array.type));
  };
  char *place = at(*after);
  return place == at(*before) && reinterpret_cast<uintptr_t>(place) % alignment == 0 ? place : nullptr;
}

void TileRun::placeStates(Call &call) {
  for (size_t i = 0; i < states.size(); ++i)
    if (places[i])
      call.place(call.numberOf(call.find(Role::State, states[i].name)), places[i]);
}

int64_t TileRun::length(int64_t slot) const { return model.windowAxis() < 0 ? 1 : batch.lengths[rows[slot]]; }

/// Which call computes the next positions, and how many of them.
size_t TileRun::next() {
  if (!streams) {
    size_t shortest = form.isWhole ? form.next(length(0)) : 0;
    width = form.isWhole ? length(0) : form.windows[0].length;
    return shortest;
  }
  int64_t positions = left(0);
  for (int64_t slot = 0; slot < count && endsCount; ++slot)
    if (left(slot) > 0 && left(slot) < positions)
      positions = left(slot);
  size_t i = form.next(positions);
  if (!endsCount && i > 0) {
    // A longer one, of which the end counts for nothing, may cost less than several.
    const TileForm::Window &longer = form.windows[i - 1];
    if (longer.fixedCost + static_cast<double>(longer.length) * longer.cost < form.cost(positions))
      --i;
  }
  width = form.windows[i].length;
  if (form.windows[i].mayBeShorter && positions < width)
    width = positions;
  return i;
}

/// The part of a state that so many positions have: of one with slots, those of these positions.
Shape TileRun::partOf(const State &state, int64_t positions) const {
  Shape part = state.shape;
  if (state.slots >= 0 && positions < part.dim[state.slots])
    part.dim[state.slots] = positions;
  return part;
}

/// Sets the slots from number `first` on that may hold anything to zero, of all rows.
void TileRun::clearSlots(const Call &call, int64_t first) const {
  for (const State &state : states) {
    const Buffer *buffer = state.slots < 0 ? nullptr : call.find(Role::State, state.name);
    int64_t end =
        buffer && call.slotsUsed > state.shape.dim[state.slots] ? state.shape.dim[state.slots] : call.slotsUsed;
    if (!buffer || first >= end)
      continue;
    size_t slot = static_cast<size_t>(buffer->shape.from(state.slots + 1).count()) * sizeOf(buffer->type);
    size_t all = slot * static_cast<size_t>(state.shape.dim[state.slots]);
    for (size_t begin = 0; begin < buffer->bytes(); begin += all)
      memset(static_cast<char *>(buffer->data) + begin + slot * static_cast<size_t>(first), 0,
             slot * static_cast<size_t>(end - first));
  }
}

/// Sets the states before the first position.
void TileRun::begin(Call &call) {
  bool given = !batch.statesBefore.empty();
  int64_t least = given ? position(0) : 0, most = least;
  for (int64_t slot = 0; given && slot < count; ++slot) {
    least = position(slot) < least ? position(slot) : least;
    most = position(slot) > most ? position(slot) : most;
  }
  clearSlots(call, least);
  call.slotsUsed = most;
  for (const State &state : states)
    if (const Buffer *buffer = state.slots < 0 ? call.find(Role::State, state.name) : nullptr)
      if (!given || count < call.entry->batch)
        buffer->clear();
  for (size_t i = 0; i < states.size(); ++i) {
    const State &state = states[i];
    const Buffer *buffer = given && !places[i] ? call.find(Role::State, state.name) : nullptr;
    const RowArray *array = buffer ? findArray(batch.statesBefore, state.name) : nullptr;
    for (int64_t slot = 0; buffer && slot < count; ++slot)
      if (array)
        copyToSlot(*array, rows[slot], {partOf(state, position(slot))}, {buffer, state.axes, slot});
      else if (state.slots < 0)
        fillSlot({buffer, state.axes, slot}, state.initial);
  }
}

/// Lets the calls have what is held for each row.
void TileRun::hold() {
  if (begins.empty())
    return;
  Call &begin = begins[0];
  auto isGiven = [&](int64_t slot) { return !batch.held.empty() && batch.isHeld && batch.isHeld[rows[slot]]; };
  bool areGiven = true;
  for (int64_t slot = 0; slot < count; ++slot)
    areGiven &= isGiven(slot);
  if (!areGiven) {
    fill(begin, /*filled=*/false, 0, count);
    for (int64_t slot = 0; slot < count; ++slot)
      fillLengths(begin, slot);
    begin.run();
  }
  for (const RowArray &array : batch.held) {
    const State &value = *model.heldValue(array.name);
    const Buffer *buffer = begin.find(Role::Held, array.name);
    for (int64_t slot = 0; slot < count; ++slot)
      if (!isGiven(slot))
        copyFromSlot({buffer, value.axes, slot}, {value.shape}, array, rows[slot]);
      else
        copyToSlot(array, rows[slot], {value.shape}, {buffer, value.axes, slot});
  }
}

/// Gives the states of the call before to the next one.
void TileRun::takeOver(Call &call) {
  for (size_t i = 0; i < states.size(); ++i)
    if (const Buffer *from = places[i] ? nullptr : last->find(Role::State, states[i].name))
      memcpy(call.find(Role::State, states[i].name)->data, from->data, from->bytes());
  call.slotsUsed = last->slotsUsed;
}

/// The indices of a row's part of a value over these axes: so many positions from the next one on, and within lengths
/// along the others.
RowPart TileRun::partOf(const Port &port, const RowSlot &slot, int64_t positions) const {
  RowPart part;
  for (size_t i = 0; i < model.axes.size(); ++i) {
    if (!port.varies(static_cast<int>(i)))
      continue;
    int64_t size = slot.buffer->shape.dim[part.extents.rank];
    if (static_cast<int>(i) == model.windowAxis()) {
      part.shift = part.extents.rank;
      part.from = done;
      size = positions;
    } else if (const RowArray *lengths =
                   model.axes[i].hasLengths ? findLengths(batch.inputs, model.axes[i]) : nullptr) {
      size = Buffer{lengths->data, lengths->type, {}}.getToken(lengths->beginOf(rows[slot.row]));
    }
    part.extents.add(size);
  }
  for (int i = 0; i < port.shape.rank; ++i)
    part.extents.add(port.shape.dim[i]);
  return part;
}

/// Where the next positions of a port are in the caller's memory, if the entry can use them there, since a single row
/// lies as in its buffer, nothing behind them is touched, and nothing that is written overlaps another buffer; else
/// null.
void *TileRun::placeOf(const Call &call, const Argument &argument, const Port &port, const RowArray &array) const {
  bool endsThere = argument.within || width == call.entry->length;
  if (argument.role == Role::Output && !outputsApart)
    return nullptr;
  if (call.entry->batch != 1 || !streams || !endsThere || left(0) < width || !model.overWindow(port) ||
      array.type != argument.type)
    return nullptr;
  int64_t stride = 1;
  for (int dim = port.shape.rank + 1; dim > 0; stride *= array.shape.dim[dim--])
    if (array.strides[dim] != stride)
      return nullptr;
  int64_t first = array.beginOf(rows[0]) + done * array.strides[1];
  char *place = static_cast<char *>(array.data) + first * static_cast<int64_t>(sizeOf(array.type));
  return reinterpret_cast<uintptr_t>(place) % sizeOf(array.type) == 0 ? place : nullptr;
}

/// Lets the entry write outputs where the caller wants them, as far as it can.
void TileRun::placeOutputs(Call &call) {
  for (size_t i = 0; i < call.entry->args.size(); ++i) {
    const Argument &argument = call.entry->args[i];
    const RowArray *array = argument.role == Role::Output ? findArray(batch.outputs, argument.name) : nullptr;
    if (void *place = array ? placeOf(call, argument, *model.output(argument.name), *array) : nullptr)
      call.place(i, place);
  }
}

/// Puts the inputs of these slots in place: at the next positions, and what has none once.
void TileRun::fill(Call &call, bool filled, int64_t first, int64_t end) {
  for (size_t i = 0; i < call.entry->args.size(); ++i) {
    const Argument &argument = call.entry->args[i];
    bool isInput = argument.role == Role::Input;
    if (!isInput && argument.role != Role::Target)
      continue;
    const Port &port = *(isInput ? model.input(argument.name) : model.target(argument.name));
    if (filled && !port.varies(model.windowAxis()))
      continue;
    const Buffer *buffer = call.find(argument.role, argument.name);
    const RowArray &array = *findArray(batch.inputs, argument.name);
    if (void *place = argument.written ? nullptr : placeOf(call, argument, port, array)) {
      call.place(i, place);
      continue;
    }
    for (int64_t slot = first; slot < end; ++slot) {
      if (left(slot) == 0 && filled)
        continue;
      RowSlot to{buffer, __builtin_popcount(port.axes), slot};
      // What is behind lengths is zero to the program; behind those of the window's axis there may be anything.
      if ((!streams && !form.isWhole) || (!filled && port.axes))
        fillSlot(to, 0);
      copyToSlot(array, rows[slot], partOf(port, to, left(slot) < width ? left(slot) : width), to);
    }
  }
}

void TileRun::fillLengths(Call &call, int64_t slot) {
  for (size_t i = 0; i < model.axes.size(); ++i) {
    const Axis &axis = model.axes[i];
    const Buffer *lengths = call.find(Role::Lengths, axis.name);
    if (!lengths)
      continue;
    if (static_cast<int>(i) == model.windowAxis()) {
      lengths->set(slot, static_cast<double>(length(slot)));
      continue;
    }
    const RowArray &given = *findLengths(batch.inputs, axis);
    lengths->set(slot, Buffer{given.data, given.type, {}}.get(given.beginOf(rows[slot])));
  }
}

/// Takes the outputs of these slots at the positions that have run, and what is final of those whose last one is among
/// them.
void TileRun::store(const Call &call, int64_t first, int64_t end) {
  auto isStored = [&](int64_t slot) { return left(slot) > 0 || !streams; };
  auto ends = [&](int64_t slot) { return left(slot) <= width; };
  for (const RowArray &array : batch.outputs) {
    const Port &port = *model.output(array.name);
    const Buffer *buffer = call.find(Role::Output, array.name);
    if (placeOf(call, call.entry->args[call.numberOf(buffer)], port, array))
      continue;
    for (int64_t slot = first; slot < end; ++slot) {
      RowSlot from{buffer, __builtin_popcount(port.axes), slot};
      if (isStored(slot) && (port.varies(model.windowAxis()) || ends(slot)))
        copyFromSlot(from, partOf(port, from, left(slot) < width ? left(slot) : width), array, rows[slot]);
    }
  }
  for (size_t i = 0; i < states.size(); ++i) {
    const State &state = states[i];
    const RowArray *array = places[i] ? nullptr : findArray(batch.statesAfter, state.name);
    const Buffer *buffer = array ? call.find(Role::State, state.name) : nullptr;
    for (int64_t slot = first; buffer && slot < end; ++slot)
      if (isStored(slot) && ends(slot))
        copyFromSlot({buffer, state.axes, slot}, {partOf(state, position(slot) + length(slot))}, *array, rows[slot]);
  }
}

/// What goes between the caller's memory and a call's: inputs, or outputs and states.
struct TileRun::Copies {
  TileRun *run;
  Call *call;
  bool stores, filled;
};

/// Copies a thread's part of the slots.
void TileRun::copySlots(void *const *arguments, rondo_team *, int64_t thread, int64_t threads) {
  const Copies &copies = *static_cast<const Copies *>(arguments[0]);
  int64_t slots = copies.run->count, first = slots * thread / threads, end = slots * (thread + 1) / threads;
  if (copies.stores)
    copies.run->store(*copies.call, first, end);
  else
    copies.run->fill(*copies.call, copies.filled, first, end);
}

void TileRun::copy(Copies copies) {
  // Cycles of a window's copies for whose sake threads wait for each other twice more. One row has none.
  constexpr double worthSharing = 20000;
  void *arguments[] = {&copies};
  if (team && form.copyCost * static_cast<double>(width) >= worthSharing)
    team->run(copySlots, arguments);
  else
    copySlots(arguments, nullptr, 0, 1);
}

/// The states of a row without positions.
void TileRun::keepStates(int64_t slot) {
  for (const RowArray &array : batch.statesAfter) {
    const State &state = *model.state(array.name);
    const Buffer *buffer = calls[0].find(Role::State, array.name);
    begin(calls[0]);
    calls[0].beginExample(slot);
    Shape part = partOf(state, position(slot));
    if (const RowArray *before = findArray(batch.statesBefore, array.name))
      copyToSlot(*before, rows[slot], {part}, {buffer, state.axes, slot});
    copyFromSlot({buffer, state.axes, slot}, {part}, array, rows[slot]);
  }
}

void TileRun::run() {
  for (int64_t slot = 0; slot < count; ++slot)
    if (length(slot) == 0)
      keepStates(slot);
  if (length(0) == 0 && (streams || form.isWhole))
    return;
  hold();
  uint64_t seed = static_cast<uint64_t>(batch.seed);
  do {
    size_t which = next();
    Call &call = calls[which];
    if (!last)
      begin(call);
    else if (last != &call)
      takeOver(call);
    bool filled = isFilled >> which & 1;
    copy({this, &call, /*stores=*/false, filled});
    for (int64_t slot = 0; slot < count && !filled; ++slot)
      fillLengths(call, slot);
    isFilled |= 1u << which;
    call.setLength(width);
    call.setStart(done == 0 && batch.statesBefore.empty());
    bool draws = call.find(Role::Seed) || call.find(Role::Position);
    for (int64_t slot = 0; slot < call.entry->batch && draws; ++slot) {
      bool isRow = slot < count; // else it fills up
      int64_t sequence = isRow ? (batch.sequences ? batch.sequences[rows[slot]] : rows[slot]) : 0;
      call.setExampleDraws(slot, seed, sequence, (isRow ? position(slot) : 0) + done);
    }
    if (draws) // the same for all batches
      call.setBatchDraws(seed, 0, 0);
    placeOutputs(call);
    placeStates(call);
    call.run();
    for (int64_t slot = 0; slot < count; ++slot)
      call.slotsUsed = position(slot) + done + width > call.slotsUsed ? position(slot) + done + width : call.slotsUsed;
    call.useOwnBuffers();
    last = &call;
    copy({this, &call, /*stores=*/true, filled});
    done += width;
  } while (left(0) > 0);
}
