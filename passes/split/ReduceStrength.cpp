// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-reduce-strength: what cheaper ops compute as well, or fewer numbers.
//
// Normalisation divides each number of a row by the row's deviation, its derivative twice more; derivatives of slices
// add up tensors that are zero but for a part; derivatives of differences negate what they sum; sums that are scaled by
// their running maximum take two exponentials of which one is 1.

#include "passes/Passes.h"
#include "passes/support/JoinExponentials.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/Remarks.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_REDUCESTRENGTH
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Whether `value` is a square root, or a scan's at each of its steps. No square root is so small, but for 0, that its
/// reciprocal is infinite.
bool isRoot(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto scan = dyn_cast<ScanOp>(argument.getOwner()->getParentOp());
    unsigned states = scan ? scan.getNumStates() : 0;
    return scan && argument.getArgNumber() >= states && isRoot(scan.getSequences()[argument.getArgNumber() - states]);
  }
  if (auto scan = value.getDefiningOp<ScanOp>()) {
    unsigned number = cast<OpResult>(value).getResultNumber(), states = scan.getNumStates();
    return number >= states && isRoot(scan.getYield().getEmitted()[number - states]);
  }
  return isa_and_nonnull<math::SqrtOp>(value.getDefiningOp());
}

/// Whether so few numbers are divided by each root that quotients stay.
bool isForFew(BroadcastOp roots) {
  constexpr int64_t many = 8;
  return roots.getType().getNumElements() < many * roots.getOperand().getType().getNumElements();
}

/// Quotients by roots that stay, by their places in the program: where a root does not vary over rows or positions, it
/// depends on their number how many are divided by it, and one product rounds otherwise than one quotient. What one of
/// the functions that compute outputs keeps, all of these keep, so that all have the same bits.
class KeptQuotients {
public:
  explicit KeptQuotients(ModuleOp module) {
    for (auto function : module.getOps<func::FuncOp>())
      if (computesOutputs(function))
        function.walk([&](arith::DivFOp quotient) {
          auto roots = quotient.getRhs().getDefiningOp<BroadcastOp>();
          if (isRoot(roots ? roots.getOperand() : quotient.getRhs()) && (!roots || isForFew(roots)))
            places.insert(quotient.getLoc());
        });
  }
  bool contain(arith::DivFOp quotient) const {
    return places.contains(quotient.getLoc()) && computesOutputs(quotient->getParentOfType<func::FuncOp>());
  }

private:
  llvm::DenseSet<Location> places;
};

/// The reciprocals of roots; a scan reads those of a sequence, which are made before it.
class Reciprocals {
public:
  Reciprocals(IRRewriter &rewriter, const KeptQuotients &kept) : rewriter(rewriter), kept(kept) {}

  /// a / r, with one root r for many numbers, becomes a product with its reciprocal.
  void replaceQuotients(BroadcastOp roots) {
    if (isForFew(roots) || !isRoot(roots.getOperand()))
      return;
    Value repeated;
    for (OpOperand &use : llvm::make_early_inc_range(roots->getUses())) {
      auto quotient = dyn_cast<arith::DivFOp>(use.getOwner());
      if (!quotient || quotient.getLhs() == roots.getResult())
        continue;
      if (kept.contain(quotient)) {
        reportMissed(quotient, "replaced", [] { return "other calls divide fewer numbers by this root"; });
        continue;
      }
      if (!repeated) {
        Value reciprocal = of(roots.getOperand(), roots);
        rewriter.setInsertionPointAfter(roots);
        repeated = BroadcastOp::create(rewriter, roots.getLoc(), roots.getType(), reciprocal, roots.getDims());
      }
      reportDone(quotient, "replaced", [] { return "a quotient by a root is a product with its reciprocal"; });
      rewriter.setInsertionPoint(quotient);
      rewriter.replaceOpWithNewOp<arith::MulFOp>(quotient, quotient.getLhs(), repeated);
    }
  }

private:
  /// The reciprocal of `root`, to be read at `reader`.
  Value of(Value root, Operation *reader) {
    auto argument = dyn_cast<BlockArgument>(root);
    if (!argument) {
      rewriter.setInsertionPoint(reader);
      return invert(root);
    }
    Value &known = ofSequences[argument];
    if (known)
      return known;
    auto scan = cast<ScanOp>(argument.getOwner()->getParentOp());
    rewriter.setInsertionPoint(scan);
    Value sequence = invert(scan.getSequences()[argument.getArgNumber() - scan.getNumStates()]);
    scan.getSequencesMutable().append(sequence);
    known = scan.getBlock().addArgument(argument.getType(), argument.getLoc());
    return known;
  }

  Value invert(Value root) {
    TensorBuilder b(rewriter, root.getLoc());
    return b.div(b.constant(root.getType(), 1), root);
  }

  IRRewriter &rewriter;
  const KeptQuotients &kept;
  llvm::DenseMap<Value, Value> ofSequences;
};

/// The sum of what is negated, which nothing else reads, is negated itself.
void negateSum(IRRewriter &rewriter, ReduceOp op) {
  auto negative = op.getOperand().getDefiningOp<arith::NegFOp>();
  if (!negative || !negative->hasOneUse() || op.getKind() == ReduceKind::max)
    return;
  rewriter.setInsertionPointAfter(op);
  rewriter.modifyOpInPlace(op, [&] { op.getOperandMutable().assign(negative.getOperand()); });
  auto result = arith::NegFOp::create(rewriter, op.getLoc(), op.getResult());
  rewriter.replaceAllUsesExcept(op.getResult(), result, result);
  rewriter.eraseOp(negative);
}

/// A tensor between zeros.
struct Part {
  tensor::InsertSliceOp op;
  int64_t dim, offset;

  /// None if the part is smaller along another dimension than one, or if anything else reads it.
  static std::optional<Part> of(Value value) {
    auto op = value.getDefiningOp<tensor::InsertSliceOp>();
    if (!op || !op->hasOneUse() || !op.hasUnitStride() || !matchPattern(op.getDest(), m_AnyZeroFloat()) ||
        op.getSourceType().getRank() != op.getType().getRank())
      return std::nullopt;
    std::optional<int64_t> dim;
    for (int64_t i = 0; i < op.getType().getRank(); ++i)
      if (op.getSourceType().getDimSize(i) != op.getType().getDimSize(i)) {
        if (dim || op.isDynamicOffset(i))
          return std::nullopt;
        dim = i;
      }
    return dim ? std::optional(Part{op, *dim, op.getStaticOffset(*dim)}) : std::nullopt;
  }
  int64_t size() { return op.getSourceType().getDimSize(dim); }
};

/// Takes the sum `value` apart; whether it has no other summands.
bool isSumOfParts(Value value, SmallVector<Part> &parts, SmallVector<Operation *> &sums) {
  auto add = value.getDefiningOp<arith::AddFOp>();
  if (!add || (!sums.empty() && !add->hasOneUse())) {
    std::optional<Part> part = Part::of(value);
    if (part)
      parts.push_back(*part);
    return part.has_value();
  }
  sums.push_back(add);
  return isSumOfParts(add.getLhs(), parts, sums) && isSumOfParts(add.getRhs(), parts, sums);
}

/// A sum of parts that meet nowhere and leave nothing out is their concatenation.
void joinParts(IRRewriter &rewriter, arith::AddFOp op) {
  SmallVector<Part> parts;
  SmallVector<Operation *> sums;
  if (!isSumOfParts(op.getResult(), parts, sums))
    return;
  llvm::sort(parts, [](const Part &a, const Part &b) { return a.offset < b.offset; });
  int64_t end = 0, dim = parts.front().dim;
  bool meet = llvm::all_of(parts, [&](Part &part) {
    return part.dim == dim && part.offset == std::exchange(end, part.offset + part.size());
  });
  if (!meet || end != cast<RankedTensorType>(op.getType()).getDimSize(dim))
    return reportMissed(op, "joined", [] { return "the parts overlap or leave something out"; });
  reportDone(op, "joined", [&] { return "the sum of " + std::to_string(parts.size()) + " parts is one tensor"; });
  rewriter.setInsertionPoint(op);
  SmallVector<Value> values;
  for (Part &part : parts)
    values.push_back(part.op.getSource());
  rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, dim, values);
  for (Operation *sum : llvm::drop_begin(sums))
    rewriter.eraseOp(sum);
  for (Part &part : parts)
    rewriter.eraseOp(part.op);
}

/// A difference that is negated where it is not below 0 is less its magnitude: its sign is set, whatever it was.
void setSign(IRRewriter &rewriter, arith::SelectOp op) {
  auto apart = op.getFalseValue().getDefiningOp<arith::SubFOp>();
  auto negative = op.getTrueValue().getDefiningOp<arith::NegFOp>();
  auto isFirst = op.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!apart || !negative || !isFirst || negative.getOperand() != apart.getResult() ||
      isFirst.getPredicate() != arith::CmpFPredicate::OGE || isFirst->getOperands() != apart->getOperands())
    return;
  rewriter.setInsertionPoint(op);
  Value magnitude = math::AbsFOp::create(rewriter, op.getLoc(), apart);
  rewriter.replaceOpWithNewOp<arith::NegFOp>(op, magnitude);
  if (negative->use_empty())
    rewriter.eraseOp(negative);
}

struct ReduceStrength : rondo::impl::ReduceStrengthBase<ReduceStrength> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<BroadcastOp> broadcasts;
    SmallVector<ReduceOp> reductions;
    SmallVector<arith::AddFOp> sums; // each before its summands
    SmallVector<arith::SelectOp> choices;
    joinExponentials(getOperation(), /*hasStops=*/false);
    getOperation()->walk([&](Operation *op) {
      if (auto broadcast = dyn_cast<BroadcastOp>(op))
        broadcasts.push_back(broadcast);
      else if (auto reduction = dyn_cast<ReduceOp>(op))
        reductions.push_back(reduction);
      else if (auto choice = dyn_cast<arith::SelectOp>(op); choice && isa<RankedTensorType>(choice.getType()))
        choices.push_back(choice);
      else if (auto sum = dyn_cast<arith::AddFOp>(op); sum && isa<RankedTensorType>(sum.getType()))
        if (!sum->hasOneUse() || !isa<arith::AddFOp>(*sum->user_begin()))
          sums.push_back(sum);
    });
    KeptQuotients kept(getOperation());
    Reciprocals reciprocals(rewriter, kept);
    for (BroadcastOp op : broadcasts)
      reciprocals.replaceQuotients(op);
    for (ReduceOp op : reductions)
      negateSum(rewriter, op);
    for (arith::AddFOp op : sums)
      joinParts(rewriter, op);
    for (arith::SelectOp op : choices)
      setSign(rewriter, op);
  }
};

} // namespace
