// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-fuse-matrices: products of matrices and the nests that make or change these run together, row after row.

#include "passes/Passes.h"
#include "passes/support/LoopLimit.h"
#include "passes/support/Remarks.h"
#include "passes/threads/ParallelNest.h"
#include "passes/threads/WorkShare.h"
#include "passes/vector/MatrixEmitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace rondo {
#define GEN_PASS_DEF_FUSEMATRICES
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

Access accessOf(Value buffer, bool write) {
  Access access = Access::of(buffer, write);
  if (Value whole = wholeOf(buffer); !access.root && whole.getDefiningOp<memref::AllocaOp>())
    access.root = whole; // a thread's own
  return access;
}

/// What an op reads and writes; nothing if that is not known.
std::optional<SmallVector<Access>> accessesOf(Operation *op) {
  std::optional<ParallelNest> nest = ParallelNest::of(op);
  if (!nest)
    return std::nullopt;
  SmallVector<Access> accesses;
  for (const ParallelNest::Operand &operand : nest->operands) {
    if (operand.read)
      accesses.push_back(accessOf(operand.buffer, /*write=*/false));
    if (operand.write)
      accesses.push_back(accessOf(operand.buffer, /*write=*/true));
  }
  return accesses;
}

/// Nests of one block that are to run together, at the place of the first.
class Group {
public:
  explicit Group(const MatrixNest &first) { plan.nests.push_back(first); }

  /// Adds the nests behind the first that may join it.
  void collect() {
    SmallVector<Access> between; // of what stays behind the group
    Operation *first = plan.nests.front().op;
    for (Operation *op = first->getNextNode(); op; op = op->getNextNode()) {
      if (op->getNumRegions() == 0 && isMemoryEffectFree(op))
        continue;
      std::optional<SmallVector<Access>> accesses = accessesOf(op);
      if (!accesses)
        return;
      std::string why;
      std::optional<MatrixNest> nest = matrixNestOf(op, why);
      if (nest && hasSameLoops(*nest) && !conflict(*accesses, between) && isRowByRow(*nest, why)) {
        plan.nests.push_back(*nest);
        continue;
      }
      if (nest && nest->isProduct() && !why.empty())
        reportMissed(op, "fused", [&] { return "runs by itself over its matrices: " + why; });
      between.append(*accesses);
    }
  }

  bool hasProduct() const {
    return llvm::any_of(plan.nests, [](const MatrixNest &nest) { return nest.isProduct(); });
  }

  /// Whether the nests gain by running together. Rows of many vectors are walked side by side, a vector of each, which
  /// the processor does not follow to memory: there the states of all steps lie, as a derivative reads them, each in
  /// another buffer than the one before. A state that is changed in place stays near.
  bool isWorthwhile(const Machine &machine) const {
    const MatrixNest &first = plan.nests.front();
    if (first.sizes.back() <= MatrixPlan::mostUnrolled * machine.lanesOf(first.element))
      return true;
    llvm::SmallDenseSet<Value> matrices;
    for (const MatrixNest &nest : plan.nests)
      for (auto [operand, map] : llvm::zip(nest.op->getOperands(), nest.maps))
        if (map.isFunctionOfDim(nest.getRows()) && map.isFunctionOfDim(nest.getLanes()))
          matrices.insert(operand);
    return matrices.size() <= 1;
  }

  /// Runs the nests at the place of the first one, where what the others read is seen too.
  void emit(const Machine &machine) {
    planTile(plan, machine);
    Operation *first = plan.nests.front().op;
    for (const MatrixNest &nest : ArrayRef(plan.nests).drop_front())
      for (Value operand : nest.op->getOperands())
        moveBefore(operand, first);
    reportDone(first, "fused", [&] { return describe(); });
    OpBuilder builder(first);
    emitMatrices(builder, plan, machine.fma);
    for (const MatrixNest &nest : plan.nests)
      nest.op->erase();
  }

  ArrayRef<MatrixNest> getNests() const { return plan.nests; }

private:
  static bool conflict(ArrayRef<Access> left, ArrayRef<Access> right) {
    return llvm::any_of(left, [&](const Access &access) {
      return llvm::any_of(right, [&](const Access &other) { return access.conflictsWith(other); });
    });
  }

  bool hasSameLoops(const MatrixNest &nest) {
    const MatrixNest &first = plan.nests.front();
    std::optional<Split> split = splitOf(first.op), other = splitOf(nest.op);
    auto areEqual = [](LoopLimit a, LoopLimit b) { return a.loop == b.loop && a.rows == b.rows; };
    return nest.sizes == first.sizes && nest.element == first.element && split.has_value() == other.has_value() &&
           (!split || (split->loop == other->loop && split->unit == other->unit)) &&
           llvm::equal(limitsOf(first.op), limitsOf(nest.op), areEqual);
  }

  /// Whether each row of `nest` touches, of what is touched by the nests before it and written by either, only the same
  /// row's.
  bool isRowByRow(const MatrixNest &nest, std::string &why) {
    for (const MatrixNest &before : plan.nests)
      for (OpOperand &left : before.op->getOpOperands())
        for (OpOperand &right : nest.op->getOpOperands())
          if (mayMeet(before, left, nest, right) && !areSameRow(before, left, nest, right)) {
            why = "another row reads or writes what a row does";
            return false;
          }
    return true;
  }

  static bool mayMeet(MatrixNest left, OpOperand &a, MatrixNest right, OpOperand &b) {
    bool writesA = left.op.isDpsInit(&a), writesB = right.op.isDpsInit(&b);
    return (writesA || writesB) && isa<MemRefType>(a.get().getType()) && isa<MemRefType>(b.get().getType()) &&
           accessOf(a.get(), writesA).conflictsWith(accessOf(b.get(), writesB));
  }

  static bool areSameRow(const MatrixNest &left, OpOperand &a, const MatrixNest &right, OpOperand &b) {
    AffineMap map = left.maps[a.getOperandNumber()];
    for (unsigned loop = 0; loop <= left.getRows(); ++loop)
      if (left.sizes[loop] != 1 && !map.isFunctionOfDim(loop))
        return false;
    return a.get() == b.get() && map == right.maps[b.getOperandNumber()];
  }

  /// Moves what makes `value` before `place`, if it stands behind it.
  static void moveBefore(Value value, Operation *place) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != place->getBlock() || op->isBeforeInBlock(place))
      return;
    for (Value operand : op->getOperands())
      moveBefore(operand, place);
    op->moveBefore(place);
  }

  std::string describe() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    unsigned products = llvm::count_if(plan.nests, [](const MatrixNest &nest) { return nest.isProduct(); });
    os << products << " product(s) of matrices";
    if (plan.nests.size() > products)
      os << " and " << plan.nests.size() - products << " pointwise op(s) on them";
    os << " run together over ";
    llvm::interleave(plan.nests.front().sizes, os, "x");
    os << ", in tiles of " << plan.rows << " rows";
    return text;
  }

  MatrixPlan plan;
};

struct FuseMatrices : rondo::impl::FuseMatricesBase<FuseMatrices> {
  using FuseMatricesBase::FuseMatricesBase;

  void runOnOperation() override {
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(getOperation())))
      return signalPassFailure();
    SmallVector<Operation *> candidates;
    getOperation()->walk([&](linalg::GenericOp op) { candidates.push_back(op); });
    llvm::DenseSet<Operation *> grouped;
    for (Operation *op : candidates) {
      std::string why;
      std::optional<MatrixNest> nest = grouped.contains(op) ? std::nullopt : matrixNestOf(op, why);
      if (!nest || machine.lanesOf(nest->element) == 1)
        continue;
      Group group(*nest);
      group.collect();
      if (!group.hasProduct())
        continue;
      if (!group.isWorthwhile(machine)) {
        reportMissed(op, "fused",
                     [] { return "nests run one after the other over matrices that are kept of each step"; });
        continue;
      }
      for (const MatrixNest &member : group.getNests())
        grouped.insert(member.op);
      group.emit(machine);
    }
  }
};

} // namespace
