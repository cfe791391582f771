// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How often loops go round (LoopWeights.h).

#include "tools/codegen/LoopWeights.h"

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/PatternMatch.h"

using namespace llvm;
using namespace llvm::PatternMatch;
using namespace rondo;

/// What LLVM takes every loop for of which it knows nothing.
static constexpr uint64_t usual = 32;

/// The iterations of a loop whose header compares a counter, from one constant by another, with a third; 0 of others.
static uint64_t countIterations(const Loop &loop, const BranchInst &branch) {
  constexpr uint64_t most = 1 << 30; // weights have 32 bits
  BasicBlock *preheader = loop.getLoopPreheader(), *latch = loop.getLoopLatch();
  CmpPredicate predicate;
  Value *value = nullptr;
  const APInt *end = nullptr, *begin = nullptr, *step = nullptr;
  if (!preheader || !latch || !branch.isConditional() ||
      loop.contains(branch.getSuccessor(0)) == loop.contains(branch.getSuccessor(1)) ||
      !match(branch.getCondition(), m_ICmp(predicate, m_Value(value), m_APInt(end))))
    return 0;
  auto *counter = dyn_cast<PHINode>(value);
  if (!counter || counter->getParent() != loop.getHeader() || !counter->getType()->isIntegerTy(64) ||
      !match(counter->getIncomingValueForBlock(preheader), m_APInt(begin)) ||
      !match(counter->getIncomingValueForBlock(latch), m_Add(m_Specific(counter), m_APInt(step))) ||
      !step->isStrictlyPositive())
    return 0;
  CmpInst::Predicate inside =
      loop.contains(branch.getSuccessor(0)) ? CmpInst::Predicate(predicate) : CmpInst::getInversePredicate(predicate);
  APInt behind = inside == CmpInst::ICMP_SLE || inside == CmpInst::ICMP_ULE ? *end + 1 : *end;
  if ((inside != CmpInst::ICMP_SLT && inside != CmpInst::ICMP_ULT && behind == *end) || behind.sle(*begin))
    return 0;
  return std::min(most, (behind - *begin + *step - 1).udiv(*step).getZExtValue());
}

PreservedAnalyses LoopWeightsPass::run(Function &function, FunctionAnalysisManager &analyses) {
  for (Loop *loop : analyses.getResult<LoopAnalysis>(function).getLoopsInPreorder()) {
    auto *branch = dyn_cast<BranchInst>(loop->getHeader()->getTerminator());
    uint64_t iterations = branch ? countIterations(*loop, *branch) : 0;
    if (!iterations)
      continue;
    // Sums stay in registers, however few their terms are.
    if (llvm::any_of(loop->getHeader()->phis(), [](PHINode &phi) { return phi.getType()->isVectorTy(); }))
      iterations = std::max(iterations, usual);
    bool first = loop->contains(branch->getSuccessor(0));
    MDBuilder weights(function.getContext());
    branch->setMetadata(LLVMContext::MD_prof, weights.createBranchWeights(first ? uint32_t(iterations) : 1,
                                                                          first ? 1 : uint32_t(iterations)));
  }
  // Weights change neither code nor control flow.
  return PreservedAnalyses::all();
}
