// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Addresses in the loops of products: what lies a constant apart shares a pointer that each iteration moves on.

#include "tools/codegen/LoopAddresses.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace llvm;

namespace {

/// A function whose loop has `body` and, if `sums`, a vector of sums; the body's last value is %more, a vector.
std::string loopOf(const std::string &body, bool sums = true) {
  std::string phi = sums ? "  %sum = phi <16 x float> [ zeroinitializer, %entry ], [ %next, %loop ]\n" : "";
  std::string add = sums ? "  %next = fadd <16 x float> %sum, %more\n" : "  store <16 x float> %more, ptr %out\n";
  return "define void @f(ptr %a, ptr %out, i64 %row, i64 %n) {\nentry:\n  br label %loop\nloop:\n"
         "  %k = phi i64 [ 0, %entry ], [ %k2, %loop ]\n" +
         phi + body + add +
         "  %k2 = add i64 %k, 1\n  %again = icmp slt i64 %k2, %n\n  br i1 %again, label %loop, label %exit\n"
         "exit:\n" +
         (sums ? "  store <16 x float> %next, ptr %out\n" : "") + "  ret void\n}\n";
}

class LoopAddresses : public testing::Test {
protected:
  /// Runs the pass on a module's function @f; false if it left the function as it was.
  bool run(const std::string &text) {
    SMDiagnostic error;
    module = parseAssemblyString(text, error, context);
    EXPECT_TRUE(module) << error.getMessage().str();
    if (!module)
      return false;
    PassBuilder builder;
    FunctionAnalysisManager analyses;
    builder.registerFunctionAnalyses(analyses);
    Function &function = *module->getFunction("f");
    bool changed = !rondo::LoopAddressesPass().run(function, analyses).areAllPreserved();
    EXPECT_FALSE(verifyFunction(function, &errs()));
    return changed;
  }

  BasicBlock &loop() {
    for (BasicBlock &block : *module->getFunction("f"))
      if (block.getName() == "loop")
        return block;
    llvm_unreachable("every function here has a loop");
  }

  unsigned pointers() {
    return count_if(loop().phis(), [](PHINode &phi) { return phi.getType()->isPointerTy(); });
  }

  template <typename Op> unsigned inLoop() {
    return count_if(loop(), [](Instruction &instruction) { return isa<Op>(instruction); });
  }

  template <typename Op> unsigned inFunction(function_ref<bool(Op &)> isMeant) {
    return count_if(instructions(*module->getFunction("f")), [&](Instruction &instruction) {
      auto *op = dyn_cast<Op>(&instruction);
      return op && isMeant(*op);
    });
  }

  LLVMContext context;
  std::unique_ptr<Module> module;
};

/// Two addresses a constant apart, 64 bytes from one iteration to the next.
const char *const twoRows = "  %i = mul i64 %k, 16\n"
                            "  %j = add i64 %i, 100\n"
                            "  %p = getelementptr float, ptr %a, i64 %i\n"
                            "  %q = getelementptr float, ptr %a, i64 %j\n"
                            "  %x = load <16 x float>, ptr %p\n"
                            "  %y = load <16 x float>, ptr %q\n"
                            "  %more = fmul <16 x float> %x, %y\n";

// The addresses of a gather are a vector, which cannot say where the loop ends.
TEST_F(LoopAddresses, AddressesOfAGatherStay) {
  std::string text = loopOf("  %at = shl i64 %k, 6\n"
                            "  %from = getelementptr i8, <16 x ptr> %rows, i64 %at\n"
                            "  %more = call <16 x float> @llvm.masked.gather.v16f32.v16p0(<16 x ptr> %from, "
                            "<16 x i1> splat (i1 true), <16 x float> zeroinitializer)\n");
  text.replace(text.find("i64 %n)"), 7, "i64 %n, <16 x ptr> %rows)");
  EXPECT_FALSE(
      run(text + "declare <16 x float> @llvm.masked.gather.v16f32.v16p0(<16 x ptr>, <16 x i1>, <16 x float>)\n"));
}

// Terms from the last one to the first: the pointer moves back, and the loop ends when it is below its end.
TEST_F(LoopAddresses, PointersThatMoveBack) {
  ASSERT_TRUE(run(loopOf("  %back = sub i64 %row, %k\n"
                         "  %i = mul i64 %back, 16\n"
                         "  %p = getelementptr float, ptr %a, i64 %i\n"
                         "  %more = load <16 x float>, ptr %p\n")));
  EXPECT_EQ(pointers(), 1u);
  EXPECT_EQ(inLoop<BinaryOperator>(), 1u); // the sum
  for (Instruction &instruction : loop()) {
    if (auto *address = dyn_cast<GetElementPtrInst>(&instruction))
      EXPECT_EQ(cast<ConstantInt>(address->getOperand(1))->getSExtValue(), -64);
    if (auto *compare = dyn_cast<ICmpInst>(&instruction)) {
      EXPECT_TRUE(compare->getOperand(0)->getType()->isPointerTy());
      EXPECT_EQ(compare->getPredicate(), CmpInst::ICMP_UGT);
    }
  }
}

TEST_F(LoopAddresses, AConstantApartShareAPointer) {
  ASSERT_TRUE(run(loopOf(twoRows)));
  EXPECT_EQ(pointers(), 1u);
  // The pointer's own step, and the second address as a constant from it.
  std::vector<int64_t> constants;
  for (Instruction &instruction : loop())
    if (auto *address = dyn_cast<GetElementPtrInst>(&instruction)) {
      auto *constant = dyn_cast<ConstantInt>(address->getOperand(1));
      ASSERT_TRUE(constant);
      constants.push_back(constant->getSExtValue());
    }
  llvm::sort(constants);
  EXPECT_EQ(constants, (std::vector<int64_t>{64, 400}));
}

TEST_F(LoopAddresses, WhatTheLoopDoesNotChangeIsAddedBeforeIt) {
  ASSERT_TRUE(run(loopOf("  %i = mul i64 %k, 16\n  %r = shl i64 %row, 3\n  %j = add i64 %i, %r\n"
                         "  %p = getelementptr float, ptr %a, i64 %i\n  %q = getelementptr float, ptr %a, i64 %j\n"
                         "  %x = load <16 x float>, ptr %p\n  %y = load <16 x float>, ptr %q\n"
                         "  %more = fmul <16 x float> %x, %y\n")));
  EXPECT_EQ(pointers(), 2u);
  EXPECT_EQ(inLoop<GetElementPtrInst>(), 2u) << "each pointer's step alone";
}

TEST_F(LoopAddresses, APointerCountsInTheCountersPlace) {
  // A loop that is tested at its end, and one at its beginning.
  std::string atTheTop = "define void @f(ptr %a, ptr %out, i64 %n) {\nentry:\n  br label %head\nhead:\n"
                         "  %k = phi i64 [ 0, %entry ], [ %k2, %loop ]\n"
                         "  %sum = phi <16 x float> [ zeroinitializer, %entry ], [ %next, %loop ]\n"
                         "  %again = icmp slt i64 %k, %n\n  br i1 %again, label %loop, label %exit\nloop:\n" +
                         std::string(twoRows) +
                         "  %next = fadd <16 x float> %sum, %more\n  %k2 = add i64 %k, 1\n  br label %head\n"
                         "exit:\n  store <16 x float> %sum, ptr %out\n  ret void\n}\n";
  for (const std::string &text : {loopOf(twoRows), atTheTop}) {
    ASSERT_TRUE(run(text));
    EXPECT_EQ(inFunction<PHINode>([](PHINode &phi) { return phi.getType()->isIntegerTy(); }), 0u);
    EXPECT_EQ(inFunction<ICmpInst>([](ICmpInst &end) {
                return end.getOperand(0)->getType()->isPointerTy() && end.getPredicate() == CmpInst::ICMP_ULT;
              }),
              1u);
  }
}

TEST_F(LoopAddresses, ACounterThatIsReadStays) {
  ASSERT_TRUE(run(loopOf(std::string(twoRows) + "  store i64 %k, ptr %out\n")));
  EXPECT_EQ(inFunction<PHINode>([](PHINode &phi) { return phi.getType()->isIntegerTy(); }), 1u);
}

TEST_F(LoopAddresses, ALoopWithoutSumsIsLeft) { EXPECT_FALSE(run(loopOf(twoRows, /*sums=*/false))); }

TEST_F(LoopAddresses, AddressesThatDoNotFollowTheCounterAreLeft) {
  EXPECT_FALSE(run(loopOf("  %s = mul i64 %k, %k\n  %p = getelementptr float, ptr %a, i64 %s\n"
                          "  %q = getelementptr float, ptr %a, i64 %row\n"
                          "  %x = load <16 x float>, ptr %p\n  %y = load <16 x float>, ptr %q\n"
                          "  %more = fmul <16 x float> %x, %y\n")));
  EXPECT_EQ(pointers(), 0u);
}

TEST_F(LoopAddresses, MorePointersThanRegistersAreNotMade) {
  std::string body, last = "zeroinitializer";
  for (unsigned i = 0; i < 13; ++i) {
    std::string n = std::to_string(i);
    // Other steps, so that none shares another one's pointer.
    body += "  %i" + n + " = mul i64 %k, " + std::to_string(16 + i) + "\n  %p" + n +
            " = getelementptr float, ptr %a, i64 %i" + n + "\n  %x" + n + " = load <16 x float>, ptr %p" + n +
            "\n  %s" + n + " = fadd <16 x float> " + last + ", %x" + n + "\n";
    last = "%s" + n;
  }
  EXPECT_FALSE(run(loopOf(body + "  %more = fneg <16 x float> " + last + "\n")));
}

} // namespace
