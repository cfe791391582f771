// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the cover, one after the other.
#include "runtime/RunWindows.h"

#include "runtime/StateTensor.h"

using namespace rondo;

/// Whether a value of all rows can be in memory at all.
static bool checkSize(const Text &name, bool fits, const Shape &shape, const RunInput &rows, Error &error) {
  int64_t count;
  return (fits && multiplySizes(shape.dim, shape.rank, count) && count <= INT64_MAX / 8) ||
         error.fail("'%s' would be too large: expected fewer sequences, or shorter ones, than %lld of up to %lld "
                    "positions",
                    name.c_str(), static_cast<long long>(rows.rows), static_cast<long long>(rows.longest));
}

bool RunWindows::open(const Model &owner, const Cover &cover, const RunInput &rows, Error &error) {
  model = &owner;
  input = &rows;
  for (const Port &port : model->outputs) {
    Shape shape;
    bool fits = shapeOfRows(*model, port, input->rows, input->longest, shape);
    int window = model->windowAxis();
    int cut = port.varies(window) ? 1 + __builtin_popcount(port.axes & ((1u << window) - 1)) : -1;
    if (!checkSize(port.name, fits, shape, rows, error))
      return false;
    Buffer values = blocks.allocate(cover.element(), shape);
    results.add({port.name, values});
    outputs.add({RowArray::of(port.name, values), cut});
  }
  carried = cover.statesRead();
  for (const State *state : carried)
    if (!checkSize(state->name, true, state->shape.within(input->rows), rows, error))
      return false;
  return true;
}

void RunWindows::begin(const State &state, const Buffer &values) { before.add(RowArray::of(state.name, values)); }

/// The rows that are listed, from that position on; where they begin is kept in `begins`.
static RowArray partOf(const RunInput::Source &source, int64_t first, const List<int64_t> &rows,
                       List<int64_t> &begins) {
  RowArray part = source.array;
  for (int64_t row : rows)
    begins.add(source.array.beginOf(row));
  part.begins = begins.data();
  part.shape.dim[0] = static_cast<int64_t>(rows.size());
  if (source.cut >= 0) {
    part.data =
        static_cast<uint8_t *>(part.data) + static_cast<size_t>(first * part.strides[source.cut]) * sizeOf(part.type);
    part.shape.dim[source.cut] -= first;
  }
  return part;
}

/// A row that goes on from states has nothing to say where no position follows either.
bool RunWindows::checkEmptyRows(const Cover &cover, Error &error) const {
  for (size_t row = 0; cover.wholeLength() == 0 && row < input->lengths.size(); ++row)
    for (const RunInput::Source &output : outputs)
      if (input->lengths[row] == 0 && output.cut < 0)
        return error.fail("row %zu has no positions, of which the output '%s' is to be made", row,
                          output.array.name.c_str());
  return true;
}

/// Computes so many positions from `first` on, of rows that have as many; of those that are read again no outputs.
bool RunWindows::runPart(Cover &cover, int64_t first, int64_t width, bool isAgain, Error &error) {
  // Rows that have ended are left out. Those without positions are in the first call, which knows what to make of it,
  // but not where states only go on to a next call: theirs are not made.
  bool leavesOut = first > 0 || (!after.empty() && !keepsStates);
  List<int64_t> rows, lengths, places;
  List<uint8_t> isHeld;
  for (int64_t row = 0; row < input->rows; ++row) {
    int64_t left = input->lengths.empty() ? 0 : input->lengths[static_cast<size_t>(row)] - first;
    if (leavesOut && left <= (isAgain ? width : 0))
      continue;
    rows.add(row);
    isHeld.add(first > 0);
    lengths.add(left < width ? left : width);
    places.add((positions ? (*positions)[static_cast<size_t>(row)] : 0) + first - base);
  }
  CoverBatch batch;
  batch.rows = static_cast<int64_t>(rows.size());
  batch.lengths = input->lengths.empty() ? nullptr : lengths.data();
  batch.positions = places.data();
  batch.seed = static_cast<int64_t>(seed);
  batch.sequences = rows.data();
  List<List<int64_t>> begins;
  for (const RunInput::Source &source : input->sources)
    batch.inputs.add(partOf(source, first, rows, begins.add()));
  for (const RunInput::Source &output : outputs)
    if (!isAgain)
      batch.outputs.add(partOf(output, first, rows, begins.add()));
  for (const RowArray &state : before)
    batch.statesBefore.add(partOf({state, -1}, 0, rows, begins.add()));
  for (size_t i = 0; i < after.size(); ++i)
    batch.statesAfter.add(partOf({RowArray::of(carried[i]->name, after[i]), -1}, 0, rows, begins.add()));
  for (size_t i = 0; i < held.size(); ++i)
    batch.held.add(partOf({RowArray::of(heldValues[i]->name, held[i]), -1}, 0, rows, begins.add()));
  batch.isHeld = isHeld.data();
  if (!cover.run(batch, error))
    return false;
  before.clear();
  for (size_t i = 0; i < after.size(); ++i)
    before.add(RowArray::of(carried[i]->name, after[i]));
  return true;
}

bool RunWindows::run(Cover &cover, int64_t width, uint64_t drawn, Error &error) {
  if (!checkEmptyRows(cover, error))
    return false;
  int64_t longest = input->longest, part;
  seed = drawn;
  if (width == 0 || width > longest)
    width = longest;
  bool carries = keepsStates || width < longest || (slides && longest > model->indexed);
  for (size_t i = 0; carries && i < carried.size(); ++i)
    after.add(blocks.allocate(cover.element(), carried[i]->shape.within(input->rows)));
  // Of too many rows it is made in each call, as it is where that is the only one.
  constexpr int64_t mostHeld = 1 << 26;
  heldValues = cover.heldRead();
  int64_t ofRow = 0;
  for (const State *value : heldValues)
    ofRow += value->shape.count();
  if (!carries || (ofRow && input->rows > mostHeld / ofRow))
    heldValues.clear();
  for (const State *value : heldValues)
    held.add(blocks.allocate(cover.element(), value->shape.within(input->rows)));
  for (int64_t first = 0; input->rows > 0 && (first == 0 || first < longest); first += part) {
    if (slides && first - base == model->indexed) {
      base = first - model->indexed / 2;
      before.clear();
      if (first > base && !runPart(cover, base, first - base, /*isAgain=*/true, error))
        return false;
    }
    part = width;
    if (slides && first + part > base + model->indexed)
      part = base + model->indexed - first;
    if (!runPart(cover, first, part, /*isAgain=*/false, error))
      return false;
    if (longest == 0)
      break;
  }
  for (size_t i = 0; keepsStates && i < after.size(); ++i)
    states.add({stateName(*carried[i]), after[i]});
  return true;
}
