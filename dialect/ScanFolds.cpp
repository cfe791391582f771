// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Canonicalisation of the scan: what nobody reads is not computed, emitted or fed, and nothing is twice.

#include "dialect/ScanParts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Rebuilds `scan` with the states, sequences and emitted values whose flag is set. A dropped state or sequence must
/// have no use in the body, a dropped emitted value or final state none outside.
ScanOp rebuild(PatternRewriter &rewriter, ScanOp scan, ArrayRef<bool> keepState, ArrayRef<bool> keepSequence,
               ArrayRef<bool> keepEmitted) {
  YieldOp yield = scan.getYield();
  SmallVector<Value> next(yield.getNext()), emitted(yield.getEmitted());
  ScanParts parts(scan);
  auto keep = [](auto &values, ArrayRef<bool> kept) {
    unsigned number = 0;
    llvm::erase_if(values, [&](auto) { return !kept[number++]; });
  };
  keep(parts.inits, keepState);
  keep(parts.names, keepState);
  keep(next, keepState);
  keep(parts.sequences, keepSequence);
  keep(parts.emitted, keepEmitted);
  keep(emitted, keepEmitted);
  rewriter.setInsertionPoint(scan);
  ScanOp result = parts.create(rewriter);

  // Dropped arguments have no use left: any value serves as their replacement.
  SmallVector<Value> arguments;
  unsigned kept = 0;
  for (bool keep : llvm::concat<const bool>(keepState, keepSequence))
    arguments.push_back(keep ? result.getBlock().getArgument(kept++) : Value());
  rewriter.setInsertionPoint(yield);
  rewriter.replaceOpWithNewOp<YieldOp>(yield, next, emitted);
  for (auto [argument, value] : llvm::zip(scan.getBlock().getArguments(), arguments))
    if (value)
      rewriter.replaceAllUsesWith(argument, value);
  rewriter.inlineBlockBefore(&scan.getBlock(), &result.getBlock(), result.getBlock().end(), arguments);

  unsigned position = 0;
  SmallVector<Value> results;
  for (bool keep : llvm::concat<const bool>(keepState, keepEmitted))
    results.push_back(keep ? result.getResult(position++) : Value());
  for (auto [old, value] : llvm::zip(scan.getResults(), results))
    if (value)
      rewriter.replaceAllUsesWith(old, value);
  rewriter.eraseOp(scan);
  return result;
}

/// Drops emitted values without a use, sequences that the body does not read, and states that only keep themselves
/// alive or that never change (their initial value is used instead).
struct DropUnused : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    YieldOp yield = scan.getYield();
    SmallVector<bool> keepState, keepSequence, keepEmitted;
    for (unsigned i = 0; i < scan.getNumStates(); ++i) {
      Value argument = scan.getStateArguments()[i];
      bool named = !scan.getStateName(i).empty();
      if (!named && yield.getNext()[i] == argument) {
        // The yielded states come first among the yield's operands.
        rewriter.replaceUsesWithIf(argument, scan.getInits()[i], [&](OpOperand &use) {
          return use.getOwner() != yield || use.getOperandNumber() != i;
        });
        rewriter.replaceAllUsesWith(scan.getFinals()[i], scan.getInits()[i]);
      }
      bool unused = scan.getFinals()[i].use_empty() &&
                    llvm::all_of(argument.getUsers(), [&](Operation *user) { return user == yield; }) &&
                    llvm::none_of(yield.getEmitted(), [&](Value v) { return v == argument; });
      // Only its own next value may read it.
      for (auto [j, value] : llvm::enumerate(yield.getNext()))
        unused &= value != argument || j == i;
      keepState.push_back(named || !unused);
    }
    for (Value argument : scan.getSequenceArguments())
      keepSequence.push_back(!argument.use_empty());
    for (Value value : scan.getEmitted())
      keepEmitted.push_back(!value.use_empty());
    auto all = [](ArrayRef<bool> flags) { return llvm::all_of(flags, [](bool flag) { return flag; }); };
    if (all(keepState) && all(keepSequence) && all(keepEmitted))
      return failure();
    rebuild(rewriter, scan, keepState, keepSequence, keepEmitted);
    return success();
  }
};

/// A state that starts as another one and goes on in the same way is that one.
struct MergeStates : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    for (unsigned j = 1; j < scan.getNumStates(); ++j)
      for (unsigned i = 0; i < j; ++i)
        if (areEqual(scan, i, j)) {
          rewriter.replaceAllUsesWith(scan.getStateArguments()[j], scan.getStateArguments()[i]);
          rewriter.replaceAllUsesWith(scan.getFinals()[j], scan.getFinals()[i]);
          return success();
        }
    return failure();
  }

private:
  static bool areEqual(ScanOp scan, unsigned i, unsigned j) {
    Value first = scan.getStateArguments()[i], second = scan.getStateArguments()[j];
    bool used = !second.use_empty() || !scan.getFinals()[j].use_empty();
    if (scan.getInits()[i] != scan.getInits()[j] || !scan.getStateName(j).empty() || !used)
      return false;
    auto a = dyn_cast<OpResult>(scan.getYield().getNext()[i]), b = dyn_cast<OpResult>(scan.getYield().getNext()[j]);
    return a && b && a.getResultNumber() == b.getResultNumber() && isMemoryEffectFree(a.getOwner()) &&
           a.getOwner()->getNumRegions() == 0 &&
           OperationEquivalence::isEquivalentTo(
               a.getOwner(), b.getOwner(),
               [&](Value x, Value y) { return success(x == y || (x == first && y == second)); },
               /*markEquivalent=*/nullptr, OperationEquivalence::IgnoreLocations);
  }
};

/// A value emitted twice is emitted once, and a sequence that is fed twice is fed once.
struct MergeEqual : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    bool emitted = useFirst(rewriter, scan.getYield().getEmitted(), scan.getEmitted());
    bool fed = useFirst(rewriter, scan.getSequences(), scan.getSequenceArguments());
    return success(emitted || fed);
  }

private:
  /// Of the `copies` of equal `values` only the first is used from now on; whether one changed.
  static bool useFirst(PatternRewriter &rewriter, ValueRange values, ValueRange copies) {
    bool changed = false;
    llvm::SmallDenseMap<Value, Value> first;
    for (auto [value, copy] : llvm::zip(values, copies)) {
      auto [entry, isNew] = first.try_emplace(value, copy);
      if (!isNew && !copy.use_empty()) {
        rewriter.replaceAllUsesWith(copy, entry->second);
        changed = true;
      }
    }
    return changed;
  }
};

/// A sequence that has one value at all positions, as the cotangent of what a loss adds up, is that value.
struct ReadRepeatedOnce : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    bool changed = false;
    for (auto [sequence, argument] : llvm::zip(scan.getSequences(), scan.getSequenceArguments())) {
      if (argument.use_empty())
        continue;
      rewriter.setInsertionPoint(scan);
      if (Value position = buildPosition(rewriter, sequence, cast<RankedTensorType>(argument.getType()))) {
        rewriter.replaceAllUsesWith(argument, position);
        changed = true;
      }
    }
    return success(changed);
  }

private:
  /// The value at each position of `sequence`, null if they differ.
  static Value buildPosition(PatternRewriter &rewriter, Value sequence, RankedTensorType type) {
    SplatElementsAttr splat;
    if (matchPattern(sequence, m_Constant(&splat)))
      return arith::ConstantOp::create(rewriter, sequence.getLoc(), splat.resizeSplat(type));
    auto repeated = sequence.getDefiningOp<BroadcastOp>();
    if (!repeated || llvm::is_contained(repeated.getDims(), 0))
      return {};
    auto dims = llvm::map_to_vector(repeated.getDims(), [](int64_t dim) { return dim - 1; });
    return rewriter.createOrFold<BroadcastOp>(sequence.getLoc(), type, repeated.getOperand(), dims);
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropUnused, MergeEqual, MergeStates, ReadRepeatedOnce>(context);
}
