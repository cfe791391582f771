// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The part of a loop that a thread runs: what `rondo.split` says.

#include "passes/threads/WorkShare.h"

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rondo;

std::optional<Split> rondo::splitOf(Operation *op) {
  auto values = op->getAttrOfType<DenseI64ArrayAttr>(splitAttribute);
  if (!values || values.size() != 2)
    return std::nullopt;
  return Split{unsigned(values[0]), values[1]};
}

std::optional<Split> rondo::splitAlong(Operation *op, unsigned loop) {
  std::optional<Split> split = splitOf(op);
  return split && split->loop == loop ? split : std::nullopt;
}

void rondo::setSplit(Operation *op, Split split) {
  op->setAttr(splitAttribute, DenseI64ArrayAttr::get(op->getContext(), {int64_t(split.loop), split.unit}));
}

SplitRange rondo::buildSplitRange(OpBuilder &b, Location loc, int64_t extent, int64_t unit, Value end) {
  OpBuilder::InsertionGuard guard(b);
  Operation *inside = b.getInsertionBlock()->getParentOp();
  if (!isa<FunctionOpInterface>(inside))
    inside = inside->getParentOfType<FunctionOpInterface>();
  b.setInsertionPointToStart(&inside->getRegion(0).front());
  if (Operation *made = end ? end.getDefiningOp() : nullptr)
    b.setInsertionPointAfter(made);
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, loc, value); };
  Value units = constant(llvm::divideCeil(extent, unit)), size = constant(unit);
  if (end)
    units = arith::DivUIOp::create(b, loc, arith::AddIOp::create(b, loc, end, constant(unit - 1)), size);
  Value thread = ThreadOp::create(b, loc, b.getIndexType()), threads = ThreadsOp::create(b, loc, b.getIndexType());
  auto firstOf = [&](Value number) -> Value {
    Value all = arith::MulIOp::create(b, loc, units, number);
    Value first = arith::DivUIOp::create(b, loc, all, threads);
    return arith::MulIOp::create(b, loc, first, size);
  };
  Value next = arith::AddIOp::create(b, loc, thread, constant(1));
  Value lower = firstOf(thread), upper = firstOf(next);
  if (end || extent % unit != 0)
    upper = arith::MinUIOp::create(b, loc, upper, constant(extent));
  return {lower, upper};
}
