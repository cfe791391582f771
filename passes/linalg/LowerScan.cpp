// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.scan -> scf.for on tensors.

#include "dialect/SegmentsAttribute.h"
#include "passes/linalg/LowerToLinalg.h"
#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Where a scan keeps its states and emitted sequences. A state whose values are emitted, before or after a step, lives
/// in one sequence of length + 1: each step reads one slot of it and writes the next one. A single step finds the
/// initial value where it is, which needs no slot if nobody else reads it there.
class ScanStorage {
public:
  /// `end` is the number of positions that run.
  ScanStorage(IRRewriter &rewriter, ScanOp scan, Value end) : b(rewriter), scan(scan), end(end), loc(scan.getLoc()) {
    YieldOp yield = scan.getYield();
    for (unsigned i = 0; i < scan.getNumStates(); ++i) {
      bool emitted = llvm::any_of(yield.getEmitted(), [&](Value value) {
        return value == yield.getNext()[i] || value == scan.getStateArguments()[i];
      });
      isApart.push_back(scan.getLength() == 1 && !llvm::is_contained(yield.getEmitted(), scan.getStateArguments()[i]));
      sequences.push_back(emitted ? makeSequence(scan.getInits()[i], !isApart.back()) : Value());
      carried.push_back(emitted ? sequences.back() : scan.getInits()[i]);
    }
    for (auto [emitted, value] : llvm::zip(scan.getEmitted(), yield.getEmitted())) {
      sharedWith.push_back(stateOf(value));
      if (sharedWith.back())
        continue;
      auto type = cast<RankedTensorType>(emitted.getType());
      carried.push_back(emptyTensor(b, loc, type.getShape(), type.getElementType()));
    }
  }

  ArrayRef<Value> getCarried() const { return carried; }

  /// The states at the step at `position`, of the loop's arguments.
  SmallVector<Value> readStates(ValueRange arguments, Value position) {
    SmallVector<Value> states;
    for (unsigned i = 0; i < scan.getNumStates(); ++i)
      states.push_back(!sequences[i] ? arguments[i]
                       : isApart[i]  ? scan.getInits()[i]
                                     : slot(arguments[i], slotBefore(position), scan.getInits()[i].getType()));
    return states;
  }

  /// What the loop carries after the step: `next` are the states, `emitted` what is emitted.
  SmallVector<Value> write(ValueRange arguments, Value position, ValueRange next, ValueRange emitted) {
    SmallVector<Value> results;
    for (unsigned i = 0; i < scan.getNumStates(); ++i)
      results.push_back(sequences[i] ? insert(next[i], arguments[i], slotAfter(position)) : next[i]);
    for (auto [i, value] : llvm::enumerate(emitted))
      if (!sharedWith[i])
        results.push_back(insert(value, arguments[results.size()], position));
    return results;
  }

  /// The scan's results, of those of the loop.
  SmallVector<Value> results(ValueRange loop) {
    SmallVector<Value> results;
    int64_t length = scan.getLength();
    for (unsigned i = 0; i < scan.getNumStates(); ++i)
      results.push_back(sequences[i] ? slot(loop[i], scan.getBackward() ? indexConstant(b, loc, 0) : end,
                                            scan.getInits()[i].getType())
                                     : loop[i]);
    unsigned own = scan.getNumStates();
    for (auto [i, shared] : llvm::enumerate(sharedWith)) {
      if (!shared) {
        results.push_back(loop[own++]);
        continue;
      }
      auto type = cast<RankedTensorType>(scan.getEmitted()[i].getType());
      bool after = scan.getYield().getEmitted()[i] == scan.getYield().getNext()[*shared];
      LeadingSlice part(b, type, b.getIndexAttr(after != scan.getBackward() ? 1 : 0));
      part.sizes[0] = b.getIndexAttr(length);
      results.push_back(
          tensor::ExtractSliceOp::create(b, loc, type, loop[*shared], part.offsets, part.sizes, part.strides));
    }
    return results;
  }

private:
  std::optional<unsigned> stateOf(Value emitted) {
    YieldOp yield = scan.getYield();
    for (unsigned i = 0; i < scan.getNumStates(); ++i)
      if (emitted == yield.getNext()[i] || emitted == scan.getStateArguments()[i])
        return i;
    return std::nullopt;
  }

  Value makeSequence(Value init, bool holdsInit) {
    auto type = cast<RankedTensorType>(init.getType());
    SmallVector<int64_t> shape{int64_t(scan.getLength()) + 1};
    llvm::append_range(shape, type.getShape());
    Value empty = emptyTensor(b, loc, shape, type.getElementType());
    return holdsInit ? insert(init, empty, firstSlot()) : empty;
  }

  Value firstSlot() {
    if (scan.getBackward() && scan.getLimit())
      return end;
    return indexConstant(b, loc, scan.getBackward() ? scan.getLength() : 0);
  }

  Value plusOne(Value position) { return b.createOrFold<arith::AddIOp>(loc, position, indexConstant(b, loc, 1)); }
  Value slotBefore(Value position) { return scan.getBackward() ? plusOne(position) : position; }
  Value slotAfter(Value position) { return scan.getBackward() ? position : plusOne(position); }

  Value slot(Value sequence, Value position, Type type) {
    LeadingSlice slice(b, cast<RankedTensorType>(sequence.getType()), position);
    return tensor::ExtractSliceOp::create(b, loc, cast<RankedTensorType>(type), sequence, slice.offsets, slice.sizes,
                                          slice.strides);
  }

  Value insert(Value value, Value sequence, Value position) {
    LeadingSlice slice(b, cast<RankedTensorType>(sequence.getType()), position);
    return tensor::InsertSliceOp::create(b, loc, value, sequence, slice.offsets, slice.sizes, slice.strides);
  }

  IRRewriter &b;
  ScanOp scan;
  Value end;
  Location loc;
  SmallVector<Value> sequences;                    // of each state that has one
  SmallVector<bool> isApart;                       // for each state: its sequence has no initial value
  SmallVector<std::optional<unsigned>> sharedWith; // of each emitted sequence: the state whose sequence it is
  SmallVector<Value> carried;
};

} // namespace

/// The number of positions that run: a minimum, so that its greatest value is seen.
static Value buildEnd(IRRewriter &rewriter, ScanOp scan) {
  Location loc = scan.getLoc();
  Value length = indexConstant(rewriter, loc, scan.getLength());
  if (!scan.getLimit())
    return length;
  Value limit = tensor::ExtractOp::create(rewriter, loc, scan.getLimit(), ValueRange());
  return arith::MinUIOp::create(rewriter, loc,
                                arith::IndexCastOp::create(rewriter, loc, rewriter.getIndexType(), limit), length);
}

void rondo::lowerScan(IRRewriter &rewriter, ScanOp scan) {
  Location loc = scan.getLoc();
  rewriter.setInsertionPoint(scan);
  Value zero = indexConstant(rewriter, loc, 0), one = indexConstant(rewriter, loc, 1);
  Value end = buildEnd(rewriter, scan), first = zero, behind = end;
  ScanStorage storage(rewriter, scan, end);
  if (scan.getBackward() && scan.getLimit()) {
    // Steps that do not run are the first ones, so that a step's position is the same with a limit and without.
    behind = indexConstant(rewriter, loc, scan.getLength());
    first = rewriter.createOrFold<arith::SubIOp>(loc, behind, end);
  }
  auto loop = scf::ForOp::create(rewriter, loc, first, behind, one, storage.getCarried());
  loop->setAttr(scanAttribute, rewriter.getUnitAttr()); // for rondo-unroll
  if (Attribute segments = scan->getAttr(segmentsAttribute))
    loop->setAttr(segmentsAttribute, segments);
  if (!loop.getBody()->empty()) // a loop without iter_args comes with its terminator
    rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.setInsertionPointToStart(loop.getBody());
  Value position = loop.getInductionVar();
  if (scan.getBackward()) {
    Value last = indexConstant(rewriter, loc, scan.getLength() - 1);
    position = arith::SubIOp::create(rewriter, loc, last, position);
  }

  SmallVector<Value> arguments = storage.readStates(loop.getRegionIterArgs(), position);
  for (auto [sequence, argument] : llvm::zip(scan.getSequences(), scan.getSequenceArguments())) {
    auto whole = cast<RankedTensorType>(sequence.getType());
    LeadingSlice slice(rewriter, whole, position);
    arguments.push_back(tensor::ExtractSliceOp::create(rewriter, loc, cast<RankedTensorType>(argument.getType()),
                                                       sequence, slice.offsets, slice.sizes, slice.strides));
  }
  rewriter.setInsertionPointAfter(loop);
  SmallVector<Value> results = storage.results(loop.getResults()); // while the yield still tells them apart
  YieldOp yield = scan.getYield();
  rewriter.inlineBlockBefore(&scan.getBlock(), loop.getBody(), loop.getBody()->end(), arguments);
  rewriter.setInsertionPoint(yield);
  SmallVector<Value> next = storage.write(loop.getRegionIterArgs(), position, yield.getNext(), yield.getEmitted());
  scf::YieldOp::create(rewriter, loc, next);
  rewriter.eraseOp(yield);
  rewriter.replaceOp(scan, results);
}
