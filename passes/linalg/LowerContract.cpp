// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.contract and rondo.gate_product -> rondo.phase.
//
// Contractions that are summands of one sum and have equal loops (the four products of a cell's gradient with its
// recurrent weights) become one phase with all products in its sum.

#include "passes/linalg/LowerToLinalg.h"
#include "passes/linalg/PhaseBuilder.h"
#include "passes/support/LinalgBuilders.h"

#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace rondo;

/// Whether each result is better a sum along contiguous memory: where the operand with the lanes has them elsewhere
/// than last, and no rows share it, so that turning it around would take as long as the product. How many rows there
/// are decides nothing: it may be how many a call has, of which no bit may depend.
static bool isBetterAlongTerms(ContractOp op, const Einsum &einsum) {
  if (einsum.result.empty() || einsum.lhs.empty() || einsum.rhs.empty() || einsum.lhs.back() != einsum.rhs.back() ||
      StringRef(einsum.result).contains(einsum.lhs.back()))
    return false;
  bool lanesOnRight = StringRef(einsum.rhs).contains(einsum.result.back());
  Value lanes = lanesOnRight ? op.getRhs() : op.getLhs();
  // What a loop around does not change is laid out once.
  if (auto loop = dyn_cast<LoopLikeOpInterface>(op->getParentOp());
      isParameter(lanes) || (loop && loop.isDefinedOutsideOfLoop(lanes)))
    return false;
  return llvm::all_of(einsum.result,
                      [&](char letter) { return StringRef(lanesOnRight ? einsum.rhs : einsum.lhs).contains(letter); });
}

/// What has no lanes (a scalar result), nothing to sum over or sums along contiguous memory, as a linalg.generic.
static Value buildPlainContraction(IRRewriter &rewriter, ContractOp op, const Einsum &einsum) {
  Location loc = op.getLoc();
  std::string loops = einsum.result + einsum.contracted();
  auto mapOf = [&](StringRef term) {
    SmallVector<unsigned> dims;
    for (char letter : term)
      dims.push_back(loops.find(letter));
    return projection(rewriter.getContext(), loops.size(), dims);
  };
  SmallVector<utils::IteratorType> iterators(einsum.result.size(), utils::IteratorType::parallel);
  iterators.append(loops.size() - einsum.result.size(), utils::IteratorType::reduction);
  ArrayRef<int64_t> shape = op.getType().getShape();
  Type element = op.getType().getElementType();
  // Without a sum it is pointwise, and goes with other such ops.
  bool isSum = loops.size() > einsum.result.size();
  Value init = isSum ? filledTensor(rewriter, loc, shape, element, 0) : emptyTensor(rewriter, loc, shape, element);
  return linalg::GenericOp::create(rewriter, loc, init.getType(), ValueRange{op.getLhs(), op.getRhs()}, init,
                                   ArrayRef<AffineMap>{mapOf(einsum.lhs), mapOf(einsum.rhs), mapOf(einsum.result)},
                                   iterators,
                                   [&](OpBuilder &b, Location loc, ValueRange args) {
                                     Value value = arith::MulFOp::create(b, loc, args[0], args[1]);
                                     if (isSum)
                                       value = arith::AddFOp::create(b, loc, args[2], value);
                                     linalg::YieldOp::create(b, loc, value);
                                   })
      .getResult(0);
}

/// The outermost addition of the sum that `value` is a summand of, as far as no one else reads a part of it.
static Operation *sumOf(Value value) {
  Operation *root = nullptr;
  while (value.hasOneUse()) {
    auto add = dyn_cast<arith::AddFOp>(*value.user_begin());
    if (!add || add->getBlock() != value.getDefiningOp()->getBlock())
      break;
    root = add;
    value = add.getResult();
  }
  return root;
}

/// Takes `value` out of the sum that alone reads it.
static void removeSummand(IRRewriter &rewriter, Value value) {
  auto add = cast<arith::AddFOp>(*value.user_begin());
  rewriter.replaceOp(add, add.getLhs() == value ? add.getRhs() : add.getLhs());
}

namespace {
/// Contractions that become one phase: summands of one sum, in the order of the program.
struct Group {
  Operation *sum;
  PhaseLoops loops;
  SmallVector<ContractOp> ops;
};
} // namespace

void rondo::lowerContractions(IRRewriter &rewriter, ArrayRef<ContractOp> ops, const Machine &machine) {
  std::vector<Group> groups;
  for (ContractOp op : ops) {
    Einsum einsum = Einsum::ofVerified(op.getSpec());
    auto product = productOf(op.getLhs(), op.getRhs(), einsum);
    if (!product || isBetterAlongTerms(op, einsum)) {
      rewriter.setInsertionPoint(op);
      rewriter.replaceOp(op, buildPlainContraction(rewriter, op, einsum));
      continue;
    }
    Operation *sum = sumOf(op);
    auto group = llvm::find_if(groups, [&](const Group &group) {
      return sum && group.sum == sum && group.loops == product->second && group.ops[0]->getBlock() == op->getBlock();
    });
    if (group == groups.end()) {
      groups.push_back({sum, product->second, {}});
      group = std::prev(groups.end());
    }
    group->ops.push_back(op);
  }
  for (Group &group : groups) {
    ContractOp last = group.ops.back();
    SmallVector<Location> locations;
    SmallVector<Product> products; // only now: an operand may be the result of a group before this one
    for (ContractOp op : group.ops) {
      locations.push_back(op.getLoc());
      products.push_back(productOf(op.getLhs(), op.getRhs(), Einsum::ofVerified(op.getSpec()))->first);
    }
    rewriter.setInsertionPoint(last);
    SmallVector<Value> results =
        buildPhase(rewriter, rewriter.getFusedLoc(locations), machine, group.loops, products, 1);
    for (ContractOp op : ArrayRef(group.ops).drop_back()) {
      removeSummand(rewriter, op);
      rewriter.eraseOp(op);
    }
    rewriter.replaceOp(last, results);
  }
}

void rondo::lowerGateProduct(IRRewriter &rewriter, GateProductOp op, const Machine &machine) {
  Einsum einsum = Einsum::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(op);
  char lanes = einsum.result.empty() ? 0 : einsum.result.back();
  SmallVector<Product> products;
  std::optional<PhaseLoops> loops;
  for (Value weight : op.getWeights())
    if (auto product = productOf(op.getLhs(), weight, einsum)) {
      loops = product->second;
      products.push_back(product->first);
    }
  if (!loops || !StringRef(einsum.rhs).contains(lanes) || StringRef(einsum.lhs).contains(lanes)) {
    // The lanes run along the shared operand (weight gradients): one product per gate reads just as well.
    SmallVector<Value> results;
    SmallVector<ContractOp> contractions;
    for (auto [weight, result] : llvm::zip(op.getWeights(), op.getResults())) {
      contractions.push_back(
          ContractOp::create(rewriter, op.getLoc(), result.getType(), op.getLhs(), weight, op.getSpec()));
      results.push_back(contractions.back());
    }
    rewriter.replaceOp(op, results);
    return lowerContractions(rewriter, contractions, machine);
  }
  // In a time loop one phase has all gates of a cell in registers. Elsewhere it is better to have tiles of many rows.
  bool inLoop = isa<LoopLikeOpInterface>(op->getParentOp());
  size_t phases = inLoop ? 1 : llvm::divideCeil(products.size(), Machine::sumsForManyRows);
  SmallVector<Value> results;
  for (size_t n = 0; n < phases; ++n) {
    size_t first = n * products.size() / phases, end = (n + 1) * products.size() / phases;
    MutableArrayRef<Product> part = MutableArrayRef(products).slice(first, end - first);
    for (auto [sum, product] : llvm::enumerate(part))
      product.sum = sum;
    llvm::append_range(results, buildPhase(rewriter, op.getLoc(), machine, *loops, part, part.size()));
  }
  rewriter.replaceOp(op, results);
}
