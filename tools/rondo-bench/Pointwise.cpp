// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Counts what a model computes beside its products.

#include "tools/rondo-bench/Pointwise.h"

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/threads/MemoryAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace rondo;

namespace {

class Counter {
public:
  explicit Counter(bool fma) : fma(fma) {}

  /// The operations of a body for one element.
  double ofBody(Block &body) {
    double count = 0;
    for (Operation &op : body.without_terminator())
      count += of(op);
    return count;
  }

private:
  double of(Operation &op) {
    if (op.hasTrait<OpTrait::ConstantLike>() || isa<linalg::IndexOp, arith::BitcastOp>(op) || isPartOfMaximum(op) ||
        (fma && isPartOfMultiplyAdd(op)))
      return 0;
    // What is left of functions of vectors counts as one.
    bool isFunction = isa<math::MathDialect>(op.getDialect()) && !isa<VectorType>(op.getResultTypes().front());
    return isFunction ? ofFunction(op) : 1;
  }

  static bool isProduct(Value value) {
    auto product = value.getDefiningOp<arith::MulFOp>();
    return product && product->hasOneUse();
  }

  /// Of two products that are added one is (VectorBody).
  static bool isPartOfMultiplyAdd(Operation &op) {
    auto sum = op.hasOneUse() && isa<arith::MulFOp>(op) ? dyn_cast<arith::AddFOp>(*op.user_begin()) : nullptr;
    return sum && (sum.getLhs() == op.getResult(0) || !isProduct(sum.getLhs()));
  }

  /// Of two numbers that are compared one is chosen: a minimum or a maximum.
  static bool isPartOfMaximum(Operation &op) {
    auto choice = op.hasOneUse() && isa<arith::CmpFOp>(op) ? dyn_cast<arith::SelectOp>(*op.user_begin()) : nullptr;
    return choice && llvm::is_contained(op.getOperands(), choice.getTrueValue()) &&
           llvm::is_contained(op.getOperands(), choice.getFalseValue());
  }

  /// Those of its approximation, which is made once for each function.
  double ofFunction(Operation &op) {
    std::pair<OperationName, Type> key(op.getName(), op.getResultTypes().front());
    if (auto known = functions.find(key); known != functions.end())
      return known->second;
    OpBuilder builder(op.getContext());
    OwningOpRef<ModuleOp> module = ModuleOp::create(op.getLoc());
    builder.setInsertionPointToStart(module->getBody());
    auto overLanes = [](Type type) { return Type(VectorType::get(4, type)); };
    SmallVector<Type> operands = llvm::map_to_vector(op.getOperandTypes(), overLanes);
    SmallVector<Type> results = llvm::map_to_vector(op.getResultTypes(), overLanes);
    auto function = func::FuncOp::create(builder, op.getLoc(), "f", builder.getFunctionType(operands, results));
    builder.setInsertionPointToStart(function.addEntryBlock());
    OperationState state(op.getLoc(), op.getName(), function.getArguments(), results);
    state.propertiesAttr = op.getPropertiesAsAttribute();
    func::ReturnOp::create(builder, op.getLoc(), builder.create(state)->getResults());
    PassManager manager(op.getContext(), func::FuncOp::getOperationName());
    ApproximateMathOptions options;
    options.fma = fma;
    manager.addPass(createApproximateMath(options));
    return functions[key] = succeeded(manager.run(function)) ? ofBody(function.getBody().front()) : 1;
  }

  bool fma;
  llvm::DenseMap<std::pair<OperationName, Type>, double> functions;
};

} // namespace

/// How often the loops around it run an op.
static double timesRun(Operation *op) {
  double times = 1;
  for (auto loop = op->getParentOfType<scf::ForOp>(); loop; loop = loop->getParentOfType<scf::ForOp>())
    times *= double(tripCount(loop).value_or(1));
  return times;
}

/// Whether a nest adds up products, as dot products do: its operations are terms of those.
static bool addsProducts(linalg::GenericOp generic) {
  Block &body = *generic.getBody();
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  return generic.getNumReductionLoops() > 0 && sum && llvm::hasNItems(body.without_terminator(), 2) &&
         (sum.getLhs().getDefiningOp<arith::MulFOp>() || sum.getRhs().getDefiningOp<arith::MulFOp>());
}

static double product(ArrayRef<int64_t> sizes) { return double(ShapedType::getNumElements(sizes)); }

double rondo::countPointwise(ModuleOp module, bool fma) {
  Counter counter(fma);
  double count = 0;
  module.walk([&](Operation *op) {
    if (auto phase = dyn_cast<PhaseOp>(op))
      count += timesRun(op) * product(phase.getBounds().take_front(phase.getNumParallel())) *
               counter.ofBody(phase.getEpilogue().front());
    else if (auto generic = dyn_cast<linalg::GenericOp>(op); generic && !addsProducts(generic))
      count += timesRun(op) * product(generic.getStaticLoopRanges()) * counter.ofBody(*generic.getBody());
  });
  return count;
}
