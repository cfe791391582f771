// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Functions on vectors -> arithmetic: the project's own (VectorMath.h) for those of the language, upstream's for the
// rest; and no fused multiply-add where the target has none.

#include "passes/Passes.h"
#include "passes/vector/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace rondo {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

/// OpT becomes what `build` makes of its operands, if it makes something and the elements are f32 or also f64.
template <typename OpT> struct Expand : OpRewritePattern<OpT> {
  using Builder = std::function<Value(OpBuilder &, Location, OpT)>;
  Expand(MLIRContext *context, bool alsoF64, Builder build)
      : OpRewritePattern<OpT>(context, /*benefit=*/2), alsoF64(alsoF64), build(std::move(build)) {} // before upstream's

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op.getType());
    if (!element.isF32() && !(alsoF64 && element.isF64()))
      return failure();
    Value result = build(rewriter, op.getLoc(), op);
    if (!result)
      return failure();
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  bool alsoF64;
  Builder build;
};

template <typename OpT, typename Build> void addUnary(RewritePatternSet &patterns, bool alsoF64, Build build) {
  patterns.add<Expand<OpT>>(patterns.getContext(), alsoF64,
                            [build](OpBuilder &b, Location loc, OpT op) { return build(b, loc, op.getOperand()); });
}

/// fma(a, b, c) -> a * b + c
struct SeparateMultiplyAdd : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::FmaOp op, PatternRewriter &rewriter) const override {
    Value product = arith::MulFOp::create(rewriter, op.getLoc(), op.getA(), op.getB());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC());
    return success();
  }
};

struct ApproximateMath : rondo::impl::ApproximateMathBase<ApproximateMath> {
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    auto walk = getOperation().walk([](Operation *op) -> WalkResult {
      if (isa<math::MathDialect>(op->getDialect()) && llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>))
        return op->emitError("expected a function of numbers or vectors, found tensors");
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    addUnary<math::ExpOp>(patterns, true, rondo::buildExp);
    addUnary<math::ExpM1Op>(patterns, true, rondo::buildExpM1);
    addUnary<math::FloorOp>(patterns, true, rondo::buildFloor);
    addUnary<math::LogOp>(patterns, true, rondo::buildLog);
    addUnary<math::Log1pOp>(patterns, true, rondo::buildLog1p);
    addUnary<math::ErfOp>(patterns, true, rondo::buildErf);
    addUnary<math::SinOp>(patterns, false, rondo::buildSin);
    addUnary<math::CosOp>(patterns, false, rondo::buildCos);
    bool fused = fma;
    addUnary<math::TanhOp>(patterns, true,
                           [fused](OpBuilder &b, Location loc, Value x) { return rondo::buildTanh(b, loc, x, fused); });
    patterns.add<Expand<math::PowFOp>>(&getContext(), true, [](OpBuilder &b, Location loc, math::PowFOp op) {
      return rondo::buildPow(b, loc, op.getLhs(), op.getRhs());
    });
    patterns.add<Expand<math::Atan2Op>>(&getContext(), true, [](OpBuilder &b, Location loc, math::Atan2Op op) {
      return rondo::buildAtan2(b, loc, op.getLhs(), op.getRhs());
    });
    populateMathPolynomialApproximationPatterns(patterns);
    if (!fma)
      patterns.add<SeparateMultiplyAdd>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }
};

} // namespace
