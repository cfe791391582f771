// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies and comparisons of inputs.
#include "runtime/LibraryHeld.h"

using namespace rondo;

bool LibraryHeld::open(const Cover &cover, const Parameters &of, const List<LibraryArray> &inputs, int64_t count,
                       Error &error) {
  parameters = &of;
  values = cover.heldRead();
  if (values.empty())
    return true;
  for (const State *value : values) {
    Buffer buffer;
    if (!blocks.allocate(cover.element(), value->shape.within(count), buffer, error) || !buffers.add(buffer, error))
      return false;
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const LibraryArray &input = inputs[i];
    if (!input.isRead ||
        !(input.axis ? cover.isHeldOf(Role::Lengths, input.axis->name) : cover.isHeldOf(Role::Input, input.port->name)))
      continue;
    Copy copy{i, {}, {}};
    if (!blocks.allocate(input.view.type, input.row.within(count), copy.rows, error) ||
        !blocks.allocate(input.view.type, input.row.within(1), copy.row, error) || !copies.add(copy, error))
      return false;
  }
  return isHeld.resize(static_cast<size_t>(count), error);
}

void LibraryHeld::give(const List<LibraryArray> &inputs, CoverBatch &batch) {
  batch.held.clear();
  bool goesOn = false;
  for (int64_t row = 0; row < batch.rows; ++row)
    goesOn |= batch.position(row) > 0;
  if (values.empty() || !goesOn)
    return;
  bool isNew = version != parameters->changes();
  version = parameters->changes();
  for (uint8_t &has : isHeld)
    has &= !isNew;
  for (int64_t row = 0; row < batch.rows; ++row) {
    uint8_t &has = isHeld[static_cast<size_t>(row)];
    for (const Copy &copy : copies) {
      copyToSlot(inputs[copy.array].view, row, {inputs[copy.array].row}, {&copy.row, 0, 0});
      has &= memcmp(copy.of(row), copy.row.data, copy.row.bytes()) == 0;
      memcpy(copy.of(row), copy.row.data, copy.row.bytes());
    }
  }
  for (size_t i = 0; i < values.size(); ++i) {
    Buffer rows = buffers[i];
    rows.shape.dim[0] = batch.rows;
    batch.held.add(RowArray::of(values[i]->name, rows));
  }
  batch.isHeld = isHeld.data();
}

void LibraryHeld::keep(const CoverBatch &batch) {
  for (int64_t row = 0; !batch.held.empty() && row < batch.rows; ++row)
    isHeld[static_cast<size_t>(row)] |= batch.lengths[row] > 0;
}

bool LibraryHeld::isOf(const rondo_array *arrays) const {
  if (values.empty())
    return true;
  if (!isHeld[0] || version != parameters->changes())
    return false;
  for (const Copy &copy : copies)
    if (memcmp(copy.of(0), arrays[copy.array].data, copy.row.bytes()) != 0)
      return false;
  return true;
}

void LibraryHeld::place(Call &call) const {
  for (size_t i = 0; i < values.size(); ++i)
    call.place(call.numberOf(call.find(Role::Held, values[i]->name)), buffers[i].data);
}
