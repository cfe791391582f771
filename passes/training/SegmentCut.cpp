// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A segment begins with states and sequences. What of it is read behind the window, as the losses of its positions, it
// hands on; what computes with those stays a part of the window. A number that follows from a whole segment and that
// the segment reads itself is another one in each segment, so such a model cannot be cut.

#include "passes/training/SegmentCut.h"

#include "dialect/AppendOps.h"
#include "dialect/SegmentsAttribute.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/Reads.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

void SegmentCut::refuse(Operation *op, const Twine &reason) {
  if (!obstacle.empty())
    return;
  obstacle = reason.str();
  obstructing = op;
}

/// Finds of each of the segment's values which one of the window it is.
LogicalResult SegmentCut::match() {
  auto differ = [&](Operation *op) {
    return op->emitError() << "expected @" << whole.getName() << " and @" << segment.getName()
                           << " to be one function for two lengths";
  };
  if (whole.getNumArguments() != segment.getNumArguments() || whole.getNumResults() != segment.getNumResults())
    return differ(segment);
  for (auto [a, b] : llvm::zip(whole.getArguments(), segment.getArguments())) {
    if (whole.getArgAttrDict(a.getArgNumber()) != segment.getArgAttrDict(b.getArgNumber()))
      return differ(segment);
    wholeOf[b] = a;
  }
  auto one = whole.front().begin(), end = whole.front().end();
  for (Operation &other : segment.front()) {
    if (one == end || one->getName() != other.getName() || one->getNumOperands() != other.getNumOperands() ||
        one->getNumResults() != other.getNumResults())
      return differ(&other);
    for (auto [a, b] : llvm::zip(one->getOperands(), other.getOperands()))
      if (wholeOf.lookup(b) != a)
        return differ(&other);
    for (auto [a, b] : llvm::zip(one->getResults(), other.getResults()))
      wholeOf[b] = a;
    ++one;
  }
  return success();
}

void SegmentCut::classifyArguments(StringRef axis) {
  for (BlockArgument argument : segment.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto role = roleOf(segment.getArgAttrDict(i));
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto other = dyn_cast<RankedTensorType>(wholeOf.lookup(argument).getType());
    kinds.push_back(ArgumentKind::Same);
    if (!role || !type || !other)
      continue;
    if (role->role == Role::state) {
      kinds.back() = ArgumentKind::State;
    } else if (role->role == Role::position) {
      kinds.back() = ArgumentKind::Position;
    } else if (role->role == Role::lengths && role->name == axis) {
      kinds.back() = ArgumentKind::Lengths;
    } else if (type != other) {
      bool leads = type.getRank() > 0 && type.getShape().drop_front() == other.getShape().drop_front();
      if (!leads)
        refuse(segment, "time is not the first axis of '" + role->name + "'");
      else if (length && length != type.getDimSize(0))
        refuse(segment, "its sequences have several lengths");
      else
        length = type.getDimSize(0), wholeLength = other.getDimSize(0);
      kinds.back() = ArgumentKind::Sequence;
    }
  }
}

/// Whether what is drawn is the same at all positions, and so in all segments.
static bool drawsOnce(Operation *op) {
  auto random = dyn_cast<RandomOp>(op);
  return random && !random.getTime();
}

void SegmentCut::findVarying() {
  for (BlockArgument argument : segment.getArguments())
    if (kinds[argument.getArgNumber()] != ArgumentKind::Same)
      varying.insert(argument);
  for (Operation &op : segment.front().without_terminator()) {
    bool varies = !drawsOnce(&op) && llvm::any_of(readsOf(&op), [&](Value value) { return varying.contains(value); });
    for (Value result : op.getResults())
      if (varies || isSequence(result))
        varying.insert(result);
  }
}

/// The operand that the op of a carried state begins with, or null.
static OpOperand *findBefore(Value after) {
  Operation *op = after.getDefiningOp();
  if (auto scan = dyn_cast_or_null<ScanOp>(op)) {
    unsigned number = cast<OpResult>(after).getResultNumber();
    return number < scan.getNumStates() ? &scan.getInitsMutable()[number] : nullptr;
  }
  if (auto append = dyn_cast_or_null<AppendOp>(op))
    return &append.getSlotsMutable();
  auto slice = dyn_cast_or_null<tensor::ExtractSliceOp>(op);
  auto history = slice ? slice.getSource().getDefiningOp<tensor::ConcatOp>() : tensor::ConcatOp();
  return history ? &history->getOpOperand(0) : nullptr;
}

bool SegmentCut::findStates() {
  func::ReturnOp ret = getReturn(segment);
  for (unsigned i : resultsWith(segment, Role::state)) {
    OpOperand *before = findBefore(ret.getOperand(i));
    if (!before) {
      refuse(ret, "of a state it is not known what it begins with");
      return false;
    }
    State state{before->get(), ret.getOperand(i), {}, {}};
    state.wholeBefore = wholeOf.lookup(state.before);
    state.wholeAfter = wholeOf.lookup(state.after);
    if (state.before.getType() != state.wholeBefore.getType())
      refuse(before->getOwner(), "a state has the size of the window");
    states.push_back(state);
  }
  return true;
}

/// Goes through what the segment's `value`, which is read behind the window, follows from, as far as that is no
/// sequence.
bool SegmentCut::resolveTail(Value value, llvm::DenseSet<Operation *> &seen) {
  if (!varying.contains(value) || llvm::any_of(states, [&](const State &state) { return state.after == value; }))
    return true;
  if (isSequence(value)) {
    auto type = cast<RankedTensorType>(value.getType()), other = cast<RankedTensorType>(wholeOf[value].getType());
    if (type.getDimSize(0) != length || other.getDimSize(0) != wholeLength ||
        type.getShape().drop_front() != other.getShape().drop_front()) {
      Operation *op = value.getDefiningOp();
      refuse(op ? op : segment, "what follows from all positions reads a sequence of which time is not the first axis");
      return false;
    }
    std::pair<Value, Value> both{value, wholeOf[value]};
    if (!isa<BlockArgument>(value) && !llvm::is_contained(read, both))
      read.push_back(both);
    return true;
  }
  Operation *op = value.getDefiningOp();
  if (!op || !seen.insert(op).second)
    return true;
  if (isa<ScanOp, AppendOp>(op)) {
    refuse(op, "what a loop ends with is no state that is carried");
    return false;
  }
  return llvm::all_of(readsOf(op), [&](Value operand) { return resolveTail(operand, seen); });
}

void SegmentCut::findTail() {
  llvm::DenseSet<Operation *> seen;
  func::ReturnOp ret = getReturn(segment);
  SmallVector<unsigned> carried = resultsWith(segment, Role::state);
  for (auto [i, value] : llvm::enumerate(ret.getOperands()))
    if (!llvm::is_contained(carried, i) && !resolveTail(value, seen))
      return;
  for (auto [one, other] : llvm::zip(whole.front(), segment.front()))
    if (seen.contains(&other))
      tail.push_back(&one);
}

/// What a segment computes: its sequences that are read, and its states.
void SegmentCut::findBody() {
  llvm::DenseSet<Value> known;
  for (const State &state : states)
    known.insert(state.before);
  SmallVector<Value> asked;
  for (const State &state : states)
    asked.push_back(state.after);
  llvm::append_range(asked, llvm::make_first_range(read));
  llvm::DenseSet<Operation *> needed;
  while (!asked.empty()) {
    Value value = asked.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (!op || !varying.contains(value) || known.contains(value) || !needed.insert(op).second)
      continue;
    for (Value operand : readsOf(op)) {
      asked.push_back(operand);
      Operation *maker = operand.getDefiningOp();
      bool isNumber = maker && varying.contains(operand) && !isSequence(operand) && !known.contains(operand);
      if (isNumber && llvm::any_of(readsOf(maker), [&](Value from) { return isSequence(from); }))
        refuse(maker, "what follows from all positions is read at each of them");
    }
  }
  for (Operation &op : segment.front())
    if (needed.contains(&op))
      body.push_back(&op);
}

LogicalResult SegmentCut::find(func::FuncOp ofWindow, func::FuncOp ofSegment) {
  whole = ofWindow, segment = ofSegment;
  auto axis = segment->getAttrOfType<StringAttr>(segmentsAttribute);
  if (!axis)
    return segment.emitError() << "expected '" << segmentsAttribute << "', the name of the axis that is cut";
  if (failed(match()))
    return failure();
  classifyArguments(axis.getValue());
  if (!length)
    refuse(segment, "it has no sequence along '" + axis.getValue() + "'");
  findVarying();
  if (obstacle.empty() && findStates())
    findTail();
  if (obstacle.empty())
    findBody();
  return success();
}

SmallVector<Value> SegmentCut::build(OpBuilder &builder, ValueRange begin,
                                     llvm::function_ref<Value(unsigned)> argument) const {
  IRMapping mapping;
  for (auto [state, value] : llvm::zip(states, begin))
    mapping.map(state.before, value);
  func::FuncOp function = segment;
  for (BlockArgument own : function.getArguments())
    if (kinds[own.getArgNumber()] != ArgumentKind::Same && kinds[own.getArgNumber()] != ArgumentKind::State)
      mapping.map(own, argument(own.getArgNumber()));
  for (Operation *op : body) {
    for (Value operand : readsOf(op))
      if (!mapping.contains(operand))
        mapping.map(operand, wholeOf.lookup(operand));
    builder.clone(*op, mapping);
  }
  SmallVector<Value> results;
  for (const State &state : states)
    results.push_back(mapping.lookup(state.after));
  for (auto [value, sequence] : read)
    results.push_back(mapping.lookup(value));
  return results;
}
