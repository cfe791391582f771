// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Counts a model's products.

#include "tools/rondo-bench/Limit.h"

#include "dialect/AppendOps.h"
#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"

#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace rondo;

namespace {
/// What changes in a scan.
struct Changing {
  DenseSet<Value> withTime, withState;
};
} // namespace

/// Adds to `values` what is computed of them within `body`. A scan within the scan, of which anything depends on them,
/// does so with all of its body's arguments.
static void spread(Block &body, DenseSet<Value> &values) {
  for (Operation &op : body) {
    SetVector<Value> read(llvm::from_range, op.getOperands());
    getUsedValuesDefinedAbove(op.getRegions(), read);
    if (!llvm::any_of(read, [&](Value value) { return values.contains(value); }))
      continue;
    values.insert(op.result_begin(), op.result_end());
    if (auto scan = dyn_cast<ScanOp>(op)) {
      values.insert_range(scan.getBlock().getArguments());
      spread(scan.getBlock(), values);
    }
  }
}

static Changing changesIn(ScanOp scan) {
  Changing changing;
  changing.withTime.insert_range(scan.getBlock().getArguments());
  changing.withState.insert_range(scan.getStateArguments());
  spread(scan.getBlock(), changing.withTime);
  spread(scan.getBlock(), changing.withState);
  return changing;
}

/// Tokens have as many bytes as floats.
static double bytesOf(Value value) { return 4.0 * cast<RankedTensorType>(value.getType()).getNumElements(); }

/// How many positions of its slots are filled.
static int64_t filledOf(AppendOp op, int64_t past) {
  auto sizeOf = [&](Value value) { return cast<RankedTensorType>(value.getType()).getDimSize(op.getDim()); };
  return std::min(past + sizeOf(op.getWindow()), sizeOf(op.getSlots()));
}

/// Multiply-adds of one product: the sizes of all its letters.
static double multiplyAdds(ContractOp op, const Einsum &spec, int64_t past) {
  double count = 1;
  DenseSet<char> counted;
  auto take = [&](StringRef letters, Value operand) {
    SmallVector<int64_t> sizes(cast<RankedTensorType>(operand.getType()).getShape());
    if (auto append = operand.getDefiningOp<AppendOp>())
      sizes[append.getDim()] = filledOf(append, past);
    for (auto [letter, size] : llvm::zip(letters, sizes))
      if (counted.insert(letter).second)
        count *= double(size);
  };
  // What is kept says how many positions count.
  if (op.getRhs().getDefiningOp<AppendOp>())
    take(spec.rhs, op.getRhs());
  take(spec.lhs, op.getLhs());
  take(spec.rhs, op.getRhs());
  return count;
}

Work rondo::countWork(func::FuncOp function, int64_t past) {
  Work work;
  llvm::DenseMap<Operation *, Changing> scans;
  function.walk([&](ScanOp scan) {
    scans[scan] = changesIn(scan);
    int64_t steps = 1;
    for (ScanOp around = scan; around; around = dyn_cast<ScanOp>(around->getParentOp()))
      steps *= around.getLength();
    work.steps = std::max(work.steps, steps);
  });
  for (BlockArgument argument : function.getArguments())
    if (function.getArgAttr(argument.getArgNumber(), attributeOf(Role::input)))
      work.sequenceBytes += bytesOf(argument);
  constexpr int64_t matrixRank = 3; // a batch of matrices
  for (ScanOp scan : function.getOps<ScanOp>()) {
    for (Value emitted : scan.getEmitted())
      work.sequenceBytes += bytesOf(emitted);
    for (Value init : scan.getInits())
      if (cast<RankedTensorType>(init.getType()).getRank() >= matrixRank)
        work.matrixBytes += bytesOf(init);
  }
  DenseSet<Value> read;
  function.walk([&](ContractOp op) {
    FailureOr<Einsum> spec = Einsum::parse(op.getSpec(), [&] { return op.emitOpError(); });
    if (failed(spec))
      return;
    double flops = 2 * multiplyAdds(op, *spec, past), bytes = 0;
    bool waits = false;
    for (auto scan = dyn_cast<ScanOp>(op->getParentOp()); scan; scan = dyn_cast<ScanOp>(scan->getParentOp())) {
      const Changing &changing = scans.find(scan)->second;
      // What is the same in all steps is computed once.
      flops *= changing.withTime.contains(op.getResult()) ? scan.getLength() : 1;
      waits |= changing.withState.contains(op.getResult());
    }
    for (Value operand : {op.getLhs(), op.getRhs()})
      if (auto argument = dyn_cast<BlockArgument>(operand); argument && argument.getOwner()->getParentOp() == function)
        if (function.getArgAttr(argument.getArgNumber(), attributeOf(Role::parameter)) && read.insert(operand).second)
          bytes += 4.0 * cast<RankedTensorType>(operand.getType()).getNumElements();
    (waits ? work.stepFlops : work.otherFlops) += flops;
    (waits ? work.stepBytes : work.otherBytes) += bytes;
  });
  function.walk([&](AppendOp op) {
    auto type = cast<RankedTensorType>(op.getSlots().getType());
    work.otherBytes += 4.0 * type.getNumElements() / type.getDimSize(op.getDim()) * filledOf(op, past);
  });
  return work;
}

double rondo::limitOf(const Workload &workload, const Work &work, const MachineRates &machine) {
  double steps = double(work.steps), kept = workload.train ? 2 * steps * work.matrixBytes : 0;
  double moved = (workload.train ? 3 : 1) * work.sequenceBytes + kept;
  double sequences = moved / machine.copyBandwidth(moved);
  // As many bytes are written as are read, in the same place.
  double matrices = (workload.train ? 2 : 1) * steps * 2 * work.matrixBytes / machine.copyBandwidth(work.matrixBytes);
  sequences = std::max(sequences, matrices);
  if (workload.train)
    return std::max(work.flops(workload) / machine.flops, sequences);
  double others = std::max(work.otherFlops / machine.flops, work.otherBytes / machine.bandwidth(work.otherBytes));
  double recurrent =
      std::max(work.stepFlops / machine.flops, steps * work.stepBytes / machine.bandwidth(work.stepBytes));
  return std::max(others + recurrent, sequences);
}

double rondo::pointwiseLimitOf(double operations, const MachineRates &machine) {
  // Where a multiply-add is one operation it counts as two of the rate.
  return operations * (machine.fma ? 2 : 1) / machine.flops;
}
