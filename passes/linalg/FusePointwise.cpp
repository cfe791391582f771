// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Pointwise ops that share an iteration space become one linalg.generic with as many results as are read outside.
//
// Each pointwise op gets a level: the greatest number of other ops (products, slices, loops, ...) on a path that leads
// to it within its block. Two ops of one shape and one level can have no such op between them, so they become one loop
// nest, as long as it has few results or they read each other's or the same tensors. Broadcasts to the shape,
// positions, one-hot vectors and random numbers are computed inside of it.

#include "dialect/SegmentsAttribute.h"
#include "passes/Passes.h"
#include "passes/linalg/RandomNumbers.h"
#include "passes/support/LinalgBuilders.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace rondo {
#define GEN_PASS_DEF_FUSEPOINTWISE
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// An op whose result does not have the operands' shape: its operands come from outside of its loop nest.
bool changesShape(Operation *op) { return isa<BroadcastOp, IotaOp, OneHotOp, RandomOp>(op); }

/// An op of which each reader may as well have its own.
bool isRepetition(Operation *op) { return isa<BroadcastOp, IotaOp>(op); }

bool isPointwise(Operation *op) {
  if (op->getNumResults() != 1 || !isa<RankedTensorType>(op->getResult(0).getType()))
    return false;
  return changesShape(op) || (op->hasTrait<OpTrait::Elementwise>() && !op->hasTrait<OpTrait::ConstantLike>());
}

/// The level of every op in `block`.
llvm::DenseMap<Operation *, unsigned> computeLevels(Block &block) {
  llvm::DenseMap<Operation *, unsigned> levels;
  for (Operation &op : block) {
    unsigned level = 0;
    bool pointwise = isPointwise(&op), reshapes = changesShape(&op);
    auto visit = [&](Value operand) {
      Operation *producer = operand.getDefiningOp();
      if (!producer)
        return;
      producer = block.findAncestorOpInBlock(*producer);
      if (!producer || producer == &op || producer->hasTrait<OpTrait::ConstantLike>())
        return;
      bool inside = pointwise && !reshapes && isPointwise(producer) &&
                    operand.getType() == producer->getResult(0).getType() &&
                    cast<RankedTensorType>(operand.getType()).getShape() ==
                        cast<RankedTensorType>(op.getResult(0).getType()).getShape();
      level = std::max(level, levels[producer] + (inside ? 0 : 1));
    };
    op.walk([&](Operation *nested) { llvm::for_each(nested->getOperands(), visit); });
    levels[&op] = level;
  }
  return levels;
}

Value buildOneHot(OpBuilder &b, Location loc, OneHotOp op, Value token) {
  Type element = op.getType().getElementType();
  Value index = linalg::IndexOp::create(b, loc, op.getType().getRank() - 1);
  index = arith::IndexCastOp::create(b, loc, b.getI32Type(), index);
  Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, index, token);
  Value one = floatConstant(b, loc, element, 1), zero = floatConstant(b, loc, element, 0);
  return arith::SelectOp::create(b, loc, equal, one, zero);
}

Value buildIota(OpBuilder &b, Location loc, IotaOp op) {
  return arith::IndexCastOp::create(b, loc, b.getI32Type(), linalg::IndexOp::create(b, loc, op.getDim()));
}

/// 1 / (1 + exp(-x)): infinities come out right and NaN stays NaN.
Value buildSigmoid(OpBuilder &b, Location loc, Value x) {
  Value one = floatConstant(b, loc, x.getType(), 1);
  Value negative = arith::NegFOp::create(b, loc, x);
  Value exponential = math::ExpOp::create(b, loc, negative);
  Value denominator = arith::AddFOp::create(b, loc, one, exponential);
  return arith::DivFOp::create(b, loc, one, denominator);
}

/// Pointwise ops of one shape and level.
class Cluster {
public:
  SmallVector<Operation *> ops;

  /// Replaces the ops by one linalg.generic before the last of them.
  void fuse(IRRewriter &rewriter) {
    Operation *last = ops.back();
    rewriter.setInsertionPoint(last);
    Location loc =
        rewriter.getFusedLoc(llvm::to_vector(llvm::map_range(ops, [](Operation *op) { return op->getLoc(); })));
    auto shape = typeOf(last->getResult(0)).getShape();
    llvm::SetVector<Operation *> members(llvm::from_range, ops);
    collectInputs(rewriter.getContext(), shape.size(), members);

    SmallVector<Value> outputs, inits;
    for (Operation *op : ops)
      if (isReadOutside(op, members)) {
        outputs.push_back(op->getResult(0));
        inits.push_back(emptyTensor(rewriter, loc, shape, typeOf(op->getResult(0)).getElementType()));
      }
    if (outputs.empty()) // dead
      return;
    SmallVector<AffineMap> maps(inputMaps);
    maps.append(outputs.size(), rewriter.getMultiDimIdentityMap(shape.size()));
    SmallVector<utils::IteratorType> iterators(shape.size(), utils::IteratorType::parallel);
    auto generic =
        linalg::GenericOp::create(rewriter, loc, TypeRange(ValueRange(inits)), inputs, inits, maps, iterators,
                                  [&](OpBuilder &b, Location loc, ValueRange args) { buildBody(b, args, outputs); });
    for (auto [output, result] : llvm::zip(outputs, generic.getResults()))
      rewriter.replaceUsesWithIf(output, result, [&](OpOperand &use) {
        return !members.contains(use.getOwner()) || changesShape(use.getOwner());
      });
    for (Operation *op : llvm::reverse(ops))
      rewriter.eraseOp(op);
  }

  /// The same ops in clusters of few results, unless more depend on each other or read one tensor. A nest of hundreds
  /// of independent results, which the layers of a deep stack give, would hold all of them at once.
  std::vector<Cluster> split() {
    constexpr unsigned fewResults = 16;
    llvm::SetVector<Operation *> members(llvm::from_range, ops);
    SmallVector<unsigned> components = numberComponents();
    llvm::MapVector<unsigned, unsigned> resultsOf; // components, in the order of their first ops
    for (auto [op, component] : llvm::zip(ops, components))
      resultsOf[component] += isReadOutside(op, members);
    llvm::DenseMap<unsigned, unsigned> partOf;
    unsigned part = 0, results = 0;
    for (auto [component, more] : resultsOf) {
      if (results != 0 && results + more > fewResults) {
        ++part;
        results = 0;
      }
      results += more;
      partOf[component] = part;
    }
    std::vector<Cluster> parts(part + 1);
    for (auto [op, component] : llvm::zip(ops, components)) // in the block's order
      parts[partOf[component]].ops.push_back(op);
    return parts;
  }

private:
  static bool isReadOutside(Operation *op, const llvm::SetVector<Operation *> &members) {
    return llvm::any_of(op->getUsers(), [&](Operation *user) { return !members.contains(user) || changesShape(user); });
  }

  /// For each op a number that is the same for those that read each other's results or the same tensors.
  SmallVector<unsigned> numberComponents() {
    llvm::IntEqClasses classes(ops.size());
    llvm::DenseMap<Value, unsigned> first;
    for (auto [i, op] : llvm::enumerate(ops)) {
      first.try_emplace(op->getResult(0), i);
      for (Value operand : changesShape(op) ? ValueRange() : ValueRange(op->getOperands()))
        if (isa<RankedTensorType>(operand.getType()) && !matchPattern(operand, m_Constant()))
          classes.join(i, first.try_emplace(operand, i).first->second);
    }
    classes.compress();
    return llvm::map_to_vector(llvm::seq<unsigned>(0, ops.size()), [&](unsigned i) { return classes[i]; });
  }

  static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

  /// Which values come in, and along which loops each of them varies. An operand is keyed by its map too: one value
  /// may come in broadcast in two ways.
  void collectInputs(MLIRContext *context, unsigned rank, const llvm::SetVector<Operation *> &members) {
    auto add = [&](OpOperand &operand, AffineMap map) {
      for (unsigned i = 0; i < inputs.size(); ++i)
        if (inputs[i] == operand.get() && inputMaps[i] == map) {
          inputOf[&operand] = i;
          return;
        }
      inputOf[&operand] = inputs.size();
      inputs.push_back(operand.get());
      inputMaps.push_back(map);
    };
    for (Operation *op : ops)
      for (OpOperand &operand : op->getOpOperands()) {
        Operation *producer = operand.get().getDefiningOp();
        if (changesShape(op)) {
          SmallVector<unsigned> dims;
          if (auto broadcast = dyn_cast<BroadcastOp>(op))
            dims.assign(broadcast.getDims().begin(), broadcast.getDims().end());
          else if (isa<OneHotOp>(op))
            dims = llvm::to_vector(llvm::seq(0u, rank - 1));
          else if (auto random = dyn_cast<RandomOp>(op); random && random.getRows())
            dims.push_back(*random.getRows());
          add(operand, projection(context, rank, dims));
        } else if (producer && members.contains(producer)) {
          continue;
        } else if (!isSplat(operand.get())) {
          unsigned operandRank = isa<RankedTensorType>(operand.get().getType()) ? rank : 0;
          add(operand, AffineMap::getMultiDimIdentityMap(operandRank, context));
          if (operandRank == 0 && rank != 0)
            inputMaps.back() = AffineMap::get(rank, 0, context);
        }
      }
  }

  static bool isSplat(Value value) {
    SplatElementsAttr splat;
    return matchPattern(value, m_Constant(&splat));
  }

  void buildBody(OpBuilder &b, ValueRange arguments, ArrayRef<Value> outputs) {
    IRMapping scalars;
    for (Operation *op : ops) {
      Location loc = op->getLoc();
      SmallVector<Value> operands;
      for (OpOperand &operand : op->getOpOperands()) {
        auto input = inputOf.find(&operand);
        SplatElementsAttr splat;
        if (input != inputOf.end())
          operands.push_back(arguments[input->second]);
        else if (matchPattern(operand.get(), m_Constant(&splat)))
          operands.push_back(arith::ConstantOp::create(b, loc, splat.getSplatValue<TypedAttr>()));
        else
          operands.push_back(scalars.lookup(operand.get()));
      }
      Value result;
      if (isa<BroadcastOp>(op))
        result = operands[0];
      else if (auto iota = dyn_cast<IotaOp>(op))
        result = buildIota(b, loc, iota);
      else if (auto oneHot = dyn_cast<OneHotOp>(op))
        result = buildOneHot(b, loc, oneHot, operands[0]);
      else if (auto random = dyn_cast<RandomOp>(op))
        result = buildRandom(b, loc, random, operands[0], random.getFirst() ? operands[1] : Value());
      else if (isa<SigmoidOp>(op))
        result = buildSigmoid(b, loc, operands[0]);
      else {
        OperationState state(loc, op->getName(), operands, typeOf(op->getResult(0)).getElementType());
        state.addAttributes(llvm::to_vector(op->getDiscardableAttrs()));
        state.propertiesAttr = op->getPropertiesAsAttribute();
        result = b.create(state)->getResult(0);
      }
      scalars.map(op->getResult(0), result);
    }
    SmallVector<Value> results;
    for (Value output : outputs)
      results.push_back(scalars.lookup(output));
    linalg::YieldOp::create(b, ops.back()->getLoc(), results);
  }

  SmallVector<Value> inputs;
  SmallVector<AffineMap> inputMaps;
  llvm::DenseMap<OpOperand *, unsigned> inputOf;
};

/// Gives every reader of a broadcast or of positions one of its own, so that they never go through memory. In a loop it
/// stands beside its reader: what is the same in all steps was taken out of the loop, but a row's gain is read from the
/// nearest cache, and as many copies of it as there are rows are not.
void duplicateRepetitions(IRRewriter &rewriter, Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!isRepetition(&op))
      continue;
    for (OpOperand &use : llvm::make_early_inc_range(op.getUses())) {
      Operation *reader = use.getOwner();
      bool isInside = reader->getBlock() != &block;
      if ((op.hasOneUse() && !isInside) || !isPointwise(reader) || changesShape(reader))
        continue;
      rewriter.setInsertionPoint(isInside ? reader : &op);
      Operation *copy = rewriter.clone(op);
      rewriter.modifyOpInPlace(reader, [&] { use.set(copy->getResult(0)); });
    }
    if (op.use_empty())
      rewriter.eraseOp(&op);
  }
}

/// In a loop over time with nothing but pointwise ops, a comparison of one number for each row, as of a position with
/// the rows' lengths, is made where it is repeated: it is no nest of its own then, over other points than the rest.
void compareWhereRepeated(IRRewriter &rewriter, Block &block) {
  if (!isLoopOfSteps(block.getParentOp()) ||
      llvm::any_of(block, [](Operation &op) { return isa<PhaseOp>(op) || op.getNumRegions() != 0; }))
    return;
  for (arith::CmpIOp compare : llvm::to_vector(block.getOps<arith::CmpIOp>())) {
    auto isRepeated = [&](Operation *user) { return isa<BroadcastOp>(user) && user->getBlock() == &block; };
    if (compare->use_empty() || !llvm::all_of(compare->getUsers(), isRepeated) ||
        llvm::any_of(compare->getOperands(), [](Value operand) { return matchPattern(operand, m_Constant()); }))
      continue;
    for (Operation *user : llvm::make_early_inc_range(compare->getUsers())) {
      auto repetition = cast<BroadcastOp>(user);
      rewriter.setInsertionPoint(repetition);
      auto repeat = [&](Value operand) -> Value {
        SmallVector<int64_t> dims(repetition.getDims());
        auto type = RankedTensorType::get(repetition.getType().getShape(), getElementTypeOrSelf(operand.getType()));
        if (auto before = operand.getDefiningOp<BroadcastOp>()) {
          dims = llvm::map_to_vector(before.getDims(), [&](int64_t dim) { return repetition.getDims()[dim]; });
          operand = before.getOperand();
        }
        return BroadcastOp::create(rewriter, compare.getLoc(), type, operand, dims);
      };
      Value left = repeat(compare.getLhs()), right = repeat(compare.getRhs());
      rewriter.replaceOpWithNewOp<arith::CmpIOp>(repetition, compare.getPredicate(), left, right);
    }
    rewriter.eraseOp(compare);
  }
}

/// How many tensors of the result's own shape a pointwise op reads.
unsigned countWholeOperands(Operation *op) {
  if (changesShape(op))
    return 0;
  llvm::SmallDenseSet<Value> whole;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (isa<RankedTensorType>(operand.getType()) && !(producer && producer->hasTrait<OpTrait::ConstantLike>()) &&
        !(producer && isRepetition(producer)))
      whole.insert(operand);
  }
  return whole.size();
}

/// No functions and no quotients.
bool isArithmetic(Operation &op) { return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp>(op); }

/// A comparison in a loop over time of what is one number for each row.
bool isMaskOfRows(Operation &op) {
  return isa<arith::CmpIOp>(op) && isLoopOfSteps(op.getParentOp()) && countWholeOperands(&op) == 0;
}

/// Whether all that reads `op` is pointwise in the same block, and of its shape.
bool isReadPointwise(Operation &op, Block &block) {
  auto shape = cast<RankedTensorType>(op.getResult(0).getType()).getShape();
  return llvm::all_of(op.getUsers(), [&](Operation *user) {
    return user->getBlock() == &block && isPointwise(user) && !changesShape(user) &&
           cast<RankedTensorType>(user->getResult(0).getType()).getShape() == shape;
  });
}

/// The ops that each reader computes for itself: arithmetic on one tensor that lies in memory in any case, or on what
/// is such arithmetic, and on what is the same for a row. A reader reads as much by that, and the result is not
/// written.
llvm::DenseSet<Operation *> findRecomputed(Block &block) {
  llvm::DenseSet<Operation *> recomputed;
  for (Operation &op : block)
    if ((isArithmetic(op) || isMaskOfRows(op)) && isPointwise(&op) && countWholeOperands(&op) <= 1 &&
        isReadPointwise(op, block) && llvm::all_of(op.getOperands(), [&](Value operand) {
          Operation *producer = operand.getDefiningOp();
          return !producer || producer->getBlock() != &block || !isPointwise(producer) || isRepetition(producer) ||
                 recomputed.contains(producer) || !isReadPointwise(*producer, block);
        }))
      recomputed.insert(&op);
  return recomputed;
}

/// Moves ops to the level at which they are read: repetitions always, and outside of loops, where tensors are too large
/// for the cache, whatever reads one such tensor or none, if only one level reads it. Then it is not written to memory.
/// Repetitions and what is recomputed are copied to each level that reads them.
void sinkOps(IRRewriter &rewriter, Block &block, llvm::DenseMap<Operation *, unsigned> &levels) {
  bool outermost = isa<func::FuncOp>(block.getParentOp()) || hasSegments(block.getParentOp());
  llvm::DenseSet<Operation *> recomputed = findRecomputed(block);
  for (Operation &op : llvm::reverse(block)) {
    bool isCopied = recomputed.contains(&op) || isRepetition(&op);
    if (!isPointwise(&op) || op.use_empty() || !isReadPointwise(op, block) ||
        !(isCopied || (outermost && countWholeOperands(&op) <= 1)))
      continue;
    llvm::MapVector<unsigned, SmallVector<OpOperand *>> readers; // by level
    for (OpOperand &use : op.getUses())
      readers[levels[use.getOwner()]].push_back(&use);
    if (readers.size() > 1 && !isCopied)
      continue;
    levels[&op] = readers.front().first;
    rewriter.setInsertionPointAfter(&op);
    for (auto &[level, uses] : llvm::drop_begin(readers)) {
      Operation *copy = rewriter.clone(op);
      levels[copy] = level;
      for (OpOperand *use : uses)
        rewriter.modifyOpInPlace(use->getOwner(), [&] { use->set(copy->getResult(0)); });
    }
  }
}

/// A sum takes in the arithmetic that is done for it alone. Threads may share what is more by other loops than a sum's.
void fuseIntoSums(IRRewriter &rewriter, Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto sum = dyn_cast<linalg::GenericOp>(op);
    if (!sum || sum.getNumReductionLoops() == 0 || sum.getNumDpsInputs() != 1)
      continue;
    OpOperand *input = sum.getDpsInputOperand(0);
    auto producer = input->get().getDefiningOp<linalg::GenericOp>();
    if (!producer || producer->getBlock() != &block || producer->getNumResults() != 1 || !producer->hasOneUse() ||
        getElementTypeOrSelf(producer->getResult(0).getType()) != getElementTypeOrSelf(sum->getResult(0).getType()) ||
        !llvm::all_of(producer.getRegion().front().without_terminator(), isArithmetic) ||
        !linalg::areElementwiseOpsFusable(input))
      continue;
    rewriter.setInsertionPoint(sum);
    FailureOr<linalg::ElementwiseOpFusionResult> fused = linalg::fuseElementwiseOps(rewriter, input);
    if (failed(fused))
      continue;
    fused->fusedOp->setDiscardableAttrs(sum->getDiscardableAttrDictionary());
    rewriter.replaceOp(sum, fused->fusedOp->getResults().take_back(1));
    rewriter.eraseOp(producer);
  }
}

void fuseBlock(IRRewriter &rewriter, Block &block) {
  llvm::DenseMap<Operation *, unsigned> levels = computeLevels(block);
  sinkOps(rewriter, block, levels);
  llvm::MapVector<std::pair<unsigned, ArrayRef<int64_t>>, Cluster> clusters;
  for (Operation &op : block)
    if (isPointwise(&op))
      clusters[{levels[&op], cast<RankedTensorType>(op.getResult(0).getType()).getShape()}].ops.push_back(&op);
  for (auto &[key, cluster] : clusters)
    for (Cluster &part : cluster.split())
      part.fuse(rewriter);
  // A cluster stands where its last op stood, which may be after a use of another of its ops.
  sortTopologically(&block);
  fuseIntoSums(rewriter, block);
}

struct FusePointwise : rondo::impl::FusePointwiseBase<FusePointwise> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<Block *> blocks;
    getOperation()->walk([&](Block *block) {
      if (!isa<linalg::LinalgOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    for (Block *block : blocks) {
      compareWhereRepeated(rewriter, *block);
      duplicateRepetitions(rewriter, *block);
    }
    for (Block *block : blocks)
      fuseBlock(rewriter, *block);
  }
};

} // namespace
