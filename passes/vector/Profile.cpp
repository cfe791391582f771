// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Marks where each nest begins, for a clock.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/vector/SweepPlan.h"
#include "passes/vector/VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

namespace rondo {
#define GEN_PASS_DEF_PROFILE
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

/// The lines of the program that an op comes from, "lstm.rondo:5,6 LSTM.rondo:7".
std::string linesOf(Operation *nest) {
  std::map<std::string, std::set<unsigned>> lines;
  nest->walk([&](Operation *op) {
    op->getLoc()->walk([&](Location part) {
      if (auto place = dyn_cast<FileLineColLoc>(part))
        lines[llvm::sys::path::filename(place.getFilename()).str()].insert(place.getLine());
      return WalkResult::advance();
    });
  });
  std::string text;
  llvm::raw_string_ostream os(text);
  for (auto &[file, numbers] : lines) {
    os << (text.empty() ? "" : " ") << file << ':';
    llvm::interleave(numbers, os, ",");
  }
  return text;
}

/// What a nest is: its function and op, the extents of its loops or of what it writes, its lines.
std::string describe(Operation *op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << op->getParentOfType<func::FuncOp>().getName() << ": " << op->getName();
  auto print = [&](ArrayRef<int64_t> sizes) {
    os << ' ';
    llvm::interleave(sizes, os, "x");
  };
  if (auto sweep = op->getAttrOfType<DenseI64ArrayAttr>(rondo::sweepAttribute)) {
    os << " point by point";
    print(sweep.asArrayRef());
  } else if (auto phase = dyn_cast<rondo::PhaseOp>(op)) {
    print(phase.getBounds().take_front(phase.getNumParallel()));
    os << " over";
    print(phase.getBounds().drop_front(phase.getNumParallel()));
    os << ", " << phase.getNumSums() << (phase.getNumSums() == 1 ? " sum" : " sums");
  } else if (auto nest = dyn_cast<linalg::LinalgOp>(op))
    print(nest.getStaticLoopRanges());
  else if (auto written = dyn_cast<DestinationStyleOpInterface>(op); written && written.getNumDpsInits())
    if (auto type = dyn_cast<ShapedType>(written.getDpsInits().front().getType()))
      print(type.getShape());
  os << "  " << linesOf(op);
  return text;
}

/// The floating-point operations of a phase's products, two for each term of a sum; 0 for other nests.
double flopsOf(Operation *op) {
  auto phase = dyn_cast<rondo::PhaseOp>(op);
  if (!phase)
    return 0;
  double flops = 0;
  for (ArrayRef<Value> summands : rondo::summandsOf(phase.getSums().front()))
    flops += 2 * double(summands.size());
  for (int64_t bound : phase.getBounds())
    flops *= double(bound);
  return flops;
}

/// Whether running the op takes time: it touches more of the memory than one element.
bool takesTime(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>() || isa<memref::LoadOp, memref::StoreOp>(op))
    return false;
  return op->getNumRegions() || !isMemoryEffectFree(op);
}

class Profile : public rondo::impl::ProfileBase<Profile> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder builder(module.getBodyRegion());
    SmallVector<Attribute> places{builder.getStringAttr("between nests")};
    SmallVector<double> flops{0};
    auto type = builder.getFunctionType(builder.getI64Type(), {});
    auto hook = func::FuncOp::create(builder, module.getLoc(), "rondo_profile", type);
    hook.setPrivate();
    auto mark = [&](Operation *before, int64_t place) {
      builder.setInsertionPoint(before);
      Value index = arith::ConstantIntOp::create(builder, before->getLoc(), place, 64);
      func::CallOp::create(builder, before->getLoc(), hook, index);
    };
    std::function<void(Block &)> visit = [&](Block &block) {
      for (Operation &op : llvm::make_early_inc_range(block)) {
        if (isa<scf::ForOp, scf::IfOp>(op) && !op.hasAttr(rondo::sweepAttribute)) {
          for (Region &region : op.getRegions())
            for (Block &inner : region)
              visit(inner);
          // What follows a loop without a mark of its own is no part of its last nest.
          if (Operation *next = op.getNextNode())
            mark(next, 0);
        } else if (takesTime(&op)) {
          mark(&op, places.size());
          places.push_back(builder.getStringAttr(describe(&op)));
          flops.push_back(flopsOf(&op));
        }
      }
    };
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isExternal()) {
        visit(function.getBody().front());
        mark(function.getBody().front().getTerminator(), 0);
      }
    module->setAttr(rondo::profileAttribute, builder.getArrayAttr(places));
    module->setAttr(rondo::profileFlopsAttribute, builder.getDenseF64ArrayAttr(flops));
  }
};

} // namespace
