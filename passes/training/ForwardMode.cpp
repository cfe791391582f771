// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Forward-mode differentiation. A scan's tangent is the same loop: what it computes is what its own tangents are made
// of, so that nothing is stored.

#include "passes/training/ForwardMode.h"

#include "dialect/ScanParts.h"
#include "passes/training/DerivativeRules.h"

using namespace mlir;
using namespace rondo;

Value ForwardMode::tangentOrZero(OpBuilder &builder, Value value) const {
  Value known = tangent(value);
  return known ? known : TensorBuilder(builder, value.getLoc()).zero(value.getType());
}

LogicalResult ForwardMode::forward(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  for (Operation *op : ops) {
    if (llvm::none_of(op->getResults(), [&](Value result) { return activity.isActive(result); }))
      continue;
    auto scan = dyn_cast<ScanOp>(op);
    if (failed(scan ? forward(scan) : forward(op)))
      return failure();
  }
  return success();
}

LogicalResult ForwardMode::forward(Operation *op) {
  SmallVector<Value> given;
  for (Value operand : op->getOperands())
    given.push_back(tangent(operand));
  if (llvm::none_of(given, [](Value value) { return bool(value); }))
    return success(); // behind a `stop`
  auto rule = dyn_cast<TangentOpInterface>(op);
  if (!rule)
    return op->emitOpError() << "has no derivative rule";
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  if (Value result = rule.buildTangent(builder, given))
    setTangent(op->getResult(0), result);
  return success();
}

LogicalResult ForwardMode::forward(ScanOp scan) {
  if (scan.getLimit())
    return scan.emitOpError() << "has a limit, and so no derivative";
  OpBuilder builder(scan);
  Block &body = scan.getBlock();
  ScanParts parts(scan);
  unsigned numStates = scan.getNumStates(), numEmitted = scan.getEmitted().size();
  SmallVector<unsigned> states, emitted;
  for (unsigned i = 0; i < numStates; ++i)
    if (activity.isActive(scan.getStateArguments()[i]) || activity.isActive(scan.getFinals()[i])) {
      states.push_back(i);
      parts.inits.push_back(tangentOrZero(builder, scan.getInits()[i]));
      parts.names.push_back("");
    }
  // A copy: the body gets more arguments meanwhile.
  SmallVector<Value> arguments(scan.getSequenceArguments());
  for (auto [argument, sequence] : llvm::zip_equal(arguments, scan.getSequences()))
    if (Value moving = activity.isActive(argument) ? tangent(sequence) : Value()) {
      parts.sequences.push_back(moving);
      setTangent(argument, body.addArgument(argument.getType(), argument.getLoc()));
    }
  for (auto [k, i] : llvm::enumerate(states)) {
    BlockArgument state = body.getArgument(i);
    setTangent(state, body.insertArgument(numStates + k, state.getType(), state.getLoc()));
  }
  if (failed(forward(body)))
    return failure();

  YieldOp yield = scan.getYield();
  OpBuilder inside(yield);
  SmallVector<Value> next(yield.getNext()), positions(yield.getEmitted());
  for (unsigned i : states)
    next.push_back(tangentOrZero(inside, next[i]));
  for (unsigned i = 0; i < numEmitted; ++i)
    if (Value moving = activity.isActive(scan.getEmitted()[i]) ? tangent(positions[i]) : Value()) {
      emitted.push_back(i);
      positions.push_back(moving);
      parts.emitted.push_back(moving.getType());
    }
  yield.getNextMutable().assign(next);
  yield.getEmittedMutable().assign(positions);

  ScanOp both = parts.create(builder);
  both.getBody().takeBody(scan.getBody());
  SmallVector<Value> own(both.getFinals().take_front(numStates));
  llvm::append_range(own, both.getEmitted().take_front(numEmitted));
  for (auto [k, i] : llvm::enumerate(states))
    setTangent(both.getFinals()[i], both.getFinals()[numStates + k]);
  for (auto [k, i] : llvm::enumerate(emitted))
    setTangent(both.getEmitted()[i], both.getEmitted()[numEmitted + k]);
  scan->replaceAllUsesWith(own);
  scan.erase();
  return success();
}
