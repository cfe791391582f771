// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Generated code of attention against the reference interpreter: numbers of queries and keys that no block divides, one
// of each, several blocks, queries that see some of the keys, heads that share keys, and dimensions in any order.

#include "test/numeric/CompiledFunction.h"

#include <gtest/gtest.h>

using namespace rondo;

namespace {

struct Sizes {
  int64_t queries, keys, rows, heads, terms, features;
};
const Sizes sizes[] = {{1, 1, 1, 1, 1, 1},      {1, 300, 2, 1, 8, 5},     {7, 1, 1, 2, 3, 4},
                       {17, 5, 3, 1, 5, 3},     {33, 37, 1, 3, 17, 33},   {40, 256, 1, 1, 64, 8},
                       {64, 257, 1, 2, 16, 16}, {100, 511, 2, 2, 9, 20},  {300, 520, 1, 1, 31, 7},
                       {70, 770, 1, 8, 4, 12},  {1001, 300, 1, 1, 5, 64}, {16, 40, 0, 2, 4, 4},
                       {0, 40, 2, 2, 4, 4},     {20, 300, 1, 1, 3, 2100}, {16, 40, 2, 2, 4, 0}};

/// "tensor<..>" of the letters' sizes.
std::string typeOf(const std::string &term, const Sizes &size, const std::string &element) {
  std::string text = "tensor<";
  for (char letter : term) {
    int64_t extent = letter == 't'   ? size.queries
                     : letter == 's' ? size.keys
                     : letter == 'b' ? size.rows
                     : letter == 'n' ? size.heads
                     : letter == 'g' ? 2
                     : letter == 'd' ? size.terms
                                     : size.features;
    text += std::to_string(extent) + "x";
  }
  return text + element + ">";
}

/// An attention of these terms, and what each thread reads of it in its share of the rows; `options` stand behind the
/// spec.
void check(const Sizes &size, const std::string &element, const std::string &q, const std::string &k,
           const std::string &v, const std::string &o, const std::string &options) {
  const char *cpu = getenv("RONDO_TEST_CPU");
  std::string result = typeOf(o, size, element), operands;
  for (const std::string &term : {q, k, v})
    operands += (operands.empty() ? "" : ", ") + typeOf(term, size, element);
  std::string arguments =
      "%q: " + typeOf(q, size, element) + ", %k: " + typeOf(k, size, element) + ", %v: " + typeOf(v, size, element);
  std::string spec = "\"" + q + "," + k + "," + v + "->" + o + "\" " + options;
  expectCompiledEqualsReference("func.func @f(" + arguments + ") -> (" + result + ", " + result + ") {\n" +
                                    "%y = rondo.attention %q, %k, %v " + spec + " : " + operands + " -> " + result +
                                    "\n%z = arith.negf %y : " + result + "\nreturn %y, %z : " + result + ", " + result +
                                    "\n}",
                                1, cpu ? cpu : "native");
}

/// All sizes in both precisions.
void sweep(const std::string &q, const std::string &k, const std::string &v, const std::string &o,
           const std::string &options) {
  for (const Sizes &size : sizes)
    for (const char *element : {"f32", "f64"}) {
      check(size, element, q, k, v, o, options);
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
}

} // namespace

TEST(Attention, AllKeys) { sweep("tbnd", "sbnd", "sbne", "tbne", "scale 3.0"); }

TEST(Attention, Causal) { sweep("tbnd", "sbnd", "sbne", "tbne", "scale 1.0 causal 0"); }

TEST(Attention, CausalBehindKeys) { sweep("bntd", "bnsd", "bnse", "bnte", "scale -0.5 causal 90"); }

// Groups of heads, and the rows, share keys; the values are those of all heads.
TEST(Attention, SharedKeys) { sweep("tbgnd", "snd", "se", "tbgne", "scale 0.7"); }

TEST(Attention, OtherOrders) { sweep("dbnt", "bdsn", "esb", "ntbe", "scale 2.0 causal 3"); }

// As a program spells it, in one function with a second head of the same sizes, which shares the code.
TEST(Attention, Raised) {
  const char *cpu = getenv("RONDO_TEST_CPU");
  for (auto [t, s] : {std::pair(20, 300), std::pair(300, 300), std::pair(70, 40)}) {
    std::string T = std::to_string(t), S = std::to_string(s), scores = "tensor<" + T + "x" + S + "x2x";
    std::string query = "tensor<" + T + "x2x6xf32>", key = "tensor<" + S + "x2x6xf32>", head;
    for (std::string i : {"0", "1"})
      head += "%s" + i + " = rondo.contract %q" + i + ", %k \"tbd,sbd->tsb\" : " + query + ", " + key + " -> " +
              scores + "f32>\n%h" + i + " = arith.divf %s" + i + ", %c : " + scores + "f32>\n%m" + i +
              " = arith.select %b, %h" + i + ", %n : " + scores + "i1>, " + scores + "f32>\n%p" + i +
              " = rondo.softmax %m" + i + " dim = 1 : " + scores + "f32>\n%y" + i + " = rondo.contract %p" + i +
              ", %v \"tsb,sbd->tbd\" : " + scores + "f32>, " + key + " -> " + query + "\n";
    expectCompiledEqualsReference(
        "func.func @f(%q0: " + query + ", %q1: " + query + ", %k: " + key + ", %v: " + key + ") -> (" + query + ", " +
            query + ") {\n%c = arith.constant dense<2.0> : " + scores +
            "f32>\n%n = arith.constant dense<-1.0e9> : " + scores + "f32>\n%i = rondo.iota dim = 1 : " + scores +
            "i32>\n%j = rondo.iota dim = 0 : " + scores + "i32>\n%b = arith.cmpi sle, %i, %j : " + scores + "i32>\n" +
            head + "return %y0, %y1 : " + query + ", " + query + "\n}",
        1, cpu ? cpu : "native");
  }
}
