// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Dependences in the body of a scan.

#include "passes/split/ScanDependences.h"

#include "passes/support/Decisions.h"
#include "passes/support/Reads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

bool ScanDependences::isSequence(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == &getBlock() && argument.getArgNumber() >= scan.getNumStates();
}

Operation *ScanDependences::getBodyOp(Value value) const {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == &getBlock() ? op : nullptr;
}

SmallVector<Operation *> ScanDependences::getReaders(Operation *op) const {
  SmallVector<Operation *> readers;
  for (Operation *user : op->getUsers())
    readers.push_back(getBlock().findAncestorOpInBlock(*user));
  return readers;
}

void ScanDependences::addSlice(Value value, llvm::DenseSet<Operation *> &ops) const {
  SmallVector<Value> pending{value};
  while (!pending.empty())
    if (Operation *op = getBodyOp(pending.pop_back_val()))
      if (ops.insert(op).second)
        llvm::append_range(pending, readsOf(op));
}

llvm::DenseSet<Operation *> ScanDependences::findFree() const {
  llvm::DenseSet<Operation *> free;
  for (Operation &op : getBlock().without_terminator()) {
    auto isFree = [&](Value value) { return isOutside(value) || isSequence(value) || free.contains(getBodyOp(value)); };
    if (isLiftable(&op) && llvm::all_of(op.getOperands(), isFree))
      free.insert(&op);
  }
  return free;
}

llvm::DenseSet<Operation *> ScanDependences::findDecisive() const {
  llvm::DenseSet<Operation *> decisive;
  for (Operation &op : llvm::reverse(getBlock())) {
    if (isDecision(&op))
      decisive.insert(&op);
    if (!decisive.contains(&op))
      continue;
    for (Value operand : op.getOperands())
      if (Operation *producer = getBodyOp(operand);
          producer && (isa<arith::ArithDialect>(producer->getDialect()) || isExpansion(producer)))
        decisive.insert(producer);
  }
  return decisive;
}

bool ScanDependences::isLiftable(Operation *op) const {
  if (!isa<LiftableOpInterface>(op) || op->getNumRegions() != 0 || !isMemoryEffectFree(op))
    return false;
  if (auto gather = dyn_cast<GatherOp>(op); gather && !gather.getSpec()) // one table for all positions
    return isOutside(gather.getTable());
  return true;
}

int64_t rondo::getSize(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }
