// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Constant tensors that are still there after fusion (a loop's initial state, what is inserted into) become fills: a
// constant would be megabytes of equal numbers in the binary. What a loop only reads is filled before it, once.

#include "passes/Passes.h"
#include "passes/support/LinalgBuilders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

namespace rondo {
#define GEN_PASS_DEF_FILLCONSTANTS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

/// Whether `use` reads its tensor and leaves it as it is.
bool onlyReads(OpOperand &use) {
  if (isa<tensor::ExtractSliceOp, tensor::ExtractOp>(use.getOwner()))
    return true;
  auto op = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
  return op && op.isDpsInput(&use);
}

/// The outermost loop around `op`, or null.
Operation *outermostLoop(Operation *op) {
  Operation *outermost = nullptr;
  while ((op = op->getParentOp()))
    if (isa<LoopLikeOpInterface>(op))
      outermost = op;
  return outermost;
}

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
      auto fillBefore = [&](Operation *op) {
        b.setInsertionPoint(op);
        Value scalar = arith::ConstantOp::create(b, constant.getLoc(), value.getSplatValue<TypedAttr>());
        Value empty = rondo::emptyTensor(b, constant.getLoc(), value.getType().getShape(), value.getElementType());
        return linalg::FillOp::create(b, constant.getLoc(), ValueRange{scalar}, ValueRange{empty}).getResult(0);
      };
      llvm::DenseMap<Operation *, Value> readInLoop;
      for (OpOperand &use : llvm::make_early_inc_range(constant->getUses())) {
        Operation *loop = outermostLoop(use.getOwner());
        if (!loop || !onlyReads(use)) {
          // A fill for each use: what is written in place must be its own.
          use.set(fillBefore(use.getOwner()));
          continue;
        }
        Value &filled = readInLoop[loop];
        if (!filled)
          filled = fillBefore(loop);
        use.set(filled);
      }
      constant.erase();
    }
  }
};

} // namespace
