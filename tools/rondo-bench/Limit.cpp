// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Counts a model's products.

#include "tools/rondo-bench/Limit.h"

#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace rondo;

/// The values in a scan's body that depend on its states.
static DenseSet<Value> dependOnState(ScanOp scan) {
  DenseSet<Value> values;
  Block &body = scan->getRegion(0).front();
  for (BlockArgument argument : body.getArguments().take_front(scan.getNumStates()))
    values.insert(argument);
  for (Operation &op : body)
    if (llvm::any_of(op.getOperands(), [&](Value operand) { return values.contains(operand); }))
      values.insert(op.result_begin(), op.result_end());
  return values;
}

/// Multiply-adds of one product: the sizes of all its letters.
static double multiplyAdds(ContractOp op, const Einsum &spec) {
  double count = 1;
  DenseSet<char> counted;
  auto take = [&](StringRef letters, Value operand) {
    for (auto [letter, size] : llvm::zip(letters, cast<RankedTensorType>(operand.getType()).getShape()))
      if (counted.insert(letter).second)
        count *= size;
  };
  take(spec.lhs, op.getLhs());
  take(spec.rhs, op.getRhs());
  return count;
}

Work rondo::countWork(func::FuncOp function) {
  Work work;
  llvm::DenseMap<Operation *, DenseSet<Value>> scans;
  function.walk([&](ScanOp scan) {
    scans[scan] = dependOnState(scan);
    work.steps = std::max<int64_t>(work.steps, scan.getLength());
  });
  DenseSet<Value> read;
  function.walk([&](ContractOp op) {
    FailureOr<Einsum> spec = Einsum::parse(op.getSpec(), [&] { return op.emitOpError(); });
    if (failed(spec))
      return;
    auto scan = dyn_cast<ScanOp>(op->getParentOp());
    double flops = 2 * multiplyAdds(op, *spec) * (scan ? double(scan.getLength()) : 1), bytes = 0;
    for (Value operand : {op.getLhs(), op.getRhs()})
      if (auto argument = dyn_cast<BlockArgument>(operand); argument && argument.getOwner()->getParentOp() == function)
        if (function.getArgAttr(argument.getArgNumber(), attributeOf(Role::parameter)) && read.insert(operand).second)
          bytes += 4.0 * cast<RankedTensorType>(operand.getType()).getNumElements();
    bool waits = scan && scans[scan].contains(op->getResult(0));
    (waits ? work.stepFlops : work.otherFlops) += flops;
    (waits ? work.stepBytes : work.otherBytes) += bytes;
  });
  return work;
}

double rondo::limitOf(const Workload &workload, const Work &work, const MachineRates &machine) {
  if (workload.train)
    return work.flops(workload) / machine.flops;
  double others = std::max(work.otherFlops / machine.flops, work.otherBytes / machine.bandwidth(work.otherBytes));
  double steps =
      std::max(work.stepFlops / machine.flops, double(work.steps) * work.stepBytes / machine.bandwidth(work.stepBytes));
  return others + steps;
}

double rondo::pointwiseLimitOf(double operations, const MachineRates &machine) {
  // Where a multiply-add is one operation it counts as two of the rate.
  return operations * (machine.fma ? 2 : 1) / machine.flops;
}
