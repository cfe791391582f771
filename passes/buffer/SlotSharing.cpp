// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sequences that may lie in the memory of another one, slot by slot: what a step reads for the last time, and what it
// writes. So the inputs of a cell's gates, the gates, and their gradients are one buffer.

#include "passes/buffer/SlotSharing.h"

#include "passes/buffer/Slots.h"
#include "passes/support/PhaseShape.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace rondo;

namespace {

/// The uses of one slot of a sequence in a loop's body.
struct SlotUses {
  std::optional<LinearSum> position; // along the leading dimension
  SmallVector<OpOperand *> uses;     // by ops that stand in the body itself
};

} // namespace

/// The uses of `alloc` in `loop`, if all of them are of one whole slot in each iteration.
static std::optional<SlotUses> slotUsesOf(memref::AllocOp alloc, scf::ForOp loop) {
  SlotUses slot;
  for (Operation *user : alloc->getUsers()) {
    if (!loop->isAncestor(user)) {
      // A view from outside could be used in the loop.
      for (Value view : user->getResults())
        for (Operation *inner : view.getUsers())
          if (loop->isAncestor(inner))
            return std::nullopt;
      continue;
    }
    auto view = dyn_cast<memref::SubViewOp>(user);
    std::optional<Slots> slots = view ? Slots::of(view) : std::nullopt;
    // A slot at a constant position would be the same one in each iteration.
    if (!slots || view->getBlock() != loop.getBody() || slots->buffer != alloc.getResult() || slots->count != 1 ||
        slots->first.terms.empty() || !holdsWholeSlots(view) || (slot.position && !(*slot.position == slots->first)))
      return std::nullopt;
    slot.position = slots->first;
    for (OpOperand &use : view->getUses()) {
      if (use.getOwner()->getBlock() != loop.getBody() || use.getOwner()->getNumResults() != 0)
        return std::nullopt;
      slot.uses.push_back(&use);
    }
  }
  return slot.position ? std::optional(slot) : std::nullopt;
}

/// Whether the use is an output of a structured op, written element by element.
static bool isWrite(OpOperand &use) {
  if (auto op = dyn_cast<DestinationStyleOpInterface>(use.getOwner()))
    return op.isDpsInit(&use);
  auto copy = dyn_cast<memref::CopyOp>(use.getOwner());
  return copy && use.get() == copy.getTarget();
}

bool rondo::maySucceed(memref::AllocOp next, memref::AllocOp before, scf::ForOp loop) {
  if (next.getType() != before.getType() || next.getType().getRank() < 2)
    return false;
  std::optional<SlotUses> reads = slotUsesOf(before, loop), writes = slotUsesOf(next, loop);
  if (!reads || !writes || !(reads->position == writes->position))
    return false;
  for (OpOperand *read : reads->uses) {
    if (isWrite(*read))
      return false;
    for (OpOperand *write : writes->uses) {
      Operation *reader = read->getOwner(), *writer = write->getOwner();
      if (reader == writer ? !isWrite(*write) || !readsAtWrittenPoint(*read) || !readsAtWrittenPoint(*write)
                           : !reader->isBeforeInBlock(writer))
        return false;
    }
  }
  return true;
}
