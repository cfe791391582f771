// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Dealing out the ops of a scan's body to scans of their own.
//
// What depends on states is computed in the scan of the highest of them, what depends on none in the first that reads
// it. What a later scan reads of an earlier one is emitted there and a sequence here. Where that costs more than to
// compute it again (expansions, arithmetic on sequences), each scan computes it for itself.

#include "passes/split/ComponentSplitter.h"

#include "passes/support/Reads.h"

#include "dialect/ScanParts.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rondo;

namespace {

/// One of the scans to be.
struct Part {
  llvm::DenseSet<Operation *> ops;
  llvm::SetVector<Value> sequences; ///< of the body's arguments
  llvm::SetVector<Value> received;  ///< of what earlier scans emit
  llvm::SetVector<Value> emitted;
};

class ComponentSplitter {
public:
  ComponentSplitter(const ScanDependences &dependences, const StateLevels &levels)
      : dependences(dependences), levels(levels), scan(dependences.getScan()), builder(scan), parts(levels.getCount()) {
  }
  SmallVector<ScanOp> split();

private:
  void findCopied();
  void findHomes();
  unsigned getHome(Value value) const;
  void need(unsigned part, Value value);
  ScanOp build(unsigned part);

  const ScanDependences &dependences;
  const StateLevels &levels;
  ScanOp scan;
  OpBuilder builder;
  SmallVector<Part> parts;
  /// The part that computes an op of the body, the first of several.
  llvm::DenseMap<Operation *, unsigned> homes;
  /// Ops that each part that reads them computes for itself.
  llvm::DenseSet<Operation *> copied;
  /// A value of the body -> its sequence outside.
  llvm::DenseMap<Value, Value> sequences;
};

} // namespace

/// Whether `op` makes more numbers of values of the body than these have, as a weight's gradient is, of what each
/// sequence has at a position.
static bool grows(const ScanDependences &dependences, Operation *op) {
  int64_t read = 0, made = 0;
  for (Value operand : op->getOperands()) {
    if (dependences.isOutside(operand))
      return false;
    read += getSize(operand);
  }
  for (Value result : op->getResults())
    made += getSize(result);
  return made > read;
}

void ComponentSplitter::findCopied() {
  llvm::DenseSet<Operation *> decisive = dependences.findDecisive();
  for (Operation &op : dependences.getBlock().without_terminator()) {
    auto isThere = [&](Value value) {
      return dependences.isOutside(value) || dependences.isSequence(value) ||
             copied.contains(dependences.getBodyOp(value));
    };
    if (!decisive.contains(&op) && dependences.isLiftable(&op) &&
        (isExpansion(&op) || grows(dependences, &op) || (isCheap(&op) && llvm::all_of(op.getOperands(), isThere))))
      copied.insert(&op);
  }
}

void ComponentSplitter::findHomes() {
  YieldOp yield = scan.getYield();
  for (Operation &op : llvm::reverse(dependences.getBlock().without_terminator())) {
    std::optional<unsigned> home = levels.getLevel(&op);
    if (!home)
      for (OpOperand &use : op.getUses()) {
        Operation *reader = dependences.getBlock().findAncestorOpInBlock(*use.getOwner());
        unsigned number = use.getOperandNumber();
        if (reader == yield && number >= scan.getNumStates())
          continue;
        unsigned part = reader == yield ? levels.getLevel(number) : homes.lookup(reader);
        home = std::min(home.value_or(part), part);
      }
    homes[&op] = home.value_or(0);
  }
}

/// The first part that has `value`.
unsigned ComponentSplitter::getHome(Value value) const {
  if (Operation *op = dependences.getBodyOp(value))
    return homes.lookup(op);
  auto argument = dyn_cast<BlockArgument>(value);
  bool isState = argument && !dependences.isOutside(value) && !dependences.isSequence(value);
  return isState ? levels.getLevel(argument.getArgNumber()) : 0;
}

/// Plans that `part` has `value`. Parts are planned from the last to the first, so that each knows what it emits.
void ComponentSplitter::need(unsigned part, Value value) {
  if (dependences.isOutside(value))
    return;
  if (dependences.isSequence(value)) {
    parts[part].sequences.insert(value);
    return;
  }
  Operation *op = dependences.getBodyOp(value);
  unsigned home = getHome(value);
  if (home != part && !(op && copied.contains(op))) {
    if (parts[part].received.insert(value))
      parts[home].emitted.insert(value);
    return;
  }
  if (op && parts[part].ops.insert(op).second)
    for (Value read : readsOf(op))
      need(part, read);
}

/// Builds the scan of one part. Those before it are built.
ScanOp ComponentSplitter::build(unsigned part) {
  Part &plan = parts[part];
  ScanParts made(scan);
  made.inits.clear();
  made.names.clear();
  made.sequences.clear();
  made.emitted.clear();
  SmallVector<unsigned> states;
  for (unsigned i = 0; i < scan.getNumStates(); ++i)
    if (levels.getLevel(i) == part) {
      states.push_back(i);
      made.inits.push_back(scan.getInits()[i]);
      made.names.push_back(scan.getStateName(i));
    }
  SmallVector<Value> fed(plan.sequences.begin(), plan.sequences.end());
  llvm::append_range(fed, plan.received);
  for (Value value : fed)
    made.sequences.push_back(sequences.lookup(value));
  for (Value value : plan.emitted)
    made.emitted.push_back(value.getType());
  ScanOp result = made.create(builder);

  IRMapping mapping;
  for (auto [i, state] : llvm::enumerate(states))
    mapping.map(scan.getStateArguments()[state], result.getStateArguments()[i]);
  mapping.map(fed, result.getSequenceArguments());
  OpBuilder inside = OpBuilder::atBlockEnd(&result.getBlock());
  for (Operation &op : dependences.getBlock().without_terminator())
    if (plan.ops.contains(&op))
      inside.clone(op, mapping);
  auto mapped = [&](Value value) { return mapping.lookupOrDefault(value); };
  YieldOp yield = scan.getYield();
  SmallVector<Value> next =
      llvm::map_to_vector(states, [&](unsigned state) -> Value { return mapped(yield.getNext()[state]); });
  SmallVector<Value> emitted = llvm::map_to_vector(plan.emitted, mapped);
  YieldOp::create(inside, yield.getLoc(), next, emitted);
  for (auto [value, sequence] : llvm::zip(plan.emitted, result.getEmitted()))
    sequences[value] = sequence;
  for (auto [i, state] : llvm::enumerate(states))
    scan.getFinals()[state].replaceAllUsesWith(result.getFinals()[i]);
  return result;
}

SmallVector<ScanOp> ComponentSplitter::split() {
  findCopied();
  findHomes();
  YieldOp yield = scan.getYield();
  for (Value value : yield.getEmitted())
    parts[getHome(value)].emitted.insert(value);
  for (unsigned part = parts.size(); part-- > 0;) {
    for (auto [i, next] : llvm::enumerate(yield.getNext()))
      if (levels.getLevel(i) == part)
        need(part, next);
    // What later parts read is put down; what is emitted here may add to what earlier ones emit, not to this.
    for (Value value : parts[part].emitted)
      need(part, value);
  }
  for (auto [argument, sequence] : llvm::zip(scan.getSequenceArguments(), scan.getSequences()))
    sequences[argument] = sequence;
  SmallVector<ScanOp> result;
  for (unsigned part = 0; part < parts.size(); ++part)
    result.push_back(build(part));
  for (auto [value, sequence] : llvm::zip(yield.getEmitted(), scan.getEmitted()))
    sequence.replaceAllUsesWith(sequences.lookup(value));
  scan.erase();
  return result;
}

SmallVector<ScanOp> rondo::splitByLevels(const ScanDependences &dependences, const StateLevels &levels) {
  return ComponentSplitter(dependences, levels).split();
}
