// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-truncate-bptt: the loss of a window's last k1 positions, the state after its first k1.

#include "dialect/ScanParts.h"
#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/StreamRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_TRUNCATEBPTT
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// `sequence[from .. from+count-1]`
Value sliceTime(OpBuilder &builder, Location loc, Value sequence, int64_t from, int64_t count) {
  auto type = cast<RankedTensorType>(sequence.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes,
      strides(type.getRank(), builder.getIndexAttr(1));
  offsets[0] = builder.getIndexAttr(from);
  for (int64_t size : type.getShape())
    sizes.push_back(builder.getIndexAttr(size));
  sizes[0] = builder.getIndexAttr(count);
  return tensor::ExtractSliceOp::create(builder, loc, sequence, offsets, sizes, strides);
}

/// The scan over the positions from .. from+count-1 only, starting from `inits`.
ScanOp scanPart(OpBuilder &builder, ScanOp scan, ValueRange inits, int64_t from, int64_t count) {
  ScanParts parts(scan);
  parts.inits.assign(inits.begin(), inits.end());
  for (Value &sequence : parts.sequences)
    sequence = sliceTime(builder, scan.getLoc(), sequence, from, count);
  parts.length = count;
  ScanOp part = parts.create(builder);
  part.getBody().getBlocks().clear();
  IRMapping mapping;
  scan.getBody().cloneInto(&part.getBody(), mapping);
  return part;
}

/// Cuts a scan at time `cut`; the operands `early` of the return get the states there.
void cutScan(ScanOp scan, int64_t cut, ArrayRef<OpOperand *> early) {
  OpBuilder builder(scan);
  ScanOp first = scanPart(builder, scan, scan.getInits(), 0, cut);
  ScanOp second = scanPart(builder, scan, first.getFinals(), cut, scan.getLength() - cut);
  for (OpOperand *operand : early)
    operand->set(first.getResult(cast<OpResult>(operand->get()).getResultNumber()));
  scan.getFinals().replaceAllUsesWith(second.getFinals());
  for (auto [whole, a, b] : llvm::zip(scan.getEmitted(), first.getEmitted(), second.getEmitted()))
    whole.replaceAllUsesWith(tensor::ConcatOp::create(builder, scan.getLoc(), /*dim=*/0, ValueRange{a, b}));
  scan.erase();
}

/// The reduction of that kind over [T, B] that the value is, or null.
ReduceOp reductionOf(Value value, ReduceKind kind) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  bool isWhole = reduce && reduce.getKind() == kind && reduce.getDims() == ArrayRef<int64_t>{0, 1} &&
                 reduce.getOperand().getType().getRank() == 2;
  return isWhole ? reduce : ReduceOp();
}

/// The reductions over [T, B] that a loss is made of: a mean, or a sum and the number of what it adds up, 1 at least;
/// or those of the losses that it is the sum of. None if it is anything else.
SmallVector<ReduceOp, 2> findReductions(Value loss) {
  if (ReduceOp mean = reductionOf(loss, ReduceKind::mean))
    return {mean};
  if (auto add = loss.getDefiningOp<arith::AddFOp>()) {
    SmallVector<ReduceOp, 2> all = findReductions(add.getLhs()), others = findReductions(add.getRhs());
    all.append(others);
    return others.empty() || all.size() == others.size() ? SmallVector<ReduceOp, 2>() : all;
  }
  if (auto product = loss.getDefiningOp<arith::MulFOp>()) { // a loss and its weight
    SmallVector<ReduceOp, 2> all = findReductions(product.getLhs()), others = findReductions(product.getRhs());
    return all.empty() ? others : others.empty() ? all : SmallVector<ReduceOp, 2>();
  }
  auto quotient = loss.getDefiningOp<arith::DivFOp>();
  auto atLeastOne = quotient ? quotient.getRhs().getDefiningOp<arith::MaximumFOp>() : arith::MaximumFOp();
  ReduceOp sum = quotient ? reductionOf(quotient.getLhs(), ReduceKind::sum) : ReduceOp();
  ReduceOp count = atLeastOne ? reductionOf(atLeastOne.getLhs(), ReduceKind::sum) : ReduceOp();
  if (!sum || !count)
    return {};
  return {sum, count};
}

/// The same, checked to go over `length` steps.
FailureOr<SmallVector<ReduceOp, 2>> findMean(Value loss, int64_t length) {
  SmallVector<ReduceOp, 2> reductions = findReductions(loss);
  if (reductions.empty())
    return emitError(loss.getLoc()) << "expected a loss that is the mean over time and batch of a loss per position";
  for (ReduceOp reduce : reductions)
    if (int64_t found = reduce.getOperand().getType().getDimSize(0); found != length)
      return reduce.emitError() << "expected a window of k2 = " << length << " steps, found " << found;
  return reductions;
}

/// The means that are the loss and those parts of it that vary over time, one after the other.
FailureOr<llvm::SetVector<Operation *>> findLosses(func::FuncOp func, int64_t length) {
  llvm::SetVector<Operation *> means;
  func::ReturnOp ret = getReturn(func);
  SmallVector<unsigned> losses = resultsWith(func, Role::loss);
  for (unsigned i : resultsWith(func, Role::loss_part)) {
    if (!findReductions(ret.getOperand(i)).empty())
      losses.push_back(i);
  }
  for (unsigned i : losses) {
    auto mean = findMean(ret.getOperand(i), length);
    if (failed(mean))
      return failure();
    for (ReduceOp reduce : *mean)
      means.insert(reduce);
  }
  return means;
}

/// What carries states: scans, each with the operands of the return that it gives, and the last positions of histories.
struct Carrying {
  llvm::MapVector<ScanOp, SmallVector<OpOperand *>> scans;
  SmallVector<tensor::ExtractSliceOp> lasts;
};

/// The dimension of positions that `slice` takes the last ones of, behind a window of so many.
std::optional<unsigned> findWindow(tensor::ExtractSliceOp slice, int64_t length) {
  RankedTensorType from = slice.getSourceType(), type = slice.getType();
  if (!slice.getSource().getDefiningOp<tensor::ConcatOp>() || from.getRank() != type.getRank())
    return std::nullopt;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (slice.getStaticOffsets()[dim] == length && from.getDimSize(dim) == length + type.getDimSize(dim))
      return dim;
  return std::nullopt;
}

FailureOr<Carrying> findCarrying(func::FuncOp func, int64_t length) {
  Carrying carrying;
  for (unsigned i : resultsWith(func, Role::state)) {
    OpOperand &operand = getReturn(func)->getOpOperand(i);
    if (auto last = operand.get().getDefiningOp<tensor::ExtractSliceOp>(); last && findWindow(last, length)) {
      carrying.lasts.push_back(last);
      continue;
    }
    auto scan = operand.get().getDefiningOp<ScanOp>();
    if (!scan) // A state that never changes, which canonicalisation has replaced by its initial value.
      continue;
    if (cast<OpResult>(operand.get()).getResultNumber() >= scan.getNumStates())
      return emitError(operand.get().getLoc()) << "expected the final state of a scan as the carried state "
                                               << func.getResultAttr(i, attributeOf(Role::state));
    if (static_cast<int64_t>(scan.getLength()) != length || scan.getBackward())
      return scan.emitError() << "expected a forward scan of k2 = " << length << " steps";
    carrying.scans[scan].push_back(&operand);
  }
  return carrying;
}

LogicalResult truncate(func::FuncOp func, int64_t k1, int64_t k2) {
  FailureOr<llvm::SetVector<Operation *>> losses = findLosses(func, k2);
  if (failed(losses))
    return failure();
  if (k1 == k2)
    return success();
  for (Operation &op : func.front())
    if (!carriedBy(&op).empty())
      return op.emitError() << "expected states that are arguments and results of the function: they have to be "
                               "carried before the truncation";
  FailureOr<Carrying> carrying = findCarrying(func, k2);
  if (failed(carrying))
    return failure();
  for (auto &[scan, early] : carrying->scans)
    cutScan(scan, k1, early);
  for (tensor::ExtractSliceOp last : carrying->lasts) {
    SmallVector<int64_t> offsets(last.getStaticOffsets());
    offsets[*findWindow(last, k2)] = k1;
    last.setStaticOffsets(offsets);
  }
  for (Operation *op : *losses) {
    auto mean = cast<ReduceOp>(op);
    OpBuilder builder(mean);
    mean.getOperandMutable().assign(sliceTime(builder, mean.getLoc(), mean.getOperand(), k2 - k1, k1));
  }
  return success();
}

struct TruncateBpttPass : rondo::impl::TruncateBpttBase<TruncateBpttPass> {
  using TruncateBpttBase::TruncateBpttBase;
  void runOnOperation() override {
    if (k1 < 1 || k1 > k2) {
      getOperation().emitError() << "expected 1 <= k1 <= k2, found k1 = " << k1.getValue()
                                 << " and k2 = " << k2.getValue();
      return signalPassFailure();
    }
    FailureOr<SmallVector<func::FuncOp>> functions = chooseFunctions(getOperation(), function, Role::loss);
    if (failed(functions))
      return signalPassFailure();
    for (func::FuncOp func : *functions)
      if (failed(truncate(func, k1, k2)))
        return signalPassFailure();
  }
};

} // namespace
