// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// vector, arith, math, memref, cf, func and the ops of threads -> llvm in one conversion: a pass per dialect takes
// several times as long.

#include "passes/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

namespace rondo {
#define GEN_PASS_DEF_LOWERTOLLVM
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

constexpr llvm::StringLiteral barrierSymbol = "rondo_team_barrier"; // of runtime/abi.h

/// A function that several threads run gets its thread's number and their number as two more arguments, last.
LogicalResult addTeamArguments(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<rondo::ThreadOp, rondo::ThreadsOp, rondo::BarrierOp>(op))
      ops.push_back(op);
  });
  if (ops.empty())
    return success();
  OpBuilder b(function.getBody());
  unsigned first = function.getNumArguments();
  for (unsigned i = first; i < first + 2; ++i)
    if (failed(function.insertArgument(i, b.getI64Type(), {}, function.getLoc())))
      return failure();
  Value thread = function.getArgument(first), threads = function.getArgument(first + 1);
  auto asIndex = [&](Value value) -> Value {
    return arith::IndexCastOp::create(b, function.getLoc(), b.getIndexType(), value);
  };
  Value threadIndex = asIndex(thread), threadsIndex = asIndex(threads);
  bool waits = false;
  for (Operation *op : ops) {
    if (isa<rondo::ThreadOp>(op)) {
      op->getResult(0).replaceAllUsesWith(threadIndex);
    } else if (isa<rondo::ThreadsOp>(op)) {
      op->getResult(0).replaceAllUsesWith(threadsIndex);
    } else {
      waits = true;
      b.setInsertionPoint(op);
      func::CallOp::create(b, op->getLoc(), barrierSymbol, TypeRange(), ValueRange{thread, threads});
    }
    op->erase();
  }
  auto module = function->getParentOfType<ModuleOp>();
  if (waits && !module.lookupSymbol(barrierSymbol)) {
    b.setInsertionPointToStart(module.getBody());
    auto type = b.getFunctionType({b.getI64Type(), b.getI64Type()}, {});
    func::FuncOp::create(b, function.getLoc(), barrierSymbol, type).setPrivate();
  }
  return success();
}

struct LowerToLLVM : rondo::impl::LowerToLLVMBase<LowerToLLVM> {
  void runOnOperation() override {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (failed(addTeamArguments(function)))
        return signalPassFailure();
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true; // every buffer is dense: its pointer is all there is to it
    LLVMTypeConverter types(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    populateVectorToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns);
    // What LLVM has no intrinsic for, and so most of f64, is a call of libm.
    populateMathToLibmConversionPatterns(patterns, /*benefit=*/0);
    populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
    populateFuncToLLVMConversionPatterns(types, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
  }
};

} // namespace
