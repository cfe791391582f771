// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The operands of one rondo.phase on buffers at the points of a register tile.

#include "passes/vector/PhaseTile.h"

#include "passes/support/LinalgBuilders.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

Value PhaseTile::constant(int64_t value) { return indexConstant(b, loc, value); }

int64_t PhaseTile::bytesAlong(PhaseOp op, unsigned loop, std::optional<unsigned> other) {
  int64_t bytes = 0;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (auto type = dyn_cast<MemRefType>(op->getOperand(i).getType());
        type && op.readsInSums(i) && isAlong(op, i, loop) && !isAlong(op, i, other))
      bytes += type.getNumElements() * type.getElementTypeBitWidth() / 8;
  return bytes;
}

/// The index that `expr` gives for a row and a lane of the tile.
Value PhaseTile::evaluate(AffineExpr expr, int64_t row, int64_t lane, ArrayRef<Value> loops) {
  auto plus = [&](Value value, int64_t offset) {
    return offset ? b.createOrFold<arith::AddIOp>(loc, value, constant(offset)) : value;
  };
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return constant(number.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    unsigned loop = dim.getPosition();
    return plus(loops[loop], loop == plan.rows ? row : loop == plan.lanes ? lane : 0);
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add)
    return b.createOrFold<arith::AddIOp>(loc, evaluate(binary.getLHS(), row, lane, loops),
                                         evaluate(binary.getRHS(), row, lane, loops));
  int64_t right = cast<AffineConstantExpr>(binary.getRHS()).getValue();
  if (expr.getKind() == AffineExprKind::Mul)
    return b.createOrFold<arith::MulIOp>(loc, evaluate(binary.getLHS(), row, lane, loops), constant(right));
  unsigned loop = cast<AffineDimExpr>(binary.getLHS()).getPosition();
  // A tile may end within a block of packed lanes, and the next one begin there.
  bool cutsBlocks = loop == plan.lanes && plan.laneTile % right != 0;
  Value at = cutsBlocks ? plus(loops[loop], lane) : loops[loop];
  if (expr.getKind() == AffineExprKind::FloorDiv)
    return b.createOrFold<arith::DivUIOp>(loc, at, constant(right));
  if (cutsBlocks)
    return b.createOrFold<arith::RemUIOp>(loc, at, constant(right));
  if (loop == plan.lanes)
    return constant(lane);
  return plus(b.createOrFold<arith::RemUIOp>(loc, loops[loop], constant(right)), row);
}

SmallVector<Value> PhaseTile::position(unsigned operand, int64_t row, int64_t lane, ArrayRef<Value> loops) {
  SmallVector<Value> result;
  for (AffineExpr expr : op.getMap(operand).getResults())
    result.push_back(evaluate(expr, row, lane, loops));
  if (sumAtHand && isPackedApart(op.getMap(operand).getResults()))
    result[1] = b.createOrFold<arith::AddIOp>(
        loc, result[1], b.createOrFold<arith::MulIOp>(loc, sumAtHand, constant(*plan.sameForAllSums)));
  return result;
}

std::pair<AffineExpr, int64_t> PhaseTile::splitConstant(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  auto constant = binary ? dyn_cast<AffineConstantExpr>(binary.getRHS()) : AffineConstantExpr();
  if (expr.getKind() != AffineExprKind::Add || !constant)
    return {expr, 0};
  return {binary.getLHS(), constant.getValue()};
}

bool PhaseTile::isContiguous(unsigned operand) {
  auto type = cast<MemRefType>(op->getOperand(operand).getType());
  // A vector of i1 is packed into bits, a buffer of i1 is not.
  if (!type.isLastDimUnitStride() || type.getElementType().isInteger(1))
    return false;
  ArrayRef<AffineExpr> results = op.getMap(operand).getResults();
  AffineExpr last = splitConstant(results.back()).first;
  return last.isFunctionOfDim(plan.lanes) && (isa<AffineDimExpr>(last) || last.getKind() == AffineExprKind::Mod) &&
         llvm::all_of(results.drop_back(), [&](AffineExpr expr) {
           return !expr.isFunctionOfDim(plan.lanes) || splitConstant(expr).first.getKind() == AffineExprKind::FloorDiv;
         });
}

bool PhaseTile::isPacked(unsigned operand) {
  AffineExpr last = splitConstant(op.getMap(operand).getResults().back()).first;
  return last.getKind() == AffineExprKind::Mod && last.isFunctionOfDim(plan.lanes);
}

bool PhaseTile::isInBlocks(unsigned operand) {
  return llvm::any_of(op.getMap(operand).getResults(), [&](AffineExpr expr) {
    return expr.isFunctionOfDim(plan.lanes) && splitConstant(expr).first.getKind() == AffineExprKind::Mod;
  });
}

/// Whether there are whole blocks in memory, also where the lanes end within one.
bool PhaseTile::isPadded(unsigned operand) {
  auto [expr, offset] = splitConstant(op.getMap(operand).getResults().back());
  if (expr.getKind() != AffineExprKind::Mod)
    return false;
  int64_t block = cast<AffineConstantExpr>(cast<AffineBinaryOpExpr>(expr).getRHS()).getValue();
  return offset + block <= cast<MemRefType>(op->getOperand(operand).getType()).getShape().back();
}

Value PhaseTile::maskBelow(Value count) { return lanesBelow(b, loc, plan.width, count); }

Value PhaseTile::mask() { return lastMask ? lastMask : firstLanes(b, loc, plan.width, lanesOfLast); }

Value PhaseTile::load(unsigned operand, int64_t row, int64_t vector) {
  Value buffer = op->getOperand(operand);
  auto memref = dyn_cast<MemRefType>(buffer.getType());
  if (!memref)
    return buffer;
  int64_t first = vector * plan.width;
  SmallVector<Value> at = position(operand, row, first);
  if (!along(operand, plan.lanes) || plan.width == 1)
    return memref::LoadOp::create(b, loc, buffer, at);
  auto type = VectorType::get(plan.width, memref.getElementType());
  if (!isContiguous(operand)) {
    Value result = zeroVector(b, loc, type);
    for (int64_t lane = 0; lane < lanesOf(vector); ++lane) {
      Value element = memref::LoadOp::create(b, loc, buffer, position(operand, row, first + lane));
      result = vector::InsertOp::create(b, loc, element, result, lane);
    }
    return result;
  }
  return loadVector(b, loc, type, buffer, at, isMasked(vector) && !isPadded(operand) ? mask() : Value());
}

void PhaseTile::store(unsigned operand, int64_t row, int64_t vector, Value value) {
  Value buffer = op->getOperand(operand);
  int64_t first = vector * plan.width;
  SmallVector<Value> at = position(operand, row, first);
  if (plan.width == 1)
    memref::StoreOp::create(b, loc, value, buffer, at);
  else if (!isContiguous(operand))
    for (int64_t lane = 0; lane < lanesOf(vector); ++lane)
      memref::StoreOp::create(b, loc, vector::ExtractOp::create(b, loc, value, lane), buffer,
                              position(operand, row, first + lane));
  else
    storeVector(b, loc, value, buffer, at, isMasked(vector) ? mask() : Value());
}
