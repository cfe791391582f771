// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Nests that differ only in where their buffers lie become calls of one function.
//
// The layers of a stack, the gradients of one cell's weights and the entries of a model repeat the same loops: their
// code is what a program takes longest to compile.

#include "dialect/AppendOps.h"
#include "passes/Passes.h"
#include "passes/support/LoopLimit.h"
#include "passes/support/Reads.h"
#include "passes/support/Strides.h"
#include "passes/threads/ParallelNest.h"
#include "passes/vector/Step.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include <map>

namespace rondo {
#define GEN_PASS_DEF_SHAREKERNELS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// The type of such a value, and of a buffer that begins anywhere in another one.
Type typeAnywhere(Value value) {
  auto memref = dyn_cast<MemRefType>(value.getType());
  if (!memref)
    return value.getType();
  std::optional<SmallVector<int64_t>> strides = constantStrides(memref);
  if (!strides)
    strides = memref.getStridesAndOffset().first;
  auto layout = StridedLayoutAttr::get(memref.getContext(), ShapedType::kDynamic, *strides);
  return MemRefType::get(memref.getShape(), memref.getElementType(), layout, memref.getMemorySpace());
}

bool isWhole(Value value) {
  auto memref = dyn_cast<MemRefType>(value.getType());
  return memref && memref.getLayout().isIdentity();
}

/// An op, and what it takes from around it.
struct Nest {
  Operation *op;
  SmallVector<Value> inputs;    // each value once; the function's arguments
  SmallVector<Value> constants; // which the function repeats
  Value step;                   // of the loop around it, or null

  explicit Nest(Operation *op) : op(op) {
    for (Value value : readsOf(op))
      (matchPattern(value, m_Constant()) ? constants : inputs).push_back(value);
    // Which way a phase goes through its panels depends on it.
    if (isa<PhaseOp>(op))
      step = stepOf(op);
  }

  /// The op's attributes, but for how many rows of a loop there are for each position: a function is told its rows.
  /// With several such loops it is told the positions.
  DictionaryAttr attributes() const {
    NamedAttrList attributes(op->getAttrDictionary());
    if (SmallVector<LoopLimit> limits = limitsOf(op); limits.size() == 1)
      attributes.set(limitAttribute, DenseI64ArrayAttr::get(op->getContext(), {int64_t(limits[0].loop), 1}));
    return attributes.getDictionary(op->getContext());
  }

  SmallVector<Type> typesAnywhere() const { return llvm::map_to_vector(inputs, typeAnywhere); }

  /// Which inputs are buffers of which nothing that the nest writes is in another input too. A called function cannot
  /// know it from the arguments of the function around it, which are different buffers, or from places in the arena.
  llvm::BitVector findApart() const {
    llvm::DenseSet<Value> written;
    std::optional<ParallelNest> nest = ParallelNest::of(op);
    for (const ParallelNest::Operand &operand : nest->operands)
      if (operand.write)
        written.insert(operand.buffer);
    llvm::BitVector apart(inputs.size());
    SmallVector<std::pair<unsigned, Access>> before;
    for (auto [i, input] : llvm::enumerate(inputs)) {
      if (!isa<MemRefType>(input.getType()))
        continue;
      apart.set(i);
      Access mine = Access::of(input, written.contains(input));
      for (auto &[j, other] : before) {
        bool known = mine.root && other.root, oneRoot = mine.root == other.root;
        if ((mine.write || other.write) && (!known || (oneRoot && mine.first < other.end && other.first < mine.end)))
          apart.reset(i).reset(j);
      }
      before.push_back({i, mine});
    }
    return apart;
  }

  /// Whether both do the same to their inputs.
  bool isLike(const Nest &other) const {
    if (op->getName() != other.op->getName() || attributes() != other.attributes() ||
        op->getNumOperands() != other.op->getNumOperands() || typesAnywhere() != other.typesAnywhere())
      return false;
    llvm::DenseMap<Value, Value> same;
    for (auto [mine, others] : llvm::zip_equal(inputs, other.inputs))
      same[mine] = others;
    auto check = [&](Value mine, Value others) {
      if (auto known = same.find(mine); known != same.end())
        return success(known->second == others);
      Attribute constant, otherConstant;
      return success(matchPattern(mine, m_Constant(&constant)) && matchPattern(others, m_Constant(&otherConstant)) &&
                     constant == otherConstant);
    };
    auto mark = [&](Value mine, Value others) { same[mine] = others; };
    for (auto [mine, others] : llvm::zip_equal(op->getOperands(), other.op->getOperands()))
      if (failed(check(mine, others)))
        return false;
    for (auto [mine, others] : llvm::zip_equal(op->getRegions(), other.op->getRegions()))
      if (!OperationEquivalence::isRegionEquivalentTo(&mine, &others, check, mark,
                                                      OperationEquivalence::IgnoreLocations))
        return false;
    return true;
  }
};

/// Makes a packing of several weights one of each, into its part of the result: these are alike. Those whose lanes are
/// contiguous stay, as they are little code.
void splitPack(PackOp op) {
  if (op.getInputs().size() == 1 || op.getLanes() > op.getTerms() || op->getNumResults() != 0)
    return;
  OpBuilder b(op);
  Value whole = op.getOutputs()[0];
  ArrayRef<int64_t> shape = cast<MemRefType>(whole.getType()).getShape();
  unsigned along = op.getApart() ? shape.size() - 3 : shape.size() - 1;
  int64_t ofOne = op.getApart() ? 1 : op.getWidth();
  SmallVector<int64_t> offsets(shape.size()), sizes(shape), strides(shape.size(), 1);
  sizes[along] = ofOne;
  for (Value weight : op.getInputs()) {
    Value part = memref::SubViewOp::create(b, op.getLoc(), whole, offsets, sizes, strides);
    auto one = PackOp::create(b, op.getLoc(), TypeRange(), weight, part, op.getLanes(), op.getTerms(), op.getWidth(),
                              op.getApart());
    one->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    offsets[along] += ofOne;
  }
  op.erase();
}

/// Nests that are alike.
using Group = SmallVector<Nest>;

struct ShareKernels : rondo::impl::ShareKernelsBase<ShareKernels> {
  using ShareKernelsBase::ShareKernelsBase;

  void runOnOperation() override {
    SmallVector<PackOp> packs;
    getOperation()->walk([&](PackOp op) { packs.push_back(op); });
    llvm::for_each(packs, splitPack);
    SmallVector<Group> groups;
    std::map<size_t, SmallVector<unsigned>> byHash; // what is equal in a group: shapes and the bodies' ops
    getOperation()->walk([&](Operation *op) {
      if (!isWorthCall(op))
        return;
      Nest nest(op);
      SmallVector<unsigned> &candidates = byHash[hashOf(nest)];
      auto known = llvm::find_if(candidates, [&](unsigned i) { return groups[i].front().isLike(nest); });
      if (known != candidates.end())
        return groups[*known].push_back(std::move(nest));
      candidates.push_back(groups.size());
      groups.push_back({std::move(nest)});
    });
    SymbolTable symbols(getOperation());
    for (Group &group : groups) {
      // In a time loop a call of a small nest costs more than it does, unless there are so many that their code would
      // not stay in the caches, nor be compiled in a reasonable time: a deep stack's.
      if (group.size() < many)
        llvm::erase_if(group, [&](const Nest &nest) { return isSmallInLoop(nest.op); });
      if (group.size() > 1)
        share(group, symbols);
    }
  }

private:
  static constexpr size_t many = 16;

  /// Copies and fills are less code than a call.
  bool isWorthCall(Operation *op) {
    if (!ParallelNest::of(op) || isa<AppendOp>(op))
      return false;
    return !isa<linalg::LinalgOp>(op) ||
           (!isa<linalg::FillOp>(op) && !op->getRegion(0).front().without_terminator().empty());
  }

  bool isSmallInLoop(Operation *op) { return op->getParentOfType<scf::ForOp>() && ParallelNest::of(op)->work() < work; }

  static size_t hashOf(const Nest &nest) {
    llvm::hash_code hash = llvm::hash_combine(nest.op->getName(), nest.attributes());
    for (Type type : nest.typesAnywhere())
      hash = llvm::hash_combine(hash, type);
    nest.op->walk([&](Operation *inner) { hash = llvm::hash_combine(hash, inner->getName()); });
    return hash;
  }

  /// A name that tells what it is: "phase_20x200x200".
  static std::string nameOf(Operation *op) {
    std::string name = op->getName().stripDialect().str() + "_";
    llvm::raw_string_ostream os(name);
    llvm::interleave(ParallelNest::of(op)->extents, os, "x");
    return name;
  }

  void share(Group &group, SymbolTable &symbols) {
    const Nest &first = group.front();
    OpBuilder b(&getContext());
    // Remarks name every place that it stands for.
    SmallVector<Location> places;
    for (const Nest &nest : group) {
      auto function = nest.op->getParentOfType<func::FuncOp>();
      places.push_back(NameLoc::get(function.getNameAttr(), nest.op->getLoc()));
    }
    Location loc = b.getFusedLoc(places);
    SmallVector<Type> types = first.typesAnywhere();
    SmallVector<DictionaryAttr> attributes;
    llvm::BitVector apart(types.size(), true);
    for (const Nest &nest : group)
      apart &= nest.findApart();
    for (unsigned i = 0; i < types.size(); ++i) {
      if (llvm::all_of(group, [&](const Nest &nest) { return isWhole(nest.inputs[i]); }))
        types[i] = first.inputs[i].getType();
      NamedAttrList facts;
      if (apart[i])
        facts.set("llvm.noalias", b.getUnitAttr());
      attributes.push_back(facts.getDictionary(b.getContext()));
    }
    bool endsEarly = !limitsOf(first.op).empty();
    if (endsEarly) {
      types.push_back(b.getIndexType());
      attributes.push_back(b.getDictionaryAttr(b.getNamedAttr(attributeOf(Role::length), b.getUnitAttr())));
    }
    bool inSteps = llvm::any_of(group, [](const Nest &nest) { return bool(nest.step); });
    if (inSteps) {
      types.push_back(b.getIndexType());
      attributes.push_back(b.getDictionaryAttr(b.getNamedAttr(loopStepAttribute, b.getUnitAttr())));
    }
    auto function = func::FuncOp::create(loc, nameOf(first.op), b.getFunctionType(types, {}), {}, attributes);
    function.setPrivate();
    symbols.insert(function);
    b.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    mapping.map(first.inputs, function.getArguments().take_front(first.inputs.size()));
    for (Value constant : first.constants)
      b.clone(*constant.getDefiningOp(), mapping);
    Operation *shared = b.clone(*first.op, mapping);
    shared->setLoc(loc);
    shared->setAttrs(first.attributes());
    func::ReturnOp::create(b, loc);

    for (const Nest &nest : group) {
      b.setInsertionPoint(nest.op);
      SmallVector<Value> arguments;
      for (auto [value, type] : llvm::zip(nest.inputs, types))
        arguments.push_back(value.getType() == type ? value
                                                    : memref::CastOp::create(b, nest.op->getLoc(), type, value));
      if (endsEarly)
        arguments.push_back(limitsOf(nest.op).size() == 1 ? buildEnd(nest.op, limitsOf(nest.op)[0])
                                                          : buildLength(nest.op));
      if (inSteps)
        arguments.push_back(nest.step ? nest.step : arith::ConstantIndexOp::create(b, nest.op->getLoc(), 0));
      func::CallOp::create(b, nest.op->getLoc(), function, arguments);
      nest.op->erase();
    }
  }
};

} // namespace
