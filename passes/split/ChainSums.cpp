// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sums over all segments of a window, in the order in which the window as a whole adds up.
//
// The derivative of a loop over segments adds the gradients of each segment to a state. A gradient is a linear function
// of sums over the segment's positions: of products, reductions, scattered rows, and of what a loop over the positions
// adds up. Each of these sums becomes a state of the loop over segments in the gradient's place, which the next segment
// goes on from, and the linear function follows behind the loop, once. So the bits are those of one segment for all.

#include "passes/split/ChainSums.h"

#include "dialect/Einsum.h"
#include "dialect/ScanParts.h"
#include "dialect/SegmentsAttribute.h"
#include "dialect/SumAttributes.h"
#include "passes/support/LongSums.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

namespace {

bool isZero(Value value) { return matchPattern(value, m_AnyZeroFloat()); }

/// The addition of the loop's state `state` to which the body adds something and does nothing else with it, or null.
arith::AddFOp additionTo(ScanOp scan, unsigned state) {
  Value argument = scan.getStateArguments()[state], next = scan.getYield().getNext()[state];
  auto add = argument.hasOneUse() ? dyn_cast<arith::AddFOp>(*argument.user_begin()) : arith::AddFOp();
  return add && add.getResult() == next && next.hasOneUse() ? add : arith::AddFOp();
}

/// What a loop over positions adds up from zero, in a state that is nothing but a sum.
bool isSumOfLoop(Value value) {
  auto scan = value.getDefiningOp<ScanOp>();
  unsigned number = scan ? cast<OpResult>(value).getResultNumber() : 0;
  if (!scan || hasSegments(scan) || number >= scan.getNumStates() || !isZero(scan.getInits()[number]))
    return false;
  Value sum = scan.getStateArguments()[number];
  while (sum.hasOneUse()) {
    auto add = dyn_cast<arith::AddFOp>(*sum.user_begin());
    if (!add || add->getBlock() != &scan.getBlock())
      break;
    sum = add.getResult();
  }
  return sum.hasOneUse() && sum == scan.getYield().getNext()[number] && isa<OpResult>(sum);
}

/// A sum over positions, which can begin with another value.
bool isSum(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto contract = dyn_cast_or_null<ContractOp>(op)) {
    Einsum spec = Einsum::ofVerified(contract.getSpec());
    return !spec.lhs.empty() && !spec.rhs.empty() && spec.lhs.front() == spec.rhs.front() &&
           !StringRef(spec.result).contains(spec.lhs.front());
  }
  if (auto reduce = dyn_cast_or_null<ReduceOp>(op))
    return reduce.getKind() == ReduceKind::sum && llvm::is_contained(reduce.getDims(), 0) &&
           reduce.getType().getRank() > 0;
  return isa_and_nonnull<ScatterAddOp>(op) || (op && isSumOfLoop(value));
}

/// A set of values, in an order that is the same on every run.
using Values = llvm::SetVector<Value>;

/// How what one segment adds to a state of the loop follows from sums over its positions.
class Gradient {
public:
  /// `add` is the addition to state `states[i]` of `loops[i]`, those over segments, the inner one last.
  Gradient(ArrayRef<ScanOp> loops, ArrayRef<unsigned> states, arith::AddFOp add)
      : outermost(loops.front()), body(loops.back()), states(states), add(add) {
    Value state = body.getStateArguments()[states.back()];
    root = add.getLhs() == state ? add.getRhs() : add.getLhs();
    addSummands(root);
  }

  /// Whether there are sums that can go on.
  bool goesOn() const { return llvm::any_of(sums, isSum); }
  void setLoops(ArrayRef<ScanOp> loops) { outermost = loops.front(), body = loops.back(); }

  /// The summands that are added one after the other, from `count` on with those before the last ones as one; none if
  /// there are fewer.
  SmallVector<Value> summands(unsigned count) const;

  /// What `value`, a part of the gradient, is of the totals that `mapping` gives for the sums.
  Value copy(OpBuilder &builder, Value value, IRMapping &mapping) const;

  /// Whether `other` is an expression of the form of `mine`, a part of the gradient; then its values stand in `like`
  /// for those of that part.
  bool match(Value mine, Value other, llvm::MapVector<Value, Value> &like) const;

  ArrayRef<unsigned> getStates() const { return states; }
  arith::AddFOp getAdd() const { return add; }
  const Values &getSums() const { return sums; }
  const Values &getAbove() const { return above; }

private:
  bool isInside(Value value) const { return outermost->isAncestor(value.getParentBlock()->getParentOp()); }
  bool isInvariant(Value value) const;
  void addSummands(Value value);
  bool collect(Value value);
  bool collectLinear(Operation *op);

  mutable ScanOp outermost, body;
  SmallVector<unsigned> states;
  arith::AddFOp add;
  Value root;
  Values sums, above; // above: linear functions of the sums
};

/// Whether the value is the same in all segments.
bool Gradient::isInvariant(Value value) const {
  if (!isInside(value))
    return true;
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == &body.getBlock() && op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) { return isInvariant(operand); });
}

/// Whether `op`, of the segments' loop, is linear in its operands that are not the same in all segments, and these are
/// functions of sums.
bool Gradient::collectLinear(Operation *op) {
  auto each = [&](ValueRange operands) {
    return llvm::all_of(operands, [&](Value operand) { return isZero(operand) || collect(operand); });
  };
  if (isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, tensor::ConcatOp>(op))
    return each(op->getOperands());
  if (isa<BroadcastOp, tensor::ExtractSliceOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
    return each(op->getOperand(0));
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return reduce.getKind() != ReduceKind::max && each(reduce.getOperand());
  if (isa<tensor::InsertSliceOp>(op))
    return each(op->getOperands().take_front(2));
  if (isa<arith::MulFOp, ContractOp>(op))
    for (unsigned factor : {0, 1})
      if (isInvariant(op->getOperand(factor)))
        return each(op->getOperand(1 - factor));
  if (isa<arith::DivFOp>(op))
    return isInvariant(op->getOperand(1)) && each(op->getOperand(0));
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return isInvariant(select.getCondition()) && each(op->getOperands().drop_front());
  return false;
}

/// Whether the value is a linear function of sums over positions, which are put down.
bool Gradient::collect(Value value) {
  if (sums.contains(value) || above.contains(value))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != &body.getBlock())
    return false;
  Values before = sums, beforeAbove = above;
  if (collectLinear(op)) {
    above.insert(value);
    return true;
  }
  sums = before, above = beforeAbove;
  return isSum(value) && sums.insert(value);
}

/// Finds the sums over positions of which the value is a linear function; a summand of it that is none is put down
/// itself, which is added segment by segment.
void Gradient::addSummands(Value value) {
  if (collect(value))
    return;
  auto add = value.getDefiningOp<arith::AddFOp>();
  if (!add || add->getBlock() != &body.getBlock()) {
    sums.insert(value);
    return;
  }
  above.insert(value);
  addSummands(add.getLhs());
  addSummands(add.getRhs());
}

SmallVector<Value> Gradient::summands(unsigned count) const {
  SmallVector<Value> result;
  Value before = root;
  while (result.size() + 1 < count) {
    auto add = before.getDefiningOp<arith::AddFOp>();
    if (!add || !above.contains(before))
      return {};
    result.push_back(add.getRhs());
    before = add.getLhs();
  }
  result.push_back(before);
  std::reverse(result.begin(), result.end());
  return result;
}

Value Gradient::copy(OpBuilder &builder, Value value, IRMapping &mapping) const {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  if (!isInside(value))
    return value;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    copy(builder, operand, mapping);
  return builder.clone(*op, mapping)->getResult(cast<OpResult>(value).getResultNumber());
}

bool Gradient::match(Value mine, Value other, llvm::MapVector<Value, Value> &like) const {
  auto [known, isNew] = like.try_emplace(mine, other);
  if (!isNew)
    return known->second == other;
  Operation *op = mine.getDefiningOp(), *others = other.getDefiningOp();
  if (!others || op->getName() != others->getName() || mine.getType() != other.getType() ||
      op->getNumOperands() != others->getNumOperands())
    return isa<ScanOp>(op) && isSum(mine) && others && isSum(other) && mine.getType() == other.getType();
  if (sums.contains(mine))
    return isSum(mine) == isSum(other);
  return llvm::all_of(llvm::zip(op->getOperands(), others->getOperands()), [&](auto pair) {
    auto [operand, otherOperand] = pair;
    return !(sums.contains(operand) || above.contains(operand)) || match(operand, otherOperand, like);
  });
}

/// The sums of the states of loops over segments, made states of their own.
class SumChains {
public:
  SumChains(SmallVector<ScanOp> loops, std::vector<Gradient> gradients)
      : loops(std::move(loops)), gradients(std::move(gradients)) {}

  /// Returns the outer loop that replaces the one before.
  ScanOp build();

private:
  void findRest();
  void findChains();
  Type typeOf(Value sum);
  Value goOn(Value sum, Value begin, Operation *behind);
  void replaceStates();
  Value narrow(OpBuilder &builder, Value total, Value sum);
  void finish();

  SmallVector<ScanOp> loops; // over segments, the inner one last
  std::vector<Gradient> gradients;
  Values sums;
  llvm::DenseSet<Value> chains; // sums that can go on
  /// Where the gradient of a loop is added to others: to what was there before it, if there is such, and then, summand
  /// by summand, the one of what comes before the first whole segment; `last` is null where that is not found.
  struct Addition {
    Value before;
    SmallVector<Value> summands;
    arith::AddFOp last;
  };
  Addition findAddition(const Gradient &gradient);

  std::vector<Addition> withRest; // of each gradient
  /// The sums before the first whole segment in the place of ours.
  llvm::MapVector<Value, Value> rest;
  llvm::DenseSet<Operation *> restReaders; // of the sums there
};

} // namespace

SumChains::Addition SumChains::findAddition(const Gradient &gradient) {
  Value value = loops.front().getFinals()[gradient.getStates().front()];
  Addition result;
  SmallVector<arith::AddFOp> others;
  while (value.hasOneUse()) {
    auto add = dyn_cast<arith::AddFOp>(*value.user_begin());
    if (!add || add->getBlock() != loops.front()->getBlock())
      break;
    if (add.getLhs() == value)
      others.push_back(add);
    else if (others.empty() && !result.before)
      result.before = add.getLhs();
    else
      break;
    value = add.getResult();
  }
  for (unsigned count = others.size(); count > 0; --count) {
    SmallVector<Value> summands = gradient.summands(count);
    llvm::MapVector<Value, Value> like = rest;
    if (summands.empty() || !llvm::all_of(llvm::zip(summands, others), [&](auto pair) {
          return gradient.match(std::get<0>(pair), std::get<1>(pair).getRhs(), like);
        }))
      continue;
    rest = std::move(like);
    restReaders.insert_range(ArrayRef(others).take_front(count));
    result.summands = summands;
    result.last = others[count - 1];
    return result;
  }
  return result;
}

/// The sums of the positions before the first whole segment, where their gradient is added to that of the loop.
void SumChains::findRest() {
  for (const Gradient &gradient : gradients) {
    withRest.push_back(findAddition(gradient));
    for (Value value : gradient.getAbove())
      if (Value other = rest.lookup(value))
        restReaders.insert(other.getDefiningOp());
  }
}

/// Sums that nothing reads but the gradients can go on; what a loop begins with must be there before it.
void SumChains::findChains() {
  llvm::DenseSet<Operation *> readers;
  for (const Gradient &gradient : gradients) {
    sums.insert_range(gradient.getSums());
    readers.insert(gradient.getAdd());
    for (Value value : gradient.getAbove())
      readers.insert(value.getDefiningOp());
  }
  auto isReadBy = [](Value sum, const llvm::DenseSet<Operation *> &readers) {
    return llvm::all_of(sum.getUsers(), [&](Operation *user) { return readers.contains(user); });
  };
  for (Value sum : sums) {
    if (isSum(sum) && isReadBy(sum, readers))
      chains.insert(sum);
    Value other = rest.lookup(sum);
    if (other && isSum(other) && isReadBy(other, restReaders) &&
        (!isSumOfLoop(other) || loops.front()->isBeforeInBlock(other.getDefiningOp())))
      chains.insert(other);
  }
}

/// Many numbers are added in double precision, as of a whole window (rondo-lower-to-linalg).
Type SumChains::typeOf(Value sum) {
  auto type = cast<RankedTensorType>(sum.getType());
  auto reduce = sum.getDefiningOp<ReduceOp>();
  if (!reduce || !chains.contains(sum) || !type.getElementType().isF32())
    return type;
  int64_t terms = reduce.getOperand().getType().getNumElements();
  for (ScanOp loop : loops)
    terms *= loop.getLength();
  if (Value other = rest.lookup(sum))
    terms += other.getDefiningOp<ReduceOp>().getOperand().getType().getNumElements();
  return isLongSum(terms, type) ? type.clone(Float64Type::get(type.getContext())) : type;
}

/// The sum `sum`, which begins with `begin`; `behind` has made that.
Value SumChains::goOn(Value sum, Value begin, Operation *behind) {
  Operation *op = sum.getDefiningOp();
  bool isChain = chains.contains(sum);
  if (isChain && isSumOfLoop(sum)) {
    cast<ScanOp>(op).getInitsMutable()[cast<OpResult>(sum).getResultNumber()].set(begin);
    return sum;
  }
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(behind && op->isBeforeInBlock(behind) ? behind : op);
  if (sum.getType() != begin.getType())
    sum = arith::ExtFOp::create(builder, op->getLoc(), begin.getType(), sum);
  auto result = arith::AddFOp::create(builder, op->getLoc(), begin, sum);
  if (isChain)
    result->setAttr(chainAttribute, builder.getUnitAttr());
  return result;
}

/// The scan with further states, whose next values are those before until something else is set.
static ScanOp addStates(ScanOp scan, ValueRange inits) {
  OpBuilder builder(scan);
  unsigned count = scan.getNumStates();
  YieldOp yield = scan.getYield();
  ScanParts parts(scan);
  llvm::append_range(parts.inits, inits);
  parts.names.append(inits.size(), "");
  ScanOp more = parts.create(builder);
  Block &block = more.getBlock();
  block.getOperations().splice(block.end(), scan.getBlock().getOperations());
  for (auto [i, argument] : llvm::enumerate(scan.getBlock().getArguments()))
    argument.replaceAllUsesWith(block.getArgument(i < count ? i : i + inits.size()));
  for (auto [i, result] : llvm::enumerate(scan.getResults()))
    result.replaceAllUsesWith(more.getResult(i < count ? i : i + inits.size()));
  SmallVector<Value> next(yield.getNext());
  llvm::append_range(next, more.getStateArguments().drop_front(count));
  builder.setInsertionPoint(yield);
  YieldOp::create(builder, yield.getLoc(), next, yield.getEmitted());
  yield.erase();
  scan.erase();
  return more;
}

/// Gives the loops the sums as states in the place of the gradients.
void SumChains::replaceStates() {
  unsigned count = sums.size();
  OpBuilder builder(loops.front());
  SmallVector<Value> inits;
  for (Value sum : sums)
    inits.push_back(TensorBuilder(builder, sum.getLoc()).zero(typeOf(sum)));
  for (auto [depth, loop] : llvm::enumerate(loops)) {
    loop = addStates(loop, inits);
    inits = llvm::to_vector_of<Value>(loop.getStateArguments().take_back(count));
    for (const Gradient &gradient : gradients) {
      unsigned state = gradient.getStates()[depth];
      loop.getYield().getNextMutable()[state].set(loop.getStateArguments()[state]);
    }
  }
  for (Gradient &gradient : gradients)
    gradient.setLoops(loops);
  SmallVector<Value> next;
  for (auto [sum, begin] : llvm::zip(sums, inits))
    next.push_back(goOn(sum, begin, nullptr));
  for (ScanOp loop : llvm::reverse(loops)) {
    unsigned first = loop.getNumStates() - count;
    for (auto [i, value] : llvm::enumerate(next))
      loop.getYield().getNextMutable()[first + i].set(value);
    next = llvm::to_vector_of<Value>(loop.getFinals().take_back(count));
  }
}

/// A total in the type of the sum.
Value SumChains::narrow(OpBuilder &builder, Value total, Value sum) {
  return total.getType() == sum.getType()
             ? total
             : arith::TruncFOp::create(builder, total.getLoc(), sum.getType(), total).getResult();
}

/// Puts the gradients of the totals in the place of the loop's.
void SumChains::finish() {
  ScanOp loop = loops.front();
  SmallVector<Value> totals(loop.getFinals().take_back(sums.size()));
  OpBuilder builder(loop);
  llvm::DenseMap<Value, Value> withOthers;
  for (auto [sum, total] : llvm::zip(sums, totals))
    if (Value other = rest.lookup(sum))
      withOthers[sum] = goOn(other, total, loop);
  for (auto [gradient, addition] : llvm::zip(gradients, withRest)) {
    bool isAdded = bool(addition.last);
    if (isAdded)
      builder.setInsertionPoint(addition.last);
    else
      builder.setInsertionPointAfter(loop);
    IRMapping mapping;
    for (auto [sum, total] : llvm::zip(sums, totals))
      if (gradient.getSums().contains(sum))
        mapping.map(sum, narrow(builder, isAdded ? withOthers.lookup(sum) : total, sum));
    Value whole = isAdded ? addition.before : Value();
    for (Value summand : isAdded ? addition.summands : gradient.summands(1)) {
      Value all = gradient.copy(builder, summand, mapping);
      whole = whole ? TensorBuilder(builder, all.getLoc()).add(whole, all) : all;
    }
    Value before = isAdded ? addition.last.getResult() : Value(loop.getFinals()[gradient.getStates().front()]);
    before.replaceAllUsesWith(whole);
  }
}

ScanOp SumChains::build() {
  findRest();
  findChains();
  replaceStates();
  finish();
  return loops.front();
}

/// Erases what nobody reads in the block and the loops of it.
static void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (auto scan = dyn_cast<ScanOp>(op); scan && hasSegments(scan))
      eraseDead(scan.getBlock());
    if (isOpTriviallyDead(&op))
      op.erase();
  }
}

/// The loops over segments that hand on the state of the outermost one, and where the innermost one adds to it, if it
/// does nothing else with it.
static std::optional<std::pair<SmallVector<ScanOp>, Gradient>> findGradient(ScanOp scan, unsigned state) {
  SmallVector<ScanOp> loops{scan};
  SmallVector<unsigned> states{state};
  if (!isZero(scan.getInits()[state]))
    return std::nullopt;
  arith::AddFOp add;
  while (!(add = additionTo(loops.back(), states.back()))) {
    Value argument = loops.back().getStateArguments()[states.back()];
    auto inner = argument.hasOneUse() ? dyn_cast<ScanOp>(*argument.user_begin()) : ScanOp();
    unsigned number = argument.hasOneUse() ? argument.use_begin()->getOperandNumber() : 0;
    if (!inner || !hasSegments(inner) || number >= inner.getNumStates() || !inner.getFinals()[number].hasOneUse() ||
        inner.getFinals()[number] != loops.back().getYield().getNext()[states.back()])
      return std::nullopt;
    loops.push_back(inner);
    states.push_back(number);
  }
  Gradient gradient(loops, states, add);
  return gradient.goesOn() ? std::optional(std::make_pair(loops, std::move(gradient))) : std::nullopt;
}

void rondo::chainSums(Operation *function) {
  SmallVector<ScanOp> scans;
  function->walk([&](ScanOp scan) {
    if (hasSegments(scan) && scan.getBackward() && !scan->getParentOfType<ScanOp>())
      scans.push_back(scan);
  });
  for (ScanOp scan : scans) {
    SmallVector<ScanOp> loops;
    std::vector<Gradient> gradients;
    for (unsigned state = 0; state < scan.getNumStates(); ++state)
      if (auto found = findGradient(scan, state); found && (loops.empty() || loops == found->first)) {
        loops = found->first;
        gradients.push_back(std::move(found->second));
      }
    if (gradients.empty())
      continue;
    scan = SumChains(loops, std::move(gradients)).build();
    eraseDead(*scan->getBlock());
  }
}
