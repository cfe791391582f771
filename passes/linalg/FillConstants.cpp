// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Constant tensors that are still there after fusion (a loop's initial state, what is inserted into) become fills: a
// constant would be megabytes of equal numbers in the binary.

#include "passes/support/LinalgBuilders.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_FILLCONSTANTS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

struct FillConstants : rondo::impl::FillConstantsBase<FillConstants> {
  void runOnOperation() override {
    OpBuilder b(&getContext());
    SmallVector<arith::ConstantOp> constants;
    getOperation()->walk([&](arith::ConstantOp constant) {
      if (isa<SplatElementsAttr>(constant.getValue()))
        constants.push_back(constant);
    });
    for (arith::ConstantOp constant : constants) {
      auto value = cast<SplatElementsAttr>(constant.getValue());
      for (OpOperand &use : llvm::make_early_inc_range(constant->getUses())) {
        // A fill for each use: what is written in place must be its own.
        b.setInsertionPoint(use.getOwner());
        Value scalar = arith::ConstantOp::create(b, constant.getLoc(), value.getSplatValue<TypedAttr>());
        Value empty = rondo::emptyTensor(b, constant.getLoc(), value.getType().getShape(), value.getElementType());
        use.set(linalg::FillOp::create(b, constant.getLoc(), ValueRange{scalar}, ValueRange{empty}).getResult(0));
      }
      constant.erase();
    }
  }
};

} // namespace
