// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reads comparisons of positions.

#include "passes/split/PositionOrder.h"

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace rondo;

/// The whole number that `value` is everywhere, if it is one of which floats are exact.
static std::optional<int64_t> wholeOf(Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)))
    return std::nullopt;
  constexpr double most = 1 << 24;
  double number;
  if (auto integer = dyn_cast<IntegerType>(splat.getElementType()); integer && integer.getWidth() > 1)
    number = static_cast<double>(splat.getSplatValue<APInt>().getSExtValue());
  else if (isa<FloatType>(splat.getElementType()))
    number = splat.getSplatValue<APFloat>().convertToDouble();
  else
    return std::nullopt;
  return std::abs(number) <= most && number == std::floor(number) ? std::optional(int64_t(number)) : std::nullopt;
}

namespace {

/// What each element of a value is: its position along a dimension, and a number.
struct Positions {
  int64_t dim, offset;
};

struct Comparison {
  bool leftBefore, isStrict;
};

} // namespace

static std::optional<Positions> positionsOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto iota = dyn_cast_or_null<IotaOp>(op))
    return Positions{int64_t(iota.getDim()), 0};
  if (auto cast = dyn_cast_or_null<arith::SIToFPOp>(op))
    return positionsOf(cast.getIn());
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
    std::optional<Positions> positions = positionsOf(broadcast.getOperand());
    return positions ? std::optional(Positions{broadcast.getDims()[positions->dim], positions->offset}) : std::nullopt;
  }
  bool isSum = isa_and_nonnull<arith::AddFOp, arith::AddIOp>(op);
  if (!isSum && !isa_and_nonnull<arith::SubFOp, arith::SubIOp>(op))
    return std::nullopt;
  std::optional<int64_t> left = isSum ? wholeOf(op->getOperand(0)) : std::nullopt;
  std::optional<int64_t> offset = left ? left : wholeOf(op->getOperand(1));
  std::optional<Positions> positions = offset ? positionsOf(op->getOperand(left ? 1 : 0)) : std::nullopt;
  if (positions)
    positions->offset += isSum ? *offset : -*offset;
  return positions;
}

/// None of the compared numbers is no number.
static std::optional<Comparison> comparisonOf(arith::CmpFPredicate predicate) {
  using Predicate = arith::CmpFPredicate;
  switch (predicate) {
  case Predicate::OLE:
  case Predicate::ULE:
    return Comparison{true, false};
  case Predicate::OLT:
  case Predicate::ULT:
    return Comparison{true, true};
  case Predicate::OGE:
  case Predicate::UGE:
    return Comparison{false, false};
  case Predicate::OGT:
  case Predicate::UGT:
    return Comparison{false, true};
  default:
    return std::nullopt;
  }
}

static std::optional<Comparison> comparisonOf(arith::CmpIPredicate predicate) {
  using Predicate = arith::CmpIPredicate;
  switch (predicate) {
  case Predicate::sle:
    return Comparison{true, false};
  case Predicate::slt:
    return Comparison{true, true};
  case Predicate::sge:
    return Comparison{false, false};
  case Predicate::sgt:
    return Comparison{false, true};
  default:
    return std::nullopt;
  }
}

std::optional<PositionOrder> rondo::positionOrderOf(Value mask) {
  if (auto broadcast = mask.getDefiningOp<BroadcastOp>()) {
    std::optional<PositionOrder> order = positionOrderOf(broadcast.getOperand());
    if (order)
      order->before = broadcast.getDims()[order->before], order->behind = broadcast.getDims()[order->behind];
    return order;
  }
  if (auto opposite = mask.getDefiningOp<arith::XOrIOp>()) {
    std::optional<PositionOrder> order =
        matchPattern(opposite.getRhs(), m_One()) ? positionOrderOf(opposite.getLhs()) : std::nullopt;
    if (order)
      order->isOpposite = !order->isOpposite;
    return order;
  }
  std::optional<Comparison> comparison;
  if (auto compare = mask.getDefiningOp<arith::CmpFOp>())
    comparison = comparisonOf(compare.getPredicate());
  else if (auto compare = mask.getDefiningOp<arith::CmpIOp>())
    comparison = comparisonOf(compare.getPredicate());
  if (!comparison)
    return std::nullopt;
  Operation *compare = mask.getDefiningOp();
  std::optional<Positions> before = positionsOf(compare->getOperand(comparison->leftBefore ? 0 : 1));
  std::optional<Positions> behind = positionsOf(compare->getOperand(comparison->leftBefore ? 1 : 0));
  if (!before || !behind)
    return std::nullopt;
  return PositionOrder{before->dim, behind->dim, behind->offset - before->offset - comparison->isStrict, false};
}
