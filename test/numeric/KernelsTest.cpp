// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Generated code of phases and packed weights against the reference interpreter: rows that no tile divides, features
// that no vector divides, sums long enough for blocks, one to six gates, and maps that no product of ours has.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include <gtest/gtest.h>

using namespace rondo;

namespace {

/// `text` with each $name replaced by its value.
std::string fill(std::string text, llvm::ArrayRef<std::pair<std::string, std::string>> values) {
  for (const auto &[name, value] : values)
    for (size_t at; (at = text.find("$" + name)) != std::string::npos;)
      text.replace(at, name.size() + 1, value);
  return text;
}

void check(const std::string &source) { expectCompiledEqualsReference(source, 1, testCPU()); }

/// The processor that tests compile for; the other one if they compile for this machine.
std::string testCPUOr(const std::string &other) { return testCPU() == "native" ? other : testCPU(); }

struct Sizes {
  int64_t rows, terms, features, gates;
};
const Sizes sizes[] = {{1, 1, 1, 1},     {3, 5, 3, 2},     {2, 17, 100, 3},   {7, 31, 200, 1},   {1, 300, 17, 4},
                       {13, 9, 33, 5},   {9, 64, 16, 6},   {17, 300, 100, 1}, {25, 2000, 17, 1}, {19, 270, 70, 4},
                       {320, 40, 33, 4}, {512, 20, 17, 3}, {1001, 9, 20, 8},  {16, 31, 37, 4},   {40, 33, 40, 1}};

/// Checks the program for all sizes in both precisions: $B rows, $K terms, $N features, $f elements.
void sweep(llvm::function_ref<std::string(int64_t gates)> program) {
  for (const Sizes &size : sizes)
    for (const char *element : {"f32", "f64"}) {
      check(fill(program(size.gates), {{"B", std::to_string(size.rows)},
                                       {"K", std::to_string(size.terms)},
                                       {"N", std::to_string(size.features)},
                                       {"f", element}}));
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
}

/// `count` copies of `text`, with # replaced by the number of each.
std::string repeat(int64_t count, const std::string &text, const std::string &separator = ", ") {
  std::string result;
  for (int64_t i = 0; i < count; ++i) {
    std::string copy = text;
    for (size_t at; (at = copy.find('#')) != std::string::npos;)
      copy.replace(at, 1, std::to_string(i));
    result += (i ? separator : "") + copy;
  }
  return result;
}

/// The gates %g# of %x, and of them and %c the result, as %s with the last gate's number.
std::string gatedCell(int64_t gates) {
  std::string text =
      gates == 1 ? "%g0 = rondo.contract %x, %w0 \"bi,oi->bo\" : tensor<$Bx$Kx$f>, tensor<$Nx$Kx$f> -> tensor<$Bx$Nx$f>"
                 : repeat(gates, "%g#") + " = rondo.gate_product %x, (" + repeat(gates, "%w#") +
                       ") \"bi,oi->bo\" : tensor<$Bx$Kx$f>, (" + repeat(gates, "tensor<$Nx$Kx$f>") + ") -> (" +
                       repeat(gates, "tensor<$Bx$Nx$f>") + ")";
  text += "\n%s0 = arith.addf %g0, %c : tensor<$Bx$Nx$f>\n";
  for (int64_t g = 1; g < gates; ++g)
    text += fill("%t$g = math.tanh %g$g : tensor<$Bx$Nx$f>\n%s$g = arith.mulf %s$l, %t$g : tensor<$Bx$Nx$f>\n",
                 {{"g", std::to_string(g)}, {"l", std::to_string(g - 1)}});
  return text;
}

} // namespace

// One gate or several of one packed tensor, with the pointwise part in the phase.
TEST(Phase, GatesAndTheirPointwisePart) {
  sweep([](int64_t gates) {
    return "func.func @f(%x: tensor<$Bx$Kx$f>, " + repeat(gates, "%w#: tensor<$Nx$Kx$f> {rondo.parameter = \"w#\"}") +
           R"(, %b: tensor<$Nx$f>) -> (tensor<$Bx$Nx$f>, tensor<$Bx$Nx$f>) {
             %c = rondo.broadcast %b dims = [1] : tensor<$Nx$f> -> tensor<$Bx$Nx$f>
             )" +
           gatedCell(gates) + "return %s" + std::to_string(gates - 1) + ", %g0 : tensor<$Bx$Nx$f>, tensor<$Bx$Nx$f>\n}";
  });
}

// More than 256 KB of weights, or of rows, are read in serpentine order: in every second step, for every second panel.
TEST(Phase, LargeOperandsInSerpentineOrder) {
  for (auto [rows, features, gates] : {std::array<int64_t, 3>{1, 150, 4},
                                       {2, 270, 1},
                                       {5, 170, 3},
                                       {21, 201, 2},
                                       {34, 160, 4},
                                       {9, 640, 1},
                                       {230, 300, 1}})
    check(fill("func.func @f(" + repeat(gates, "%w#: tensor<$Nx$Kx$f> {rondo.parameter = \"w#\"}") + R"(,
          %h: tensor<$Bx$Nx$f>, %cs: tensor<3x$Bx$Nx$f>) -> tensor<3x$Bx$Nx$f> {
        %last, %all = rondo.scan (%x = %h : tensor<$Bx$Nx$f>) over (%c = %cs : tensor<3x$Bx$Nx$f>) length 3 {
          )" + gatedCell(gates) +
                   R"(rondo.yield (%s$l : tensor<$Bx$Nx$f>) emit (%s$l : tensor<$Bx$Nx$f>)
        } -> (tensor<$Bx$Nx$f>, tensor<3x$Bx$Nx$f>)
        return %all : tensor<3x$Bx$Nx$f>
      })",
               {{"l", std::to_string(gates - 1)},
                {"B", std::to_string(rows)},
                {"K", "$N"},
                {"N", std::to_string(features)},
                {"f", "f32"}}));
}

// A number for each row, summed beside a product of whole rows: threads take the rows in units of another product's
// tiles, which vectors along the rows need not fill.
TEST(Phase, NumbersOfRowsBesideRows) {
  bool isNative = testCPU() == "native";
  for (const char *cpu : {"native", "haswell", "x86-64"})
    for (int64_t rows : {1, 3, 8, 13, 16, 20, 40, 64, 128})
      for (int64_t features : {16, 33, 64, 128})
        if (llvm::StringRef(cpu) == "native" || (isNative && (rows + features) % 3 == 0))
          expectCompiledEqualsReference(
              fill(R"(func.func @f(%w: tensor<$Nx$Nxf32> {rondo.parameter = "w"}, %h: tensor<$Bx$Nxf32>,
                  %d: tensor<$Bxf32>) -> (tensor<$Bx$Nxf32>, tensor<$Bxf32>) {
                %r:2 = rondo.scan (%x = %h : tensor<$Bx$Nxf32>, %n = %d : tensor<$Bxf32>) length 3 {
                  %p = rondo.contract %x, %w "bi,oi->bo" : tensor<$Bx$Nxf32>, tensor<$Nx$Nxf32> -> tensor<$Bx$Nxf32>
                  %m = rondo.broadcast %n dims = [0] : tensor<$Bxf32> -> tensor<$Bx$Nxf32>
                  %a = arith.addf %p, %m : tensor<$Bx$Nxf32>
                  %y = math.tanh %a : tensor<$Bx$Nxf32>
                  %q = rondo.contract %y, %x "bi,bi->b" : tensor<$Bx$Nxf32>, tensor<$Bx$Nxf32> -> tensor<$Bxf32>
                  %s = math.tanh %q : tensor<$Bxf32>
                  rondo.yield (%y, %s : tensor<$Bx$Nxf32>, tensor<$Bxf32>)
                } -> (tensor<$Bx$Nxf32>, tensor<$Bxf32>)
                return %r#0, %r#1 : tensor<$Bx$Nxf32>, tensor<$Bxf32>
              })",
                   {{"B", std::to_string(rows)}, {"N", std::to_string(features)}}),
              1, testCPUOr(cpu));
}

// Tiles of four rows, alone or two in a thread's share, have a third vector of lanes where registers are few: they end
// within blocks of packed weights, and so do the features.
TEST(Phase, TilesThatEndWithinBlocks) {
  for (int64_t gates : {1, 2, 4})
    for (int64_t rows : {4, 16, 24})
      for (int64_t features : {25, 40, 72, 100, 130})
        if ((gates + rows + features) % 3 != 0)
          expectCompiledEqualsReference(
              fill("func.func @f(" + repeat(gates, "%w#: tensor<$Nx$Nxf32> {rondo.parameter = \"w#\"}") +
                       R"(, %h: tensor<$Bx$Nxf32>, %cs: tensor<3x$Bx$Nxf32>) -> tensor<3x$Bx$Nxf32> {
                     %last, %all = rondo.scan (%x = %h : tensor<$Bx$Nxf32>)
                         over (%c = %cs : tensor<3x$Bx$Nxf32>) length 3 {
                     )" +
                       gatedCell(gates) +
                       R"(rondo.yield (%s$l : tensor<$Bx$Nxf32>) emit (%s$l : tensor<$Bx$Nxf32>)
                     } -> (tensor<$Bx$Nxf32>, tensor<3x$Bx$Nxf32>)
                     return %all : tensor<3x$Bx$Nxf32>
                   })",
                   {{"l", std::to_string(gates - 1)},
                    {"B", std::to_string(rows)},
                    {"K", "$N"},
                    {"N", std::to_string(features)},
                    {"f", "f32"}}),
              1, testCPUOr("haswell"));
}

// Several products in one sum, of weights that lie in two ways.
TEST(Phase, ProductsOfOneSum) {
  sweep([](int64_t gates) {
    std::string products = "%s0 = rondo.contract %x0, %w0 \"bo,oi->bi\" : tensor<$Bx$Kx$f>, tensor<$Kx$Nx$f> -> "
                           "tensor<$Bx$Nx$f>\n";
    for (int64_t g = 1; g < gates; ++g)
      products += fill("%p$g = rondo.contract %x$g, %w$g \"bo,oi->bi\" : tensor<$Bx$Kx$f>, tensor<$Kx$Nx$f> -> "
                       "tensor<$Bx$Nx$f>\n%s$g = arith.addf %s$l, %p$g : tensor<$Bx$Nx$f>\n",
                       {{"g", std::to_string(g)}, {"l", std::to_string(g - 1)}});
    return "func.func @f(" + repeat(gates, "%x#: tensor<$Bx$Kx$f>, %w#: tensor<$Kx$Nx$f> {rondo.parameter = \"w#\"}") +
           ", %y: tensor<$Kx$Bx$f>, %v: tensor<$Nx$Kx$f>) -> (tensor<$Bx$Nx$f>, tensor<$Bx$Nx$f>) {\n" + products +
           "%o = rondo.contract %y, %v \"kb,nk->bn\" : tensor<$Kx$Bx$f>, tensor<$Nx$Kx$f> -> tensor<$Bx$Nx$f>\n" +
           "return %s" + std::to_string(gates - 1) + ", %o : tensor<$Bx$Nx$f>, tensor<$Bx$Nx$f>\n}";
  });
}

// Sums over two loops, time and batch: as long as the product of both.
TEST(Phase, WeightGradients) {
  sweep([](int64_t gates) {
    return "func.func @f(%x: tensor<$Kx3x$Nx$f>, " + repeat(gates, "%g#: tensor<$Kx3x$Bx$f>") + ") -> (" +
           repeat(gates, "tensor<$Bx$Nx$f>") + ") {\n" +
           repeat(gates,
                  "%w# = rondo.contract %g#, %x \"tbo,tbi->oi\" : tensor<$Kx3x$Bx$f>, tensor<$Kx3x$Nx$f> -> "
                  "tensor<$Bx$Nx$f>",
                  "\n") +
           "\nreturn " + repeat(gates, "%w#") + " : " + repeat(gates, "tensor<$Bx$Nx$f>") + "\n}";
  });
}

// The pointwise part may read numbers of other types, of other ranks and in another order of dimensions.
TEST(Phase, PointwisePartOfManyInputs) {
  for (const char *element : {"f32", "f64"})
    check(fill(R"(func.func @f(%x: tensor<5x9x$f>, %w: tensor<21x9x$f> {rondo.parameter = "w"}, %m: tensor<5x21xi1>,
          %k: tensor<5xi32>, %c: tensor<5x3x$f>, %s: tensor<$f>) -> (tensor<5x21x$f>, tensor<5x21x$f>) {
        %y = rondo.contract %x, %w "bi,oi->bo" : tensor<5x9x$f>, tensor<21x9x$f> -> tensor<5x21x$f>
        %k0 = arith.sitofp %k : tensor<5xi32> to tensor<5x$f>
        %k1 = rondo.broadcast %k0 dims = [0] : tensor<5x$f> -> tensor<5x21x$f>
        %c0 = tensor.extract_slice %c[0, 1] [5, 1] [1, 1] : tensor<5x3x$f> to tensor<5x$f>
        %c1 = rondo.broadcast %c0 dims = [0] : tensor<5x$f> -> tensor<5x21x$f>
        %s1 = rondo.broadcast %s dims = [] : tensor<$f> -> tensor<5x21x$f>
        %0 = math.tanh %y : tensor<5x21x$f>
        %1 = arith.select %m, %0, %k1 : tensor<5x21xi1>, tensor<5x21x$f>
        %2 = arith.mulf %1, %c1 : tensor<5x21x$f>
        %3 = arith.addf %2, %s1 : tensor<5x21x$f>
        return %3, %y : tensor<5x21x$f>, tensor<5x21x$f>
      })",
               {{"f", element}}));
}

// A left operand whose rows lie far apart is packed as well.
TEST(Phase, RowsThatLieFarApart) {
  for (auto [terms, rows, features] : {std::array{64, 4099, 3}, {70, 4096, 20}, {1040, 515, 20}})
    check(fill(R"(func.func @f(%g: tensor<$Kx$Bxf32>, %x: tensor<$Kx$Nxf32>) -> tensor<$Bx$Nxf32> {
        %0 = rondo.contract %g, %x "to,ti->oi" : tensor<$Kx$Bxf32>, tensor<$Kx$Nxf32> -> tensor<$Bx$Nxf32>
        return %0 : tensor<$Bx$Nxf32>
      })",
               {{"K", std::to_string(terms)}, {"B", std::to_string(rows)}, {"N", std::to_string(features)}}));
}

// More rows than a core's cache holds (256 KB) go in chunks through all panels of the features, alone or dealt out.
TEST(Phase, RowsInChunks) {
  for (auto [terms, rows, features] :
       {std::array<int64_t, 3>{300, 250, 40}, {300, 301, 33}, {100, 720, 40}, {64, 4099, 20}, {64, 4100, 70}})
    for (const char *maps : {"to,ti->oi", "ot,it->oi"})
      expectCompiledEqualsReference(fill(R"(func.func @f(%g: tensor<$Gxf32>, %x: tensor<$Xxf32>) -> tensor<$Bx$Nxf32> {
            %0 = rondo.contract %g, %x "$m" : tensor<$Gxf32>, tensor<$Xxf32> -> tensor<$Bx$Nxf32>
            %1 = math.tanh %0 : tensor<$Bx$Nxf32>
            return %1 : tensor<$Bx$Nxf32>
          })",
                                         {{"m", maps},
                                          {"G", *maps == 't' ? "$Kx$B" : "$Bx$K"},
                                          {"X", *maps == 't' ? "$Kx$N" : "$Nx$K"},
                                          {"K", std::to_string(terms)},
                                          {"B", std::to_string(rows)},
                                          {"N", std::to_string(features)}}),
                                    1, testCPUOr("haswell"));
}

namespace {

/// A phase of one product of the inputs %x and %w, which also has %a and %m. With `rest` it ends its sum %s as %z,
/// without it yields the sum itself.
std::string phase(const std::string &arguments, const std::string &bounds, int parallel, const std::string &inputs,
                  const std::string &maps, const std::string &result,
                  const std::string &rest = "%z = arith.addf %s, %ae", const std::string &before = "") {
  return "func.func @f(" + arguments + ") -> tensor<" + result + "> {\n" + before + "%e = tensor.empty() : tensor<" +
         result + ">\n%r = rondo.phase bounds [" + bounds + "] parallel " + std::to_string(parallel) + " ins(" +
         inputs + ") outs(%e : tensor<" + result + ">) maps [" + maps + "]" + R"(
           sums {
           ^bb0(%xe: f32, %we: f32, %ae: f32, %me: i1):
             %p = arith.mulf %xe, %we : f32
             rondo.phase_yield %p : f32
           } epilogue {
           ^bb0(%s: f32, %xe: f32, %we: f32, %ae: f32, %me: i1):
             )" +
         (rest.empty() ? "rondo.phase_yield %s" : rest + " : f32\nrondo.phase_yield %z") + R"( : f32
           } -> tensor<)" +
         result + ">\nreturn %r : tensor<" + result + ">\n}";
}

} // namespace

// Weights whose lanes are not neighbours in memory, a column, a mask, and a transposed summand: lane by lane.
TEST(Phase, OperandsThatAreNotContiguousAlongTheLanes) {
  for (int64_t features : {1, 3, 17, 40})
    check(
        fill(phase("%x: tensor<5x7xf32>, %w: tensor<$Nx7xf32>, %a: tensor<$Nx5xf32>, %m: tensor<5x$Nxi1>", "5, $N, 7",
                   2, "%x, %w, %a, %m : tensor<5x7xf32>, tensor<$Nx7xf32>, tensor<$Nx5xf32>, tensor<5x$Nxi1>",
                   "affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j, i)>, "
                   "affine_map<(i, j, k) -> (i, j)>, affine_map<(i, j, k) -> (i, j)>",
                   "5x$Nxf32", "%z = arith.select %me, %s, %ae"),
             {{"N", std::to_string(features)}}));
  for (int64_t rows : {1, 3, 17, 40})
    check(fill(phase("%x: tensor<7xf32>, %w: tensor<7x$Nxf32>, %aa: tensor<$Nx3xf32>, %m: tensor<$Nxi1>", "$N, 7", 1,
                     "%x, %w, %a, %m : tensor<7xf32>, tensor<7x$Nxf32>, tensor<$Nxf32>, tensor<$Nxi1>",
                     "affine_map<(j, k) -> (k)>, affine_map<(j, k) -> (k, j)>, affine_map<(j, k) -> (j)>, "
                     "affine_map<(j, k) -> (j)>, affine_map<(j, k) -> (j)>",
                     "$Nxf32", "%z = arith.select %me, %s, %ae",
                     "%a = tensor.extract_slice %aa[0, 1] [$N, 1] [1, 1] : tensor<$Nx3xf32> to tensor<$Nxf32>\n"),
               {{"N", std::to_string(rows)}}));
}

// Shifted reads, a packed operand without padding behind its last lane, and blocks beside an offset.
TEST(Phase, ShiftedAndUnpaddedOperands) {
  for (int64_t features : {1, 3, 17, 40}) {
    std::string blocks = std::to_string((features + 15) / 16);
    check(fill(
        phase("%x: tensor<6x7xf32>, %w: tensor<7x$Sxf32>, %a: tensor<$Nxf32>, %m: tensor<i1>", "5, $N, 7", 2,
              "%x, %w, %a, %m : tensor<6x7xf32>, tensor<7x$Sxf32>, tensor<$Nxf32>, tensor<i1>",
              "affine_map<(i, j, k) -> (i + 1, k)>, affine_map<(i, j, k) -> (k, j + 2)>, affine_map<(i, j, k) -> (j)>, "
              "affine_map<(i, j, k) -> ()>, affine_map<(i, j, k) -> (i, j)>",
              "5x$Nxf32"),
        {{"N", std::to_string(features)}, {"S", std::to_string(features + 2)}}));
    check(fill(phase("%x: tensor<5x7xf32>, %w: tensor<$Cx7x$Wxf32>, %a: tensor<$Dx7x1xf32>, %m: tensor<i1>", "5, $N, 7",
                     2, "%x, %w, %a, %m : tensor<5x7xf32>, tensor<$Cx7x$Wxf32>, tensor<$Dx7x1xf32>, tensor<i1>",
                     "affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>, "
                     "affine_map<(i, j, k) -> (j floordiv 16 + 1, i, 0)>, affine_map<(i, j, k) -> ()>, "
                     "affine_map<(i, j, k) -> (i, j)>",
                     "5x$Nxf32"),
               {{"N", std::to_string(features)},
                {"C", blocks},
                {"D", std::to_string((features + 15) / 16 + 1)},
                {"W", std::to_string(std::min<int64_t>(features, 16))}}));
  }
}

// Sums over several loops, in blocks along the first of them; rows beside other parallel loops.
TEST(Phase, BlocksOfSeveralSummedLoops) {
  for (auto [rows, first, second] : {std::array{18, 700, 1}, {18, 2, 400}, {9, 67, 11}, {20, 230, 3}})
    check(fill(phase("%x: tensor<2x$Bx$Kx$Lxf32>, %w: tensor<$Kx$Lx21xf32>, %a: tensor<1xf32>, %m: tensor<i1>",
                     "2, $B, 21, $K, $L", 3,
                     "%x, %w, %a, %m : tensor<2x$Bx$Kx$Lxf32>, tensor<$Kx$Lx21xf32>, tensor<1xf32>, tensor<i1>",
                     "affine_map<(t, i, j, k, l) -> (t, i, k, l)>, affine_map<(t, i, j, k, l) -> (k, l, j)>, "
                     "affine_map<(t, i, j, k, l) -> (0)>, affine_map<(t, i, j, k, l) -> ()>, "
                     "affine_map<(t, i, j, k, l) -> (t, i, j)>",
                     "2x$Bx21xf32", ""),
               {{"B", std::to_string(rows)}, {"K", std::to_string(first)}, {"L", std::to_string(second)}}));
}

// Neighbouring loops that may not be joined: a smaller loop than its dimension, and one dimension read by both.
TEST(Phase, LoopsThatSeemContiguous) {
  check(phase(
      "%x: tensor<3x5x7xf32>, %w: tensor<7x21xf32>, %a: tensor<3x4x3xf32>, %m: tensor<i1>", "3, 4, 21, 7", 3,
      "%x, %w, %a, %m : tensor<3x5x7xf32>, tensor<7x21xf32>, tensor<3x4x3xf32>, tensor<i1>",
      "affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (k, j)>, "
      "affine_map<(t, i, j, k) -> (t, i, t)>, affine_map<(t, i, j, k) -> ()>, affine_map<(t, i, j, k) -> (t, i, j)>",
      "3x4x21xf32"));
}

// An empty sum is zero.
TEST(Phase, EmptySum) {
  check(phase("%x: tensor<3x2xf32>, %w: tensor<2x17xf32>, %a: tensor<17xf32>, %m: tensor<i1>", "3, 17, 0", 2,
              "%x, %w, %a, %m : tensor<3x2xf32>, tensor<2x17xf32>, tensor<17xf32>, tensor<i1>",
              "affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (j)>, "
              "affine_map<(i, j, k) -> ()>, affine_map<(i, j, k) -> (i, j)>",
              "3x17xf32"));
}

// Every element of packed weights is at its place: read back by a phase that knows the layout.
TEST(Pack, EachElementIsAtItsPlace) {
  struct Layout {
    const char *shape, *first, *second, *word;
  };
  const Layout sideBySide{"$Cx$Kx$D", "n floordiv $w, k, n mod $w", "n floordiv $w, k, n mod $w + $w", ""};
  const Layout apart{"$Cx2x$Kx$w", "n floordiv $w, 0, k, n mod $w", "n floordiv $w, 1, k, n mod $w", "apart"};
  for (auto [element, layout] : {std::pair("f32", sideBySide), {"f64", sideBySide}, {"f32", apart}, {"f64", apart}})
    for (int64_t lanes : {0, 1})
      for (auto [features, terms, width] : {std::array<int64_t, 3>{1, 1, 16},
                                            {16, 16, 16},
                                            {17, 33, 16},
                                            {70, 5, 32},
                                            {100, 19, 48},
                                            {31, 16, 64},
                                            {37, 263, 48}}) {
        check(fill(R"(func.func @f(%a: tensor<$Wx$f>, %b: tensor<$Wx$f>)
              -> (tensor<$Kx$Nx$f>, tensor<$Kx$Nx$f>) {
            %e = tensor.empty() : tensor<$Px$f>
            %p = rondo.pack ins(%a, %b : tensor<$Wx$f>, tensor<$Wx$f>) outs(%e : tensor<$Px$f>)
                lanes $l terms $k width $w $apart -> tensor<$Px$f>
            %d = tensor.empty() : tensor<$Kx$Nx$f>
            %d1 = tensor.empty() : tensor<$Kx$Nx$f>
            %r:2 = rondo.phase bounds [$K, $N, 1] parallel 2 ins(%p, %p : tensor<$Px$f>, tensor<$Px$f>)
                outs(%d, %d1 : tensor<$Kx$Nx$f>, tensor<$Kx$Nx$f>)
                maps [affine_map<(k, n, u) -> ($first)>, affine_map<(k, n, u) -> ($second)>,
                      affine_map<(k, n, u) -> (k, n)>, affine_map<(k, n, u) -> (k, n)>]
                sums {
                ^bb0(%x: $f, %y: $f):
                  rondo.phase_yield %x, %y : $f, $f
                } epilogue {
                ^bb0(%s: $f, %t: $f, %x: $f, %y: $f):
                  rondo.phase_yield %s, %t : $f, $f
                } -> tensor<$Kx$Nx$f>, tensor<$Kx$Nx$f>
            return %r#0, %r#1 : tensor<$Kx$Nx$f>, tensor<$Kx$Nx$f>
          })",
                   {{"first", layout.first},
                    {"second", layout.second},
                    {"apart", layout.word},
                    {"P", layout.shape},
                    {"W", lanes == 0 ? "$Nx$K" : "$Kx$N"},
                    {"C", std::to_string((features + width - 1) / width)},
                    {"D", std::to_string(2 * width)},
                    {"K", std::to_string(terms)},
                    {"N", std::to_string(features)},
                    {"w", std::to_string(width)},
                    {"l", std::to_string(lanes)},
                    {"k", std::to_string(1 - lanes)},
                    {"f", element}}));
        if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
          return;
      }
}

// Blocks narrower than a vector, of any width; weights that are columns of a larger tensor. No padding: all is defined.
TEST(Pack, NarrowBlocksAndStridedWeights) {
  for (auto [width, lanes] : {std::array<int64_t, 2>{4, 0}, {4, 1}, {6, 0}, {1, 1}})
    check(fill(R"(func.func @f(%all: tensor<12x24xf32>) -> tensor<$Cx12x$wxf32> {
        %a = tensor.extract_slice %all[0, 1] [12, 12] [1, 2] : tensor<12x24xf32> to tensor<12x12xf32>
        %e = tensor.empty() : tensor<$Cx12x$wxf32>
        %p = rondo.pack ins(%a : tensor<12x12xf32>) outs(%e : tensor<$Cx12x$wxf32>) lanes $l terms $k
          width $w -> tensor<$Cx12x$wxf32>
        return %p : tensor<$Cx12x$wxf32>
      })",
               {{"C", std::to_string(12 / width)},
                {"w", std::to_string(width)},
                {"l", std::to_string(lanes)},
                {"k", std::to_string(1 - lanes)}}));
}

// Beside lanes and terms a dimension before, between or behind them: a matrix for each of its positions.
TEST(Pack, OuterDimensions) {
  struct Layout {
    const char *weight, *lanes, *terms;
  };
  for (Layout layout : {Layout{"3x$Nx$K", "1", "2"},
                        {"3x$Kx$N", "2", "1"},
                        {"$Nx3x$K", "0", "2"},
                        {"$Kx3x$N", "2", "0"},
                        {"$Nx$Kx3", "0", "1"}})
    for (auto [features, terms] : {std::pair{"1", "1"}, {"16", "16"}, {"37", "5"}, {"5", "40"}})
      check(fill(R"(func.func @f(%a: tensor<$Wxf32>) -> tensor<3x$Kx$Nxf32> {
          %e = tensor.empty() : tensor<3x$Cx$Kx16xf32>
          %p = rondo.pack ins(%a : tensor<$Wxf32>) outs(%e : tensor<3x$Cx$Kx16xf32>) lanes $l terms $t width 16
              -> tensor<3x$Cx$Kx16xf32>
          %d = tensor.empty() : tensor<3x$Kx$Nxf32>
          %r = rondo.phase bounds [3, $K, $N, 1] parallel 3 ins(%p : tensor<3x$Cx$Kx16xf32>)
              outs(%d : tensor<3x$Kx$Nxf32>)
              maps [affine_map<(o, k, n, u) -> (o, n floordiv 16, k, n mod 16)>, affine_map<(o, k, n, u) -> (o, k, n)>]
              sums {
              ^bb0(%x: f32):
                rondo.phase_yield %x : f32
              } epilogue {
              ^bb0(%s: f32, %x: f32):
                rondo.phase_yield %s : f32
              } -> tensor<3x$Kx$Nxf32>
          return %r : tensor<3x$Kx$Nxf32>
        })",
                 {{"W", layout.weight},
                  {"l", layout.lanes},
                  {"t", layout.terms},
                  {"C", std::to_string((atoi(features) + 15) / 16)},
                  {"K", terms},
                  {"N", features}}));
}
