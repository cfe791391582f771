// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A loss over a vocabulary in panels (rondo-block-loss) is the one without, in the interpreter and as generated code.

#include "passes/Passes.h"
#include "test/numeric/CompiledFunction.h"
#include "test/numeric/Sweep.h"
#include "test/support/Program.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace rondo::test;

namespace {

/// What of a loss there is, and who reads its derivative.
struct Loss {
  const char *name;
  bool bias, factors, byInput, byWeight;
};

/// Rows of T and B, a vocabulary of 2H + 1, features I. The factors are random numbers, of which a third is 0.
std::string programOf(const Loss &loss) {
  std::string results = "tensor<$Tx$Bx$E>", values = "%l", made;
  auto add = [&](const std::string &value, const std::string &type, const std::string &op) {
    made += "  " + value + " = " + op + "\n";
    results += ", " + type;
    values += ", " + value;
  };
  std::string d = "tensor<$Tx$Bx$Vx$E>", x = "tensor<$Tx$Bx$Ix$E>", w = "tensor<$Vx$Ix$E>";
  if (loss.byInput)
    add("%dx", x, "rondo.contract %d, %w \"tbo,oi->tbi\" : " + d + ", " + w + " -> " + x);
  if (loss.byWeight)
    add("%dw", w, "rondo.contract %x, %d \"tbi,tbo->oi\" : " + x + ", " + d + " -> " + w);
  if (loss.bias)
    add("%db", "tensor<$Vx$E>", "rondo.reduce sum %d dims = [0, 1] : " + d + " -> tensor<$Vx$E>");
  std::string text = "func.func @f(%x: " + x + ", %w: " + w + ", %bias: tensor<$Vx$E>, %t: tensor<$Tx$Bxi32>, " +
                     "%h: tensor<$Tx$Bx$E>) -> (" + results + ") {\n" +
                     "  %p = rondo.contract %x, %w \"tbi,oi->tbo\" : " + x + ", " + w + " -> " + d + "\n";
  std::string z = loss.bias ? "%z" : "%p";
  if (loss.bias)
    text += "  %rows = rondo.broadcast %bias dims = [2] : tensor<$Vx$E> -> " + d +
            "\n  %z = arith.addf %p, %rows : " + d + "\n";
  text += "  %l = rondo.cross_entropy " + z + ", %t : " + d + ", tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$E>\n";
  if (loss.factors)
    text += "  %n = arith.constant dense<0.0> : tensor<$Tx$Bx$E>\n"
            "  %least = arith.constant dense<-0.3> : tensor<$Tx$Bx$E>\n"
            "  %some = arith.cmpf ogt, %h, %least : tensor<$Tx$Bx$E>\n"
            "  %g = arith.select %some, %h, %n : tensor<$Tx$Bxi1>, tensor<$Tx$Bx$E>\n"
            "  %c = rondo.broadcast %g dims = [0, 1] : tensor<$Tx$Bx$E> -> " +
            d + "\n";
  else
    text += "  %c = arith.constant dense<0.25> : " + d + "\n";
  text += "  %s = rondo.softmax " + z + " dim = 2 : " + d + "\n  %o = rondo.one_hot %t : tensor<$Tx$Bxi32> -> " + d +
          "\n  %m = arith.subf %s, %o : " + d + "\n  %d = arith.mulf %m, %c : " + d + "\n" + made + "  return " +
          values + " : " + results + "\n}\n";
  return text;
}

std::string sized(std::string text, Sizes sizes, llvm::StringRef element) {
  std::string vocabulary = std::to_string(2 * sizes.units + 1);
  for (size_t at = text.find("$V"); at != std::string::npos; at = text.find("$V", at))
    text.replace(at, 2, vocabulary);
  return sizes.in(text, element);
}

class LossPanels : public testing::TestWithParam<Loss> {};

std::string blocked(const std::string &text, int64_t panel) {
  Program program(text);
  mlir::PassManager manager(program.getModule().getContext());
  rondo::BlockLossOptions options;
  options.panel = panel;
  manager.addNestedPass<mlir::func::FuncOp>(rondo::createBlockLoss(options));
  EXPECT_TRUE(succeeded(manager.run(program.getModule())));
  std::string result;
  llvm::raw_string_ostream(result) << program.getModule();
  return result;
}

// Panels of which one is smaller, or that are one token or all.
TEST_P(LossPanels, MeanTheSame) {
  for (const Sizes &sizes : sweptSizes())
    for (llvm::StringRef element : {"f32", "f64"})
      for (int64_t panel : {int64_t(1), int64_t(3), int64_t(16), 2 * sizes.units + 1}) {
        if (panel > 2 * sizes.units + 1)
          continue;
        SCOPED_TRACE(sizes.in("T = $T, B = $B, I = $I, H = $H, $E, panel ", element) + std::to_string(panel));
        std::string text = sized(programOf(GetParam()), sizes, element);
        Program before(text), after(blocked(text, panel));
        EXPECT_TRUE(after.getFunction().getOps<rondo::CrossEntropyOp>().empty());
        expectSameResults(before.getModule(), after.getModule(), "f", -1, /*tokens=*/2 * sizes.units + 1);
      }
}

// Rows enough for packed panels and for shares of each of four threads; the threads change no bit.
TEST_P(LossPanels, GeneratedCode) {
  for (auto [sizes, panel] : {std::pair<Sizes, int64_t>{{5, 7, 9, 50}, 48}, {{3, 8, 17, 64}, 43}, {{1, 2, 5, 9}, 4}})
    for (llvm::StringRef element : {"f32", "f64"}) {
      SCOPED_TRACE(sizes.in("T = $T, B = $B, I = $I, H = $H, $E", element));
      rondo::expectCompiledEqualsReference(blocked(sized(programOf(GetParam()), sizes, element), panel),
                                           /*tokens=*/2 * sizes.units + 1);
    }
}

INSTANTIATE_TEST_SUITE_P(Losses, LossPanels,
                         testing::Values(Loss{"All", true, false, true, true}, Loss{"Weighted", true, true, true, true},
                                         Loss{"WithoutBias", false, true, true, true},
                                         Loss{"FrozenWeights", false, false, true, false},
                                         Loss{"FirstLayer", true, true, false, true}),
                         [](const testing::TestParamInfo<Loss> &info) { return info.param.name; });

/// What a program of one row gives whose logits are these weights.
std::vector<rondo::Tensor> ofRow(const std::array<double, 5> &weights, int64_t token, bool inPanels) {
  std::string text = sized(programOf(Loss{"", false, false, true, true}), Sizes{1, 1, 1, 2}, "f32");
  Program program(inPanels ? blocked(text, 2) : text);
  return program.run({f32({1, 1, 1}, {1}), f32({5, 1}, weights), f32({5}, std::vector<double>(5)),
                      i32({1, 1}, {double(token)}), f32({1, 1}, {1})});
}

// A panel of which all are minus infinity, or far less than others, and one that is not a number.
TEST(LossPanelsOfSpecialLogits, AreAsWithoutPanels) {
  double inf = INFINITY;
  for (std::array<double, 5> weights : {std::array<double, 5>{-inf, -inf, 1, 2, 0.5},
                                        {300, 299, -300, -200, 88},
                                        {1, 2, NAN, 3, 4},
                                        {-inf, 1, 2, -inf, -inf}})
    for (int64_t token : {1, 3}) {
      std::vector<rondo::Tensor> expected = ofRow(weights, token, false), found = ofRow(weights, token, true);
      ASSERT_EQ(expected.size(), found.size());
      for (auto [e, f] : llvm::zip(expected, found))
        for (int64_t n = 0; n < e.numElements(); ++n)
          EXPECT_TRUE((std::isnan(e.at(n)) && std::isnan(f.at(n))) || e.at(n) == f.at(n) ||
                      std::abs(e.at(n) - f.at(n)) < 1e-5 * std::max(1.0, std::abs(e.at(n))))
              << "token " << token << ", element " << n << ": " << f.at(n) << ", expected " << e.at(n);
    }
}

} // namespace
