// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What an op on tensors costs.

#include "passes/support/OpCost.h"

#include "dialect/AttentionGradOps.h"
#include "dialect/Einsum.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

OpCost rondo::costOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, OpCost>(op)
      .Case<GateProductOp, GatherOp, SoftmaxOp, AttentionOp, AttentionGradOp, CrossEntropyOp>(
          [](auto) { return OpCost::Product; })
      .Case([](ContractOp contract) {
        return Einsum::ofVerified(contract.getSpec()).contracted().empty() ? OpCost::OuterProduct : OpCost::Product;
      })
      .Case([](BroadcastOp) { return OpCost::Repetition; })
      .Case<WindowOp, OverlapAddOp>([](auto) { return OpCost::Move; })
      .Case<arith::DivFOp, arith::RemFOp>([](auto) { return OpCost::Function; })
      .Case<OneHotOp, math::AbsFOp, math::FmaOp>([](auto) { return OpCost::Arithmetic; })
      .Default([](Operation *other) {
        if (isa<tensor::TensorDialect>(other->getDialect()))
          return OpCost::Move;
        return isa<arith::ArithDialect>(other->getDialect()) ? OpCost::Arithmetic : OpCost::Function;
      });
}
