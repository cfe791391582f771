// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Each entry of the table of derivatives against central differences in double, and what the table says at kinks.

#include "Program.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/training/DerivativeRules.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;
using namespace rondo::test;

namespace {

/// An op as a function from the parameters %a, %b, %c to %y.
struct Case {
  std::string name, parameters, body, resultType;
  /// What is added to all arguments, to keep out of where the op is not defined.
  double offset = 0;
};

std::ostream &operator<<(std::ostream &stream, const Case &c) { return stream << c.name; }

/// loss = sum over y of y * weight, so that each element of y has a cotangent of its own; if it is `cubed`, of y * y *
/// y * weight, which has second derivatives even where y has none.
std::string functionOf(const Case &c, bool cubed = false) {
  std::string type = c.resultType, shape = type.substr(7, type.size() - 8), dims;
  for (int64_t i = 0, rank = std::count(shape.begin(), shape.end(), 'x'); i < rank; ++i)
    dims += (i ? ", " : "") + std::to_string(i);
  std::string sum = dims.empty() ? "%zero = arith.constant dense<0.0> : tensor<f64>\n"
                                   "%l = arith.addf %p, %zero : tensor<f64>\n"
                                 : "%l = rondo.reduce sum %p dims = [" + dims + "] : " + type + " -> tensor<f64>\n";
  return "func.func @f(" + c.parameters + ", %weight: " + type +
         " {rondo.input = \"weight\"}) -> (tensor<f64> {rondo.loss}) {\n" + c.body +
         (cubed ? "\n%s = arith.mulf %y, %y : " + type + "\n%z = arith.mulf %s, %y : " + type : "") +
         "\n%p = arith.mulf " + (cubed ? "%z" : "%y") + ", %weight : " + type + "\n" + sum +
         "return %l : tensor<f64>\n}\n";
}

std::string parameter(const std::string &name, const std::string &type) {
  return "%" + name + ": " + type + " {rondo.parameter = \"" + name + "\"}";
}

Case unary(const std::string &op, double offset = 0) {
  return {op, parameter("a", "tensor<2x3xf64>"), "%y = " + op + " %a : tensor<2x3xf64>", "tensor<2x3xf64>", offset};
}

Case binary(const std::string &op, double offset = 0) {
  return {op, parameter("a", "tensor<2x3xf64>") + ", " + parameter("b", "tensor<2x3xf64>"),
          "%y = " + op + " %a, %b : tensor<2x3xf64>", "tensor<2x3xf64>", offset};
}

Case contract(const std::string &name, const std::string &spec, const std::string &a, const std::string &b,
              const std::string &y) {
  return {name, parameter("a", a) + ", " + parameter("b", b),
          "%y = rondo.contract %a, %b \"" + spec + "\" : " + a + ", " + b + " -> " + y, y};
}

Case one(const std::string &name, const std::string &type, const std::string &body, const std::string &resultType) {
  return {name, parameter("a", type), body, resultType};
}

std::vector<Case> cases() {
  std::string ab = parameter("a", "tensor<2x3xf64>") + ", " + parameter("b", "tensor<2x3xf64>");
  std::string tokens = ", %t: tensor<2x4xi32> {rondo.input = \"t\"}";
  return {
      binary("arith.addf"),
      binary("arith.subf"),
      binary("arith.mulf"),
      binary("arith.divf", 2),
      unary("arith.negf"),
      binary("arith.maximumf"),
      binary("arith.minimumf"),
      binary("arith.maxnumf"),
      binary("arith.minnumf"),
      {"select", ab,
       "%c = arith.cmpf olt, %a, %b : tensor<2x3xf64>\n%n = arith.negf %b : tensor<2x3xf64>\n"
       "%y = arith.select %c, %a, %n : tensor<2x3xi1>, tensor<2x3xf64>",
       "tensor<2x3xf64>"},
      unary("math.tanh"),
      unary("math.exp"),
      unary("math.exp2"),
      unary("math.expm1"),
      unary("math.log", 2),
      unary("math.log2", 2),
      unary("math.log1p", 1),
      unary("math.sqrt", 2),
      unary("math.rsqrt", 2),
      unary("math.absf"),
      unary("math.sin"),
      unary("math.cos"),
      unary("math.erf"),
      unary("math.floor"),
      binary("math.powf", 2),
      {"fma", ab, "%y = math.fma %a, %b, %a : tensor<2x3xf64>", "tensor<2x3xf64>"},
      one("extract_slice", "tensor<4x3xf64>",
          "%y = tensor.extract_slice %a[1, 0] [2, 2] [1, 2] : tensor<4x3xf64> to tensor<2x2xf64>", "tensor<2x2xf64>"),
      one("extract_slice_of_lower_rank", "tensor<4x3xf64>",
          "%y = tensor.extract_slice %a[1, 0] [1, 3] [1, 1] : tensor<4x3xf64> to tensor<3xf64>", "tensor<3xf64>"),
      {"insert_slice", parameter("a", "tensor<2x2xf64>") + ", " + parameter("b", "tensor<4x3xf64>"),
       "%y = tensor.insert_slice %a into %b[1, 0] [2, 2] [1, 2] : tensor<2x2xf64> into tensor<4x3xf64>",
       "tensor<4x3xf64>"},
      {"concat", parameter("a", "tensor<2x2xf64>") + ", " + parameter("b", "tensor<2x3xf64>"),
       "%y = tensor.concat dim(1) %a, %b, %a : (tensor<2x2xf64>, tensor<2x3xf64>, tensor<2x2xf64>) -> tensor<2x7xf64>",
       "tensor<2x7xf64>"},
      one("expand_shape", "tensor<6xf64>",
          "%y = tensor.expand_shape %a [[0, 1]] output_shape [2, 3] : tensor<6xf64> into tensor<2x3xf64>",
          "tensor<2x3xf64>"),
      one("collapse_shape", "tensor<2x3xf64>",
          "%y = tensor.collapse_shape %a [[0, 1]] : tensor<2x3xf64> into tensor<6xf64>", "tensor<6xf64>"),
      contract("matrix_product", "bi,oi->bo", "tensor<2x3xf64>", "tensor<4x3xf64>", "tensor<2x4xf64>"),
      contract("outer_product", "bi,bo->bio", "tensor<2x3xf64>", "tensor<2x4xf64>", "tensor<2x3x4xf64>"),
      contract("dot_product", "i,i->", "tensor<3xf64>", "tensor<3xf64>", "tensor<f64>"),
      contract("transposed_result", "tbi,ji->jbt", "tensor<2x3x4xf64>", "tensor<5x4xf64>", "tensor<5x3x2xf64>"),
      contract("letter_summed_alone", "bki,oi->bo", "tensor<2x5x3xf64>", "tensor<4x3xf64>", "tensor<2x4xf64>"),
      contract("letters_summed_alone_in_both", "kb,bl->b", "tensor<2x3xf64>", "tensor<3x4xf64>", "tensor<3xf64>"),
      contract("scaled_by_scalar", ",ab->ba", "tensor<f64>", "tensor<2x3xf64>", "tensor<3x2xf64>"),
      one("broadcast", "tensor<3xf64>", "%y = rondo.broadcast %a dims = [1] : tensor<3xf64> -> tensor<2x3x4xf64>",
          "tensor<2x3x4xf64>"),
      one("broadcast_of_scalar", "tensor<f64>", "%y = rondo.broadcast %a dims = [] : tensor<f64> -> tensor<2x3xf64>",
          "tensor<2x3xf64>"),
      one("transposition", "tensor<2x3x4xf64>",
          "%y = rondo.broadcast %a dims = [2, 0, 1] : tensor<2x3x4xf64> -> tensor<3x4x2xf64>", "tensor<3x4x2xf64>"),
      one("transposed_and_repeated", "tensor<3x3xf64>",
          "%y = rondo.broadcast %a dims = [3, 1] : tensor<3x3xf64> -> tensor<2x3x4x3xf64>", "tensor<2x3x4x3xf64>"),
      one("sum", "tensor<2x3x4xf64>", "%y = rondo.reduce sum %a dims = [0, 2] : tensor<2x3x4xf64> -> tensor<3xf64>",
          "tensor<3xf64>"),
      one("mean", "tensor<2x3x4xf64>", "%y = rondo.reduce mean %a dims = [0, 2] : tensor<2x3x4xf64> -> tensor<3xf64>",
          "tensor<3xf64>"),
      one("max", "tensor<2x3x4xf64>", "%y = rondo.reduce max %a dims = [0, 2] : tensor<2x3x4xf64> -> tensor<3xf64>",
          "tensor<3xf64>"),
      one("softmax", "tensor<2x3x4xf64>", "%y = rondo.softmax %a dim = 2 : tensor<2x3x4xf64>", "tensor<2x3x4xf64>"),
      one("softmax_of_columns", "tensor<2x3x4xf64>", "%y = rondo.softmax %a dim = 0 : tensor<2x3x4xf64>",
          "tensor<2x3x4xf64>"),
      unary("rondo.sigmoid"),
      one("softmax_of_vector", "tensor<5xf64>", "%y = rondo.softmax %a dim = 0 : tensor<5xf64>", "tensor<5xf64>"),
      {"cross_entropy", parameter("a", "tensor<2x4x3xf64>") + tokens,
       "%y = rondo.cross_entropy %a, %t : tensor<2x4x3xf64>, tensor<2x4xi32> -> tensor<2x4xf64>", "tensor<2x4xf64>"},
      one("window", "tensor<2x9x3xf64>",
          "%y = rondo.window %a dim = 1 size = 3 stride = 2 dilation = 2 : tensor<2x9x3xf64> -> tensor<2x3x3x3xf64>",
          "tensor<2x3x3x3xf64>"),
      one("overlap_add", "tensor<4x3x2xf64>",
          "%y = rondo.overlap_add %a dim = 0 stride = 2 dilation = 1 : tensor<4x3x2xf64> -> tensor<9x2xf64>",
          "tensor<9x2xf64>"),
      {"gather", parameter("a", "tensor<3x5xf64>") + tokens,
       "%y = rondo.gather %a, %t : tensor<3x5xf64>, tensor<2x4xi32> -> tensor<2x4x5xf64>", "tensor<2x4x5xf64>"},
      {"gather_along_a_dimension", parameter("a", "tensor<6x3x4x5xf64>") + tokens,
       "%y = rondo.gather %a, %t \"nsbf,tb->ntbf\" : tensor<6x3x4x5xf64>, tensor<2x4xi32> -> tensor<6x2x4x5xf64>",
       "tensor<6x2x4x5xf64>"},
      {"scatter_add_along_a_dimension", parameter("a", "tensor<2x4xf64>") + tokens,
       "%y = rondo.scatter_add %t, %a \"bs,tb->tb\" : tensor<2x4xi32>, tensor<2x4xf64> -> tensor<4x3xf64>",
       "tensor<4x3xf64>"},
      {"scatter_add", parameter("a", "tensor<2x4x5xf64>") + tokens,
       "%y = rondo.scatter_add %t, %a : tensor<2x4xi32>, tensor<2x4x5xf64> -> tensor<3x5xf64>", "tensor<3x5xf64>"},
  };
}

class DerivativeRules : public testing::TestWithParam<Case> {};

TEST_P(DerivativeRules, AgreeWithFiniteDifferences) {
  Program program(functionOf(GetParam()));
  ASSERT_TRUE(program.run("rondo-differentiate"));
  EXPECT_LT(gradientError(program, program.randomArguments("f", GetParam().offset)), 1e-7);
}

TEST_P(DerivativeRules, ForwardModeAgreesWithReverseMode) {
  Program program(functionOf(GetParam()));
  ASSERT_TRUE(program.run("rondo-differentiate{function=f}, rondo-tangent{function=f}"));
  EXPECT_LT(tangentError(program, program.randomArguments("f_tangent", GetParam().offset)), 1e-12);
}

TEST_P(DerivativeRules, AgreeTwiceWithFiniteDifferences) {
  Program program(functionOf(GetParam(), /*cubed=*/true));
  ASSERT_TRUE(program.run("rondo-tangent, rondo-differentiate"));
  std::vector<Tensor> arguments = program.randomArguments("f_tangent", GetParam().offset);
  EXPECT_LT(productError(program, "f_hessian", arguments), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Table, DerivativeRules, testing::ValuesIn(cases()), [](const auto &info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

/// The gradients of @f by all parameters where these have the given elements and all cotangents are 1.
std::vector<Tensor> gradientsAt(const Case &c, ArrayRef<std::vector<double>> values) {
  Program program(functionOf(c));
  EXPECT_TRUE(program.run("rondo-differentiate"));
  std::vector<Tensor> arguments = program.randomArguments("f");
  for (Tensor &argument : arguments)
    for (int64_t i = 0; i < argument.numElements(); ++i) {
      unsigned number = &argument - arguments.data();
      argument.set(i, number < values.size() ? values[number][i] : 1);
    }
  std::vector<Tensor> results = program.call("f_grad", arguments);
  results.erase(results.begin());
  return results;
}

using Elements = std::vector<double>;

// relu'(0) = 0, whichever way it is written.
TEST(DerivativeRulesAtKinks, ConstantWinsTheTie) {
  for (std::string operands : {"%a, %zero", "%zero, %a"})
    EXPECT_EQ(gradientsAt(one("relu", "tensor<3xf64>",
                              "%zero = arith.constant dense<0.0> : tensor<3xf64>\n%y = arith.maximumf " + operands +
                                  " : tensor<3xf64>",
                              "tensor<3xf64>"),
                          {{-1, 0, 1}})[0]
                  .f64,
              Elements({0, 0, 1}));
}

TEST(DerivativeRulesAtKinks, FirstOperandWinsTheTieOfTwoVariables) {
  for (std::string op : {"arith.maximumf", "arith.minimumf"}) {
    std::vector<Tensor> gradients = gradientsAt(binary(op), {{1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}});
    EXPECT_EQ(gradients[0].f64, Elements(6, 1));
    EXPECT_EQ(gradients[1].f64, Elements(6, 0));
  }
}

TEST(DerivativeRulesAtKinks, EqualMaximaShareTheGradient) {
  Case c =
      one("max", "tensor<4xf64>", "%y = rondo.reduce max %a dims = [0] : tensor<4xf64> -> tensor<f64>", "tensor<f64>");
  EXPECT_EQ(gradientsAt(c, {{2, 1, 2, 0}})[0].f64, Elements({0.5, 0, 0.5, 0}));
}

TEST(DerivativeRulesAtKinks, AbsoluteValueIsFlatAtZero) {
  Case c = one("abs", "tensor<3xf64>", "%y = math.absf %a : tensor<3xf64>", "tensor<3xf64>");
  EXPECT_EQ(gradientsAt(c, {{-2, 0, 2}})[0].f64, Elements({-1, 0, 1}));
}

TEST(DerivativeRulesAtKinks, PowerIsFiniteAtZero) {
  // 0^0, 0^2, 2^0, and 0^1.
  Case c{"pow", parameter("a", "tensor<4xf64>") + ", " + parameter("b", "tensor<4xf64>"),
         "%y = math.powf %a, %b : tensor<4xf64>", "tensor<4xf64>"};
  std::vector<Tensor> gradients = gradientsAt(c, {{0, 0, 2, 0}, {0, 2, 0, 1}});
  EXPECT_EQ(gradients[0].f64, Elements({0, 0, 0, 1}));
  EXPECT_EQ(gradients[1].f64, Elements({0, 0, std::log(2.0), 0}));
}

// The length of a vector has the subgradient 0 at zero.
TEST(DerivativeRulesAtKinks, SquareRootIsFlatAtZero) {
  Case c = one("sqrt", "tensor<3xf64>", "%y = math.sqrt %a : tensor<3xf64>", "tensor<3xf64>");
  EXPECT_EQ(gradientsAt(c, {{0, 4, 0.25}})[0].f64, Elements({0, 0.25, 1}));
}

// Where the branch is not taken, the function may be infinite or not defined, and so may its slope.
TEST(DerivativeRulesAtKinks, InfiniteSlopesOfOtherBranchesDoNotCount) {
  for (std::string function : {"%f = math.sqrt %a", "%f = math.log %a", "%f = math.rsqrt %a", "%f = arith.divf %c, %a",
                               "%f = math.powf %a, %c", "%f = math.exp %large", "%f = arith.divf %a, %zero"}) {
    Case c = one("select", "tensor<3xf64>",
                 "%zero = arith.constant dense<0.0> : tensor<3xf64>\n%c = arith.constant dense<0.5> : tensor<3xf64>\n"
                 "%k = arith.constant dense<-1.0e3> : tensor<3xf64>\n%large = arith.mulf %a, %k : tensor<3xf64>\n" +
                     function +
                     " : tensor<3xf64>\n%d = arith.cmpf ogt, %a, %zero : tensor<3xf64>\n"
                     "%y = arith.select %d, %f, %a : tensor<3xi1>, tensor<3xf64>",
                 "tensor<3xf64>");
    EXPECT_EQ(gradientsAt(c, {{-2, 0, -1}})[0].f64, Elements({1, 1, 1})) << function;
  }
}

TEST(DerivativeRulesAtKinks, SaturatedSigmoidHasNoNaN) {
  Case c = one("sigmoid", "tensor<2xf64>", "%y = rondo.sigmoid %a : tensor<2xf64>", "tensor<2xf64>");
  EXPECT_EQ(gradientsAt(c, {{-1e4, 1e4}})[0].f64, Elements({0, 0}));
}

// max(x, 0) + log1p(exp(min(x, -x))), as the language's softplus is written: each part has a kink at 0, the sum none.
TEST(DerivativeRulesAtKinks, SoftplusIsSmooth) {
  Case c = one("softplus", "tensor<1xf64>",
               "%zero = arith.constant dense<0.0> : tensor<1xf64>\n%n = arith.negf %a : tensor<1xf64>\n"
               "%m = arith.minimumf %a, %n : tensor<1xf64>\n%e = math.exp %m : tensor<1xf64>\n"
               "%s = math.log1p %e : tensor<1xf64>\n%r = arith.maximumf %a, %zero : tensor<1xf64>\n"
               "%y = arith.addf %r, %s : tensor<1xf64>",
               "tensor<1xf64>");
  EXPECT_EQ(gradientsAt(c, {{0}})[0].f64, Elements({0.5}));
}

/// tanh' = 1 - y, where it should be 1 - y^2.
struct WrongTanhRule : Rule<WrongTanhRule, math::TanhOp> {
  static void adjoint(math::TanhOp op, Adjoint &a) {
    a.accumulate(0, a.mul(a.cotangent(), a.sub(a.constant(op.getType(), 1), op.getResult())));
  }
};

// The comparison above finds a wrong rule. The first rule attached to an op is the one that counts.
TEST(FiniteDifferences, CatchAWrongRule) {
  Program program(functionOf(unary("math.tanh")), {}, [](DialectRegistry &registry) {
    registry.addExtension(+[](MLIRContext *context, math::MathDialect *) { attachRules<WrongTanhRule>(context); });
  });
  ASSERT_TRUE(program.run("rondo-differentiate"));
  EXPECT_GT(gradientError(program, program.randomArguments("f")), 0.01);
}

} // namespace
