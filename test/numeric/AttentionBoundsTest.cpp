// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention that begins and ends where numbers say: generated code against the reference interpreter, and the bits of
// queries alone, in a window, and all together.

#include "test/numeric/AttentionSizes.h"
#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include "passes/Registration.h"

#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

/// What an attention takes beside queries, keys and values: "first" or "lengths", the letters of its dimensions, and
/// the type of its numbers.
struct Bound {
  std::string name, term, number;
};

/// All sizes in both precisions, with numbers from 0 to that of keys; `options` stand behind the spec.
void sweep(const std::string &q, const std::string &k, const std::string &v, const std::string &o,
           const std::string &options, ArrayRef<Bound> bounds, const std::string &rows) {
  for (const Sizes &size : attentionSizes)
    for (const std::string element : {"f32", "f64"}) {
      std::string query = typeOf(q, size, element), key = typeOf(k, size, element), value = typeOf(v, size, element),
                  result = typeOf(o, size, element), operands = query + ", " + key + ", " + value, numbers;
      std::string arguments = "%q: " + query + ", %k: " + key + ", %v: " + value;
      for (const Bound &bound : bounds) {
        std::string type = typeOf(bound.term, size, bound.number);
        arguments += ", %" + bound.name + ": " + type;
        numbers += " " + bound.name + "(%" + bound.name + " : " + type + ")";
      }
      // What each thread reads of the result in its share of the rows, too.
      expectCompiledEqualsReference(
          "func.func @f(" + arguments + ") -> (" + result + ", " + result + ") {\n%y = rondo.attention %q, %k, %v \"" +
              q + "," + k + "," + v + "->" + o + "\" " + options + numbers + rows + " : " + operands + " -> " + result +
              "\n%z = arith.negf %y : " + result + "\nreturn %y, %z : " + result + ", " + result + "\n}",
          size.keys + 1, testCPU());
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
}

/// The derivatives with such lengths, with any cotangent of the result, likewise.
void sweepGrad(const std::string &q, const std::string &k, const std::string &v, const std::string &o,
               const std::string &options, const Bound &bound, const std::string &rows) {
  for (const Sizes &size : attentionSizes) {
    if (size.keys < 5) // the derivative of the score of a single key is the rounding of a difference of equals
      continue;
    for (const std::string element : {"f32", "f64"}) {
      std::string query = typeOf(q, size, element), key = typeOf(k, size, element), value = typeOf(v, size, element),
                  result = typeOf(o, size, element), operands = query + ", " + key + ", " + value,
                  type = typeOf(bound.term, size, bound.number), spec = "\"" + q + "," + k + "," + v + "->" + o + "\" ";
      spec += options + " lengths(%n : " + type + ")" + rows + " : " + operands;
      expectCompiledEqualsReference("func.func @f(%q: " + query + ", %k: " + key + ", %v: " + value +
                                        ", %g: " + result + ", %n: " + type + ") -> (" + operands +
                                        ") {\n%y = rondo.attention %q, %k, %v " + spec + " -> " + result +
                                        "\n%dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %g " + spec + ", " +
                                        result + "\nreturn %dq, %dk, %dv : " + operands + "\n}",
                                    size.keys + 1, testCPU());
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
        return;
    }
  }
}

/// Rows of positions, [positions, 2, 2, features], random; with `absent`, those are no numbers.
Tensor rowsOf(int64_t positions, int64_t features, Tensor::Kind kind, uint64_t seed) {
  MLIRContext context;
  Type number = kind == Tensor::Kind::F32 ? Type(Float32Type::get(&context)) : Type(Float64Type::get(&context));
  return randomTensor(RankedTensorType::get({positions, 2, 2, features}, number), seed);
}

/// The queries of two rows alone, or several in a window, with keys and values in slots of which later ones are empty,
/// beside all of them together.
class Windows {
public:
  Windows(int64_t slots, const std::string &element) : slots(slots) {
    std::string source, key = rows(slots, terms, element), value = rows(slots, features, element);
    for (int64_t window : {int64_t(1), int64_t(7), int64_t(39), slots}) {
      std::string query = rows(window, terms, element), result = rows(window, features, element);
      bool isWhole = window == slots;
      source += "func.func @f" + std::to_string(window) + "(%q: " + query + ", %k: " + key + ", %v: " + value +
                (isWhole ? "" : ", %p: tensor<2xi64>") + ") -> " + result +
                " {\n%y = rondo.attention %q, %k, %v \"tbnd,sbnd,sbne->tbne\" scale 0.4 causal 0" +
                (isWhole ? "" : " first(%p : tensor<2xi64>) rows \"b\"") + " : " + query + ", " + key + ", " + value +
                " -> " + result + "\nreturn %y : " + result + "\n}\n";
    }
    DialectRegistry registry;
    registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, ParserConfig(context.get()));
    compiled = module ? CompiledModule::compile(*module, testCPU()) : nullptr;
    auto kind = element == "f32" ? Tensor::Kind::F32 : Tensor::Kind::F64;
    query = rowsOf(slots, terms, kind, 1), keys = rowsOf(slots, terms, kind, 2),
    values = rowsOf(slots, features, kind, 3);
    if (compiled)
      whole = compiled->run("f" + std::to_string(slots), {query, keys, values})[0];
  }

  /// Windows that begin at these positions of the two rows.
  void expectBits(int64_t window, std::vector<int64_t> begins) {
    ASSERT_TRUE(compiled);
    Tensor q = Tensor::zeros(query.kind, {window, 2, 2, terms}), k = keys, v = values,
           expected = Tensor::zeros(query.kind, {window, 2, 2, features}), p = Tensor::zeros(Tensor::Kind::I64, {2});
    for (int64_t row = 0; row < 2; ++row) {
      p.set(row, double(begins[row]));
      copy(query, q, row, begins[row], window, 0);
      copy(whole, expected, row, begins[row], window, 0);
      for (Tensor *slot : {&k, &v})
        for (int64_t position = begins[row] + window; position < slots; ++position)
          forEach(*slot, position, row, [&](int64_t place) { slot->set(place, NAN); });
    }
    expectIdentical({expected}, compiled->run("f" + std::to_string(window), {q, k, v, p}),
                    std::to_string(window) + " of " + std::to_string(slots) + " positions from " +
                        std::to_string(begins[0]) + " and " + std::to_string(begins[1]));
  }

private:
  static constexpr int64_t terms = 9, features = 21;

  static std::string rows(int64_t positions, int64_t features, const std::string &element) {
    return "tensor<" + std::to_string(positions) + "x2x2x" + std::to_string(features) + "x" + element + ">";
  }

  static void forEach(const Tensor &tensor, int64_t position, int64_t row, llvm::function_ref<void(int64_t)> f) {
    int64_t ofRow = 2 * tensor.shape.back();
    for (int64_t i = 0; i < ofRow; ++i)
      f((position * 2 + row) * ofRow + i);
  }

  /// A row's positions from `first` on to those of another tensor from `to` on.
  static void copy(const Tensor &from, Tensor &into, int64_t row, int64_t first, int64_t count, int64_t to) {
    int64_t ofRow = 2 * from.shape.back();
    for (int64_t position = 0; position < count; ++position)
      forEach(into, to + position, row,
              [&](int64_t place) { into.set(place, from.at(place + (first - to) * 2 * ofRow)); });
  }

  int64_t slots;
  std::unique_ptr<MLIRContext> context;
  std::unique_ptr<CompiledModule> compiled;
  Tensor query, keys, values, whole;
};

} // namespace

TEST(AttentionBounds, FirstOfEachRow) {
  sweep("tbnd", "sbnd", "sbne", "tbne", "scale 1.0 causal 0", {{"first", "b", "i64"}}, " rows \"b\"");
}

TEST(AttentionBounds, FirstOfAllRows) {
  sweep("dbnt", "bdsn", "esb", "ntbe", "scale 2.0 causal 3", {{"first", "", "i32"}}, "");
}

TEST(AttentionBounds, LengthsOfRows) {
  sweep("tbnd", "sbnd", "sbne", "tbne", "scale 3.0", {{"lengths", "b", "i32"}}, " rows \"b\"");
}

TEST(AttentionBounds, LengthOfAllRows) {
  sweep("bntd", "bnsd", "bnse", "bnte", "scale 0.5", {{"lengths", "", "i64"}}, "");
}

// Causal queries of rows that end, with keys that the rows share.
TEST(AttentionBounds, BothOfSharedKeys) {
  sweep("tbgnd", "snd", "se", "tbgne", "scale 0.7 causal 2", {{"first", "b", "i64"}, {"lengths", "b", "i64"}},
        " rows \"b\"");
  sweep("tbnd", "sbnd", "sbne", "tbne", "scale 0.7 causal 0", {{"first", "b", "i32"}, {"lengths", "", "i32"}},
        " rows \"b\"");
}

TEST(AttentionBounds, DerivativeOfRowsWithLengths) {
  sweepGrad("tbnd", "sbnd", "sbne", "tbne", "scale 3.0", {"lengths", "b", "i32"}, " rows \"b\"");
}

TEST(AttentionBounds, DerivativeOfCausalRowsWithLengths) {
  sweepGrad("bntd", "bnsd", "bnse", "bnte", "scale 1.0 causal 7", {"lengths", "b", "i64"}, " rows \"b\"");
}

// Rows of different lengths share keys, or heads of a row do: the gradients of these are sums over all of them.
TEST(AttentionBounds, DerivativeOfSharedKeysWithLengths) {
  sweepGrad("tbgnd", "snd", "se", "tbgne", "scale 0.7 causal 7", {"lengths", "b", "i64"}, " rows \"b\"");
  sweepGrad("tbgnd", "sbnd", "sbne", "tbgne", "scale 1.0", {"lengths", "b", "i32"}, " rows \"b\"");
}

// A query's result has the same bits, whatever else is computed with it, and however many slots are empty.
TEST(AttentionBounds, BitsAreThoseOfTheWhole) {
  for (const std::string element : {"f32", "f64"})
    for (int64_t slots : {40, 256, 300, 777}) {
      Windows windows(slots, element);
      for (int64_t window : {1, 7, 39})
        for (auto [first, second] : {std::pair<int64_t, int64_t>(0, slots - window),
                                     {slots - window, 0},
                                     {(slots - window) / 2, 1},
                                     {1, (slots - window) / 3}})
          windows.expectBits(window, {first, second});
    }
}
