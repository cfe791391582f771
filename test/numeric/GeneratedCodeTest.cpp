// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Generated code against the reference interpreter, over swept shapes: odd sizes, batch 1, length 1, sizes around the
// vectors' width and the tiles' bounds, both precisions, and CPUs with and without fused multiply-add.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include <gtest/gtest.h>

using namespace rondo;

namespace {

/// Replaces $name by a value in a text.
class Text {
public:
  explicit Text(std::string text) : text(std::move(text)) {}
  Text &set(const std::string &name, const std::string &value) {
    for (size_t at; (at = text.find("$" + name)) != std::string::npos;)
      text.replace(at, name.size() + 1, value);
    return *this;
  }
  Text &set(const std::string &name, int64_t value) { return set(name, std::to_string(value)); }
  operator std::string() const { return text; }
  const std::string &str() const { return text; }

private:
  std::string text;
};

struct Shape {
  int64_t T, B, I, H;
};
const Shape shapes[] = {{1, 1, 1, 1},  {3, 1, 5, 7},   {2, 3, 16, 16}, {5, 2, 17, 33},
                        {1, 5, 3, 64}, {4, 17, 9, 70}, {7, 4, 100, 12}};
/// Compiles the program for shapes, element types and CPUs. $T, $B, $I, $H and $f stand for them. Every shape is taken
/// in float for this machine, or for the one named by RONDO_TEST_CPU; of the other pairs each takes those that reach
/// every kind of tile and tail.
void sweep(const std::string &program, int64_t tokens = 1, int64_t unroll = 1) {
  struct Target {
    const char *cpu, *element;
    std::vector<unsigned> shapes;
  };
  const Target targets[] = {
      {"native", "f32", {0, 1, 2, 3, 4, 5, 6}},
      {"native", "f64", {0, 3, 5}},
      {"haswell", "f32", {3, 5}},
      {"haswell", "f64", {6}},
      {"x86-64", "f32", {0, 5}},
      {"x86-64", "f64", {3}},
  };
  const std::string only = testCPU();
  for (const Target &target : targets) {
    bool isNative = llvm::StringRef(target.cpu) == "native";
    if (only != "native" && !isNative)
      continue;
    for (unsigned number : target.shapes) {
      const Shape &shape = shapes[number];
      std::string source = Text(program)
                               .set("T", shape.T)
                               .set("B", shape.B)
                               .set("I", shape.I)
                               .set("H", shape.H)
                               .set("f", target.element);
      expectCompiledEqualsReference(source, tokens, isNative ? only : target.cpu, unroll);
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
  }
}

} // namespace

TEST(Contract, ForwardProduct) {
  sweep(R"(func.func @f(%x: tensor<$Tx$Bx$Ix$f>, %w: tensor<$Hx$Ix$f>) -> tensor<$Tx$Bx$Hx$f> {
    %0 = rondo.contract %x, %w "tbi,oi->tbo" : tensor<$Tx$Bx$Ix$f>, tensor<$Hx$Ix$f> -> tensor<$Tx$Bx$Hx$f>
    return %0 : tensor<$Tx$Bx$Hx$f>
  })");
}

TEST(Contract, InputGradient) {
  sweep(R"(func.func @f(%x: tensor<$Bx$Hx$f>, %w: tensor<$Hx$Ix$f>) -> tensor<$Bx$Ix$f> {
    %0 = rondo.contract %x, %w "bo,oi->bi" : tensor<$Bx$Hx$f>, tensor<$Hx$Ix$f> -> tensor<$Bx$Ix$f>
    return %0 : tensor<$Bx$Ix$f>
  })");
}

TEST(Contract, WeightGradient) {
  sweep(R"(func.func @f(%g: tensor<$Tx$Bx$Hx$f>, %x: tensor<$Tx$Bx$Ix$f>) -> tensor<$Hx$Ix$f> {
    %0 = rondo.contract %g, %x "tbo,tbi->oi" : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Ix$f> -> tensor<$Hx$Ix$f>
    return %0 : tensor<$Hx$Ix$f>
  })");
}

TEST(Contract, DotVectorOuterAndLonelySums) {
  sweep(R"(func.func @f(%x: tensor<$Bx$Hx$f>, %y: tensor<$Bx$Hx$f>, %v: tensor<$Hx$f>, %u: tensor<$Ix$f>)
      -> (tensor<$Bx$f>, tensor<$Bx$f>, tensor<$Hx$Ix$f>, tensor<$f>, tensor<$Bx$Ix$f>) {
    %0 = rondo.contract %x, %y "bi,bi->b" : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f> -> tensor<$Bx$f>
    %1 = rondo.contract %x, %v "bi,i->b" : tensor<$Bx$Hx$f>, tensor<$Hx$f> -> tensor<$Bx$f>
    %2 = rondo.contract %v, %u "h,i->hi" : tensor<$Hx$f>, tensor<$Ix$f> -> tensor<$Hx$Ix$f>
    %3 = rondo.contract %x, %y "bi,bi->" : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f> -> tensor<$f>
    %4 = rondo.contract %x, %u "bh,i->bi" : tensor<$Bx$Hx$f>, tensor<$Ix$f> -> tensor<$Bx$Ix$f>
    return %0, %1, %2, %3, %4 : tensor<$Bx$f>, tensor<$Bx$f>, tensor<$Hx$Ix$f>, tensor<$f>, tensor<$Bx$Ix$f>
  })");
}

// Letters that both operands and the result share: a matrix for each head of each sequence, with the result's
// dimensions in several orders; the scores and the mixture of attention.
TEST(Contract, BatchesOfProducts) {
  sweep(R"(func.func @f(%q: tensor<$Tx$Bx$Ix3x$f>, %k: tensor<$Hx$Bx$Ix3x$f>, %s: tensor<$Tx$Hx$Bx$f>,
                        %m: tensor<$Hx$Bx$Ix$f>, %o: tensor<$Bx$Tx$Hx$f>)
      -> (tensor<$Bx3x$Tx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Ix$f>, tensor<$Bx$Hx$Ix$f>) {
    %0 = rondo.contract %q, %k "tbdn,sbdn->bnts" : tensor<$Tx$Bx$Ix3x$f>, tensor<$Hx$Bx$Ix3x$f> -> tensor<$Bx3x$Tx$Hx$f>
    %1 = rondo.contract %q, %k "tbdn,sbdn->tbs" : tensor<$Tx$Bx$Ix3x$f>, tensor<$Hx$Bx$Ix3x$f> -> tensor<$Tx$Bx$Hx$f>
    %2 = rondo.contract %s, %m "tsb,sbd->tbd" : tensor<$Tx$Hx$Bx$f>, tensor<$Hx$Bx$Ix$f> -> tensor<$Tx$Bx$Ix$f>
    %3 = rondo.contract %o, %2 "bts,tbd->bsd" : tensor<$Bx$Tx$Hx$f>, tensor<$Tx$Bx$Ix$f> -> tensor<$Bx$Hx$Ix$f>
    return %0, %1, %2, %3
      : tensor<$Bx3x$Tx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Ix$f>, tensor<$Bx$Hx$Ix$f>
  })");
}

TEST(Contract, SumOfProductsStartsFromTheOther) {
  sweep(R"(func.func @f(%x: tensor<$Bx$Ix$f>, %w: tensor<$Hx$Ix$f>, %h: tensor<$Bx$Hx$f>, %u: tensor<$Hx$Hx$f>)
      -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>) {
    %0 = rondo.contract %x, %w "bi,oi->bo" : tensor<$Bx$Ix$f>, tensor<$Hx$Ix$f> -> tensor<$Bx$Hx$f>
    %1 = rondo.contract %h, %u "bi,oi->bo" : tensor<$Bx$Hx$f>, tensor<$Hx$Hx$f> -> tensor<$Bx$Hx$f>
    %2 = arith.addf %0, %1 : tensor<$Bx$Hx$f>
    %3 = rondo.contract %h, %u "bo,oi->bi" : tensor<$Bx$Hx$f>, tensor<$Hx$Hx$f> -> tensor<$Bx$Hx$f>
    %4 = arith.addf %3, %h : tensor<$Bx$Hx$f>
    return %2, %4 : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>
  })");
}

TEST(GateProduct, SharedInputAndSharedSequence) {
  sweep(R"(func.func @f(%x: tensor<$Bx$Ix$f>, %a: tensor<$Hx$Ix$f>, %b: tensor<$Hx$Ix$f>, %c: tensor<$Hx$Ix$f>,
        %s: tensor<$Tx$Bx$Ix$f>, %g0: tensor<$Tx$Bx$Hx$f>, %g1: tensor<$Tx$Bx$Hx$f>)
      -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Hx$Ix$f>, tensor<$Hx$Ix$f>) {
    %0:3 = rondo.gate_product %x, (%a, %b, %c) "bi,oi->bo" : tensor<$Bx$Ix$f>,
      (tensor<$Hx$Ix$f>, tensor<$Hx$Ix$f>, tensor<$Hx$Ix$f>) -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>)
    %1:2 = rondo.gate_product %s, (%g0, %g1) "tbi,tbo->oi" : tensor<$Tx$Bx$Ix$f>,
      (tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>) -> (tensor<$Hx$Ix$f>, tensor<$Hx$Ix$f>)
    return %0#0, %0#1, %0#2, %1#0, %1#1
      : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Hx$Ix$f>, tensor<$Hx$Ix$f>
  })");
}

TEST(Reduce, EachKindAlongEachDimension) {
  sweep(R"(func.func @f(%x: tensor<$Tx$Bx$Hx$f>)
      -> (tensor<$Hx$f>, tensor<$Tx$Bx$f>, tensor<$Tx$Hx$f>, tensor<$f>, tensor<$Bx$Hx$f>) {
    %0 = rondo.reduce sum %x dims = [0, 1] : tensor<$Tx$Bx$Hx$f> -> tensor<$Hx$f>
    %1 = rondo.reduce max %x dims = [2] : tensor<$Tx$Bx$Hx$f> -> tensor<$Tx$Bx$f>
    %2 = rondo.reduce mean %x dims = [1] : tensor<$Tx$Bx$Hx$f> -> tensor<$Tx$Hx$f>
    %3 = rondo.reduce sum %x dims = [0, 1, 2] : tensor<$Tx$Bx$Hx$f> -> tensor<$f>
    %4 = rondo.reduce max %x dims = [0] : tensor<$Tx$Bx$Hx$f> -> tensor<$Bx$Hx$f>
    return %0, %1, %2, %3, %4 : tensor<$Hx$f>, tensor<$Tx$Bx$f>, tensor<$Tx$Hx$f>, tensor<$f>, tensor<$Bx$Hx$f>
  })");
}

// Sums of many numbers near 0.1, of which those of f32 one after the other lose a hundredth: over time and batch, along
// rows, and of each column. A mean that is off by 2e-6 of itself is off by 2e-5 here.
TEST(Reduce, LongSumsKeepTheirDigits) {
  for (auto [T, B] : {std::pair{1000000, 1}, {9973, 7}, {5, 30000}})
    expectCompiledEqualsReference(
        std::string(Text(R"(func.func @f(%x: tensor<$Tx$Bxf32>) -> (tensor<f32>, tensor<$Txf32>, tensor<$Bxf32>) {
      %tenth = arith.constant dense<0.1> : tensor<$Tx$Bxf32>
      %small = arith.constant dense<1.0e-6> : tensor<$Tx$Bxf32>
      %scaled = arith.mulf %x, %small : tensor<$Tx$Bxf32>
      %y = arith.addf %scaled, %tenth : tensor<$Tx$Bxf32>
      %all = rondo.reduce mean %y dims = [0, 1] : tensor<$Tx$Bxf32> -> tensor<f32>
      %rows = rondo.reduce mean %y dims = [1] : tensor<$Tx$Bxf32> -> tensor<$Txf32>
      %columns = rondo.reduce sum %y dims = [0] : tensor<$Tx$Bxf32> -> tensor<$Bxf32>
      %less = arith.constant dense<-0.09> : tensor<f32>
      %off = arith.addf %all, %less : tensor<f32>
      return %off, %rows, %columns : tensor<f32>, tensor<$Txf32>, tensor<$Bxf32>
    })")
                        .set("T", T)
                        .set("B", B)));
}

TEST(Softmax, RowsAndCrossEntropy) {
  sweep(R"(func.func @f(%x: tensor<$Tx$Bx$Hx$f>, %t: tensor<$Tx$Bxi32>)
      -> (tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$f>, tensor<$Tx$Bx$Hx$f>) {
    %0 = rondo.softmax %x dim = 2 : tensor<$Tx$Bx$Hx$f>
    %1 = rondo.cross_entropy %x, %t : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$f>
    %2 = rondo.one_hot %t : tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$Hx$f>
    %3 = arith.subf %0, %2 : tensor<$Tx$Bx$Hx$f>
    return %0, %1, %3 : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$f>, tensor<$Tx$Bx$Hx$f>
  })");
}

TEST(Softmax, AlongEachDimension) {
  sweep(R"(func.func @f(%x: tensor<$Tx$Bx$Hx$f>) -> (tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>) {
    %0 = rondo.softmax %x dim = 0 : tensor<$Tx$Bx$Hx$f>
    %1 = rondo.softmax %x dim = 1 : tensor<$Tx$Bx$Hx$f>
    return %0, %1 : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>
  })");
}

TEST(Broadcast, Transpositions) {
  sweep(R"(func.func @f(%x: tensor<$Tx$Bx$Hx$f>, %w: tensor<$Hx$Bx$f>)
      -> (tensor<$Hx$Tx$Bx$f>, tensor<$Bx$Tx$Hx$f>, tensor<$Bx$Tx$Hx$f>) {
    %0 = rondo.broadcast %x dims = [1, 2, 0] : tensor<$Tx$Bx$Hx$f> -> tensor<$Hx$Tx$Bx$f>
    %1 = rondo.broadcast %x dims = [1, 0, 2] : tensor<$Tx$Bx$Hx$f> -> tensor<$Bx$Tx$Hx$f>
    %2 = rondo.broadcast %w dims = [2, 0] : tensor<$Hx$Bx$f> -> tensor<$Bx$Tx$Hx$f>
    %3 = arith.mulf %1, %2 : tensor<$Bx$Tx$Hx$f>
    return %0, %1, %3 : tensor<$Hx$Tx$Bx$f>, tensor<$Bx$Tx$Hx$f>, tensor<$Bx$Tx$Hx$f>
  })");
}

// Along the first and a middle dimension, with strides and gaps, and back.
TEST(Window, NeighboursAndTheirSums) {
  for (auto [positions, size, stride, dilation] :
       {std::array<int64_t, 4>{1, 1, 1, 1}, {5, 3, 1, 1}, {9, 5, 2, 1}, {9, 3, 3, 2}, {40, 4, 1, 3}, {8, 1, 3, 1}}) {
    int64_t windows = (positions - 1 - (size - 1) * dilation) / stride + 1;
    sweep(Text(R"(func.func @f(%x: tensor<$Px$Bx$Hx$f>, %y: tensor<$Bx$Px$Hx$f>, %w: tensor<$Wx$Sx$Bx$Hx$f>)
        -> (tensor<$Wx$Sx$Bx$Hx$f>, tensor<$Bx$Wx$Hx$f>, tensor<$Px$Bx$Hx$f>) {
      %0 = rondo.window %x dim = 0 size = $S stride = $s dilation = $d
          : tensor<$Px$Bx$Hx$f> -> tensor<$Wx$Sx$Bx$Hx$f>
      %1 = rondo.window %y dim = 1 size = $S stride = $s dilation = $d
          : tensor<$Bx$Px$Hx$f> -> tensor<$Bx$Wx$Sx$Hx$f>
      %2 = rondo.reduce max %1 dims = [2] : tensor<$Bx$Wx$Sx$Hx$f> -> tensor<$Bx$Wx$Hx$f>
      %3 = arith.mulf %0, %w : tensor<$Wx$Sx$Bx$Hx$f>
      %4 = rondo.overlap_add %3 dim = 0 stride = $s dilation = $d : tensor<$Wx$Sx$Bx$Hx$f> -> tensor<$Px$Bx$Hx$f>
      return %0, %2, %4 : tensor<$Wx$Sx$Bx$Hx$f>, tensor<$Bx$Wx$Hx$f>, tensor<$Px$Bx$Hx$f>
    })")
              .set("P", positions)
              .set("W", windows)
              .set("S", size)
              .set("s", stride)
              .set("d", dilation));
  }
}

// Products with windows read the positions where they are: one-dimensional and two-dimensional convolution with stride
// and dilation, their derivatives by weights and inputs.
TEST(Window, Convolutions) {
  for (auto [size, stride, dilation] : {std::array<int64_t, 3>{1, 1, 1}, {3, 1, 1}, {5, 2, 1}, {2, 3, 4}}) {
    int64_t positions = 20, windows = (positions - 1 - (size - 1) * dilation) / stride + 1;
    sweep(Text(R"(func.func @f(%x: tensor<20x$Bx$Ix$f>, %w: tensor<$Hx$Sx$Ix$f>, %g: tensor<$Wx$Bx$Hx$f>,
                                %p: tensor<20x$Tx$Bx$Ix$f>, %k: tensor<$Hx$Sx1x$Ix$f>)
        -> (tensor<$Wx$Bx$Hx$f>, tensor<$Hx$Sx$Ix$f>, tensor<20x$Bx$Ix$f>, tensor<$Wx$Tx$Bx$Hx$f>) {
      %0 = rondo.window %x dim = 0 size = $S stride = $s dilation = $d
          : tensor<20x$Bx$Ix$f> -> tensor<$Wx$Sx$Bx$Ix$f>
      %y = rondo.contract %0, %w "tjbi,oji->tbo" : tensor<$Wx$Sx$Bx$Ix$f>, tensor<$Hx$Sx$Ix$f> -> tensor<$Wx$Bx$Hx$f>
      %dw = rondo.contract %g, %0 "tbo,tjbi->oji" : tensor<$Wx$Bx$Hx$f>, tensor<$Wx$Sx$Bx$Ix$f> -> tensor<$Hx$Sx$Ix$f>
      %1 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<$Wx$Bx$Hx$f>, tensor<$Hx$Sx$Ix$f> -> tensor<$Wx$Sx$Bx$Ix$f>
      %dx = rondo.overlap_add %1 dim = 0 stride = $s dilation = $d : tensor<$Wx$Sx$Bx$Ix$f> -> tensor<20x$Bx$Ix$f>
      %2 = rondo.window %p dim = 0 size = $S stride = $s dilation = $d
          : tensor<20x$Tx$Bx$Ix$f> -> tensor<$Wx$Sx$Tx$Bx$Ix$f>
      %3 = rondo.window %2 dim = 2 size = 1 stride = 1 dilation = 1
          : tensor<$Wx$Sx$Tx$Bx$Ix$f> -> tensor<$Wx$Sx$Tx1x$Bx$Ix$f>
      %z = rondo.contract %3, %k "rjtubi,ojui->rtbo"
          : tensor<$Wx$Sx$Tx1x$Bx$Ix$f>, tensor<$Hx$Sx1x$Ix$f> -> tensor<$Wx$Tx$Bx$Hx$f>
      return %y, %dw, %dx, %z
        : tensor<$Wx$Bx$Hx$f>, tensor<$Hx$Sx$Ix$f>, tensor<20x$Bx$Ix$f>, tensor<$Wx$Tx$Bx$Hx$f>
    })")
              .set("W", windows)
              .set("S", size)
              .set("s", stride)
              .set("d", dilation));
  }
}

// A causal mask, positions as numbers, and positions that are given out.
TEST(Iota, MasksAndNumbers) {
  sweep(R"(func.func @f(%x: tensor<$Tx$Bx$Hx$f>, %l: tensor<$Bxi32>)
      -> (tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bxi32>) {
    %t = rondo.iota dim = 0 : tensor<$Tx$Bx$Hxi32>
    %h = rondo.iota dim = 2 : tensor<$Tx$Bx$Hxi32>
    %seen = arith.cmpi sle, %h, %t : tensor<$Tx$Bx$Hxi32>
    %none = arith.constant dense<-1.0e9> : tensor<$Tx$Bx$Hx$f>
    %masked = arith.select %seen, %x, %none : tensor<$Tx$Bx$Hxi1>, tensor<$Tx$Bx$Hx$f>
    %0 = rondo.softmax %masked dim = 2 : tensor<$Tx$Bx$Hx$f>
    %n = arith.sitofp %h : tensor<$Tx$Bx$Hxi32> to tensor<$Tx$Bx$Hx$f>
    %1 = arith.mulf %x, %n : tensor<$Tx$Bx$Hx$f>
    %p = rondo.iota dim = 0 : tensor<$Tx$Bxi32>
    %ls = rondo.broadcast %l dims = [1] : tensor<$Bxi32> -> tensor<$Tx$Bxi32>
    %2 = arith.addi %p, %ls : tensor<$Tx$Bxi32>
    return %0, %1, %2 : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bxi32>
  })");
}

// In one loop with the loss, in the logits' own buffer, or in a copy where the logits are read later.
TEST(Rows, CrossEntropyAndItsDerivative) {
  for (const char *more : {"", ", tensor<$Tx$Bx$Hx$f>"})
    for (const char *factors : {"%c = arith.constant dense<0.25> : tensor<$Tx$Bx$Hx$f>",
                                "%c = rondo.broadcast %g dims = [0, 1] : tensor<$Tx$Bx$f> -> tensor<$Tx$Bx$Hx$f>"}) {
      std::string logits = *more ? ", %z" : "";
      sweep(std::string(R"(func.func @f(%x: tensor<$Tx$Bx$Hx$f>, %t: tensor<$Tx$Bxi32>, %h: tensor<$Tx$Bx$f>)
          -> (tensor<$Tx$Bx$f>, tensor<$Tx$Bx$Hx$f>)") +
            more + R"() {
        %z = arith.addf %x, %x : tensor<$Tx$Bx$Hx$f>
        %0 = rondo.cross_entropy %z, %t : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$f>
        %g = arith.mulf %h, %h : tensor<$Tx$Bx$f>
        )" + factors +
            R"(
        %1 = rondo.softmax %z dim = 2 : tensor<$Tx$Bx$Hx$f>
        %2 = rondo.one_hot %t : tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$Hx$f>
        %3 = arith.subf %1, %2 : tensor<$Tx$Bx$Hx$f>
        %4 = arith.mulf %3, %c : tensor<$Tx$Bx$Hx$f>
        return %0, %4)" +
            logits + " : tensor<$Tx$Bx$f>, tensor<$Tx$Bx$Hx$f>" + more + "\n  }");
    }
}

TEST(Embedding, GatherAndScatterAdd) {
  for (int64_t vocabulary : {1, 3, 40})
    sweep(Text(R"(func.func @f(%w: tensor<$Vx$Hx$f>, %t: tensor<$Tx$Bxi32>, %d: tensor<$Tx$Bx$Hx$f>)
        -> (tensor<$Tx$Bx$Hx$f>, tensor<$Vx$Hx$f>) {
      %0 = rondo.gather %w, %t : tensor<$Vx$Hx$f>, tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$Hx$f>
      %1 = rondo.scatter_add %t, %d : tensor<$Tx$Bxi32>, tensor<$Tx$Bx$Hx$f> -> tensor<$Vx$Hx$f>
      return %0, %1 : tensor<$Tx$Bx$Hx$f>, tensor<$Vx$Hx$f>
    })")
              .set("V", vocabulary),
          vocabulary);
}

TEST(Positions, GatherAndScatterAdd) {
  for (int64_t positions : {1, 3, 40})
    sweep(Text(R"(func.func @f(%w: tensor<$Vx$Bx$Hx$f>, %t: tensor<$Tx$Bxi32>, %d: tensor<$Tx$Bx$Hx$f>,
          %s: tensor<$Tx$Vx$f>, %i: tensor<$Txi32>)
        -> (tensor<$Tx$Bx$Hx$f>, tensor<$Vx$Bx$Hx$f>, tensor<$Tx$f>, tensor<$Tx$Bx$Hx$f>) {
      %0 = rondo.gather %w, %t "sbf,tb->tbf" : tensor<$Vx$Bx$Hx$f>, tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$Hx$f>
      %1 = rondo.scatter_add %t, %d "sbf,tb->tbf" : tensor<$Tx$Bxi32>, tensor<$Tx$Bx$Hx$f> -> tensor<$Vx$Bx$Hx$f>
      %2 = rondo.gather %s, %i "ts,t->t" : tensor<$Tx$Vx$f>, tensor<$Txi32> -> tensor<$Tx$f>
      %3 = rondo.gather %w, %i "sbf,t->tbf" : tensor<$Vx$Bx$Hx$f>, tensor<$Txi32> -> tensor<$Tx$Bx$Hx$f>
      return %0, %1, %2, %3 : tensor<$Tx$Bx$Hx$f>, tensor<$Vx$Bx$Hx$f>, tensor<$Tx$f>, tensor<$Tx$Bx$Hx$f>
    })")
              .set("V", positions),
          positions);
}

TEST(Pointwise, FunctionsBroadcastsAndSelects) {
  sweep(R"(func.func @f(%x: tensor<$Bx$Hx$f>, %b: tensor<$Hx$f>, %s: tensor<$f>, %start: tensor<i1>)
      -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Hx$f>) {
    %half = arith.constant dense<0.5> : tensor<$Bx$Hx$f>
    %0 = rondo.broadcast %b dims = [1] : tensor<$Hx$f> -> tensor<$Bx$Hx$f>
    %1 = rondo.broadcast %s dims = [] : tensor<$f> -> tensor<$Bx$Hx$f>
    %2 = math.tanh %x : tensor<$Bx$Hx$f>
    %3 = rondo.sigmoid %0 : tensor<$Bx$Hx$f>
    %4 = math.exp %1 : tensor<$Bx$Hx$f>
    %e = math.erf %x : tensor<$Bx$Hx$f>
    %m = arith.addf %3, %e : tensor<$Bx$Hx$f>
    %5 = arith.mulf %2, %m : tensor<$Bx$Hx$f>
    %6 = arith.addf %5, %4 : tensor<$Bx$Hx$f>
    %7 = arith.cmpf ogt, %x, %0 : tensor<$Bx$Hx$f>
    %8 = arith.select %7, %6, %half : tensor<$Bx$Hxi1>, tensor<$Bx$Hx$f>
    %9 = rondo.broadcast %start dims = [] : tensor<i1> -> tensor<$Bx$Hxi1>
    %10 = arith.select %9, %8, %x : tensor<$Bx$Hxi1>, tensor<$Bx$Hx$f>
    %11 = math.absf %8 : tensor<$Bx$Hx$f>
    %12 = math.log %11 : tensor<$Bx$Hx$f>
    %13 = math.sqrt %11 : tensor<$Bx$Hx$f>
    %14 = arith.divf %12, %13 : tensor<$Bx$Hx$f>
    %15 = arith.negf %b : tensor<$Hx$f>
    return %10, %14, %15 : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Hx$f>
  })");
}

TEST(Pointwise, MasksInMemoryAndTransposedReads) {
  sweep(R"(func.func @f(%x: tensor<$Bx$Hx$f>, %y: tensor<$Hx$Bx$f>) -> (tensor<$Bx$Hxi1>, tensor<$Hx$Bx$f>) {
    %0 = rondo.contract %x, %y "bh,hb->hb" : tensor<$Bx$Hx$f>, tensor<$Hx$Bx$f> -> tensor<$Hx$Bx$f>
    %zero = arith.constant dense<0.0> : tensor<$Bx$Hx$f>
    %1 = arith.cmpf ogt, %x, %zero : tensor<$Bx$Hx$f>
    return %1, %0 : tensor<$Bx$Hxi1>, tensor<$Hx$Bx$f>
  })");
}

TEST(Slices, ConcatExtractInsert) {
  for (const Shape &shape : shapes)
    expectCompiledEqualsReference(Text(R"(func.func @f(%x: tensor<$Bx$Hxf32>, %y: tensor<$Bx$Ixf32>)
            -> (tensor<$Bx$Sxf32>, tensor<$Bx$Ixf32>, tensor<$Bx$Sxf32>) {
          %0 = tensor.concat dim(1) %x, %y : (tensor<$Bx$Hxf32>, tensor<$Bx$Ixf32>) -> tensor<$Bx$Sxf32>
          %1 = math.tanh %0 : tensor<$Bx$Sxf32>
          %2 = tensor.extract_slice %1[0, $H] [$B, $I] [1, 1] : tensor<$Bx$Sxf32> to tensor<$Bx$Ixf32>
          %zero = arith.constant dense<0.0> : tensor<$Bx$Sxf32>
          %3 = tensor.insert_slice %2 into %zero[0, 0] [$B, $I] [1, 1] : tensor<$Bx$Ixf32> into tensor<$Bx$Sxf32>
          return %0, %2, %3 : tensor<$Bx$Sxf32>, tensor<$Bx$Ixf32>, tensor<$Bx$Sxf32>
        })")
                                      .set("B", shape.B)
                                      .set("H", shape.H)
                                      .set("I", shape.I)
                                      .set("S", shape.H + shape.I)
                                      .str());
}

namespace {
const char *const cellWithTwoStates = R"(func.func @f(%w: tensor<$Hx$Ix$f>, %u: tensor<$Hx$Hx$f>, %v: tensor<$Hx$Hx$f>,
      %b: tensor<$Hx$f>, %h0: tensor<$Bx$Hx$f> {rondo.state = "h"}, %c0: tensor<$Bx$Hx$f> {rondo.state = "c"},
      %xs: tensor<$Tx$Bx$Ix$f>)
    -> (tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Bx$Hx$f> {rondo.state = "h"},
        tensor<$Bx$Hx$f> {rondo.state = "c"}) {
  %h, %c, %hs, %cs = rondo.scan (%hp = %h0 : tensor<$Bx$Hx$f>, %cp = %c0 : tensor<$Bx$Hx$f>)
      over (%x = %xs : tensor<$Tx$Bx$Ix$f>) length $T $direction {
    %0 = rondo.contract %x, %w "bi,oi->bo" : tensor<$Bx$Ix$f>, tensor<$Hx$Ix$f> -> tensor<$Bx$Hx$f>
    %1:2 = rondo.gate_product %hp, (%u, %v) "bi,oi->bo" : tensor<$Bx$Hx$f>, (tensor<$Hx$Hx$f>, tensor<$Hx$Hx$f>)
      -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>)
    %2 = rondo.broadcast %b dims = [1] : tensor<$Hx$f> -> tensor<$Bx$Hx$f>
    %3 = arith.addf %0, %1#0 : tensor<$Bx$Hx$f>
    %4 = arith.addf %3, %2 : tensor<$Bx$Hx$f>
    %5 = rondo.sigmoid %4 : tensor<$Bx$Hx$f>
    %6 = math.tanh %1#1 : tensor<$Bx$Hx$f>
    %7 = arith.mulf %5, %cp : tensor<$Bx$Hx$f>
    %8 = arith.addf %7, %6 : tensor<$Bx$Hx$f>
    %9 = rondo.contract %8, %u "bi,oi->bo" : tensor<$Bx$Hx$f>, tensor<$Hx$Hx$f> -> tensor<$Bx$Hx$f>
    %10 = math.tanh %9 : tensor<$Bx$Hx$f>
    rondo.yield (%10, %8 : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>) emit (%10, %cp : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>)
  } -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>)
  return %hs, %cs, %h, %c : tensor<$Tx$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>
})";
} // namespace

TEST(Scan, ForwardWithStatesInPlace) { sweep(Text(cellWithTwoStates).set("direction", "")); }

TEST(Scan, Backward) { sweep(Text(cellWithTwoStates).set("direction", "backward")); }

TEST(Scan, UnrolledByFour) { sweep(Text(cellWithTwoStates).set("direction", ""), 1, /*unroll=*/4); }

TEST(Scan, SwappedStatesAndStatesThatShareAValue) {
  sweep(R"(func.func @f(%a0: tensor<$Bx$Hx$f>, %b0: tensor<$Bx$Hx$f>, %xs: tensor<$Tx$Bx$Hx$f>)
      -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>) {
    %a, %b, %c, %ys = rondo.scan (%p = %a0 : tensor<$Bx$Hx$f>, %q = %b0 : tensor<$Bx$Hx$f>, %r = %a0 : tensor<$Bx$Hx$f>)
        over (%x = %xs : tensor<$Tx$Bx$Hx$f>) length $T {
      %0 = arith.addf %p, %x : tensor<$Bx$Hx$f>
      %1 = arith.mulf %r, %q : tensor<$Bx$Hx$f>
      rondo.yield (%q, %0, %0 : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>) emit (%1 : tensor<$Bx$Hx$f>)
    } -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>)
    return %a, %b, %c, %ys : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Tx$Bx$Hx$f>
  })");
}

// A scan of one step leaves no loop: the states move from argument to argument.
TEST(Interface, StatesThatSwapAndMoveOn) {
  sweep(R"(func.func @f(%a: tensor<$Bx$Hx$f> {rondo.state = "a"}, %b: tensor<$Bx$Hx$f> {rondo.state = "b"},
        %c: tensor<$Bx$Hx$f> {rondo.state = "c"}, %d: tensor<$Bx$Hx$f> {rondo.state = "d"}, %x: tensor<$Bx$Hx$f>)
      -> (tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f> {rondo.state = "a"}, tensor<$Bx$Hx$f> {rondo.state = "b"},
          tensor<$Bx$Hx$f> {rondo.state = "c"}, tensor<$Bx$Hx$f> {rondo.state = "d"}) {
    %0 = arith.addf %c, %x : tensor<$Bx$Hx$f>
    return %d, %b, %a, %0, %c : tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>,
      tensor<$Bx$Hx$f>
  })");
}

TEST(Interface, DelayLineAndPartsOfStates) {
  sweep(R"(func.func @f(%d: tensor<$Bx$Hx$f> {rondo.state = "d"}, %e: tensor<$Bx$Hx$f> {rondo.state = "e"},
        %p: tensor<$Bx1x$f> {rondo.state = "p"}, %x: tensor<$Bx$Hx$f>)
      -> (tensor<$Bx1x$f>, tensor<$Bx$Hx$f> {rondo.state = "d"}, tensor<$Bx$Hx$f> {rondo.state = "e"},
          tensor<$Bx1x$f> {rondo.state = "p"}) {
    %0 = tensor.extract_slice %e[0, 0] [$B, 1] [1, 1] : tensor<$Bx$Hx$f> to tensor<$Bx1x$f>
    %1 = math.tanh %p : tensor<$Bx1x$f>
    return %1, %x, %d, %0 : tensor<$Bx1x$f>, tensor<$Bx$Hx$f>, tensor<$Bx$Hx$f>, tensor<$Bx1x$f>
  })");
}
