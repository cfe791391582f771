// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Long entries in pieces (LongEntries.h).
//
// Buffers are read from the array where they are used, and what depends on them alone is computed there, so that a
// piece needs the array and little else.

#include "tools/codegen/LongEntries.h"

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;
using namespace rondo;

namespace {

/// Buffers from which on a function takes an array.
constexpr unsigned manyBuffers = 128;

/// Arguments of the calls in one piece.
constexpr unsigned pieceSize = 256;

/// Makes addresses values, not parts of descriptors, and reads a pointer once between two calls.
class Simplifier {
public:
  Simplifier() {
    PassBuilder builder;
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    manager.addPass(EarlyCSEPass());
  }

  void run(Function &function) {
    manager.run(function, functions);
    functions.clear(); // the next function may be where this one was
  }

private:
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  FunctionPassManager manager;
};

class LongEntry {
public:
  explicit LongEntry(Function &entry) : entry(entry) {}

  Function *cut() {
    simplifier.run(entry);
    DominatorTree dominators(entry);
    LoopInfo loops(dominators);
    SmallVector<BasicBlock *> straight; // outside of loops
    for (BasicBlock &block : entry)
      if (!loops.getLoopFor(&block))
        straight.push_back(&block);
    for (BasicBlock *block : straight)
      for (Instruction &instruction : make_early_inc_range(*block))
        if (auto *call = dyn_cast<CallInst>(&instruction))
          for (Use &operand : call->args())
            operand = addressFor(operand, call);
    takeArray(loops);
    for (BasicBlock *block : straight)
      cutBlock(*block);
    return result;
  }

private:
  /// A copy of an address in front of `user`, if it is a buffer's at a constant distance.
  Value *addressFor(Value *value, Instruction *user) {
    auto *address = dyn_cast<GetElementPtrInst>(value);
    if (!address || !address->hasAllConstantIndices())
      return value;
    Instruction *copy = address->clone();
    copy->insertBefore(user->getIterator());
    copy->setOperand(0, addressFor(address->getPointerOperand(), copy));
    copied.push_back(address);
    return copy;
  }

  /// Moves the body to a function that takes the array.
  void takeArray(LoopInfo &loops) {
    LLVMContext &context = entry.getContext();
    SmallVector<Type *> types{PointerType::getUnqual(context)};
    unsigned last = teamArguments(entry), buffers = entry.arg_size() - last;
    for (Argument &argument : drop_begin(entry.args(), buffers))
      types.push_back(argument.getType());
    result = Function::Create(FunctionType::get(Type::getVoidTy(context), types, false), entry.getLinkage(), "",
                              entry.getParent());
    result->takeName(&entry);
    result->splice(result->begin(), &entry);
    for (unsigned i = 0; i < last; ++i)
      entry.getArg(buffers + i)->replaceAllUsesWith(result->getArg(1 + i));
    for (unsigned buffer = 0; buffer < buffers; ++buffer)
      for (Use &use : make_early_inc_range(entry.getArg(buffer)->uses()))
        use = load(buffer, *cast<Instruction>(use.getUser()), use, loops);
    for (WeakTrackingVH &address : copied)
      if (address)
        RecursivelyDeleteTriviallyDeadInstructions(address);
    entry.eraseFromParent();
  }

  /// The pointer to a buffer, read in front of its user or of the loops around it.
  Value *load(unsigned buffer, Instruction &user, Use &use, LoopInfo &loops) {
    Instruction *place = &user;
    if (auto *phi = dyn_cast<PHINode>(&user))
      place = phi->getIncomingBlock(use)->getTerminator();
    if (Loop *loop = loops.getLoopFor(place->getParent()))
      place = loop->getOutermostLoop()->getLoopPredecessor()->getTerminator();
    IRBuilder<> builder(place);
    PointerType *pointer = builder.getPtrTy();
    return builder.CreateLoad(pointer, builder.CreateConstGEP1_32(pointer, result->getArg(0), buffer));
  }

  /// Makes functions of a block's calls with what is between them, where they have many arguments.
  void cutBlock(BasicBlock &block) {
    moveUp(block);
    BasicBlock::iterator first = block.getFirstNonPHIIt();
    unsigned size = 0;
    for (BasicBlock::iterator i = first; i != block.end();) {
      auto *call = dyn_cast<CallInst>(&*i++);
      size += call ? call->arg_size() : 0;
      if (size < pieceSize)
        continue;
      cutPiece(block, first, i);
      first = i;
      size = 0;
    }
  }

  /// What needs no memory goes to the front: it may be used in several pieces.
  void moveUp(BasicBlock &block) {
    SmallPtrSet<Value *, 32> fixed;
    BasicBlock::iterator front = block.getFirstNonPHIIt();
    for (Instruction &instruction : make_early_inc_range(make_range(front, block.end()))) {
      bool stays = instruction.mayReadOrWriteMemory() || instruction.mayHaveSideEffects() ||
                   instruction.isTerminator() ||
                   any_of(instruction.operands(), [&](Value *value) { return fixed.contains(value); }) ||
                   isa<GetElementPtrInst>(instruction);
      if (stays)
        fixed.insert(&instruction);
      else if (&instruction == &*front)
        ++front;
      else
        instruction.moveBefore(front);
    }
  }

  void cutPiece(BasicBlock &block, BasicBlock::iterator first, BasicBlock::iterator end) {
    SmallPtrSet<Value *, 32> inside;
    for (Instruction &instruction : make_range(first, end))
      inside.insert(&instruction);
    SetVector<Value *> inputs;
    for (Instruction &instruction : make_range(first, end)) {
      if (any_of(instruction.users(), [&](User *user) { return !inside.contains(user); }))
        return;
      for (Value *operand : instruction.operands())
        if (isa<Argument, Instruction>(operand) && !inside.contains(operand))
          inputs.insert(operand);
    }
    SmallVector<Type *> types;
    for (Value *input : inputs)
      types.push_back(input->getType());
    auto *piece = Function::Create(FunctionType::get(Type::getVoidTy(block.getContext()), types, false),
                                   GlobalValue::InternalLinkage, result->getName() + "_piece", result->getParent());
    // Calls one after the other: there is nothing to optimise, and the simple code generator is several times as fast.
    piece->addFnAttr(Attribute::NoInline);
    piece->addFnAttr(Attribute::OptimizeNone);
    auto *body = BasicBlock::Create(block.getContext(), "", piece);
    body->splice(body->end(), &block, first, end);
    // By its own operands: the uses of an input are in all pieces.
    SmallDenseMap<Value *, Value *> passed;
    for (auto [i, input] : enumerate(inputs))
      passed[input] = piece->getArg(i);
    for (Instruction &instruction : *body)
      for (Use &operand : instruction.operands())
        if (Value *argument = passed.lookup(operand))
          operand = argument;
    IRBuilder<>(body).CreateRetVoid();
    simplifier.run(*piece);
    IRBuilder<>(&block, end).CreateCall(piece, inputs.getArrayRef());
  }

  Simplifier simplifier;
  Function &entry;
  Function *result = nullptr;
  SmallVector<WeakTrackingVH> copied;
};

} // namespace

unsigned rondo::teamArguments(const Function &function) {
  size_t size = function.arg_size();
  return size >= 3 && function.getArg(size - 1)->getType()->isIntegerTy(64) ? 3 : 0;
}

bool rondo::isLongEntry(const Function &function) {
  return function.arg_size() - teamArguments(function) > manyBuffers;
}

Function *rondo::cutLongEntry(Function &function) { return LongEntry(function).cut(); }
