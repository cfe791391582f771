// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Registration of the table of derivatives, and forward mode by the rules of reverse mode.

#include "passes/training/DerivativeRules.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectRegistry.h"
#include "passes/training/Activity.h"

using namespace mlir;
using namespace rondo;

#include "passes/TangentInterface.cpp.inc"

Value Tangent::tangentOrZero(unsigned number) {
  return tangents[number] ? tangents[number] : zero(op->getOperand(number).getType());
}

Value Tangent::linear() {
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands())
    operands.push_back(isDifferentiable(operand.get()) ? tangentOrZero(operand.getOperandNumber()) : operand.get());
  Operation *result = builder.clone(*op);
  result->setOperands(operands);
  result->setDiscardableAttrs(DictionaryAttr::get(op->getContext())); // they speak of the values
  return result->getResult(0);
}

Value Tangent::share(AdjointRule adjoint, unsigned number, Value cotangent, bool &isGuarded) {
  Value result;
  auto add = [&](unsigned operand, Value value) {
    if (operand == number)
      result = value;
  };
  Adjoint rule(builder, op->getLoc(), cotangent, add);
  adjoint(rule);
  isGuarded = rule.isGuarded();
  return result;
}

Value Tangent::symmetric(AdjointRule adjoint) {
  Value result;
  bool isGuarded = false;
  for (auto [number, tangent] : llvm::enumerate(tangents))
    if (tangent)
      result = sum(result, share(adjoint, number, tangent, isGuarded));
  return result;
}

Value Tangent::elementwise(AdjointRule adjoint) {
  Value result;
  for (auto [number, tangent] : llvm::enumerate(tangents)) {
    if (!tangent)
      continue;
    bool isGuarded = false;
    Value part = share(adjoint, number, tangent, isGuarded);
    if (isGuarded) {
      Type type = tangent.getType();
      Value slope = share(adjoint, number, constant(type, 1), isGuarded);
      Value infinity = constant(type, HUGE_VAL);
      Value isFinite = compare(arith::CmpFPredicate::OLT, make<math::AbsFOp>(slope), infinity);
      part = mul(tangent, select(isFinite, slope, zero(type)));
    }
    result = sum(result, part);
  }
  return result;
}

void rondo::registerDerivativeRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) { attachArithRules(context); });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) { attachMathRules(context); });
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) { attachTensorRules(context); });
  registry.addExtension(+[](MLIRContext *context, RondoDialect *) { attachRondoRules(context); });
}
