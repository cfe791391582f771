// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a function does again and again on other buffers becomes calls of one function.
//
// A deep stack repeats whole layers. Once their nests are calls of shared kernels, what is left of a layer is little,
// but there are many of them in one function, and LLVM takes more than linear time for a long function.

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"
#include "passes/support/LoopLimit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <map>

namespace rondo {
#define GEN_PASS_DEF_SHARELAYERS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// One value of each repetition: what stands at the same place in them.
using Places = std::vector<Value>;

bool isOneValue(const Places &places) { return llvm::all_equal(places); }

/// What an op does, apart from the values that it takes.
size_t hashOf(Operation *op) {
  // The results of an op with effects are read from elsewhere: it is like no other.
  llvm::hash_code hash = op->getNumResults() ? llvm::hash_value(op) : llvm::hash_code(0);
  op->walk([&](Operation *inner) {
    // Nor is one that ends early: its function's length is not there.
    if (!limitsOf(inner).empty())
      hash = llvm::hash_combine(hash, inner);
    hash = llvm::hash_combine(hash, inner->getName(), inner->getAttrDictionary());
    for (Type type : inner->getOperandTypes())
      hash = llvm::hash_combine(hash, type);
  });
  return hash;
}

/// A step: an op with effects. Those without are computed again wherever they are needed.
struct Step {
  Operation *op;
  size_t hash;
  int64_t size; // ops and operands in it

  explicit Step(Operation *op) : op(op), hash(hashOf(op)), size(0) {
    op->walk([&](Operation *inner) { size += 1 + inner->getNumOperands(); });
  }
};

/// Steps that come again and again: `count` times `period` from `first` on.
struct Run {
  size_t first, period, count;
  int64_t size; // of all

  size_t end() const { return first + period * count; }
};

/// The runs of at least `least` repetitions among `steps`, the largest first, and of equal ones that with the shortest
/// period.
SmallVector<Run> findRuns(ArrayRef<Step> steps, size_t least) {
  std::vector<int64_t> sizeBefore{0};
  std::vector<unsigned> kinds; // the same number for the same hash: what is compared for every period is small
  std::map<size_t, unsigned> kindOf;
  for (const Step &step : steps) {
    sizeBefore.push_back(sizeBefore.back() + step.size);
    kinds.push_back(kindOf.try_emplace(step.hash, kindOf.size()).first->second);
  }
  SmallVector<Run> runs;
  for (size_t period = 1; period * least <= steps.size(); ++period) {
    auto repeats = [&](size_t i) { return kinds[i] == kinds[i + period]; };
    // A long enough run has one of the places that are `stride` apart: all periods together have n log n of them.
    size_t stride = period * (least - 1), end = steps.size() - period;
    for (size_t i = stride - 1, next; i < end; i = next) {
      next = i + stride;
      if (!repeats(i))
        continue;
      size_t first = i, last = i + 1;
      while (first > 0 && repeats(first - 1))
        --first;
      while (last < end && repeats(last))
        ++last;
      if (size_t count = (last - first) / period + 1; count >= least)
        runs.push_back({first, period, count, sizeBefore[first + period * count] - sizeBefore[first]});
      while (next < last)
        next += stride;
    }
  }
  llvm::sort(runs, [](const Run &a, const Run &b) {
    return std::make_tuple(-a.size, a.period, a.first) < std::make_tuple(-b.size, b.period, b.first);
  });
  return runs;
}

/// The function of a run.
class Layers {
public:
  Layers(ArrayRef<Step> steps, const Run &run) : size(run.size) {
    for (size_t i = 0; i < run.count; ++i) {
      SmallVector<Operation *> &ops = layers.emplace_back();
      for (const Step &step : steps.slice(run.first + i * run.period, run.period)) {
        roots.push_back(step.op);
        step.op->walk<WalkOrder::PreOrder>([&](Operation *op) { ops.push_back(op); });
      }
    }
  }

  /// Makes the function and calls of it; false if the repetitions differ in more than buffers and numbers, or if
  /// little would be saved.
  bool share(SymbolTable &symbols) {
    for (ArrayRef<Operation *> other : layers)
      if (!matchFirst(other))
        return false;
    Operation *first = layers.front().front();
    OpBuilder b(first->getContext());
    function = func::FuncOp::create(first->getLoc(), "layer", b.getFunctionType({}, {}));
    function.setPrivate();
    b.setInsertionPointToStart(function.addEntryBlock());
    SmallVector<Operation *> copies;
    for (Operation *root : ArrayRef(roots).take_front(roots.size() / layers.size()))
      b.clone(*root)->walk<WalkOrder::PreOrder>([&](Operation *op) { copies.push_back(op); });
    for (auto [op, operand] : outside) {
      Places places;
      for (ArrayRef<Operation *> layer : layers)
        places.push_back(layer[op]->getOperand(operand));
      copies[op]->setOperand(operand, valueOf(places));
    }
    func::ReturnOp::create(b, first->getLoc());
    if (!mayPassAll() || 2 * int64_t(layers.size() * (arguments.size() + 1)) > size) {
      function.erase();
      return false;
    }
    namePlaces(copies);
    function.setType(b.getFunctionType(function.getBody().getArgumentTypes(), {}));
    symbols.insert(function);
    call();
    return true;
  }

private:
  /// Whether `other` does what the first layer does. Collects the operands from outside of it.
  bool matchFirst(ArrayRef<Operation *> other) {
    ArrayRef<Operation *> first = layers.front();
    if (first.size() != other.size())
      return false;
    llvm::DenseMap<Value, Value> inside;
    llvm::DenseSet<Value> othersInside;
    auto pair = [&](Value mine, Value others) {
      inside[mine] = others;
      othersInside.insert(others);
      return mine.getType() == others.getType();
    };
    for (auto [position, mine, others] : llvm::enumerate(first, other)) {
      if (mine->getName() != others->getName() || mine->getAttrDictionary() != others->getAttrDictionary() ||
          mine->getNumOperands() != others->getNumOperands() || mine->getNumResults() != others->getNumResults() ||
          mine->getNumRegions() != others->getNumRegions())
        return false;
      for (unsigned i = 0; i < mine->getNumOperands(); ++i) {
        auto known = inside.find(mine->getOperand(i));
        if (known == inside.end() ? othersInside.contains(others->getOperand(i))
                                  : known->second != others->getOperand(i))
          return false;
        if (known == inside.end() && mine == others)
          outside.push_back({unsigned(position), i});
      }
      for (auto [result, othersResult] : llvm::zip(mine->getResults(), others->getResults()))
        if (!pair(result, othersResult))
          return false;
      for (auto [region, othersRegion] : llvm::zip(mine->getRegions(), others->getRegions())) {
        if (region.getBlocks().size() != othersRegion.getBlocks().size() || region.getBlocks().size() > 1)
          return false;
        for (auto [argument, othersArgument] : llvm::zip(region.getArguments(), othersRegion.getArguments()))
          if (!pair(argument, othersArgument))
            return false;
      }
    }
    return true;
  }

  static Places operandsOf(const Places &places, unsigned i) {
    Places operands;
    for (Value value : places)
      operands.push_back(value.getDefiningOp()->getOperand(i));
    return operands;
  }

  /// Whether the places are results of ops that do the same to their operands and have no effect.
  static bool isOneComputation(const Places &places) {
    Operation *op = places.front().getDefiningOp();
    if (!op || op->getNumRegions() || !isMemoryEffectFree(op))
      return false;
    return llvm::all_of(places, [&](Value value) {
      Operation *other = value.getDefiningOp();
      return other && other->getName() == op->getName() && other->getAttrDictionary() == op->getAttrDictionary() &&
             other->getOperandTypes() == op->getOperandTypes() && other->getResultTypes() == op->getResultTypes() &&
             cast<OpResult>(value).getResultNumber() == cast<OpResult>(places.front()).getResultNumber();
    });
  }

  /// How many values that differ the places depend on, of which a function would compute them.
  static unsigned countDifferent(const Places &places) {
    if (isOneValue(places))
      return 0;
    if (!isOneComputation(places))
      return 1;
    unsigned different = 0;
    for (unsigned i = 0; i < places.front().getDefiningOp()->getNumOperands(); ++i)
      different += countDifferent(operandsOf(places, i));
    return different;
  }

  /// Whether the function computes the value itself, from no more than one value that differs. Where a buffer lies is
  /// passed as its pointer, not as a number.
  static bool isComputed(const Places &places) {
    if (!isOneComputation(places) || countDifferent(places) > 1)
      return false;
    for (unsigned i = 0; i < places.front().getDefiningOp()->getNumOperands(); ++i)
      if (Places operands = operandsOf(places, i); isa<MemRefType>(places.front().getType()) &&
                                                   !isa<MemRefType>(operands.front().getType()) &&
                                                   countDifferent(operands))
        return false;
    return true;
  }

  Value valueOf(const Places &places) {
    std::vector<void *> key;
    for (Value value : places)
      key.push_back(value.getAsOpaquePointer());
    if (auto known = values.find(key); known != values.end())
      return known->second;
    Value value = places.front();
    if (isComputed(places)) {
      Operation *op = value.getDefiningOp();
      SmallVector<Value> operands;
      for (unsigned i = 0; i < op->getNumOperands(); ++i)
        operands.push_back(valueOf(operandsOf(places, i)));
      Operation *copy = op->clone();
      copy->setOperands(operands);
      Block &body = function.getBody().front();
      body.getOperations().insert(lastComputed ? std::next(lastComputed->getIterator()) : body.begin(), copy);
      lastComputed = copy;
      value = copy->getResult(cast<OpResult>(value).getResultNumber());
    } else {
      value = function.getBody().addArgument(value.getType(), value.getLoc());
      arguments.push_back(places);
    }
    return values[key] = value;
  }

  /// A buffer that begins in another one at a place that its type names would begin there twice.
  bool mayPassAll() {
    return llvm::all_of(arguments, [](const Places &places) {
      auto memref = dyn_cast<MemRefType>(places.front().getType());
      return !memref || memref.getLayout().isIdentity() ||
             llvm::is_contained({int64_t(0), ShapedType::kDynamic}, memref.getStridesAndOffset().second);
    });
  }

  /// Remarks name every place that the function stands for.
  void namePlaces(ArrayRef<Operation *> copies) {
    for (auto [i, copy] : llvm::enumerate(copies)) {
      SmallVector<Location> places;
      for (ArrayRef<Operation *> layer : layers) {
        auto around = layer[i]->getParentOfType<func::FuncOp>();
        places.push_back(NameLoc::get(around.getNameAttr(), layer[i]->getLoc()));
      }
      copy->setLoc(FusedLoc::get(copy->getContext(), places));
    }
  }

  void call() {
    size_t period = roots.size() / layers.size();
    for (size_t i = 0; i < layers.size(); ++i) {
      Operation *last = roots[(i + 1) * period - 1];
      OpBuilder b(last);
      SmallVector<Value> passed;
      for (const Places &places : arguments)
        passed.push_back(places[i]);
      func::CallOp::create(b, last->getLoc(), function, passed);
    }
    for (Operation *root : llvm::reverse(roots))
      root->erase();
  }

  int64_t size;
  SmallVector<Operation *> roots; // of all layers
  std::vector<SmallVector<Operation *>> layers;
  SmallVector<std::pair<unsigned, unsigned>> outside; // op and operand
  func::FuncOp function;
  Operation *lastComputed = nullptr;
  std::map<std::vector<void *>, Value> values; // by places
  std::vector<Places> arguments;
};

struct ShareLayers : rondo::impl::ShareLayersBase<ShareLayers> {
  using ShareLayersBase::ShareLayersBase;

  void runOnOperation() override {
    if (alike < 2) {
      getOperation()->emitError() << "expected at least 2 repetitions to share, found " << int64_t(alike);
      return signalPassFailure();
    }
    SymbolTable symbols(getOperation());
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() && !function.isPrivate() && function.getBody().hasOneBlock())
        shareIn(function.getBody().front(), symbols);
  }

private:
  void shareIn(Block &block, SymbolTable &symbols) {
    std::vector<Step> steps;
    for (Operation &op : block.without_terminator())
      if (!isMemoryEffectFree(&op))
        steps.push_back(Step(&op));
    std::vector<ArrayRef<Step>> parts{steps};
    bool shared = false;
    while (!parts.empty()) {
      ArrayRef<Step> part = parts.back();
      parts.pop_back();
      for (const Run &run : findRuns(part, alike))
        if (Layers(part, run).share(symbols)) {
          parts.push_back(part.drop_front(run.end()));
          parts.push_back(part.take_front(run.first));
          shared = true;
          break;
        }
    }
    if (!shared)
      return;
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
