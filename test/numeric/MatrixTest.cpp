// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// States of rank 2, whose products run together with what makes them (rondo-fuse-matrices), as generated code against
// the reference interpreter. All shapes: matrices of one number, of fewer rows or lanes than a tile has, a few more,
// odd numbers, several heads; in both directions.

#include "test/numeric/CompiledFunction.h"

#include <gtest/gtest.h>

using namespace rondo;

namespace {

/// Matrices [R, D] of H heads.
struct Shape {
  int64_t T, B, H, R, D;
  const char *element, *cpu;
};
const Shape shapes[] = {
    {1, 1, 1, 1, 1, "f32", "native"},    {3, 1, 2, 5, 7, "f32", "native"},   {2, 3, 1, 16, 16, "f32", "native"},
    {2, 2, 3, 17, 33, "f32", "native"},  {3, 1, 1, 64, 64, "f32", "native"}, {2, 17, 1, 35, 100, "f32", "native"},
    {2, 1, 8, 24, 150, "f32", "native"}, {3, 2, 1, 19, 9, "f64", "native"},  {2, 3, 2, 31, 67, "f64", "native"},
    {2, 2, 2, 21, 70, "f32", "haswell"}, {3, 1, 3, 8, 13, "f64", "haswell"}, {2, 2, 1, 10, 22, "f32", "x86-64"},
    {2, 1, 9, 70, 6, "f32", "x86-64"},
};

/// The program with the numbers of a shape for $T, $B, $H, $R, $D and $f.
std::string filled(std::string text, const Shape &shape) {
  auto set = [&](const std::string &name, const std::string &value) {
    for (size_t at; (at = text.find("$" + name)) != std::string::npos;)
      text.replace(at, name.size() + 1, value);
  };
  for (auto [name, value] : {std::pair("T", shape.T), {"B", shape.B}, {"H", shape.H}, {"R", shape.R}, {"D", shape.D}})
    set(name, std::to_string(value));
  set("f", shape.element);
  return text;
}

void sweep(const std::string &program) {
  const char *onlyCPU = getenv("RONDO_TEST_CPU");
  for (const Shape &shape : shapes) {
    if (onlyCPU && llvm::StringRef(shape.cpu) != "native")
      continue;
    SCOPED_TRACE(std::to_string(shape.R) + "x" + std::to_string(shape.D) + " " + shape.element + " " + shape.cpu);
    expectCompiledEqualsReference(filled(program, shape), /*tokens=*/1, onlyCPU ? onlyCPU : shape.cpu);
    if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure())
      return;
  }
}

// Products of what the state was and of what it is, along rows and along columns; what is read of the old state goes
// into the new one (the delta rule).
const char *const deltaRule = R"(
!rows = tensor<$Bx$Hx$Rx$f>
!lanes = tensor<$Bx$Hx$Dx$f>
!heads = tensor<$Bx$Hx$f>
!state = tensor<$Bx$Hx$Rx$Dx$f>
func.func @f(%c0: !state {rondo.state = "c"}, %ks: tensor<$Tx$Bx$Hx$Dx$f>, %vs: tensor<$Tx$Bx$Hx$Rx$f>,
             %fs: tensor<$Tx$Bx$Hx$f>)
    -> (!state {rondo.state = "c"}, tensor<$Tx$Bx$Hx$Rx$f>, tensor<$Tx$Bx$Hx$Dx$f>, tensor<$Tx$Bx$Hx$Dx$f>) {
  %cT, %ys, %zs, %ws = rondo.scan (%c = %c0 : !state) over (%k = %ks : tensor<$Tx$Bx$Hx$Dx$f>,
      %v = %vs : tensor<$Tx$Bx$Hx$Rx$f>, %d = %fs : tensor<$Tx$Bx$Hx$f>) length $T $direction {
    %told = rondo.contract %c, %k "bhij,bhj->bhi" : !state, !lanes -> !rows
    %w = rondo.contract %v, %c "bhi,bhij->bhj" : !rows, !state -> !lanes
    %e = arith.subf %v, %told : !rows
    %o = rondo.contract %e, %k "bhi,bhj->bhij" : !rows, !lanes -> !state
    %f = rondo.broadcast %d dims = [0, 1] : !heads -> !state
    %kept = arith.mulf %f, %c : !state
    %n = arith.addf %kept, %o : !state
    %y = rondo.contract %k, %n "bhj,bhij->bhi" : !lanes, !state -> !rows
    %z = rondo.contract %v, %n "bhi,bhij->bhj" : !rows, !state -> !lanes
    rondo.yield (%n : !state) emit (%y, %z, %w : !rows, !lanes, !lanes)
  } -> (!state, tensor<$Tx$Bx$Hx$Rx$f>, tensor<$Tx$Bx$Hx$Dx$f>, tensor<$Tx$Bx$Hx$Dx$f>)
  return %cT, %ys, %zs, %ws : !state, tensor<$Tx$Bx$Hx$Rx$f>, tensor<$Tx$Bx$Hx$Dx$f>, tensor<$Tx$Bx$Hx$Dx$f>
})";

std::string inDirection(std::string text, const std::string &direction) {
  return text.replace(text.find("$direction"), strlen("$direction"), direction);
}

TEST(Matrix, ProductsOfOldAndNew) { sweep(inDirection(deltaRule, "")); }

TEST(Matrix, ProductsOfOldAndNewBackward) { sweep(inDirection(deltaRule, "backward")); }

// What the scan stores of each step is read by others too, and sums of one row have other nests between them.
TEST(Matrix, StoredStatesAndFunctionsOfThem) {
  sweep(R"(
!rows = tensor<$Bx$Hx$Rx$f>
!state = tensor<$Bx$Hx$Rx$Dx$f>
func.func @f(%c0: !state, %qs: tensor<$Tx$Bx$Hx$Dx$f>)
    -> (tensor<$Tx$Bx$Hx$Rx$Dx$f>, tensor<$Tx$Bx$Hx$Rx$f>, tensor<$Tx$Bx$Hx$Rx$f>) {
  %cT, %cs, %ys, %zs = rondo.scan (%c = %c0 : !state) over (%q = %qs : tensor<$Tx$Bx$Hx$Dx$f>) length $T {
    %t = math.tanh %c : !state
    %y = rondo.contract %t, %q "bhij,bhj->bhi" : !state, tensor<$Bx$Hx$Dx$f> -> !rows
    %s = rondo.sigmoid %y : !rows
    %o = rondo.contract %s, %q "bhi,bhj->bhij" : !rows, tensor<$Bx$Hx$Dx$f> -> !state
    %n = arith.addf %t, %o : !state
    %z = rondo.contract %n, %q "bhij,bhj->bhi" : !state, tensor<$Bx$Hx$Dx$f> -> !rows
    rondo.yield (%n : !state) emit (%n, %y, %z : !state, !rows, !rows)
  } -> (!state, tensor<$Tx$Bx$Hx$Rx$Dx$f>, tensor<$Tx$Bx$Hx$Rx$f>, tensor<$Tx$Bx$Hx$Rx$f>)
  return %cs, %ys, %zs : tensor<$Tx$Bx$Hx$Rx$Dx$f>, tensor<$Tx$Bx$Hx$Rx$f>, tensor<$Tx$Bx$Hx$Rx$f>
})");
}

} // namespace
