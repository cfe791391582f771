// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.contract and rondo.gate_product -> rondo.phase.
//
// Contractions that are summands of one sum and have equal loops (the four products of a cell's gradient with its
// recurrent weights) become one phase with all products in its sum.

#include "passes/linalg/LowerToLinalg.h"

#include "dialect/SegmentsAttribute.h"
#include "dialect/SumAttributes.h"
#include "passes/linalg/PhaseBuilder.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/MatrixProducts.h"

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
  if (isParameter(lanes) ||
      (isLoopOfSteps(op->getParentOp()) && cast<LoopLikeOpInterface>(op->getParentOp()).isDefinedOutsideOfLoop(lanes)))
    return false;
  return llvm::all_of(einsum.result,
                      [&](char letter) { return StringRef(lanesOnRight ? einsum.rhs : einsum.lhs).contains(letter); });
}

/// An outer product as pointwise ops, which join those that read it.
static Value buildOuterProduct(IRRewriter &rewriter, ContractOp op, const Einsum &einsum) {
  auto repeat = [&](Value operand, StringRef term) -> Value {
    SmallVector<int64_t> dims;
    for (char letter : term)
      dims.push_back(einsum.result.find(letter));
    return BroadcastOp::create(rewriter, op.getLoc(), op.getType(), operand, dims);
  };
  Value lhs = repeat(op.getLhs(), einsum.lhs), rhs = repeat(op.getRhs(), einsum.rhs);
  return arith::MulFOp::create(rewriter, op.getLoc(), lhs, rhs);
}

/// A contraction as a linalg.generic with these loops. Without a sum it is pointwise.
static linalg::GenericOp buildPlainContraction(IRRewriter &rewriter, ContractOp op, const Einsum &einsum,
                                               const std::string &loops, Value init) {
  Location loc = op.getLoc();
  auto mapOf = [&](StringRef term) {
    SmallVector<unsigned> dims;
    for (char letter : term)
      dims.push_back(loops.find(letter));
    return projection(rewriter.getContext(), loops.size(), dims);
  };
  SmallVector<utils::IteratorType> iterators;
  for (char letter : loops)
    iterators.push_back(StringRef(einsum.result).contains(letter) ? utils::IteratorType::parallel
                                                                  : utils::IteratorType::reduction);
  bool isSum = llvm::is_contained(iterators, utils::IteratorType::reduction);
  return linalg::GenericOp::create(rewriter, loc, init.getType(), ValueRange{op.getLhs(), op.getRhs()}, init,
                                   ArrayRef<AffineMap>{mapOf(einsum.lhs), mapOf(einsum.rhs), mapOf(einsum.result)},
                                   iterators, [&](OpBuilder &b, Location loc, ValueRange args) {
                                     Value value = arith::MulFOp::create(b, loc, args[0], args[1]);
                                     if (isSum)
                                       value = arith::AddFOp::create(b, loc, args[2], value);
                                     linalg::YieldOp::create(b, loc, value);
                                   });
}

/// What a contraction begins with: zeros, or anything where nothing is added to it.
static Value initOf(IRRewriter &rewriter, ContractOp op, const Einsum &einsum) {
  ArrayRef<int64_t> shape = op.getType().getShape();
  Type element = op.getType().getElementType();
  return einsum.contracted().empty() ? emptyTensor(rewriter, op.getLoc(), shape, element)
                                     : filledTensor(rewriter, op.getLoc(), shape, element, 0);
}

/// A product of the matrices that a step makes, as a nest over these in their order, as that which makes them is. What
/// it begins with is made before that.
static Value buildMatrixProduct(IRRewriter &rewriter, ContractOp op, const Einsum &einsum) {
  rewriter.setInsertionPointToStart(op->getBlock());
  Value zero = initOf(rewriter, op, einsum);
  rewriter.setInsertionPoint(op);
  const std::string &loops = matricesOf(op) == op.getLhs() ? einsum.lhs : einsum.rhs;
  linalg::GenericOp nest = buildPlainContraction(rewriter, op, einsum, loops, zero);
  nest->setAttr(matrixProductAttribute, rewriter.getUnitAttr());
  return nest.getResult(0);
}

void rondo::markMatrixProducts(ScanOp scan) {
  for (auto op : scan.getBlock().getOps<ContractOp>())
    if (Value matrices = matricesOf(op); matrices && scan.getRegion().isAncestor(matrices.getParentRegion()))
      op->setAttr(matrixProductAttribute, UnitAttr::get(op.getContext()));
}

arith::AddFOp rondo::findChain(Value value) {
  auto add = value.hasOneUse() ? dyn_cast<arith::AddFOp>(*value.user_begin()) : arith::AddFOp();
  return add && add->hasAttr(chainAttribute) && add.getRhs() == value ? add : arith::AddFOp();
}

/// A product that goes on from another sum, in a nest of its own.
static void lowerChain(IRRewriter &rewriter, ContractOp op, arith::AddFOp add, const Machine &machine) {
  Einsum einsum = Einsum::ofVerified(op.getSpec());
  rewriter.setInsertionPoint(add);
  auto product = productOf(op.getLhs(), op.getRhs(), einsum);
  if (product && !isBetterAlongTerms(op, einsum)) {
    product->first.begin = add.getLhs();
    rewriter.replaceOp(add, buildPhase(rewriter, op.getLoc(), machine, product->second, product->first, 1));
  } else {
    std::string loops = einsum.result + einsum.contracted();
    rewriter.replaceOp(add, buildPlainContraction(rewriter, op, einsum, loops, add.getLhs()));
  }
  rewriter.eraseOp(op);
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
    if (arith::AddFOp add = findChain(op); add && !einsum.contracted().empty()) {
      lowerChain(rewriter, op, add, machine);
      continue;
    }
    if (makesMatrices(op)) {
      rewriter.setInsertionPoint(op);
      rewriter.replaceOp(op, buildOuterProduct(rewriter, op, einsum));
      continue;
    }
    if (op->hasAttr(matrixProductAttribute)) {
      rewriter.replaceOp(op, buildMatrixProduct(rewriter, op, einsum));
      continue;
    }
    auto product = productOf(op.getLhs(), op.getRhs(), einsum);
    // What has no lanes (a scalar result), nothing to sum over or sums along contiguous memory.
    if (!product || isBetterAlongTerms(op, einsum)) {
      rewriter.setInsertionPoint(op);
      std::string loops = einsum.result + einsum.contracted();
      rewriter.replaceOp(op, buildPlainContraction(rewriter, op, einsum, loops, initOf(rewriter, op, einsum)));
      continue;
    }
    Operation *sum = sumOf(op);
    auto group = llvm::find_if(groups, [&](const Group &group) {
      return sum && group.sum == sum && group.loops == product->second && !group.loops.descending &&
             group.ops[0]->getBlock() == op->getBlock();
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
  bool goesOn = llvm::any_of(op.getResults(), [](Value result) { return bool(findChain(result)); });
  if (!loops || goesOn || !StringRef(einsum.rhs).contains(lanes) || StringRef(einsum.lhs).contains(lanes)) {
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
  bool inLoop = isLoopOfSteps(op->getParentOp());
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
