// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Copies of one slot of a sequence that only guard against writes to another slot of it.
//
// A step of a scan reads slot t of a state's sequence and writes slot t + 1. Bufferisation does not see that these are
// two places, and copies slot t aside first.

#include "passes/Passes.h"
#include "passes/buffer/Slots.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace rondo {
#define GEN_PASS_DEF_ELIDECOPIES
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Whether another buffer than this one is other memory: allocations are, and the function's arguments, of which each
/// is a buffer of its own.
bool isOwnMemory(Value buffer) {
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    return isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return buffer.getDefiningOp<memref::AllocOp>();
}

/// The buffer behind views.
Value bufferBehind(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether two views of one buffer are different slots along its leading dimension.
bool areDifferentSlots(Value a, Value b) {
  std::optional<Slots> first = Slots::of(a), second = Slots::of(b);
  return first && second && first->areApartFrom(*second);
}

/// The operands that `op` may write, or failure if that is not known.
FailureOr<SmallVector<Value>> writesOf(Operation *op) {
  SmallVector<Value> written;
  if (isa<ViewLikeOpInterface, memref::AllocOp>(op))
    return written;
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  if (!effects) {
    if (op->getNumRegions() != 0 || !isPure(op))
      return failure();
    return written;
  }
  SmallVector<MemoryEffects::EffectInstance> instances;
  effects.getEffects(instances);
  for (const MemoryEffects::EffectInstance &effect : instances)
    if (isa<MemoryEffects::Write, MemoryEffects::Free>(effect.getEffect())) {
      if (!effect.getValue())
        return failure();
      written.push_back(effect.getValue());
    }
  return written;
}

/// Whether `op` reads `buffer`, and does nothing else with it.
bool onlyReads(Operation *op, Value buffer) {
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  if (!effects || op->getNumResults() != 0)
    return false;
  SmallVector<MemoryEffects::EffectInstance> instances;
  effects.getEffectsOnValue(buffer, instances);
  return !instances.empty() && llvm::all_of(instances, [](const MemoryEffects::EffectInstance &effect) {
    return isa<MemoryEffects::Read>(effect.getEffect());
  });
}

/// Whether all that happens between the copy and the last read of what it wrote leaves its source as it is.
bool isRedundant(memref::CopyOp copy) {
  auto alloc = copy.getTarget().getDefiningOp<memref::AllocOp>();
  if (!alloc || copy.getSource() == copy.getTarget())
    return false;
  Block *block = copy->getBlock();
  Operation *last = copy;
  for (Operation *user : alloc->getUsers()) {
    if (user == copy || isa<memref::DeallocOp>(user))
      continue;
    if (user->getBlock() != block || user->isBeforeInBlock(copy) || !onlyReads(user, alloc))
      return false; // a view of it, or read somewhere else
    if (last->isBeforeInBlock(user))
      last = user;
  }
  Value source = bufferBehind(copy.getSource());
  if (!isOwnMemory(source))
    return false;
  for (Operation *op = copy; op != last; op = op->getNextNode()) {
    WalkResult walk = op->getNextNode()->walk([&](Operation *nested) {
      if (nested->getNumRegions() != 0 && !isa<MemoryEffectOpInterface>(nested))
        return WalkResult::advance(); // its body is walked
      FailureOr<SmallVector<Value>> written = writesOf(nested);
      if (failed(written))
        return WalkResult::interrupt();
      for (Value target : *written) {
        Value buffer = bufferBehind(target);
        if (buffer == source ? !areDifferentSlots(target, copy.getSource()) : !isOwnMemory(buffer))
          return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return false;
  }
  return true;
}

struct ElideCopies : rondo::impl::ElideCopiesBase<ElideCopies> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      if (!isRedundant(copy))
        continue;
      auto alloc = copy.getTarget().getDefiningOp<memref::AllocOp>();
      Value source = copy.getSource();
      copy.erase();
      for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
        if (isa<memref::DeallocOp>(user))
          user->erase();
      alloc.replaceAllUsesWith(source);
      alloc.erase();
    }
  }
};

} // namespace
