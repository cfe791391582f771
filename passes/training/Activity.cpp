// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Activity analysis.

#include "passes/training/Activity.h"

#include "passes/support/Reads.h"

using namespace mlir;
using namespace rondo;

bool rondo::isDifferentiable(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

namespace {
/// Adds `value` to `set` if it can have a derivative.
bool insert(llvm::DenseSet<Value> &set, Value value) { return isDifferentiable(value) && set.insert(value).second; }

/// Inserts each of `to` whose counterpart in `from` is there; whether one was new.
bool spread(llvm::DenseSet<Value> &set, ValueRange from, ValueRange to) {
  bool changed = false;
  for (auto [source, target] : llvm::zip(from, to))
    if (set.contains(source))
      changed |= insert(set, target);
  return changed;
}
} // namespace

Activity::Activity(Block &block, ArrayRef<Value> sources, ArrayRef<Value> sinks) {
  for (Value source : sources)
    insert(varied, source);
  for (Value sink : sinks)
    insert(useful, sink);
  goForward(block);
  goBackward(block);
}

void Activity::goForward(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (auto scan = dyn_cast<ScanOp>(op))
      goForward(scan);
    else if (llvm::any_of(readsOf(&op), [&](Value value) { return varied.contains(value); }))
      for (Value result : op.getResults())
        insert(varied, result);
  }
}

void Activity::goForward(ScanOp scan) {
  auto pass = [&](ValueRange from, ValueRange to) { return spread(varied, from, to); };
  YieldOp yield = scan.getYield();
  pass(scan.getInits(), scan.getStateArguments());
  pass(scan.getSequences(), scan.getSequenceArguments());
  do
    goForward(scan.getBlock());
  while (pass(yield.getNext(), scan.getStateArguments()));
  pass(yield.getNext(), scan.getFinals());
  pass(yield.getEmitted(), scan.getEmitted());
}

void Activity::goBackward(Block &block) {
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    if (auto scan = dyn_cast<ScanOp>(op))
      goBackward(scan);
    else if (llvm::any_of(op.getResults(), [&](Value value) { return useful.contains(value); }))
      for (Value value : readsOf(&op))
        insert(useful, value);
  }
}

void Activity::goBackward(ScanOp scan) {
  auto pass = [&](ValueRange from, ValueRange to) { return spread(useful, to, from); };
  YieldOp yield = scan.getYield();
  pass(yield.getNext(), scan.getFinals());
  pass(yield.getEmitted(), scan.getEmitted());
  do
    goBackward(scan.getBlock());
  while (pass(yield.getNext(), scan.getStateArguments()));
  pass(scan.getInits(), scan.getStateArguments());
  pass(scan.getSequences(), scan.getSequenceArguments());
}

void Activity::copy(Value original, Value copy) {
  for (llvm::DenseSet<Value> *set : {&varied, &useful}) {
    if (set->contains(original))
      set->insert(copy);
    else
      set->erase(copy);
  }
}

void Activity::copy(Operation *original, Operation *clone) {
  for (auto [from, to] : llvm::zip(original->getResults(), clone->getResults()))
    copy(Value(from), Value(to));
  for (auto [fromRegion, toRegion] : llvm::zip(original->getRegions(), clone->getRegions()))
    for (auto [fromBlock, toBlock] : llvm::zip(fromRegion, toRegion)) {
      for (auto [from, to] : llvm::zip(fromBlock.getArguments(), toBlock.getArguments()))
        copy(Value(from), Value(to));
      for (auto [from, to] : llvm::zip(fromBlock, toBlock))
        copy(&from, &to);
    }
}
