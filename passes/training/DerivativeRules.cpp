// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Registration of the table of derivatives.

#include "passes/training/DerivativeRules.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;

void rondo::registerDerivativeRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) { attachArithRules(context); });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) { attachMathRules(context); });
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) { attachTensorRules(context); });
  registry.addExtension(+[](MLIRContext *context, RondoDialect *) { attachRondoRules(context); });
}
