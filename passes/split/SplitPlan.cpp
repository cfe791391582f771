// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Deciding what leaves the loop of a scan.
//
// The ops of a body fall into three parts by their dependences alone: those that need no state can come before the
// loop, those that no next state needs can come after it, and the rest is the recurrence. Being able to leave is not
// enough: a value that crosses the loop's border is stored for the whole sequence. So expensive ops leave, and take
// along what makes the border no wider.

#include "passes/split/SplitPlan.h"

#include "passes/support/MatrixProducts.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

namespace {

class Planner {
public:
  explicit Planner(const ScanDependences &dependences) : dependences(dependences) {}
  SplitPlan plan();

private:
  void findSummed(Value summand);
  void planBefore();
  void addBefore(Operation *op);
  bool readsKept(Operation *op) const;
  llvm::DenseSet<Operation *> findCore() const;
  void planAfter();
  void emitFor(Operation *op);
  void emitValue(Value value);
  void emitForSummand(Value summand, bool product, SmallVectorImpl<Value> &reduced);
  void move(Value value);
  bool canMove(Value value) const;
  bool isAvailable(Value value) const;
  bool canSum(Value summand) const;
  bool gainsBehind(Operation *op) const;

  const ScanDependences &dependences;
  SplitPlan result;
  /// Ops that become part of a contraction or reduction over time: not needed position by position.
  llvm::DenseSet<Operation *> summed;
  llvm::DenseSet<Operation *> decisive; // ScanDependences::findDecisive
};

} // namespace

//===-- before the loop --------------------------------------------------------------------------------------===//

/// Adds `op` and the ops of the body that it needs.
void Planner::addBefore(Operation *op) {
  if (!result.before.insert(op))
    return;
  for (Value operand : op->getOperands())
    if (Operation *producer = dependences.getBodyOp(operand))
      addBefore(producer);
}

/// Whether `op`, which needs no state, is arithmetic or an expansion whose operands the loop can read without anything
/// being stored for that, and is not emitted itself.
bool Planner::readsKept(Operation *op) const {
  auto isEmitted = [&](Value value) {
    return llvm::is_contained(dependences.getScan().getYield().getEmitted(), value);
  };
  auto isKept = [&](Value operand) {
    Operation *producer = dependences.getBodyOp(operand);
    return !producer || result.again.contains(producer) || (result.before.contains(producer) && isEmitted(operand));
  };
  return (isa<arith::ArithDialect>(op->getDialect()) || isExpansion(op)) && !decisive.contains(op) &&
         llvm::none_of(op->getResults(), isEmitted) && llvm::all_of(op->getOperands(), isKept);
}

void Planner::planBefore() {
  llvm::DenseSet<Operation *> free = dependences.findFree();
  bool recurrent = dependences.getScan().getNumStates() > 0;
  for (Operation *op : summed)
    free.erase(op);
  for (Operation &op : dependences.getBlock())
    if (free.contains(&op) && (isExpensive(&op) || !recurrent))
      addBefore(&op);

  // What reads a result that is stored anyway comes along, unless its own result is larger than what the loop would
  // otherwise read. An expansion (a broadcast) is looked through: it comes along if a reader of it does. So is
  // arithmetic on results that the scan emits, which are kept anyway: its own result need not be stored beside them.
  llvm::DenseSet<Operation *> behind; // expansions of a stored result
  llvm::DenseMap<Operation *, int64_t> width;
  for (Operation &op : dependences.getBlock()) {
    if (!free.contains(&op))
      continue;
    bool readsStored = false;
    int64_t &widest = width[&op];
    for (Value operand : op.getOperands()) {
      Operation *producer = dependences.getBodyOp(operand);
      if (dependences.isSequence(operand))
        widest = std::max(widest, getSize(operand));
      else if (producer)
        widest = std::max(widest, width.lookup(producer));
      readsStored |= producer && (result.before.contains(producer) || behind.contains(producer));
    }
    bool grows = llvm::any_of(op.getResults(), [&](Value value) { return getSize(value) > widest; });
    bool isAgain = recurrent && readsStored && readsKept(&op);
    if (isAgain)
      result.again.insert(&op);
    if (readsStored && !result.before.contains(&op)) {
      if (isExpansion(&op) || grows || isAgain)
        behind.insert(&op);
      else
        addBefore(&op);
    }
    if (result.before.contains(&op) && !isExpansion(&op))
      for (Value value : op.getResults())
        widest = std::max(widest, getSize(value));
  }
}

//===-- after the loop ---------------------------------------------------------------------------------------===//

/// The ops that some next state needs, sums of leaving summands aside.
llvm::DenseSet<Operation *> Planner::findCore() const {
  llvm::DenseSet<Operation *> core;
  for (auto [i, next] : llvm::enumerate(dependences.getScan().getYield().getNext())) {
    const Accumulator *accumulator =
        llvm::find_if(result.accumulators, [i = i](const Accumulator &a) { return a.state == i; });
    if (accumulator == result.accumulators.end())
      dependences.addSlice(next, core);
    else
      for (Value summand : accumulator->staying)
        dependences.addSlice(summand, core);
  }
  return core;
}

/// Whether `op` is better computed for all positions behind the loop. A product of matrices that the loop makes is not:
/// as many numbers as all of them have would be stored for it, each of which the loop has at hand in its own step.
bool Planner::gainsBehind(Operation *op) const {
  if (!isExpensive(op))
    return false;
  Value matrices = matricesOf(op);
  return !matrices || dependences.isOutside(matrices) || dependences.isSequence(matrices) ||
         result.before.contains(dependences.getBodyOp(matrices));
}

/// Finds the expensive ops outside the core and all that depends on them, and what they read from the loop.
void Planner::planAfter() {
  result.after.clear();
  result.emitted.clear();
  result.added.clear();
  llvm::DenseSet<Operation *> core = findCore(), leaving = summed, movable;
  for (const Accumulator &accumulator : result.accumulators)
    leaving.insert_range(accumulator.chain);
  Block &block = dependences.getBlock();
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    auto canFollow = [&](Operation *reader) {
      return reader == block.getTerminator() || leaving.contains(reader) || movable.contains(reader);
    };
    if (!core.contains(&op) && !result.before.contains(&op) && !leaving.contains(&op) && dependences.isLiftable(&op) &&
        llvm::all_of(dependences.getReaders(&op), canFollow))
      movable.insert(&op);
  }
  for (Operation &op : block)
    if (movable.contains(&op) && (gainsBehind(&op) || llvm::any_of(op.getOperands(), [&](Value operand) {
                                    return result.after.contains(dependences.getBodyOp(operand));
                                  })))
      result.after.insert(&op);
  for (Operation *op : llvm::to_vector(result.after))
    emitFor(op);
  SmallVector<Value> reduced;
  for (const Accumulator &accumulator : result.accumulators)
    for (Value summand : accumulator.leaving)
      emitForSummand(summand, sumsProduct(dependences, summand), reduced);
  // Without a recurrence the loop goes, and with it what it would store.
  bool stays = result.accumulators.size() < dependences.getScan().getNumStates() ||
               llvm::any_of(result.accumulators, [](const Accumulator &a) { return !a.staying.empty(); });
  for (Value value : reduced)
    if (canMove(value))
      move(value);
    else if (stays)
      result.added.insert(value);
    else
      emitValue(value);
}

void Planner::emitFor(Operation *op) {
  for (Value operand : op->getOperands())
    emitValue(operand);
}

/// Makes `value` available after the loop.
void Planner::emitValue(Value value) {
  if (isAvailable(value))
    return;
  Operation *op = dependences.getBodyOp(value);
  if (op && isExpansion(op) && dependences.isLiftable(op)) {
    emitFor(op);
    result.after.insert(op);
    return;
  }
  result.emitted.insert(value);
}

/// Whether all positions of `value` are known after the loop in any case.
bool Planner::isAvailable(Value value) const {
  Operation *op = dependences.getBodyOp(value);
  return dependences.isOutside(value) || dependences.isSequence(value) || result.before.contains(op) ||
         result.after.contains(op) || result.emitted.contains(value) ||
         llvm::is_contained(dependences.getScan().getYield().getEmitted(), value);
}

/// Moves what `canMove` allows.
void Planner::move(Value value) {
  if (isAvailable(value))
    return;
  Operation *op = dependences.getBodyOp(value);
  move(op->getOperand(0));
  result.after.insert(op);
}

/// Whether `value`, which is only summed up, is there after the loop in any case, but for what only moves elements.
bool Planner::canMove(Value value) const {
  if (isAvailable(value))
    return true;
  Operation *op = dependences.getBodyOp(value);
  return op && value.hasOneUse() && isa<BroadcastOp, tensor::ExtractSliceOp>(op) && dependences.isLiftable(op) &&
         canMove(op->getOperand(0));
}

//===-- accumulators -----------------------------------------------------------------------------------------===//

/// Adds the ops that the sum of `summand` takes apart.
void Planner::findSummed(Value summand) {
  SumForm form = getSumForm(dependences, summand);
  if (form == SumForm::Leaf)
    return;
  summed.insert(summand.getDefiningOp());
  if (form == SumForm::Linear)
    for (Value operand : summand.getDefiningOp()->getOperands())
      findSummed(operand);
}

/// Emits what the products in the sum of `summand` read; what is plainly summed, as the operand of a product whose
/// other one is the same at all positions, is put down in `reduced` to be decided last. `product`: the sum is one of a
/// product or a reduction, or goes with one.
void Planner::emitForSummand(Value summand, bool product, SmallVectorImpl<Value> &reduced) {
  Operation *op = summand.getDefiningOp();
  switch (getSumForm(dependences, summand)) {
  case SumForm::Contract:
    for (unsigned i : {0, 1})
      if (dependences.isOutside(op->getOperand(i)))
        return reduced.push_back(op->getOperand(1 - i));
    return emitFor(op);
  case SumForm::ScatterAdd:
    return emitFor(op);
  case SumForm::Reduce:
    return reduced.push_back(op->getOperand(0));
  case SumForm::Linear:
    for (Value operand : op->getOperands())
      emitForSummand(operand, product, reduced);
    return;
  case SumForm::Leaf:
    if (product)
      reduced.push_back(summand);
    return;
  }
}

/// Whether the loop may leave `summand` alone. Storing a plain value for a sum after the loop would cost more than
/// adding it up inside, so it leaves only if it is available anyway.
bool Planner::canSum(Value summand) const {
  if (isAvailable(summand) || sumsProduct(dependences, summand))
    return true;
  return getSumForm(dependences, summand) == SumForm::Linear &&
         llvm::all_of(summand.getDefiningOp()->getOperands(), [&](Value operand) { return canSum(operand); });
}

SplitPlan Planner::plan() {
  result.accumulators = findAccumulators(dependences);
  for (const Accumulator &accumulator : result.accumulators)
    for (Value summand : accumulator.leaving)
      if (sumsProduct(dependences, summand))
        findSummed(summand);
  decisive = dependences.findDecisive();
  planBefore();
  // A summand that stays puts more ops into the core, which may keep others: until nothing changes.
  bool changed = true;
  while (changed) {
    planAfter();
    changed = false;
    for (Accumulator &accumulator : result.accumulators) {
      auto stays = llvm::partition(accumulator.leaving, [&](Value summand) { return canSum(summand); });
      changed |= stays != accumulator.leaving.end();
      accumulator.staying.append(stays, accumulator.leaving.end());
      accumulator.leaving.erase(stays, accumulator.leaving.end());
    }
    llvm::erase_if(result.accumulators, [](const Accumulator &accumulator) { return accumulator.leaving.empty(); });
  }
  return result;
}

SplitPlan rondo::planSplit(const ScanDependences &dependences) { return Planner(dependences).plan(); }
