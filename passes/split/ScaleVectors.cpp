// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-scale-vectors: outer products that are scaled by numbers of their rows become outer products of scaled vectors.

#include "dialect/Einsum.h"
#include "passes/Passes.h"
#include "passes/support/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_SCALEVECTORS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// The dimensions of `numbers` among those of an operand with the letters `term`, or nothing if it has others.
std::optional<SmallVector<int64_t>> dimsWithin(BroadcastOp numbers, StringRef result, StringRef term) {
  SmallVector<int64_t> dims;
  for (int64_t dim : numbers.getDims()) {
    size_t within = term.find(result[dim]);
    if (within == StringRef::npos)
      return std::nullopt;
    dims.push_back(within);
  }
  return dims;
}

/// Scales a vector of the outer product `product` instead of `scaled`, which it is a factor of.
bool scaleVector(IRRewriter &rewriter, arith::MulFOp scaled, ContractOp product, BroadcastOp numbers) {
  Einsum einsum = Einsum::ofVerified(product.getSpec());
  if (!einsum.contracted().empty() || !product->hasOneUse())
    return false;
  for (unsigned operand : {0, 1}) {
    Value vector = product->getOperand(operand);
    auto type = cast<RankedTensorType>(vector.getType());
    auto dims = dimsWithin(numbers, einsum.result, operand == 0 ? einsum.lhs : einsum.rhs);
    if (!dims || type.getNumElements() >= product.getType().getNumElements())
      continue;
    reportDone(scaled, "scaled", [] { return "a vector of an outer product in place of all of its numbers"; });
    rewriter.setInsertionPoint(scaled);
    Value factor = numbers.getOperand();
    if (!llvm::equal(*dims, llvm::seq<int64_t>(0, type.getRank())))
      factor = BroadcastOp::create(rewriter, numbers.getLoc(), type, factor, *dims);
    SmallVector<Value> operands(product->getOperands());
    operands[operand] = arith::MulFOp::create(rewriter, scaled.getLoc(), factor, vector);
    rewriter.replaceOpWithNewOp<ContractOp>(scaled, product.getType(), operands[0], operands[1], product.getSpec());
    rewriter.eraseOp(product);
    return true;
  }
  return false;
}

struct ScaleVectors : rondo::impl::ScaleVectorsBase<ScaleVectors> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<arith::MulFOp> products;
    getOperation()->walk([&](arith::MulFOp op) { products.push_back(op); });
    for (arith::MulFOp op : products)
      for (unsigned factor : {0, 1}) {
        auto product = op->getOperand(factor).getDefiningOp<ContractOp>();
        auto numbers = op->getOperand(1 - factor).getDefiningOp<BroadcastOp>();
        if (product && numbers && scaleVector(rewriter, op, product, numbers))
          break;
      }
  }
};

} // namespace
