// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-fuse-gates: contractions of one block that share an operand become one gate product.
//
// Each contraction is a candidate twice, with either operand as the shared one. Candidates with the same key - shared
// operand, its role, type and role of the other one - form a group. The largest group is fused first, again and again,
// since fusing one changes what depends on what.

#include "passes/Passes.h"
#include "passes/split/ScanDependences.h"
#include "passes/support/Reads.h"

#include "dialect/Einsum.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace rondo {
#define GEN_PASS_DEF_FUSEGATES
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

/// The contraction seen from one of its operands, the shared one.
static Einsum getSpecFrom(ContractOp op, bool sharedIsLhs) {
  Einsum spec = Einsum::ofVerified(op.getSpec());
  if (!sharedIsLhs)
    std::swap(spec.lhs, spec.rhs);
  return spec;
}

/// `spec` with letters in the order of their first appearance: equal for specs that differ by names only.
static std::string getCanonical(const Einsum &spec) {
  std::string seen, text = spec.str();
  for (char &c : text) {
    if (c < 'a' || c > 'z')
      continue;
    size_t position = seen.find(c);
    if (position == std::string::npos) {
      position = seen.size();
      seen += c;
    }
    c = 'a' + position;
  }
  return text;
}

namespace {

/// A contraction seen from `shared`.
struct Candidate {
  ContractOp op;
  bool sharedIsLhs;
  Value getShared() const { return op->getOperand(sharedIsLhs ? 0 : 1); }
  Value getOther() const { return op->getOperand(sharedIsLhs ? 1 : 0); }
};
using Group = SmallVector<Candidate>;

/// Fuses the contractions of one block.
class BlockFuser {
public:
  explicit BlockFuser(Block &block) : block(block) {}
  void fuseAll();

private:
  /// Candidates with a common key, and their groups as of a number of fusions.
  struct Sharing {
    Group candidates;
    SmallVector<Group> groups;
    unsigned fusions = 0;
  };
  void findSharing();
  void findGroups(Sharing &sharing);
  bool canJoin(const Candidate &candidate, const Group &group);
  void fuse(const Group &group);
  const llvm::DenseSet<Operation *> &getSlice(Operation *op);
  bool isWeight(Value value);

  Block &block;
  SmallVector<Sharing> allSharing;
  llvm::DenseSet<Operation *> fused; // erased, but candidates may still name them
  unsigned fusions = 0;
  /// What candidates depend on from `front` on. Computed on demand, for one `Sharing` or one group at a time.
  Operation *front = nullptr;
  llvm::DenseMap<Operation *, llvm::DenseSet<Operation *>> slices;
  llvm::DenseMap<Value, bool> weights;
};

} // namespace

/// The ops of the block that `op` depends on and that do not stand before `front`, itself not among them. Nothing in
/// front of the first of a group's products matters to the group.
const llvm::DenseSet<Operation *> &BlockFuser::getSlice(Operation *op) {
  auto [entry, isNew] = slices.try_emplace(op);
  if (!isNew)
    return entry->second;
  llvm::DenseSet<Operation *> slice;
  SmallVector<Operation *> pending{op};
  while (!pending.empty())
    for (Value value : readsOf(pending.pop_back_val()))
      if (Operation *producer = value.getDefiningOp())
        if (producer->getBlock() == &block && !producer->isBeforeInBlock(front) && slice.insert(producer).second)
          pending.push_back(producer);
  return slices[op] = std::move(slice);
}

/// Whether `value` stays the same for many products, so that a product may keep it packed: in a loop, what comes from
/// outside; in a function, what depends on parameters only.
bool BlockFuser::isWeight(Value value) {
  if (isa<ScanOp>(block.getParentOp()))
    return value.getParentBlock() != &block;
  auto [entry, isNew] = weights.try_emplace(value, false);
  if (!isNew)
    return entry->second;
  bool result = false;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto function = dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
    result = function && function.getArgAttr(argument.getArgNumber(), attributeOf(Role::parameter));
  } else {
    result = llvm::all_of(readsOf(value.getDefiningOp()), [&](Value v) { return isWeight(v); });
  }
  return weights[value] = result;
}

/// Whether `candidate`, which stands behind those of `group`, can be computed at the place of the first of them.
bool BlockFuser::canJoin(const Candidate &candidate, const Group &group) {
  return llvm::none_of(group, [&](const Candidate &member) { return getSlice(candidate.op).contains(member.op); }) &&
         llvm::all_of(getSlice(candidate.op),
                      [&](Operation *op) { return op->isBeforeInBlock(group.front().op) || isMemoryEffectFree(op); });
}

/// Distributes the candidates that are left over groups within which none depends on another.
void BlockFuser::findGroups(Sharing &sharing) {
  llvm::erase_if(sharing.candidates, [&](const Candidate &candidate) { return fused.contains(candidate.op); });
  sharing.groups.clear();
  sharing.fusions = fusions;
  slices.clear();
  // Fusions may have moved some of them.
  llvm::sort(sharing.candidates, [](Candidate a, Candidate b) { return a.op->isBeforeInBlock(b.op); });
  SmallVector<Candidate> left(sharing.candidates);
  if (left.size() > 1)
    front = left.front().op;
  while (left.size() > 1) {
    Group group;
    SmallVector<Candidate> rest;
    for (const Candidate &candidate : left)
      (group.empty() || canJoin(candidate, group) ? group : rest).push_back(candidate);
    if (group.size() > 1)
      sharing.groups.push_back(std::move(group));
    left = std::move(rest);
  }
}

void BlockFuser::findSharing() {
  // Shared operand, its spec and the other operand's type.
  llvm::MapVector<std::tuple<Value, StringAttr, Type>, Group> byKey;
  for (ContractOp op : block.getOps<ContractOp>())
    for (bool sharedIsLhs : {true, false}) {
      Candidate candidate{op, sharedIsLhs};
      if (isWeight(candidate.getShared()) && !isWeight(candidate.getOther()))
        continue;
      StringAttr spec = StringAttr::get(op.getContext(), getCanonical(getSpecFrom(op, sharedIsLhs)));
      auto &list = byKey[{candidate.getShared(), spec, candidate.getOther().getType()}];
      if (list.empty() || list.back().op != op) // a product of a value with itself counts once
        list.push_back(candidate);
    }
  for (auto &[key, candidates] : byKey)
    if (candidates.size() > 1) {
      allSharing.emplace_back().candidates = std::move(candidates);
      findGroups(allSharing.back());
    }
}

void BlockFuser::fuse(const Group &group) {
  ContractOp first = group.front().op;
  // What the later ones need comes first, in its order; by canJoin none of it reads a member's result.
  llvm::DenseSet<Operation *> needed;
  front = first;
  slices.clear();
  for (const Candidate &candidate : group)
    needed.insert_range(getSlice(candidate.op));
  Operation *last = group.back().op;
  for (Operation *op = first->getNextNode(), *next; op != last; op = next) {
    next = op->getNextNode();
    if (needed.contains(op))
      op->moveBefore(first);
  }
  SmallVector<Value> others;
  SmallVector<Location> locations;
  for (Candidate candidate : group) {
    others.push_back(candidate.getOther());
    locations.push_back(candidate.op.getLoc());
  }
  OpBuilder builder(first);
  auto product = GateProductOp::create(builder, builder.getFusedLoc(locations), group.front().getShared(), others,
                                       getSpecFrom(first, group.front().sharedIsLhs).str());
  for (auto [candidate, result] : llvm::zip(group, product.getResults())) {
    ContractOp op = candidate.op;
    op.replaceAllUsesWith(result);
    fused.insert(op);
  }
  ++fusions;
}

void BlockFuser::fuseAll() {
  findSharing();
  while (true) {
    // A fusion adds dependences only, so a group that is not the largest now need not be looked at again for that.
    Sharing *largest = nullptr;
    size_t size = 1, number = 0;
    for (Sharing &sharing : allSharing)
      for (auto [i, group] : llvm::enumerate(sharing.groups))
        if (group.size() > size) {
          largest = &sharing;
          size = group.size();
          number = i;
        }
    if (!largest)
      break;
    if (largest->fusions != fusions) {
      findGroups(*largest);
      continue;
    }
    fuse(largest->groups[number]);
  }
  for (Operation *op : fused)
    op->erase();
}

namespace {
struct FuseGates : public rondo::impl::FuseGatesBase<FuseGates> {
  void runOnOperation() override {
    getOperation()->walk([](Block *block) { BlockFuser(*block).fuseAll(); });
  }
};
} // namespace
