// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivative of the time loop: a scan in the other direction.
//
// The reverse body is made in a scratch scan. First it computes the forward body again, op by op, then the
// cotangents by the ops' rules. Then, from its end, what nobody reads is dropped, and what should rather be stored
// than computed again becomes an argument: a residual. Thus exactly the residuals that are read are stored.
//
// A decision is never computed again, whoever made it: the program, or the rule of a maximum, which asks which element
// it was. What is computed again need not have the bits of the original, and a comparison would turn the last bit
// into another branch. So the forward body makes each decision, and the reverse body reads it (Rationale.md).

#include "passes/training/ScanAdjoint.h"

#include "dialect/ScanParts.h"
#include "dialect/SegmentsAttribute.h"
#include "dialect/SumAttributes.h"
#include "passes/support/Decisions.h"
#include "passes/support/OpCost.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace rondo;

namespace {

/// What the reverse body is being made from and what it needs.
class ScanAdjoint {
public:
  ScanAdjoint(ScanOp scan, ReverseMode &outer, Activity &activity, OpBuilder &builder)
      : scan(scan), outer(outer), activity(activity), inner(activity, outer.isSecond()),
        scratch(ScanOp::create(builder, scan.getLoc(), {}, {}, scan.getLength(), false, TypeRange())),
        body(scratch.getBlock()) {
    if (Attribute segments = scan->getAttr(segmentsAttribute))
      scratch->setAttr(segmentsAttribute, segments);
  }
  ~ScanAdjoint() { scratch.erase(); }

  LogicalResult build(OpBuilder &builder);

private:
  void computeAgain(OpBuilder &inside);
  void storeSums();
  void seed(OpBuilder &inside);
  void finish(OpBuilder &inside);
  void prune();
  bool readsResiduals(Operation *op);
  bool mustKeep(Operation *op) const;
  bool isExact(Value value) const;
  void addResidual(Value result, Value original);
  bool keep(Operation *op);
  void noteScans();
  Value forwardOf(Value value);
  void feedResiduals();
  ScanOp createScan(OpBuilder &builder);

  BlockArgument addArgument(Type type) { return body.addArgument(type, scan.getLoc()); }

  ScanOp scan;
  ReverseMode &outer;
  Activity &activity;
  /// The cotangents of the body's values.
  ReverseMode inner;
  /// Holds the reverse body until the scan for it can be made.
  ScanOp scratch;
  Block &body;
  /// From the forward body to the reverse body.
  IRMapping mapping;
  /// From the reverse body to the forward body: what both compute, and what decisions needed there.
  DenseMap<Value, Value> forward;
  /// A scan of the forward body; whether it is the same in all steps, so that it will leave both loops.
  struct InnerScan {
    Operation *op = nullptr;
    bool isInvariant = false;
  };
  /// For scans within the scan: from the one in the reverse body to the forward body's.
  DenseMap<Operation *, InnerScan> again;
  SmallVector<Operation *> clones;
  /// Those ops of the reverse body whose results are rather stored than computed again.
  llvm::DenseSet<Operation *> storable;

  /// An argument of the reverse body with the initial state or the sequence that it stands for.
  using Binding = std::pair<BlockArgument, Value>;
  SmallVector<Binding> states, sequences;
  /// Arguments for values of the forward body that it has to emit.
  SmallVector<Binding> residuals;
  /// The numbers of the forward states whose cotangents are the first reverse states; the captures whose cotangents
  /// are summed by the other ones; the numbers of the forward sequences whose cotangents are emitted.
  SmallVector<unsigned> stateNumbers, sequenceNumbers;
  SmallVector<Value> captures;
};

/// Whether `op` is 0 wherever there is a derivative: a stopped difference of a value with itself, which only says that
/// the value is finite.
static bool isNothing(Operation &op) {
  auto stop = dyn_cast<StopOp>(op);
  auto rest = stop ? stop.getOperand().getDefiningOp<arith::SubFOp>() : arith::SubFOp();
  return rest && rest.getLhs() == rest.getRhs();
}

void ScanAdjoint::computeAgain(OpBuilder &inside) {
  for (BlockArgument argument : scan.getBlock().getArguments()) {
    BlockArgument copy = addArgument(argument.getType());
    mapping.map(argument, copy);
    forward[copy] = argument;
    activity.copy(Value(argument), Value(copy));
  }
  llvm::SmallPtrSet<Operation *, 8> invariant;
  for (Operation &op : scan.getBlock().without_terminator()) {
    if (isNothing(op)) {
      mapping.map(op.getResult(0), TensorBuilder(inside, op.getLoc()).zero(op.getResult(0).getType()));
      continue;
    }
    Operation *clone = inside.clone(op, mapping);
    activity.copy(&op, clone);
    clones.push_back(clone);
    SetVector<Value> read(llvm::from_range, op.getOperands());
    getUsedValuesDefinedAbove(op.getRegions(), read);
    bool isInvariant = isMemoryEffectFree(&op) && llvm::all_of(read, [&](Value value) {
                         return value.getParentBlock() != &scan.getBlock() || invariant.contains(value.getDefiningOp());
                       });
    if (isa<ScanOp>(op)) // its derivative may replace it: noteScans
      again[clone] = {&op, isInvariant};
    else
      for (auto [original, copy] : llvm::zip(op.getResults(), clone->getResults()))
        forward[copy] = original;
    if (isInvariant && op.getNumRegions() == 0)
      invariant.insert(&op);
    else if (!recomputesSegments(scan) && !isCheap(&op) && !isExpansion(&op) && !isa<ScanOp>(op) &&
             llvm::all_of(op.getResultTypes(), [](Type type) { return isa<RankedTensorType>(type); }))
      storable.insert(clone);
  }
  storeSums();
}

/// Of a sum of products the sum is stored, where nothing else reads a product: these are then added in one phase, in an
/// order of its own, as where nothing is stored and a segment is computed again. It is less to store and to read, too.
void ScanAdjoint::storeSums() {
  for (Operation *op : clones)
    if (isa<arith::AddFOp>(op) && llvm::any_of(op->getOperands(), [&](Value summand) {
          Operation *product = summand.getDefiningOp();
          return summand.hasOneUse() && isa_and_nonnull<ContractOp, arith::AddFOp>(product) &&
                 storable.contains(product);
        }))
      storable.insert(op);
}

void ScanAdjoint::seed(OpBuilder &inside) {
  YieldOp yield = scan.getYield();
  for (unsigned i = 0; i < scan.getNumStates(); ++i) {
    Value final = outer.cotangent(scan.getFinals()[i]);
    Value argument = scan.getStateArguments()[i];
    if (!final && !activity.isActive(argument))
      continue;
    stateNumbers.push_back(i);
    states.push_back({addArgument(argument.getType()), final});
    inner.accumulate(inside, mapping.lookupOrDefault(yield.getNext()[i]), states.back().first);
  }
  for (auto [value, sequence] : llvm::zip(yield.getEmitted(), scan.getEmitted()))
    if (Value cotangent = outer.cotangent(sequence)) {
      sequences.push_back({addArgument(value.getType()), cotangent});
      inner.accumulate(inside, mapping.lookupOrDefault(value), sequences.back().first);
    }
}

/// `sum` with `summand` added. What the segments of a segment add up, each after the other, goes on with the sum: so
/// its bits are those of one loop over all segments, however they are grouped.
static Value addTo(OpBuilder &inside, Value sum, Value summand) {
  auto inner = summand.getDefiningOp<ScanOp>();
  unsigned number = inner ? cast<OpResult>(summand).getResultNumber() : 0;
  if (!inner || !hasSegments(inner) || !summand.use_empty() || number >= inner.getNumStates() ||
      !matchPattern(inner.getInits()[number], m_AnyZeroFloat())) {
    Value next = TensorBuilder(inside, summand.getLoc()).add(sum, summand);
    next.getDefiningOp()->setAttr(roundedAttribute, inside.getUnitAttr());
    return next;
  }
  inner.getInitsMutable()[number].set(sum);
  return summand;
}

void ScanAdjoint::finish(OpBuilder &inside) {
  SmallVector<Value> next, emitted;
  for (unsigned i : stateNumbers)
    next.push_back(inner.cotangentOrZero(inside, mapping.lookup(scan.getStateArguments()[i])));
  for (Value capture : scan.getCaptures())
    if (Value cotangent = inner.cotangent(capture)) {
      captures.push_back(capture);
      states.push_back({addArgument(capture.getType()), Value()});
      next.push_back(addTo(inside, states.back().first, cotangent));
    }
  for (auto [i, argument] : llvm::enumerate(scan.getSequenceArguments()))
    if (Value cotangent = inner.cotangent(mapping.lookup(argument))) {
      sequenceNumbers.push_back(i);
      emitted.push_back(cotangent);
    }
  YieldOp::create(inside, scan.getLoc(), next, emitted);
}

/// Whether the reverse body has each operand of `op`, which is being pruned, in any case: it comes from outside of the
/// scan, or something behind `op` reads it too, which has been found to be needed.
bool ScanAdjoint::readsResiduals(Operation *op) {
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return operand.getParentBlock() != &body || llvm::any_of(operand.getUsers(), [&](Operation *user) {
             return op->isBeforeInBlock(body.findAncestorOpInBlock(*user));
           });
  });
}

/// Whether a value of the reverse body has the bits of the forward body's for certain: it is read from memory, as what
/// is stored will be, or comes from outside, or is such a value with its elements moved.
bool ScanAdjoint::isExact(Value value) const {
  Operation *op = value.getDefiningOp();
  if (value.getParentBlock() != &body || !op || (storable.contains(op) && !isa<arith::DivFOp>(op)))
    return true;
  return movesElements(op) && llvm::all_of(op->getOperands(), [&](Value operand) { return isExact(operand); });
}

/// Whether the reverse body must not compute `op` itself: it is a scan of the forward body, or it decides by values
/// that may have other bits here. A scan that is the same in all steps is computed once in any case, if it decides
/// nothing. Segments that are computed again are so as a whole, by the same code: what they decide is theirs.
bool ScanAdjoint::mustKeep(Operation *op) const {
  if (recomputesSegments(scan))
    return false;
  if (isa<ScanOp>(op)) {
    InnerScan original = again.lookup(op);
    return original.op && (!original.isInvariant ||
                           llvm::any_of(op->getResults(), [](Value result) { return !isDifferentiable(result); }));
  }
  return isDecision(op) && !llvm::all_of(op->getOperands(), [&](Value operand) { return isExact(operand); });
}

/// Notes what the scans of the reverse body stand for, now that those with residuals have replaced them.
void ScanAdjoint::noteScans() {
  for (auto [augmented, old] : inner.getReplacedScans()) {
    again[augmented] = again.lookup(old);
    again.erase(old);
  }
  for (auto [clone, original] : again)
    for (auto [result, value] : llvm::zip(clone->getResults(), original.op->getResults()))
      forward[result] = value;
}

/// The value of the forward body that `value` of the reverse body stands for. What the forward body does not have, it
/// gets: at its end, or in the place of the scan that emits less. Null where `value` depends on cotangents.
Value ScanAdjoint::forwardOf(Value value) {
  if (value.getParentBlock() != &body)
    return value;
  if (Value known = forward.lookup(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || !isMemoryEffectFree(op))
    return {};
  IRMapping operands;
  SetVector<Value> reads(llvm::from_range, op->getOperands());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  for (Value read : reads) {
    Value original = forwardOf(read);
    if (!original)
      return {};
    operands.map(read, original);
  }
  OpBuilder builder(scan.getYield());
  Operation *less = again.lookup(op).op; // the forward body's scan, which emits less
  if (less)
    builder.setInsertionPoint(less);
  Operation *copy = builder.clone(*op, operands);
  for (auto [result, original] : llvm::zip(op->getResults(), copy->getResults()))
    forward[result] = original;
  if (less) {
    less->replaceAllUsesWith(copy->getResults().take_front(less->getNumResults()));
    less->erase();
    again[op].op = copy;
  }
  return forward.lookup(value);
}
/// A residual in place of `result`, a value of the reverse body that has the value `original` in the forward body. A
/// truth value is stored as a byte: vectors of i1 have no place in memory.
void ScanAdjoint::addResidual(Value result, Value original) {
  auto type = cast<RankedTensorType>(result.getType());
  if (!type.getElementType().isInteger(1)) {
    residuals.push_back({addArgument(type), original});
    result.replaceAllUsesWith(residuals.back().first);
    return;
  }
  OpBuilder outside(scan.getYield()), inside(result.getDefiningOp());
  Location loc = result.getLoc();
  Type bytes = type.clone(inside.getI8Type());
  residuals.push_back({addArgument(bytes), arith::ExtUIOp::create(outside, loc, bytes, original)});
  Value zero = arith::ConstantOp::create(inside, loc, inside.getZeroAttr(bytes));
  result.replaceAllUsesWith(arith::CmpIOp::create(inside, loc, arith::CmpIPredicate::ne, residuals.back().first, zero));
}

/// Makes residuals of those results of `op` that are read, and says whether the forward body has them.
bool ScanAdjoint::keep(Operation *op) {
  for (Value result : op->getResults())
    if (!result.use_empty() && !forwardOf(result))
      return false;
  for (Value result : op->getResults())
    if (!result.use_empty())
      addResidual(result, forwardOf(result));
  return true;
}

void ScanAdjoint::prune() {
  for (Operation &op : llvm::make_early_inc_range(llvm::drop_begin(llvm::reverse(body)))) {
    bool dead = isOpTriviallyDead(&op);
    // A quotient costs less than a sequence of its own beside those of its operands, as a normalised value's are.
    bool stored = mustKeep(&op) || (storable.contains(&op) && !(isa<arith::DivFOp>(op) && readsResiduals(&op)));
    if (!dead && !(stored && keep(&op)))
      continue;
    for (Value result : op.getResults())
      forward.erase(result);
    again.erase(&op);
    op.erase();
  }
  for (Value argument : llvm::reverse(scan.getStateArguments()))
    if (auto copy = cast<BlockArgument>(mapping.lookup(argument)); !copy.use_empty())
      residuals.push_back({copy, argument});
  // In the order of the forward body.
  std::reverse(residuals.begin(), residuals.end());
}

/// Makes the forward scan emit the residuals and feeds them to the reverse scan.
void ScanAdjoint::feedResiduals() {
  YieldOp yield = scan.getYield();
  SmallVector<Value> emitted(yield.getEmitted());
  SmallVector<unsigned> numbers;
  for (auto [argument, value] : residuals) {
    auto known = llvm::find(emitted, value);
    numbers.push_back(known - emitted.begin());
    if (known == emitted.end())
      emitted.push_back(value);
  }
  if (emitted.size() != yield.getEmitted().size()) {
    yield.getEmittedMutable().assign(emitted);
    ScanParts parts(scan);
    OpBuilder builder(scan);
    ScanOp augmented = parts.create(builder);
    augmented.getBody().takeBody(scan.getBody());
    scan->replaceAllUsesWith(augmented->getResults().take_front(scan->getNumResults()));
    outer.noteReplaced(scan, augmented);
    scan.erase();
    scan = augmented;
  }
  for (auto [argument, sequence] : llvm::zip(scan.getSequenceArguments(), scan.getSequences()))
    if (auto copy = cast<BlockArgument>(mapping.lookup(argument)); !copy.use_empty())
      sequences.push_back({copy, sequence});
  for (auto [binding, number] : llvm::zip(residuals, numbers))
    sequences.push_back({binding.first, scan.getEmitted()[number]});
}

ScanOp ScanAdjoint::createScan(OpBuilder &builder) {
  TensorBuilder tensors(builder, scan.getLoc());
  SmallVector<Value> inits, fed;
  for (auto [argument, init] : states)
    inits.push_back(init ? init : tensors.zero(argument.getType()));
  for (auto [argument, sequence] : sequences)
    fed.push_back(sequence);
  auto yield = cast<YieldOp>(body.getTerminator());
  auto reverse = ScanOp::create(builder, scan.getLoc(), inits, fed, scan.getLength(), !scan.getBackward(),
                                yield.getEmitted().getTypes());
  if (Attribute segments = scan->getAttr(segmentsAttribute))
    reverse->setAttr(segmentsAttribute, segments);
  Block &target = reverse.getBlock();
  for (auto [binding, argument] : llvm::zip(llvm::concat<Binding>(states, sequences), target.getArguments()))
    binding.first.replaceAllUsesWith(argument);
  target.getOperations().splice(target.end(), body.getOperations());
  return reverse;
}

LogicalResult ScanAdjoint::build(OpBuilder &builder) {
  OpBuilder inside = OpBuilder::atBlockEnd(&body);
  computeAgain(inside);
  seed(inside);
  if (failed(inner.reverse(clones, inside)))
    return failure();
  noteScans();
  finish(inside);
  prune();
  feedResiduals();
  ScanOp reverse = createScan(builder);

  ResultRange finals = reverse.getFinals();
  for (auto [i, number] : llvm::enumerate(stateNumbers))
    outer.accumulate(builder, scan.getInits()[number], finals[i]);
  for (auto [capture, sum] : llvm::zip(captures, finals.drop_front(stateNumbers.size())))
    outer.accumulate(builder, capture, sum);
  for (auto [number, cotangents] : llvm::zip(sequenceNumbers, reverse.getEmitted()))
    outer.accumulate(builder, scan.getSequences()[number], cotangents);
  return success();
}

} // namespace

LogicalResult rondo::buildScanAdjoint(ScanOp scan, ReverseMode &outer, Activity &activity, OpBuilder &builder) {
  if (scan.getLimit())
    return scan.emitOpError() << "has a limit, and so no derivative";
  return ScanAdjoint(scan, outer, activity, builder).build(builder);
}
