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

/// What each element of a value is: its position along a dimension (-1: zero), a number, and one of its row.
struct Positions {
  int64_t dim, offset;
  RowNumbers added;
};

struct Comparison {
  bool leftBefore, isStrict;
};

} // namespace

static std::optional<Positions> positionsOf(Value value);

/// The sum of two values, of which one may be a whole number everywhere, or numbers of rows.
static std::optional<Positions> sumOf(Value left, Value right) {
  std::optional<int64_t> offset = wholeOf(left);
  std::optional<Positions> positions = positionsOf(offset ? right : left);
  if (!positions)
    return std::nullopt;
  if (!offset)
    offset = wholeOf(right);
  if (offset) {
    positions->offset += *offset;
    return positions;
  }
  std::optional<Positions> other = positionsOf(right);
  if (!other || (positions->added.numbers && other->added.numbers) || (positions->dim >= 0 && other->dim >= 0))
    return std::nullopt;
  const RowNumbers &added = positions->added.numbers ? positions->added : other->added;
  return Positions{std::max(positions->dim, other->dim), positions->offset + other->offset, added};
}

static std::optional<Positions> positionsOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto iota = dyn_cast_or_null<IotaOp>(op))
    return Positions{int64_t(iota.getDim()), 0, {}};
  if (auto cast = dyn_cast_or_null<arith::SIToFPOp>(op))
    return positionsOf(cast.getIn());
  if (auto cast = dyn_cast_or_null<arith::TruncIOp>(op)) // of a number of positions, which is small
    return positionsOf(cast.getIn());
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
    std::optional<Positions> positions = positionsOf(broadcast.getOperand());
    if (!positions)
      return std::nullopt;
    if (positions->dim >= 0)
      positions->dim = broadcast.getDims()[positions->dim];
    if (positions->added.rows >= 0)
      positions->added.rows = broadcast.getDims()[positions->added.rows];
    return positions;
  }
  if (isa_and_nonnull<arith::AddFOp, arith::AddIOp>(op))
    return sumOf(op->getOperand(0), op->getOperand(1));
  if (isa_and_nonnull<arith::SubFOp, arith::SubIOp>(op)) {
    std::optional<int64_t> offset = wholeOf(op->getOperand(1));
    std::optional<Positions> positions = offset ? positionsOf(op->getOperand(0)) : std::nullopt;
    if (positions)
      positions->offset -= *offset;
    return positions;
  }
  auto type = dyn_cast<RankedTensorType>(value.getType());
  bool areNumbers = type && type.getRank() <= 1 && type.getElementType().isInteger() &&
                    type.getElementTypeBitWidth() >= 32 && !matchPattern(value, m_Constant());
  return areNumbers ? std::optional(Positions{-1, 0, {value, type.getRank() - 1}}) : std::nullopt;
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
    auto place = [&](int64_t dim) { return dim < 0 ? dim : broadcast.getDims()[dim]; };
    if (order) {
      order->before = place(order->before), order->behind = place(order->behind);
      for (RowNumbers *added : {&order->addedBefore, &order->addedBehind})
        added->rows = place(added->rows);
    }
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
  int64_t first = behind->offset - before->offset - comparison->isStrict;
  return PositionOrder{before->dim, behind->dim, first, false, before->added, behind->added};
}
