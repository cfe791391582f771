// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-checkpoint: a window that goes segment by segment through the model, of which the derivative keeps the states
// at the segments' beginnings.
//
// The segment is the model and not one scan: else what the output layer reads would be kept of all positions. Nothing
// in a segment may know its number, so that it is the same when it is computed again: what does depend on it, the
// positions and the lengths that are left, are sequences over the segments.

#include "dialect/SegmentsAttribute.h"
#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/Remarks.h"
#include "passes/training/InvariantFunctions.h"
#include "passes/training/SegmentCut.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_CHECKPOINT
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// The type with `leading` in the place of its first `dropped` dimensions.
RankedTensorType withLeading(ArrayRef<int64_t> leading, Type type, unsigned dropped) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(leading);
  llvm::append_range(shape, tensor.getShape().drop_front(dropped));
  return tensor.clone(shape);
}

/// The groups of dimensions by which the first `count` ones of a tensor of that rank become one.
SmallVector<ReassociationIndices> leadingGroups(unsigned count, unsigned rank) {
  SmallVector<ReassociationIndices> groups{llvm::to_vector(llvm::seq<int64_t>(0, count))};
  for (unsigned i = count; i < rank; ++i)
    groups.push_back({i});
  return groups;
}

/// Builds the loop over segments in a function on a window.
class Segmenter {
public:
  /// `rest` is what comes before the first whole segment, null where they fill the window. `group` segments are
  /// computed again at a time; all are stored if it is 0.
  Segmenter(func::FuncOp whole, const SegmentCut &segment, const SegmentCut *rest, int64_t group)
      : whole(whole), segment(segment), rest(rest), builder(getReturn(whole)), loc(whole.getLoc()),
        first(rest ? rest->getLength() : 0), count((segment.getWholeLength() - first) / segment.getLength()) {
    if (group == 0 || group == count)
      levels = {{count, group == 0 ? storeSegments : recomputeSegments}};
    else if (group == 1)
      levels = {{count, recomputeSegments}};
    else
      levels = {{count / group, recomputeSegments}, {group, storeSegments}};
  }

  void build();

private:
  struct Level {
    int64_t length;
    StringRef mode;
  };
  using Arguments = SmallVector<std::pair<unsigned, Value>>;

  SmallVector<int64_t> leading() const {
    return llvm::map_to_vector(levels, [](const Level &level) { return level.length; });
  }
  Value sliceTime(Value sequence, int64_t from, int64_t length);
  Value constant(Type type, int64_t number);
  Value beginnings(RankedTensorType each);
  Value lengthsLeft(Value lengths, Value from, int64_t most);
  Value sequenceFor(unsigned argument);
  Value restFor(unsigned argument);
  SmallVector<Value> buildRest();
  SmallVector<Value> buildLevel(ArrayRef<Level> inner, ValueRange states, const Arguments &arguments);

  func::FuncOp whole;
  const SegmentCut &segment, *rest;
  OpBuilder builder;
  Location loc;
  int64_t first, count;
  SmallVector<Level, 2> levels;
};

} // namespace

/// `sequence[from .. from+length-1]`
Value Segmenter::sliceTime(Value sequence, int64_t from, int64_t length) {
  auto type = cast<RankedTensorType>(sequence.getType());
  if (type.getDimSize(0) == length)
    return sequence;
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes,
      strides(type.getRank(), builder.getIndexAttr(1));
  offsets[0] = builder.getIndexAttr(from);
  for (int64_t size : withLeading(length, type, 1).getShape())
    sizes.push_back(builder.getIndexAttr(size));
  return tensor::ExtractSliceOp::create(builder, loc, sequence, offsets, sizes, strides);
}

/// A tensor of integers that are all `number`.
Value Segmenter::constant(Type type, int64_t number) {
  auto tensor = cast<RankedTensorType>(type);
  auto value = DenseElementsAttr::get(tensor, builder.getIntegerAttr(tensor.getElementType(), number));
  return arith::ConstantOp::create(builder, loc, value);
}

/// At which position of the window each segment begins: a number of that type, of rows or of none, for each.
Value Segmenter::beginnings(RankedTensorType each) {
  Type element = each.getElementType();
  RankedTensorType type = withLeading({count}, each, 0).clone(builder.getI32Type());
  Value numbers = IotaOp::create(builder, loc, type, /*dim=*/0);
  numbers = arith::MulIOp::create(builder, loc, numbers, constant(type, segment.getLength()));
  numbers = arith::AddIOp::create(builder, loc, numbers, constant(type, first));
  if (element != type.getElementType())
    numbers = arith::ExtUIOp::create(builder, loc, type.clone(element), numbers);
  if (levels.size() == 1)
    return numbers;
  RankedTensorType result = withLeading(leading(), each, 0);
  return tensor::ExpandShapeOp::create(builder, loc, result, numbers, leadingGroups(levels.size(), result.getRank()));
}

/// What is left of each row from `from` on, at most `most`; null stands for the beginning of the window.
Value Segmenter::lengthsLeft(Value lengths, Value from, int64_t most) {
  if (from) {
    int64_t last = cast<RankedTensorType>(from.getType()).getRank() - 1;
    lengths = BroadcastOp::create(builder, loc, from.getType(), lengths, ArrayRef<int64_t>{last});
    lengths = arith::SubIOp::create(builder, loc, lengths, from);
    lengths = arith::MaxSIOp::create(builder, loc, lengths, constant(lengths.getType(), 0));
  }
  return arith::MinSIOp::create(builder, loc, lengths, constant(lengths.getType(), most));
}

/// What the loop over segments reads in the place of the segment's argument.
Value Segmenter::sequenceFor(unsigned argument) {
  Value value = whole.getArgument(argument);
  auto type = cast<RankedTensorType>(value.getType());
  if (segment.kindOf(argument) == SegmentCut::ArgumentKind::Sequence) {
    SmallVector<int64_t> dims = leading();
    dims.push_back(segment.getLength());
    value = sliceTime(value, first, count * segment.getLength());
    RankedTensorType result = withLeading(dims, type, 1);
    return tensor::ExpandShapeOp::create(builder, loc, result, value, leadingGroups(dims.size(), result.getRank()));
  }
  Value from = beginnings(type);
  if (segment.kindOf(argument) == SegmentCut::ArgumentKind::Lengths)
    return lengthsLeft(value, from, segment.getLength());
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(levels.size(), levels.size() + type.getRank()));
  Value repeated = BroadcastOp::create(builder, loc, from.getType(), value, dims);
  return arith::AddIOp::create(builder, loc, repeated, from);
}

Value Segmenter::restFor(unsigned argument) {
  Value value = whole.getArgument(argument);
  switch (rest->kindOf(argument)) {
  case SegmentCut::ArgumentKind::Sequence:
    return sliceTime(value, 0, first);
  case SegmentCut::ArgumentKind::Lengths:
    return lengthsLeft(value, {}, first);
  default: // the positions are those of the window
    return value;
  }
}

/// The states that the whole segments begin with, then what is read of the positions before them.
SmallVector<Value> Segmenter::buildRest() {
  SmallVector<Value> begin;
  for (const SegmentCut::State &state : segment.getStates())
    begin.push_back(state.wholeBefore);
  return rest ? rest->build(builder, begin, [&](unsigned argument) { return restFor(argument); }) : begin;
}

/// The loops over segments, or within them a segment itself: the states after it, then what is read of it.
SmallVector<Value> Segmenter::buildLevel(ArrayRef<Level> inner, ValueRange states, const Arguments &arguments) {
  if (inner.empty())
    return segment.build(builder, states, [&](unsigned argument) {
      return llvm::find_if(arguments, [&](const auto &known) { return known.first == argument; })->second;
    });
  SmallVector<Type> emitted;
  SmallVector<int64_t> within =
      llvm::map_to_vector(inner.drop_front(), [](const Level &level) { return level.length; });
  for (auto [value, sequence] : segment.getRead())
    emitted.push_back(withLeading(within, value.getType(), 0));
  auto sequences = llvm::map_to_vector(arguments, [](const auto &known) { return known.second; });
  auto scan = ScanOp::create(builder, loc, states, sequences, inner.front().length, /*backward=*/false, emitted);
  scan->setAttr(segmentsAttribute, builder.getStringAttr(inner.front().mode));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&scan.getBlock());
  Arguments one;
  for (auto [known, value] : llvm::zip(arguments, scan.getSequenceArguments()))
    one.push_back({known.first, value});
  SmallVector<Value> results = buildLevel(inner.drop_front(), scan.getStateArguments(), one);
  YieldOp::create(builder, loc, ArrayRef(results).take_front(states.size()),
                  ArrayRef(results).drop_front(states.size()));
  return SmallVector<Value>(scan->getResults());
}

void Segmenter::build() {
  unsigned states = segment.getStates().size();
  SmallVector<Value> before = buildRest();
  Arguments arguments;
  for (unsigned i = 0; i < whole.getNumArguments(); ++i)
    if (auto kind = segment.kindOf(i);
        kind != SegmentCut::ArgumentKind::Same && kind != SegmentCut::ArgumentKind::State)
      arguments.push_back({i, sequenceFor(i)});
  SmallVector<Value> results = buildLevel(levels, ArrayRef(before).take_front(states), arguments);

  IRMapping mapping;
  for (auto [state, final] : llvm::zip(segment.getStates(), results))
    mapping.map(state.wholeAfter, final);
  for (auto [i, both] : llvm::enumerate(segment.getRead())) {
    Value sequence = results[states + i];
    RankedTensorType type = withLeading(count * segment.getLength(), both.second.getType(), 1);
    sequence = tensor::CollapseShapeOp::create(builder, loc, type, sequence,
                                               leadingGroups(levels.size() + 1, type.getRank() + levels.size()));
    if (rest)
      sequence = tensor::ConcatOp::create(builder, loc, /*dim=*/0, ValueRange{before[states + i], sequence});
    mapping.map(both.second, sequence);
  }
  for (Operation *op : segment.getTail())
    builder.clone(*op, mapping);
  for (OpOperand &result : getReturn(whole)->getOpOperands())
    result.set(mapping.lookupOrDefault(result.get()));
  eraseDead(whole.front());
}

namespace {

struct CheckpointPass : rondo::impl::CheckpointBase<CheckpointPass> {
  using CheckpointBase::CheckpointBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>()), parts;
    for (func::FuncOp func : functions) {
      auto segment = partOf(func, "_segment"), rest = partOf(func, "_rest");
      if (!segment)
        continue;
      if (!isStraightLine(func) || !isStraightLine(segment) || (rest && !isStraightLine(rest))) {
        func.emitOpError() << "expected bodies of one block that return";
        return signalPassFailure();
      }
      if (failed(cut(func, segment, rest)))
        return signalPassFailure();
      parts.push_back(segment);
      if (rest)
        parts.push_back(rest);
    }
    for (func::FuncOp part : parts)
      part.erase();
  }

private:
  func::FuncOp partOf(func::FuncOp func, StringRef ending) {
    return dyn_cast_or_null<func::FuncOp>(SymbolTable::lookupSymbolIn(getOperation(), (func.getName() + ending).str()));
  }

  LogicalResult cut(func::FuncOp func, func::FuncOp segment, func::FuncOp rest) {
    // Of what is the same in all segments there is one derivative, as there is of the window as a whole.
    for (func::FuncOp function : {func, segment, rest})
      if (function)
        hoistInvariants(function);
    SegmentCut whole, before;
    if (failed(whole.find(func, segment)) || (rest && failed(before.find(func, rest))))
      return failure();
    for (const SegmentCut *part : {&whole, &before})
      if (!part->getObstacle().empty()) {
        func->setAttr(uncutAttribute, StringAttr::get(&getContext(), part->getObstacle()));
        Operation *op = part->getObstructing();
        reportMissed(op, "cut", [&] { return "training stores whole windows: " + part->getObstacle(); });
        return success();
      }
    int64_t first = rest ? before.getLength() : 0, length = whole.getLength();
    int64_t left = whole.getWholeLength() - first;
    if (left < length || left % length != 0)
      return func.emitOpError() << "expected a window of segments of " << length << " positions behind " << first
                                << ", found one of " << whole.getWholeLength();
    int64_t count = left / length;
    if (group < 0 || (group > 0 && count % group != 0))
      return func.emitOpError() << "expected a number of segments in a group that divides " << count << ", found "
                                << group.getValue();
    reportDone(func, "cut", [&] {
      std::string text = llvm::formatv("{0} segments of {1} positions", count, length);
      if (first)
        text += llvm::formatv(" behind {0}", first);
      return text + (group ? llvm::formatv(", computed again {0} at a time", group.getValue()).str() : ", stored");
    });
    Segmenter(func, whole, rest ? &before : nullptr, group).build();
    return success();
  }
};

} // namespace
