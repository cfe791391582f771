// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Addresses in the loops of products (LoopAddresses.h).

#include "tools/codegen/LoopAddresses.h"

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Operator.h"
#include "llvm/Transforms/Utils/Local.h"
#include <map>

using namespace llvm;
using namespace rondo;

namespace {

/// An address in bytes: root + counter * scale + constant + the sum of values that the loop does not change.
struct LinearAddress {
  GetElementPtrInst *instruction = nullptr;
  Value *root = nullptr;
  uint64_t scale = 0;
  int64_t constant = 0;
  std::vector<std::pair<Value *, uint64_t>> fixed; // values and their factors
};

/// A loop that counts by a constant, and the addresses in it that are linear in the counter.
class ProductLoop {
public:
  ProductLoop(Loop &loop, const DataLayout &layout)
      : loop(loop), layout(layout), preheader(loop.getLoopPreheader()), latch(loop.getLoopLatch()) {}

  bool rewrite() {
    if (!isProduct() || !findCounter())
      return false;
    for (BasicBlock *block : loop.blocks())
      for (Instruction &instruction : *block)
        if (auto *address = dyn_cast<GetElementPtrInst>(&instruction))
          collect(address);
    // More pointers than registers would be moved on in memory.
    if (groups.size() > mostPointers)
      return false;
    for (const LinearAddress &address : addresses) {
      auto &[first, pointer] = groupOf(address);
      if (!pointer)
        pointer = advancingPointer(address);
      IRBuilder<> builder(address.instruction);
      Value *result = pointer;
      if (address.constant != first)
        result = builder.CreateGEP(builder.getInt8Ty(), pointer, builder.getInt64(address.constant - first));
      Value *index = address.instruction->getOperand(1);
      address.instruction->replaceAllUsesWith(result);
      address.instruction->eraseFromParent();
      RecursivelyDeleteTriviallyDeadInstructions(index);
    }
    auto counting = find_if(addresses, [&](const LinearAddress &address) { return beginsHere(address); });
    if (counting != addresses.end())
      countByPointer(*counting);
    return !addresses.empty();
  }

private:
  static constexpr size_t mostPointers = 12;

  bool isProduct() const {
    if (!loop.isInnermost() || !preheader || !latch)
      return false;
    return any_of(loop.getHeader()->phis(), [](PHINode &phi) { return phi.getType()->isVectorTy(); });
  }

  bool findCounter() {
    for (PHINode &phi : loop.getHeader()->phis()) {
      auto *next = dyn_cast<BinaryOperator>(phi.getIncomingValueForBlock(latch));
      auto *constant = next ? dyn_cast<ConstantInt>(next->getOperand(1)) : nullptr;
      if (phi.getType()->isIntegerTy(64) && constant && next->getOpcode() == Instruction::Add &&
          next->getOperand(0) == &phi) {
        counter = &phi;
        step = constant->getZExtValue();
        return true;
      }
    }
    return false;
  }

  void collect(GetElementPtrInst *instruction) {
    if (instruction->getType()->isVectorTy()) // addresses of a gather, by which no loop can count
      return;
    LinearAddress address;
    address.instruction = instruction;
    // Buffers are parts of one arena and rows are parts of a buffer: what lies a constant apart shares its pointer, and
    // the instruction that uses the address adds the constant.
    if (!decompose(instruction, address) || !address.scale || !isInt<30>(address.constant))
      return;
    // Equal sums of values become one key, in an order that is the same on every run, as addresses of values are not.
    llvm::sort(address.fixed, [&](auto &a, auto &b) { return numbers.at(a.first) < numbers.at(b.first); });
    auto [group, isNew] = groups.try_emplace({address.root, address.scale, address.fixed}, address.constant, nullptr);
    group->second.first = std::min(group->second.first, address.constant);
    addresses.push_back(std::move(address));
  }

  /// Follows a chain of addresses to its root.
  bool decompose(Value *pointer, LinearAddress &address) {
    auto *op = dyn_cast<GEPOperator>(pointer);
    if (!op || op->getNumIndices() != 1 || !op->getOperand(1)->getType()->isIntegerTy(64)) {
      address.root = pointer;
      return loop.isLoopInvariant(pointer);
    }
    uint64_t bytes = layout.getTypeAllocSize(op->getSourceElementType());
    return decompose(op->getOperand(1), bytes, address) && decompose(op->getPointerOperand(), address);
  }

  /// Adds factor * value to `address`; false if it changes otherwise than by the counter.
  bool decompose(Value *value, uint64_t factor, LinearAddress &address) {
    if (auto *constant = dyn_cast<ConstantInt>(value)) {
      address.constant += constant->getSExtValue() * int64_t(factor);
      return true;
    }
    if (value == counter) {
      address.scale += factor;
      return true;
    }
    if (auto *op = dyn_cast<BinaryOperator>(value)) {
      auto *right = dyn_cast<ConstantInt>(op->getOperand(1));
      auto *disjoint = dyn_cast<PossiblyDisjointInst>(op);
      if (op->getOpcode() == Instruction::Add || (disjoint && disjoint->isDisjoint()))
        return decompose(op->getOperand(0), factor, address) && decompose(op->getOperand(1), factor, address);
      if (op->getOpcode() == Instruction::Sub)
        return decompose(op->getOperand(0), factor, address) && decompose(op->getOperand(1), -factor, address);
      if (right && op->getOpcode() == Instruction::Mul)
        return decompose(op->getOperand(0), factor * right->getZExtValue(), address);
      if (right && op->getOpcode() == Instruction::Shl && right->getZExtValue() < 64)
        return decompose(op->getOperand(0), factor << right->getZExtValue(), address);
    }
    if (!loop.isLoopInvariant(value))
      return false;
    numbers.try_emplace(value, numbers.size());
    auto known = llvm::find_if(address.fixed, [&](auto &term) { return term.first == value; });
    if (known == address.fixed.end())
      address.fixed.push_back({value, factor});
    else
      known->second += factor;
    return true;
  }

  std::pair<int64_t, Value *> &groupOf(const LinearAddress &address) {
    return groups.find({address.root, address.scale, address.fixed})->second;
  }

  /// The address of the group's first constant, as a pointer that each iteration moves on. It begins its life at the
  /// loop, unlike the root, which may have to wait on the stack and would be read from there in the loop.
  Value *advancingPointer(const LinearAddress &address) {
    IRBuilder<> before(preheader->getTerminator());
    Value *counted = before.CreateMul(counter->getIncomingValueForBlock(preheader), before.getInt64(address.scale));
    Value *offset = before.CreateAdd(counted, before.getInt64(groupOf(address).first));
    for (auto [value, factor] : address.fixed)
      offset = before.CreateAdd(offset, before.CreateMul(value, before.getInt64(factor)));
    Value *begin = before.CreateGEP(before.getInt8Ty(), address.root, offset);
    PHINode *pointer = IRBuilder<>(loop.getHeader(), loop.getHeader()->begin()).CreatePHI(begin->getType(), 2);
    IRBuilder<> behind(latch->getTerminator());
    Value *next = behind.CreateGEP(behind.getInt8Ty(), pointer, behind.getInt64(address.scale * step));
    pointer->addIncoming(begin, preheader);
    pointer->addIncoming(next, latch);
    return pointer;
  }

  /// Whether the address begins elsewhere each time that the loop does: what ends at the same place for several times
  /// would be computed before these, and wait on the stack.
  bool beginsHere(const LinearAddress &address) const {
    Loop *around = loop.getParentLoop();
    return !around || !around->isLoopInvariant(address.root) ||
           any_of(address.fixed, [&](auto &term) { return !around->isLoopInvariant(term.first); });
  }

  /// Where the counter is left with nothing but the loop's end to decide, the pointer of this address does so in its
  /// place: an addition in the loop takes the place of a multiply-add on processors where they share units.
  void countByPointer(const LinearAddress &address) {
    auto *next = cast<Instruction>(counter->getIncomingValueForBlock(latch));
    ICmpInst *compare = nullptr;
    for (Instruction *counted : {static_cast<Instruction *>(counter), next})
      for (User *user : counted->users()) {
        if (user == counter || user == next)
          continue;
        auto *found = dyn_cast<ICmpInst>(user);
        if (compare || !found || !loop.contains(found) || found->getOperand(0) != counted ||
            !loop.isLoopInvariant(found->getOperand(1)))
          return;
        compare = found;
      }
    BasicBlock *exiting = loop.getExitingBlock();
    bool ofNext = compare && compare->getOperand(0) == next;
    if (!compare || !exiting || !compare->hasOneUse() || compare->user_back() != exiting->getTerminator() ||
        (ofNext && exiting != latch))
      return;
    auto *pointer = cast<PHINode>(groupOf(address).second);
    IRBuilder<> before(preheader->getTerminator());
    Value *left = before.CreateSub(compare->getOperand(1), counter->getIncomingValueForBlock(preheader));
    Value *end = before.CreateGEP(before.getInt8Ty(), pointer->getIncomingValueForBlock(preheader),
                                  before.CreateMul(left, before.getInt64(address.scale)));
    if (ofNext)
      compare->moveBefore(latch->getTerminator()->getIterator());
    compare->setOperand(0, ofNext ? pointer->getIncomingValueForBlock(latch) : pointer);
    compare->setOperand(1, end);
    CmpInst::Predicate predicate = compare->getUnsignedPredicate();
    bool descends = int64_t(address.scale) < 0; // as the terms of a gradient, from the last one to the first
    compare->setPredicate(descends ? CmpInst::getSwappedPredicate(predicate) : predicate);
    compare->setSameSign(false);
    RecursivelyDeleteDeadPHINode(counter);
  }

  Loop &loop;
  const DataLayout &layout;
  BasicBlock *preheader, *latch;
  PHINode *counter = nullptr;
  uint64_t step = 0;
  std::vector<LinearAddress> addresses;
  DenseMap<Value *, unsigned> numbers; // of the fixed values, in the order in which they were met
  /// By root, scale and fixed part: the least constant, and the pointer to it.
  std::map<std::tuple<Value *, uint64_t, std::vector<std::pair<Value *, uint64_t>>>, std::pair<int64_t, Value *>>
      groups;
};

} // namespace

PreservedAnalyses LoopAddressesPass::run(Function &function, FunctionAnalysisManager &analyses) {
  bool changed = false;
  for (Loop *loop : analyses.getResult<LoopAnalysis>(function).getLoopsInPreorder())
    changed |= ProductLoop(*loop, function.getDataLayout()).rewrite();
  if (!changed)
    return PreservedAnalyses::all();
  PreservedAnalyses preserved;
  preserved.preserveSet<CFGAnalyses>();
  return preserved;
}
