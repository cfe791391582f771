// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Evaluates the body of a linalg op or a phase on vectors, or on scalars.

#include "passes/vector/VectorBody.h"

#include "dialect/SumAttributes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo;

Type VectorBody::vectorType(Type scalar) const { return width == 1 ? scalar : Type(VectorType::get(width, scalar)); }

Value VectorBody::repeat(Value value) {
  if (width == 1 || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(b, loc, vectorType(value.getType()), value);
}

void VectorBody::setArgument(unsigned number, Value value) { values.map(body.getArgument(number), repeat(value)); }

Value VectorBody::valueOf(Value scalar) {
  if (Value known = values.lookupOrNull(scalar))
    return known;
  // Evaluated on demand; what stands outside of the body is the same for all lanes.
  Operation *producer = scalar.getDefiningOp();
  Value value = producer && producer->getBlock() == &body ? evaluateOp(producer) : repeat(scalar);
  values.map(scalar, value);
  return value;
}

Value VectorBody::evaluateIndex(linalg::IndexOp index) {
  Value position = indices[index.getDim()];
  if (width == 1 || index.getDim() != lanes)
    return repeat(position);
  auto type = cast<VectorType>(vectorType(b.getIndexType()));
  SmallVector<Attribute> steps;
  for (int64_t lane = 0; lane < width; ++lane)
    steps.push_back(b.getIndexAttr(lane));
  Value step = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, steps));
  return arith::AddIOp::create(b, loc, step, repeat(position));
}

Value VectorBody::evaluateOp(Operation *bodyOp) {
  if (auto index = dyn_cast<linalg::IndexOp>(bodyOp))
    return evaluateIndex(index);
  if (bodyOp->hasTrait<OpTrait::ConstantLike>())
    return repeat(b.clone(*bodyOp)->getResult(0));
  if (fma && isa<arith::AddFOp>(bodyOp) && !bodyOp->hasAttr(roundedAttribute))
    for (unsigned i : {0u, 1u})
      if (auto product = bodyOp->getOperand(i).getDefiningOp<arith::MulFOp>();
          product && product->getBlock() == &body && product->hasOneUse())
        return math::FmaOp::create(b, bodyOp->getLoc(), valueOf(product.getLhs()), valueOf(product.getRhs()),
                                   valueOf(bodyOp->getOperand(1 - i)));
  SmallVector<Value> operands;
  for (Value operand : bodyOp->getOperands())
    operands.push_back(valueOf(operand));
  OperationState state(bodyOp->getLoc(), bodyOp->getName(), operands, vectorType(bodyOp->getResult(0).getType()));
  for (NamedAttribute attribute : bodyOp->getDiscardableAttrs())
    if (attribute.getName() != roundedAttribute)
      state.addAttribute(attribute.getName(), attribute.getValue());
  state.propertiesAttr = bodyOp->getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

SmallVector<Value> VectorBody::evaluate() {
  SmallVector<Value> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(valueOf(value));
  return results;
}

SmallVector<Value> VectorBody::evaluateContributions() {
  SmallVector<Value> results;
  OperandRange yielded = body.getTerminator()->getOperands();
  for (auto [value, accumulator] : llvm::zip(yielded, body.getArguments().take_back(yielded.size()))) {
    Operation *combiner = value.getDefiningOp();
    results.push_back(valueOf(combiner->getOperand(combiner->getOperand(0) == accumulator ? 1 : 0)));
  }
  return results;
}

SmallVector<Value> VectorBody::addTo(ValueRange sums, ArrayRef<Value> summands) {
  SmallVector<Value> results;
  for (auto [sum, summand] : llvm::zip(sums, summands)) {
    Operation *producer = summand ? summand.getDefiningOp() : nullptr;
    if (!summand)
      results.push_back(sum);
    else if (fma && producer && producer->getBlock() == &body && producer->hasOneUse() && isa<arith::MulFOp>(producer))
      results.push_back(
          math::FmaOp::create(b, loc, valueOf(producer->getOperand(0)), valueOf(producer->getOperand(1)), sum));
    else
      results.push_back(arith::AddFOp::create(b, loc, sum, valueOf(summand)));
  }
  return results;
}

bool rondo::callsFunctions(Block &body) {
  return llvm::any_of(body, [](Operation &op) {
    return isa<math::MathDialect>(op.getDialect()) && !isa<math::FmaOp, math::SqrtOp, math::AbsFOp>(op);
  });
}

static void findSummands(Block &body, Value value, SmallVectorImpl<Value> &summands) {
  auto add = value.getDefiningOp<arith::AddFOp>();
  if (!add || add->getBlock() != &body || !add->hasOneUse())
    return summands.push_back(value);
  findSummands(body, add.getLhs(), summands);
  findSummands(body, add.getRhs(), summands);
}

SmallVector<SmallVector<Value>> rondo::summandsOf(Block &body) {
  SmallVector<SmallVector<Value>> result;
  for (Value value : body.getTerminator()->getOperands())
    findSummands(body, value, result.emplace_back());
  return result;
}
