// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo -> linalg, scf and tensor. Pointwise ops stay for rondo-fuse-pointwise, which needs to see them all.

#include "passes/linalg/LowerToLinalg.h"

#include "dialect/SumAttributes.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace rondo {
#define GEN_PASS_DEF_LOWERTOLINALG
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// tensor.concat as a chain of insertions into one new tensor, which bufferisation writes in place. Its analysis takes
/// the third power of a chain's length, so many parts are joined in groups first.
void lowerConcat(IRRewriter &rewriter, tensor::ConcatOp op) {
  constexpr size_t mostParts = 16;
  rewriter.setInsertionPoint(op);
  if (ValueRange parts = op.getInputs(); parts.size() > mostParts) {
    size_t size = llvm::divideCeil(parts.size(), llvm::divideCeil(parts.size(), mostParts));
    SmallVector<Value> groups;
    for (; !parts.empty(); parts = parts.drop_front(std::min(size, parts.size())))
      groups.push_back(
          tensor::ConcatOp::create(rewriter, op.getLoc(), op.getDim(), parts.take_front(std::min(size, parts.size()))));
    auto joined = rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getDim(), groups);
    for (Value group : groups)
      lowerConcat(rewriter, group.getDefiningOp<tensor::ConcatOp>());
    return lowerConcat(rewriter, joined);
  }
  FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
  if (succeeded(parts))
    rewriter.replaceOp(op, *parts);
}

struct LowerToLinalg : rondo::impl::LowerToLinalgBase<LowerToLinalg> {
  using LowerToLinalgBase::LowerToLinalgBase;

  void runOnOperation() override {
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(getOperation())))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    SmallVector<ScanOp> scans;
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      markMatrixProducts(scan);
    for (ScanOp scan : scans)
      lowerScan(rewriter, scan);

    SmallVector<ContractOp> contractions;
    SmallVector<GateProductOp> gateProducts;
    getOperation()->walk([&](ContractOp op) { contractions.push_back(op); });
    getOperation()->walk([&](GateProductOp op) { gateProducts.push_back(op); });
    lowerContractions(rewriter, contractions, machine);
    for (GateProductOp op : gateProducts)
      lowerGateProduct(rewriter, op, machine);

    SmallVector<SoftmaxOp> softmaxes;
    getOperation()->walk([&](SoftmaxOp op) { softmaxes.push_back(op); });
    for (SoftmaxOp op : softmaxes)
      repeatLoss(rewriter, op);
    SmallVector<CrossEntropyOp> losses;
    getOperation()->walk([&](CrossEntropyOp op) { losses.push_back(op); });
    for (CrossEntropyOp op : losses)
      lowerCrossEntropy(rewriter, op);

    // Windows that products read in place are none any more, and those that they are of.
    SmallVector<WindowOp> windows;
    getOperation()->walk([&](WindowOp op) { windows.push_back(op); });
    for (WindowOp op : llvm::reverse(windows))
      if (op->use_empty())
        rewriter.eraseOp(op);

    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<RondoDialect>(op->getDialect()) || isa<tensor::ConcatOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      llvm::TypeSwitch<Operation *>(op)
          .Case([&](ReduceOp op) { lowerReduce(rewriter, op); })
          .Case([&](SoftmaxOp op) { lowerSoftmax(rewriter, op); })
          .Case([&](AttentionOp op) { lowerAttention(rewriter, op, machine); })
          .Case([&](AttentionGradOp op) { lowerAttentionGrad(rewriter, op, machine); })
          .Case([&](GatherOp op) { lowerGather(rewriter, op); })
          .Case([&](ScatterAddOp op) { lowerScatterAdd(rewriter, op); })
          .Case([&](WindowOp op) { lowerWindow(rewriter, op); })
          .Case([&](OverlapAddOp op) { lowerOverlapAdd(rewriter, op); })
          .Case([&](tensor::ConcatOp op) { lowerConcat(rewriter, op); });
    // What is left are additions of sums that others read as well.
    getOperation()->walk([](arith::AddFOp op) { op->removeAttr(chainAttribute); });
  }
};

} // namespace
