// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Levels of a scan's states: strongly connected components, and between them the products that tell levels apart.

#include "passes/split/StateLevels.h"

#include "passes/support/Reads.h"

using namespace mlir;
using namespace rondo;

StateLevels::StateLevels(const ScanDependences &dependences) : dependences(dependences) {
  findReads();
  findLevels();
}

/// The states that `value` depends on at its position.
llvm::BitVector StateLevels::statesBehind(Value value) const {
  unsigned states = dependences.getScan().getNumStates();
  if (Operation *op = dependences.getBodyOp(value))
    return reads.lookup(op);
  llvm::BitVector result(states);
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && argument.getOwner() == &dependences.getBlock() && argument.getArgNumber() < states)
    result.set(argument.getArgNumber());
  return result;
}

void StateLevels::findReads() {
  ScanOp scan = dependences.getScan();
  for (Operation &op : dependences.getBlock().without_terminator()) {
    llvm::BitVector states(scan.getNumStates());
    for (Value value : readsOf(&op))
      states |= statesBehind(value);
    reads[&op] = std::move(states);
  }
  for (auto [i, next] : llvm::enumerate(scan.getYield().getNext())) {
    behind.push_back(statesBehind(next));
    behind.back().set(i);
  }
  // Of what a state depends on, all that this depends on, by way of each in turn.
  for (unsigned way = 0; way < behind.size(); ++way)
    for (llvm::BitVector &states : behind)
      if (states.test(way))
        states |= behind[way];
}

/// Whether `op` is a product with a weight, which many positions at once read once.
static bool gainsByPositions(const ScanDependences &dependences, Operation *op) {
  return isa<ContractOp, GateProductOp>(op) && isExpensive(op) && dependences.isLiftable(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) { return dependences.isOutside(operand); });
}

void StateLevels::findLevels() {
  ScanOp scan = dependences.getScan();
  unsigned states = scan.getNumStates();
  levels.assign(states, 0);
  SmallVector<llvm::DenseSet<Operation *>> needed(states);
  for (auto [i, next] : llvm::enumerate(scan.getYield().getNext()))
    dependences.addSlice(next, needed[i]);

  // For each product that gets out, what it depends on and what depends on it.
  SmallVector<std::pair<llvm::BitVector, llvm::BitVector>> edges;
  for (Operation &op : dependences.getBlock().without_terminator()) {
    if (reads[&op].none() || !gainsByPositions(dependences, &op))
      continue;
    llvm::BitVector from(states), to(states);
    for (unsigned i : reads[&op].set_bits())
      from |= behind[i];
    for (unsigned i = 0; i < states; ++i)
      if (needed[i].contains(&op))
        to.set(i);
    if (to.none() || from.anyCommon(to))
      continue;
    edges.emplace_back(from, to);
    freed.push_back(&op);
  }

  bool changed = !edges.empty();
  auto raise = [&](unsigned state, unsigned level) {
    changed |= levels[state] < level;
    levels[state] = std::max(levels[state], level);
  };
  while (changed) {
    changed = false;
    for (unsigned i = 0; i < states; ++i)
      for (unsigned j : behind[i].set_bits())
        raise(i, levels[j]);
    for (const auto &[from, to] : edges)
      for (unsigned i : to.set_bits())
        for (unsigned j : from.set_bits())
          raise(i, levels[j] + 1);
  }
  for (unsigned level : levels)
    count = std::max(count, level + 1);
}

std::optional<unsigned> StateLevels::getLevel(Operation *op) const {
  std::optional<unsigned> result;
  for (unsigned state : reads.lookup(op).set_bits())
    result = std::max(result.value_or(0), levels[state]);
  return result;
}
