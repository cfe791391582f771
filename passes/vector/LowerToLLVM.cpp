// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// scf, vector, arith, math, memref, cf, func and the ops of threads -> llvm. But for the loops in one conversion: a
// pass per dialect takes several times as long.

#include "passes/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Threading.h"
#include "mlir/Rewrite/PatternApplicator.h"
#include "mlir/Transforms/DialectConversion.h"

namespace rondo {
#define GEN_PASS_DEF_LOWERTOLLVM
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

/// Makes blocks of loops and branches, the last first: each takes what follows it to a block of its own, which in the
/// order of a conversion would move a long function's end once for each of its loops. Inner ones come before those
/// around them, for which the patterns of other ops of the dialect are not made: these the conversion refuses.
void lowerControlFlow(ModuleOp module) {
  RewritePatternSet set(module.getContext());
  populateSCFToControlFlowConversionPatterns(set);
  FrozenRewritePatternSet patterns(std::move(set));
  PatternApplicator applicator(patterns);
  applicator.applyDefaultCostModel();
  PatternRewriter rewriter(module.getContext());
  SmallVector<Operation *> ops;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<scf::ForOp, scf::IfOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : llvm::reverse(ops)) {
    rewriter.setInsertionPoint(op);
    (void)applicator.matchAndRewrite(op, rewriter);
  }
}

constexpr llvm::StringLiteral barrierSymbol = "rondo_team_barrier"; // of runtime/abi.h

/// The functions that several threads run, of which some know their team.
struct TeamFunctions {
  llvm::DenseSet<StringAttr> shared, withTeam;
};

/// A function that several threads run gets its thread's number and their number as two more arguments, last, and in
/// front of them its team if it waits for the others or is an entry. So it does if it calls such a function.
LogicalResult addTeamArguments(func::FuncOp function, TeamFunctions &functions) {
  SmallVector<Operation *> ops;
  bool knowsTeam = !function.isPrivate();
  function.walk([&](Operation *op) {
    auto call = dyn_cast<func::CallOp>(op);
    if (isa<rondo::ThreadOp, rondo::ThreadsOp, rondo::BarrierOp>(op) ||
        (call && functions.shared.contains(call.getCalleeAttr().getAttr())))
      ops.push_back(op);
    knowsTeam |= isa<rondo::BarrierOp>(op) || (call && functions.withTeam.contains(call.getCalleeAttr().getAttr()));
  });
  if (ops.empty())
    return success();
  functions.shared.insert(function.getNameAttr());
  OpBuilder b(function.getBody());
  SmallVector<Type> types(2, b.getI64Type());
  if (knowsTeam) {
    functions.withTeam.insert(function.getNameAttr());
    types.insert(types.begin(), LLVM::LLVMPointerType::get(b.getContext()));
  }
  for (Type type : types)
    if (failed(function.insertArgument(function.getNumArguments(), type, {}, function.getLoc())))
      return failure();
  ValueRange team = ValueRange(function.getArguments()).take_back(types.size());
  Value thread = team.drop_back().back(), threads = team.back();
  auto asIndex = [&](Value value) -> Value {
    return arith::IndexCastOp::create(b, function.getLoc(), b.getIndexType(), value);
  };
  Value threadIndex = asIndex(thread), threadsIndex = asIndex(threads);
  bool waits = false;
  for (Operation *op : ops) {
    if (auto call = dyn_cast<func::CallOp>(op)) {
      call.getOperandsMutable().append(functions.withTeam.contains(call.getCalleeAttr().getAttr()) ? team
                                                                                                   : team.take_back(2));
      continue;
    }
    if (isa<rondo::ThreadOp>(op)) {
      op->getResult(0).replaceAllUsesWith(threadIndex);
    } else if (isa<rondo::ThreadsOp>(op)) {
      op->getResult(0).replaceAllUsesWith(threadsIndex);
    } else {
      waits = true;
      b.setInsertionPoint(op);
      func::CallOp::create(b, op->getLoc(), barrierSymbol, TypeRange(), team);
    }
    op->erase();
  }
  auto module = function->getParentOfType<ModuleOp>();
  if (waits && !module.lookupSymbol(barrierSymbol)) {
    b.setInsertionPointToStart(module.getBody());
    auto type = b.getFunctionType(team.getTypes(), {});
    func::FuncOp::create(b, function.getLoc(), barrierSymbol, type).setPrivate();
  }
  return success();
}

/// A buffer of a private function may lie anywhere in another one: its pointer is where it begins, so its offset is 0.
/// The function is the code of several nests, which it shall not be copied to.
void makeInternal(func::FuncOp function) {
  OpBuilder b(function.getBody());
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || type.getLayout().isIdentity())
      continue;
    auto layout = StridedLayoutAttr::get(b.getContext(), 0, type.getStridesAndOffset().first);
    argument.setType(MemRefType::get(type.getShape(), type.getElementType(), layout, type.getMemorySpace()));
    auto anywhere = memref::CastOp::create(b, function.getLoc(), type, argument);
    argument.replaceAllUsesExcept(anywhere, anywhere);
  }
  function.setType(b.getFunctionType(function.getBody().getArgumentTypes(), {}));
  function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(b.getContext(), LLVM::Linkage::Internal));
  function->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
}

/// Whether the op is a call of a private function, which takes the pointers at which buffers begin.
bool takesPointers(Operation *op) {
  auto call = dyn_cast<func::CallOp>(op);
  return call && call.getNumResults() == 0;
}

/// Where in its source the view begins, if it is a constant and calls alone take the view.
std::optional<int64_t> passedPlace(memref::ViewOp view) {
  if (!view.getType().hasStaticShape() || !llvm::all_of(view->getUsers(), takesPointers))
    return std::nullopt;
  return getConstantIntValue(view.getByteShift());
}

/// Makes pointers of arguments, and of places in them, that are only passed on: an entry of a deep model would have
/// tens of thousands of descriptors that nobody reads. An argument that is used otherwise too gets its descriptor here.
void passPointers(func::FuncOp function, const LLVMTypeConverter &types,
                  SmallVectorImpl<UnrealizedConversionCastOp> &buffers) {
  OpBuilder b(function.getBody());
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
      continue;
    SmallVector<std::pair<memref::ViewOp, int64_t>> passed;
    bool onlyPassed = true;
    for (Operation *user : argument.getUsers()) {
      auto view = dyn_cast<memref::ViewOp>(user);
      if (std::optional<int64_t> place = view ? passedPlace(view) : std::nullopt)
        passed.push_back({view, *place});
      else
        onlyPassed &= takesPointers(user);
    }
    if (!onlyPassed && passed.empty())
      continue;
    argument.setType(pointer);
    for (auto [view, place] : passed) {
      b.setInsertionPoint(view);
      Value shift = LLVM::ConstantOp::create(b, view.getLoc(), b.getI64IntegerAttr(place));
      Value address = LLVM::GEPOp::create(b, view.getLoc(), pointer, b.getI8Type(), argument, shift);
      view->getResult(0).replaceAllUsesWith(address);
      view.erase();
    }
    if (onlyPassed)
      continue;
    b.setInsertionPointToStart(&function.front());
    Value descriptor = MemRefDescriptor::fromStaticShape(b, function.getLoc(), types, type, argument);
    buffers.push_back(UnrealizedConversionCastOp::create(b, function.getLoc(), type, descriptor));
    argument.replaceUsesWithIf(buffers.back().getResult(0), [](OpOperand &use) {
      return !isa<LLVM::LLVMDialect>(use.getOwner()->getDialect()) && !takesPointers(use.getOwner());
    });
  }
  function.setType(b.getFunctionType(function.getBody().getArgumentTypes(), function.getResultTypes()));
}

/// A call of a private function passes the pointers at which its buffers begin; one of libm has a result.
struct LowerCall : ConvertOpToLLVMPattern<func::CallOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(func::CallOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!takesPointers(op))
      return failure();
    SmallVector<Value> arguments;
    for (auto [operand, converted] : llvm::zip_equal(op.getOperands(), adaptor.getOperands())) {
      auto type = dyn_cast<MemRefType>(operand.getType());
      arguments.push_back(
          type ? MemRefDescriptor(converted.front()).bufferPtr(rewriter, op.getLoc(), *getTypeConverter(), type)
               : converted.front());
    }
    rewriter.replaceOpWithNewOp<LLVM::CallOp>(op, TypeRange(), op.getCalleeAttr(), arguments);
    return success();
  }
};

/// A function of the C library is called for each element; no processor has vectors near this long.
LogicalResult checkVectors(Operation *root) {
  constexpr int64_t most = 1 << 12;
  auto walk = root->walk([&](Operation *op) -> WalkResult {
    for (Type type : op->getOperandTypes())
      if (auto vector = dyn_cast<VectorType>(type); vector && vector.getNumElements() > most)
        return op->emitError("expected vectors of at most ") << most << " elements, found " << Type(vector);
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

/// Converts what a module has.
LogicalResult convert(ModuleOp module, const LLVMTypeConverter &types, const FrozenRewritePatternSet &patterns) {
  SmallVector<UnrealizedConversionCastOp> buffers;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      passPointers(function, types, buffers);
  LLVMConversionTarget target(*module.getContext());
  target.addLegalOp<ModuleOp, UnrealizedConversionCastOp>();
  if (failed(applyFullConversion(module, target, patterns)))
    return failure();
  // What patterns fold may leave constants of indices, which nothing reads and no pattern sees.
  module.walk([](arith::ConstantOp op) {
    if (op->use_empty())
      op.erase();
  });
  for (UnrealizedConversionCastOp buffer : buffers)
    buffer.erase();
  return success();
}

/// Converts each function in a module of its own, side by side: this takes as long as all passes before it together.
LogicalResult convertFunctions(ModuleOp module, const LLVMTypeConverter &types,
                               const FrozenRewritePatternSet &patterns) {
  SmallVector<OwningOpRef<ModuleOp>> parts;
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (!function.isExternal()) {
      parts.push_back(ModuleOp::create(module.getLoc()));
      function->moveBefore(parts.back()->getBody(), parts.back()->getBody()->end());
    }
  LogicalResult converted = failableParallelForEach(
      module.getContext(), parts, [&](OwningOpRef<ModuleOp> &part) { return convert(*part, types, patterns); });
  if (failed(converted) || failed(convert(module, types, patterns)))
    return failure();
  llvm::DenseSet<StringAttr> declared; // by several of them: functions of the C library
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    declared.insert(function.getNameAttr());
  Block *body = module.getBody();
  for (OwningOpRef<ModuleOp> &part : parts)
    for (auto function : llvm::make_early_inc_range(part->getOps<LLVM::LLVMFuncOp>()))
      if (!function.isExternal())
        function->moveBefore(body, body->end());
      else if (declared.insert(function.getNameAttr()).second)
        function->moveBefore(body, body->begin());
  return success();
}

struct LowerToLLVM : rondo::impl::LowerToLLVMBase<LowerToLLVM> {
  void runOnOperation() override {
    if (failed(checkVectors(getOperation())))
      return signalPassFailure();
    lowerControlFlow(getOperation());
    // Private functions first, which the others call.
    TeamFunctions functions;
    for (bool first : {true, false})
      for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
        if (function.isExternal() || function.isPrivate() != first)
          continue;
        if (failed(addTeamArguments(function, functions)))
          return signalPassFailure();
        if (!function.isPrivate())
          continue;
        if (function.getNumResults() != 0) {
          function.emitError("expected a private function without results");
          return signalPassFailure();
        }
        makeInternal(function);
      }
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true; // every buffer is dense: its pointer is all there is to it
    LLVMTypeConverter types(&getContext(), options);
    RewritePatternSet set(&getContext());
    populateVectorToLLVMConversionPatterns(types, set);
    populateMathToLLVMConversionPatterns(types, set);
    // What LLVM has no intrinsic for, and so most of f64, is a call of libm.
    populateMathToLibmConversionPatterns(set, /*benefit=*/0);
    populateFinalizeMemRefToLLVMConversionPatterns(types, set);
    arith::populateArithToLLVMConversionPatterns(types, set);
    cf::populateControlFlowToLLVMConversionPatterns(types, set);
    populateFuncToLLVMConversionPatterns(types, set);
    set.add<LowerCall>(types, /*benefit=*/2);
    FrozenRewritePatternSet patterns(std::move(set));
    if (failed(convertFunctions(getOperation(), types, patterns)))
      signalPassFailure();
  }
};

} // namespace
