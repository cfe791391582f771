// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on what runs a region or a function: rondo.scan, `scf`, calls.

#include "dialect/ReferenceInterpreter.h"
#include "dialect/RondoDialect.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;

/// Gives `targets` the values of `sources`, all at once: a source may be a target too.
static void assign(Interpreter &in, ValueRange targets, ValueRange sources) {
  std::vector<std::shared_ptr<const Tensor>> values;
  for (Value source : sources)
    values.push_back(in.share(source));
  for (auto [target, value] : llvm::zip(targets, values))
    in.share(target, value);
}

static LogicalResult runScan(Interpreter &in, ScanOp scan) {
  int64_t length = scan.getLength();
  if (Value limit = scan.getLimit()) {
    int64_t positions = in.get(limit).i[0];
    if (positions < 1 || positions > length)
      return scan.emitOpError() << "expected a limit from 1 to " << length << ", found " << positions;
    length = positions;
  }
  YieldOp yield = scan.getYield();
  std::vector<Tensor> emitted;
  for (Value result : scan.getEmitted()) {
    auto type = cast<RankedTensorType>(result.getType());
    FailureOr<Tensor::Kind> kind = Tensor::kindOf(type.getElementType());
    if (failed(kind))
      return unknownOp(scan);
    emitted.push_back(Tensor::zeros(*kind, type.getShape()));
  }
  assign(in, scan.getStateArguments(), scan.getInits());
  for (int64_t step = 0; step < length; ++step) {
    int64_t t = scan.getBackward() ? length - 1 - step : step;
    for (auto [argument, sequence] : llvm::zip(scan.getSequenceArguments(), scan.getSequences())) {
      const Tensor &whole = in.get(sequence);
      ArrayRef<int64_t> shape = ArrayRef(whole.shape).drop_front();
      in.set(argument, readView(whole, shape, stridesOf(shape), t * product(shape)));
    }
    if (failed(in.runBlock(scan.getBlock()))) {
      if (NotFiniteOp *found = in.getOptions().notFinite)
        found->positions.push_back(t);
      return failure();
    }
    for (auto [whole, value] : llvm::zip(emitted, yield.getEmitted())) {
      const Tensor &position = in.get(value);
      writeView(whole, position, stridesOf(position.shape), t * position.numElements());
    }
    assign(in, scan.getStateArguments(), yield.getNext());
  }
  // `length` > 0, so that the state arguments have their last values.
  assign(in, scan.getFinals(), scan.getStateArguments());
  for (auto [result, whole] : llvm::zip(scan.getEmitted(), emitted))
    in.set(result, std::move(whole));
  return success();
}

static LogicalResult runFor(Interpreter &in, scf::ForOp loop) {
  Tensor::Kind kind = in.get(loop.getLowerBound()).kind;
  int64_t lower = in.get(loop.getLowerBound()).i[0], upper = in.get(loop.getUpperBound()).i[0],
          step = in.get(loop.getStep()).i[0];
  if (step <= 0)
    return loop.emitOpError() << "expected a step above 0, found " << step;
  assign(in, loop.getRegionIterArgs(), loop.getInitArgs());
  for (int64_t i = lower; i < upper; i += step) {
    Tensor counter = Tensor::zeros(kind, {});
    counter.i[0] = i;
    in.set(loop.getInductionVar(), std::move(counter));
    if (failed(in.runBlock(*loop.getBody())))
      return failure();
    assign(in, loop.getRegionIterArgs(), loop.getYieldedValues());
  }
  assign(in, loop.getResults(), loop.getRegionIterArgs());
  return success();
}

static LogicalResult runIf(Interpreter &in, scf::IfOp branch) {
  const Tensor &condition = in.get(branch.getCondition());
  if (!condition.shape.empty())
    return branch.emitOpError() << "inside a structured op is not known to the reference interpreter";
  Region &region = condition.i[0] ? branch.getThenRegion() : branch.getElseRegion();
  if (region.empty())
    return success();
  if (failed(in.runBlock(region.front())))
    return failure();
  assign(in, branch.getResults(), region.front().getTerminator()->getOperands());
  return success();
}

static LogicalResult runWhile(Interpreter &in, scf::WhileOp loop) {
  assign(in, loop.getBeforeArguments(), loop.getInits());
  while (true) {
    if (failed(in.runBlock(*loop.getBeforeBody())))
      return failure();
    scf::ConditionOp condition = loop.getConditionOp();
    if (!in.get(condition.getCondition()).i[0]) {
      assign(in, loop.getResults(), condition.getArgs());
      return success();
    }
    assign(in, loop.getAfterArguments(), condition.getArgs());
    if (failed(in.runBlock(*loop.getAfterBody())))
      return failure();
    assign(in, loop.getBeforeArguments(), loop.getYieldOp().getResults());
  }
}

static LogicalResult runCall(Interpreter &in, func::CallOp op) {
  constexpr unsigned maximumDepth = 64;
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  if (!callee)
    return op.emitOpError() << "calls " << op.getCalleeAttr() << ", which is not defined";
  if (in.getCallDepth() == maximumDepth)
    return op.emitOpError() << "nests more than " << maximumDepth << " calls";
  std::vector<Tensor> arguments;
  for (Value operand : op.getOperands())
    arguments.push_back(in.get(operand));
  FailureOr<std::vector<Tensor>> results = call(callee, arguments, in.getOptions(), in.getCallDepth() + 1);
  if (failed(results))
    return failure();
  for (auto [value, tensor] : llvm::zip(op.getResults(), *results))
    in.set(value, std::move(tensor));
  return success();
}

LogicalResult reference::runControl(Interpreter &in, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ScanOp>([&](ScanOp scan) { return runScan(in, scan); })
      .Case<scf::ForOp>([&](scf::ForOp loop) { return runFor(in, loop); })
      .Case<scf::IfOp>([&](scf::IfOp branch) { return runIf(in, branch); })
      .Case<scf::WhileOp>([&](scf::WhileOp loop) { return runWhile(in, loop); })
      .Case<func::CallOp>([&](func::CallOp op) { return runCall(in, op); })
      .Default([](Operation *op) { return unknownOp(op); });
}
