// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Copies of one slot of a sequence that only guard against writes to another slot of it.
//
// A step of a scan reads slot t of a state's sequence and writes slot t + 1. Bufferisation does not see that these are
// two places, and copies slot t aside first.

#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace rondo {
#define GEN_PASS_DEF_ELIDECOPIES
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

/// `value` as another value plus a constant.
std::pair<Value, int64_t> splitConstant(OpFoldResult value) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return {Value(), *constant};
  auto base = cast<Value>(value);
  APInt constant;
  if (auto add = base.getDefiningOp<arith::AddIOp>(); add && matchPattern(add.getRhs(), m_ConstantInt(&constant))) {
    auto [inner, offset] = splitConstant(add.getLhs());
    return {inner, offset + constant.getSExtValue()};
  }
  return {base, 0};
}

/// The buffer behind views.
Value bufferBehind(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether two views of one buffer are different slots along its leading dimension.
bool areDifferentSlots(Value a, Value b) {
  auto first = a.getDefiningOp<memref::SubViewOp>(), second = b.getDefiningOp<memref::SubViewOp>();
  if (!first || !second || first.getSource() != second.getSource() || first.getMixedOffsets().empty())
    return false;
  std::optional<int64_t> firstSize = getConstantIntValue(first.getMixedSizes()[0]);
  std::optional<int64_t> secondSize = getConstantIntValue(second.getMixedSizes()[0]);
  if (!firstSize || !secondSize || getConstantIntValue(first.getMixedStrides()[0]) != 1 ||
      getConstantIntValue(second.getMixedStrides()[0]) != 1)
    return false;
  auto [firstBase, firstOffset] = splitConstant(first.getMixedOffsets()[0]);
  auto [secondBase, secondOffset] = splitConstant(second.getMixedOffsets()[0]);
  return firstBase == secondBase &&
         (firstOffset + *firstSize <= secondOffset || secondOffset + *secondSize <= firstOffset);
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

/// Whether all that happens between the copy and the last read of what it wrote leaves its source as it is.
bool isRedundant(memref::CopyOp copy) {
  auto alloc = copy.getTarget().getDefiningOp<memref::AllocOp>();
  if (!alloc)
    return false;
  Block *block = copy->getBlock();
  Operation *last = copy;
  for (Operation *user : alloc->getUsers()) {
    if (user == copy || isa<memref::DeallocOp>(user))
      continue;
    if (user->getBlock() != block || user->isBeforeInBlock(copy) || user->getNumResults() != 0)
      return false; // a view of it, or read somewhere else
    FailureOr<SmallVector<Value>> written = writesOf(user);
    if (failed(written) || llvm::is_contained(*written, alloc.getResult()))
      return false;
    if (last->isBeforeInBlock(user))
      last = user;
  }
  Value source = bufferBehind(copy.getSource());
  for (Operation *op = copy; op != last; op = op->getNextNode()) {
    WalkResult walk = op->getNextNode()->walk([&](Operation *nested) {
      if (nested->getNumRegions() != 0 && !isa<MemoryEffectOpInterface>(nested))
        return WalkResult::advance(); // its body is walked
      FailureOr<SmallVector<Value>> written = writesOf(nested);
      if (failed(written))
        return WalkResult::interrupt();
      for (Value target : *written)
        if (bufferBehind(target) == source && !areDifferentSlots(target, copy.getSource()))
          return WalkResult::interrupt();
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
