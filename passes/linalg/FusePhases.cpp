// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A pointwise linalg.generic that reads the results of a phase becomes the phase's pointwise body.

#include "passes/Passes.h"
#include "passes/support/PhaseShape.h"
#include "passes/support/Remarks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_FUSEPHASES
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Whether all that reads the phase's results stands after `pointwise` or is it, and reads them at its own points.
bool canSink(PhaseOp phase, linalg::GenericOp pointwise) {
  for (OpOperand &use : phase->getUses()) {
    Operation *user = phase->getBlock()->findAncestorOpInBlock(*use.getOwner());
    if (user == pointwise.getOperation() ? use.getOwner() != user || !pointwise.isDpsInput(&use) ||
                                               !pointwise.getMatchingIndexingMap(&use).isIdentity()
                                         : !pointwise->isBeforeInBlock(user))
      return false;
  }
  return true;
}

/// Why the phase cannot take over `pointwise`; empty if it can.
StringRef obstacleTo(PhaseOp phase, linalg::GenericOp pointwise, const Machine &machine) {
  if (phase->getBlock() != pointwise->getBlock())
    return "the products are outside of the loop";
  if (!yieldsSums(phase))
    return "the products have a pointwise part already";
  if (phase.getAccumulate())
    return "the sums go on from those before";
  if (hasLongSums(phase, machine))
    return "the sums are computed in blocks";
  if (phase.getBounds().take_front(phase.getNumParallel()) != ArrayRef<int64_t>(pointwise.getStaticLoopRanges()))
    return "the pointwise part has other points";
  return canSink(phase, pointwise) ? "" : "others read the sums before the pointwise part does";
}

double workOf(PhaseOp phase) { return double(ShapedType::getNumElements(phase.getBounds())) * phase.getNumSums(); }

bool isPointwise(linalg::GenericOp op) {
  return op.getNumReductionLoops() == 0 && op.getNumLoops() > 0 && op.hasPureTensorSemantics() &&
         isPointwiseBody(*op.getBody()) &&
         llvm::all_of(op.getDpsInits(),
                      [](Value init) { return isa<FloatType>(getElementTypeOrSelf(init.getType())); }) &&
         llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) { return map.isProjectedPermutation(); }) &&
         llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &init) {
           return op.getMatchingIndexingMap(&init).isIdentity() && !op.payloadUsesValueFromOperand(&init);
         });
}

/// The fused phase in the place of `pointwise`.
class Fusion {
public:
  Fusion(IRRewriter &rewriter, PhaseOp phase, linalg::GenericOp pointwise)
      : rewriter(rewriter), phase(phase), pointwise(pointwise) {}

  void run() {
    rewriter.setInsertionPoint(pointwise);
    Location loc = rewriter.getFusedLoc({phase.getLoc(), pointwise.getLoc()});
    for (unsigned i = 0; i < phase.getInputs().size(); ++i) {
      inputs.push_back(phase.getInputs()[i]);
      maps.push_back(phase.getMap(i));
    }
    SmallVector<Value> outputs;
    SmallVector<OpResult> kept; // sums that others read too
    for (OpResult sum : phase->getResults())
      if (llvm::any_of(sum.getUsers(), [&](Operation *user) { return user != pointwise; })) {
        kept.push_back(sum);
        outputs.push_back(phase.getOutputs()[sum.getResultNumber()]);
      }
    llvm::append_range(outputs, pointwise.getDpsInits());
    SmallVector<unsigned> inputOf;
    for (OpOperand *input : pointwise.getDpsInputOperands())
      inputOf.push_back(addInput(*input));
    AffineMap points = phase.getMap(phase.getInputs().size());
    SmallVector<AffineMap> all(maps);
    all.append(outputs.size(), points);
    auto fused = PhaseOp::create(rewriter, loc, TypeRange(ValueRange(outputs)), phase.getBounds(), phase.getParallel(),
                                 inputs, outputs, rewriter.getAffineMapArrayAttr(all), phase.getDescending());
    buildSums(fused, loc);
    buildEpilogue(fused, loc, kept, inputOf);
    for (auto [sum, result] : llvm::zip(kept, fused.getResults()))
      rewriter.replaceUsesWithIf(sum, result, [&](OpOperand &use) { return use.getOwner() != pointwise; });
    rewriter.replaceOp(pointwise, fused.getResults().drop_front(kept.size()));
    rewriter.eraseOp(phase);
  }

private:
  static constexpr unsigned isSum = ~0u;

  /// The fused phase's input for one of the pointwise op, or isSum.
  unsigned addInput(OpOperand &operand) {
    if (operand.get().getDefiningOp() == phase)
      return isSum;
    AffineMap map = pointwise.getMatchingIndexingMap(&operand);
    map = AffineMap::get(phase.getBounds().size(), 0, map.getResults(), rewriter.getContext());
    for (unsigned i = 0; i < inputs.size(); ++i)
      if (inputs[i] == operand.get() && maps[i] == map)
        return i;
    inputs.push_back(operand.get());
    maps.push_back(map);
    return inputs.size() - 1;
  }

  SmallVector<Type> elementTypes() {
    return llvm::map_to_vector(inputs, [](Value input) { return getElementTypeOrSelf(input.getType()); });
  }

  void buildSums(PhaseOp fused, Location loc) {
    OpBuilder::InsertionGuard guard(rewriter);
    SmallVector<Type> types = elementTypes();
    Block *body = rewriter.createBlock(&fused.getSums(), {}, types, SmallVector<Location>(types.size(), loc));
    Block &old = phase.getSums().front();
    rewriter.mergeBlocks(&old, body, body->getArguments().take_front(old.getNumArguments()));
  }

  void buildEpilogue(PhaseOp fused, Location loc, ArrayRef<OpResult> kept, ArrayRef<unsigned> inputOf) {
    OpBuilder::InsertionGuard guard(rewriter);
    unsigned sums = fused.getNumSums();
    SmallVector<Type> types(fused.getSums().front().getTerminator()->getOperandTypes());
    llvm::append_range(types, elementTypes());
    Block *body = rewriter.createBlock(&fused.getEpilogue(), {}, types, SmallVector<Location>(types.size(), loc));
    IRMapping mapping;
    for (auto [i, operand] : llvm::enumerate(pointwise.getDpsInputOperands()))
      mapping.map(pointwise.getBody()->getArgument(i),
                  inputOf[i] == isSum ? body->getArgument(cast<OpResult>(operand->get()).getResultNumber())
                                      : body->getArgument(sums + inputOf[i]));
    for (Operation &op : pointwise.getBody()->without_terminator())
      rewriter.clone(op, mapping);
    SmallVector<Value> yielded;
    for (OpResult sum : kept)
      yielded.push_back(body->getArgument(sum.getResultNumber()));
    for (Value value : pointwise.getBody()->getTerminator()->getOperands())
      yielded.push_back(mapping.lookupOrDefault(value));
    PhaseYieldOp::create(rewriter, loc, yielded);
  }

  IRRewriter &rewriter;
  PhaseOp phase;
  linalg::GenericOp pointwise;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
};

struct FusePhases : rondo::impl::FusePhasesBase<FusePhases> {
  using FusePhasesBase::FusePhasesBase;

  void runOnOperation() override {
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(getOperation())))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (isPointwise(op))
        ops.push_back(op);
    });
    for (linalg::GenericOp op : ops) {
      PhaseOp best;
      for (Value input : op.getDpsInputs())
        if (auto phase = input.getDefiningOp<PhaseOp>();
            phase && obstacleTo(phase, op, machine).empty() && (!best || workOf(phase) > workOf(best)))
          best = phase;
      for (Value input : op.getDpsInputs())
        if (auto phase = input.getDefiningOp<PhaseOp>(); phase && phase != best)
          reportMissed(phase, "fused", [&] {
            StringRef obstacle = obstacleTo(phase, op, machine);
            return (obstacle.empty() ? "the pointwise part is fused with a larger product" : obstacle).str();
          });
      if (!best)
        continue;
      reportDone(best, "fused", [&] {
        return ("with " + Twine(std::distance(op.getBody()->begin(), op.getBody()->end()) - 1) +
                " pointwise op(s), which take the sums from registers")
            .str();
      });
      Fusion(rewriter, best, op).run();
    }
  }
};

} // namespace
