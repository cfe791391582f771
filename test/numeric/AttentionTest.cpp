// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Generated code of attention against the reference interpreter: numbers of queries and keys that no block divides, one
// of each, several blocks, queries that see some of the keys, heads that share keys, and dimensions in any order;
// scores that are infinite, and threads with small stacks.

#include "test/numeric/AttentionSizes.h"
#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include "passes/Registration.h"

#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>
#include <pthread.h>

using namespace mlir;
using namespace rondo;

namespace {

/// An attention of these terms, and what each thread reads of it in its share of the rows; `options` stand behind the
/// spec.
void check(const Sizes &size, const std::string &element, const std::string &q, const std::string &k,
           const std::string &v, const std::string &o, const std::string &options) {
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
                                1, testCPU());
}

/// All sizes in both precisions.
void sweep(const std::string &q, const std::string &k, const std::string &v, const std::string &o,
           const std::string &options) {
  for (const Sizes &size : attentionSizes)
    for (const char *element : {"f32", "f64"}) {
      check(size, element, q, k, v, o, options);
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
}

} // namespace

TEST(Attention, AllKeys) { sweep("tbnd", "sbnd", "sbne", "tbne", "scale 3.0"); }

TEST(Attention, Causal) { sweep("tbnd", "sbnd", "sbne", "tbne", "scale 1.0 causal 0"); }

// All keys are seen, whatever is added to the number.
TEST(Attention, CausalBehindMoreKeysThanThereAre) {
  for (const Sizes &size : {attentionSizes[0], attentionSizes[3], attentionSizes[7]})
    check(size, "f32", "tbnd", "sbnd", "sbne", "tbne", "scale 1.0 causal 9223372036854775807");
}

TEST(Attention, CausalBehindKeys) { sweep("bntd", "bnsd", "bnse", "bnte", "scale -0.5 causal 90"); }

// Groups of heads, and the rows, share keys; the values are those of all heads.
TEST(Attention, SharedKeys) { sweep("tbgnd", "snd", "se", "tbgne", "scale 0.7"); }

TEST(Attention, OtherOrders) { sweep("dbnt", "bdsn", "esb", "ntbe", "scale 2.0 causal 3"); }

namespace {

/// The derivatives by queries, keys and values, with any cotangent of the result, and what each thread reads of one in
/// its share of the rows.
void checkGrad(const Sizes &size, const std::string &element, const std::string &q, const std::string &k,
               const std::string &v, const std::string &o, const std::string &options) {
  std::string query = typeOf(q, size, element), key = typeOf(k, size, element), value = typeOf(v, size, element),
              result = typeOf(o, size, element), spec = "\"" + q + "," + k + "," + v + "->" + o + "\" " + options,
              operands = query + ", " + key + ", " + value;
  expectCompiledEqualsReference(
      "func.func @f(%q: " + query + ", %k: " + key + ", %v: " + value + ", %g: " + result + ") -> (" + operands + ", " +
          query + ") {\n%y = rondo.attention %q, %k, %v " + spec + " : " + operands + " -> " + result +
          "\n%dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %g " + spec + " : " + operands + ", " + result +
          "\n%z = arith.negf %dq : " + query + "\nreturn %dq, %dk, %dv, %z : " + operands + ", " + query + "\n}",
      1, testCPU());
}

void sweepGrad(const std::string &q, const std::string &k, const std::string &v, const std::string &o,
               const std::string &options) {
  for (const Sizes &size : attentionSizes) {
    // The derivative of the score of a single key is the rounding of a difference of equals.
    if (size.keys == 1 || (size.queries == 1 && options.find("causal 0") != std::string::npos))
      continue;
    for (const char *element : {"f32", "f64"}) {
      checkGrad(size, element, q, k, v, o, options);
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
  }
}

} // namespace

TEST(AttentionGrad, AllKeys) { sweepGrad("tbnd", "sbnd", "sbne", "tbne", "scale 3.0"); }

TEST(AttentionGrad, Causal) { sweepGrad("tbnd", "sbnd", "sbne", "tbne", "scale 1.0 causal 0"); }

TEST(AttentionGrad, CausalBehindKeysInAnotherOrder) {
  sweepGrad("bntd", "nsbd", "bsne", "ntbe", "scale -0.5 causal 90");
}

// Groups of heads, or all heads and rows, share keys, of which the gradients are sums over their queries.
TEST(AttentionGrad, GroupedHeads) { sweepGrad("tbgnd", "sbnd", "sbne", "tbgne", "scale 1.0 causal 0"); }

TEST(AttentionGrad, OneHeadForAll) { sweepGrad("tbnd", "sbd", "sbe", "tbne", "scale 3.0"); }

TEST(AttentionGrad, SharedKeysOfOtherHeadsThanValues) { sweepGrad("gtbnd", "snd", "se", "tbgne", "scale 0.7"); }

// So few matrices of keys that threads share the queries in parts, of one number or with fewer in the last one.
TEST(AttentionGrad, FewMatrices) {
  for (int64_t rows : {1, 2, 3, 6})
    for (int64_t queries : {31, 40, 130, 771}) {
      checkGrad({queries, 150, rows, 1, 8, 8}, "f32", "tbd", "sbd", "sbe", "tbe", "scale 1.0 causal 0");
      checkGrad({queries, 40, rows, 3, 8, 8}, "f32", "bgtnd", "bsd", "bse", "btgne", "scale 1.0");
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
}

// As a program spells it, in one function with a second head of the same sizes, which shares the code.
TEST(Attention, Raised) {
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
        1, testCPU());
  }
}

namespace {

/// Attention of 40 queries beside its products, whose weights are read, so that they stay products: queries, keys and
/// values are numbers, and hidden keys have infinitely low scores.
class BesideProducts {
public:
  BesideProducts(int64_t keys, bool isCausal) : keys(keys) {
    std::string s = std::to_string(keys), key = "tensor<" + s + "x1xf32>", scores = "tensor<40x" + s + "x";
    std::string query = "tensor<40x1xf32>", operands = query + ", " + key;
    std::string source =
        "func.func @f(%q: " + query + ", %k: " + key + ", %v: " + key + ") -> (" + query + ", " + query + ", " +
        scores + "f32>) {\n%y = rondo.attention %q, %k, %v \"td,sd,se->te\" scale 1.0 " + (isCausal ? "causal 0" : "") +
        " : " + operands + ", " + key + " -> " + query + "\n%i = rondo.iota dim = 1 : " + scores +
        "i32>\n%j = rondo.iota dim = 0 : " + scores + "i32>\n%m = arith.cmpi sle, %i, %j : " + scores +
        "i32>\n%n = arith.constant dense<0xFF800000> : " + scores +
        "f32>\n%s = rondo.contract %q, %k \"td,sd->ts\" : " + operands + " -> " + scores +
        "f32>\n%h = arith.select %m, %s, %n : " + scores + "i1>, " + scores + "f32>\n%p = rondo.softmax " +
        (isCausal ? "%h" : "%s") + " dim = 1 : " + scores +
        "f32>\n%z = rondo.contract %p, %v \"ts,se->te\" : " + scores + "f32>, " + key + " -> " + query +
        "\nreturn %y, %z, %p : " + query + ", " + query + ", " + scores + "f32>\n}";
    DialectRegistry registry;
    registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
    module = parseSourceString<ModuleOp>(source, ParserConfig(context.get()));
    if (!module)
      return;
    OwningOpRef<ModuleOp> lowered(module->clone());
    compiled = CompiledModule::compile(*lowered, testCPU());
  }

  /// The keys from `first` up to `end` are `special`, the others finite.
  void expectTheSame(float special, int64_t first, int64_t end) {
    ASSERT_TRUE(module && compiled);
    std::vector<Tensor> arguments{Tensor::zeros(Tensor::Kind::F32, {40, 1}),
                                  Tensor::zeros(Tensor::Kind::F32, {keys, 1}),
                                  Tensor::zeros(Tensor::Kind::F32, {keys, 1})};
    for (int64_t i = 0; i < 40; ++i)
      arguments[0].f32[i] = i % 3 == 2 ? -1.5f : 0.25f * float(i + 1);
    for (int64_t i = 0; i < keys; ++i) {
      arguments[1].f32[i] = i >= first && i < end ? special : 0.02f * float(i % 31) - 0.2f;
      arguments[2].f32[i] = 0.01f * float(i % 97) - 0.3f;
    }
    FailureOr<std::vector<Tensor>> expected = interpret(*module->getOps<func::FuncOp>().begin(), arguments);
    ASSERT_TRUE(succeeded(expected));
    std::vector<Tensor> found = compiled->run("f", arguments);
    for (int64_t i = 0; i < 40; ++i)
      for (const Tensor &other : {(*expected)[0], found[0], found[1]}) {
        double want = (*expected)[1].at(i), have = other.at(i);
        EXPECT_EQ(std::isnan(want), std::isnan(have)) << "query " << i << " of " << keys << " keys";
        if (!std::isnan(want))
          EXPECT_NEAR(want, have, 1e-5) << "query " << i << " of " << keys << " keys";
      }
  }

private:
  int64_t keys;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<CompiledModule> compiled;
};

/// Calls `run` on a thread with so small a stack as programs of others have.
void onSmallStack(std::function<void()> run) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 128 << 10), 0);
  pthread_t thread;
  auto start = [](void *data) -> void * {
    (*static_cast<std::function<void()> *>(data))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, start, &run), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

} // namespace

// The scores of a query are these keys times a number of either sign: some or all of them are infinite, in one block
// and in the first or the last of several.
TEST(Attention, InfiniteScores) {
  for (int64_t keys : {30, 300, 530})
    for (bool isCausal : {false, true}) {
      BesideProducts both(keys, isCausal);
      for (float special : {-INFINITY, INFINITY, NAN})
        for (auto [first, end] : {std::pair<int64_t, int64_t>(0, 1),
                                  {0, keys},
                                  {0, std::min<int64_t>(keys, 256)},
                                  {keys / 2, keys},
                                  {keys - 1, keys},
                                  {1, 5}}) {
          SCOPED_TRACE(std::to_string(special) + " from " + std::to_string(first) + " to " + std::to_string(end) +
                       (isCausal ? ", causal" : ""));
          both.expectTheSame(special, first, end);
          if (testing::Test::HasFailure())
            return;
        }
    }
}

// Attentions and their derivatives one after the other, of other sizes each and in both precisions, take one part of
// the stack.
TEST(Attention, ManyOnASmallStack) {
  std::string arguments, results, types, body;
  std::vector<Tensor> values;
  for (int64_t i = 0; i < 12; ++i) {
    bool isDouble = i % 2;
    int64_t queries = 40 + i, keys = 300 + 16 * i, terms = 8, features = i % 5 == 4 ? 700 : 90 + i;
    if (i == 6) // the largest sums of values
      queries = 32, features = 128;
    if (i == 7) // the most scores that are there at one time, and the largest copies of rows
      queries = 128, keys = 176, terms = features = 32;
    std::string n = std::to_string(i), element = isDouble ? "xf64>" : "xf32>";
    std::vector<int64_t> query{queries, terms}, key{keys, terms}, value{keys, features};
    auto type = [&](int64_t rows, int64_t columns) {
      return "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + element;
    };
    std::string q = type(queries, terms), k = type(keys, terms), v = type(keys, features), y = type(queries, features);
    arguments += (i ? ", %q" : "%q") + n + ": " + q + ", %k" + n + ": " + k + ", %v" + n + ": " + v;
    types += (i ? ", " : "") + y + ", " + q;
    results += (i ? ", %y" : "%y") + n + ", %d" + n + "#0";
    body += "%y" + n + " = rondo.attention %q" + n + ", %k" + n + ", %v" + n + " \"td,sd,se->te\" scale 1.0 : " + q +
            ", " + k + ", " + v + " -> " + y + "\n";
    body += "%d" + n + ":3 = rondo.attention_grad %q" + n + ", %k" + n + ", %v" + n + ", %y" + n + ", %y" + n +
            " \"td,sd,se->te\" scale 1.0 : " + q + ", " + k + ", " + v + ", " + y + "\n";
    MLIRContext context;
    Type number = isDouble ? Type(Float64Type::get(&context)) : Type(Float32Type::get(&context));
    for (const std::vector<int64_t> &shape : {query, key, value})
      values.push_back(randomTensor(RankedTensorType::get(shape, number), values.size()));
  }
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>("func.func @f(" + arguments + ") -> (" + types + ") {\n" +
                                                                 body + "return " + results + " : " + types + "\n}",
                                                             ParserConfig(&context));
  ASSERT_TRUE(module);
  FailureOr<std::vector<Tensor>> expected = interpret(*module->getOps<func::FuncOp>().begin(), values);
  ASSERT_TRUE(succeeded(expected));
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, testCPU());
  ASSERT_TRUE(compiled);
  std::vector<Tensor> found;
  onSmallStack([&] { found = compiled->run("f", values); });
  expectClose(*expected, found, "attentions on a small stack");
}
