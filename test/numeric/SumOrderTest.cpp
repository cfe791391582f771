// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Generated code of sums that begin with another value, against the reference interpreter.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include <gtest/gtest.h>

using namespace rondo;

namespace {

/// The type of a tensor of these sizes.
std::string tensor(llvm::ArrayRef<int64_t> sizes, const std::string &element) {
  std::string text = "tensor<";
  for (int64_t size : sizes)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

/// Products, a reduction, rows that tokens choose, and a product with nothing to run lanes along, of `rows` rows,
/// 3 * `positions` terms and `features` features.
std::string sumsThatGoOn(int64_t rows, int64_t positions, int64_t features, const std::string &element) {
  std::string x = tensor({positions, 3, features}, element), g = tensor({positions, 3, rows}, element),
              tokens = tensor({positions, 3}, "i32"), matrix = tensor({rows, features}, element),
              vector = tensor(features, element), row = tensor({1, features}, element), number = tensor({}, element);
  std::string text = "func.func @f(%x: " + x + ", %g: " + g + ", %v: " + matrix + ", %b: " + vector +
                     ", %t: " + tokens + ", %c: " + row + ", %s: " + number + ") -> (" + matrix + ", " + vector + ", " +
                     row + ", " + number + ") {\n";
  auto add = [&](const std::string &sum, const std::string &begin, const std::string &result, const std::string &type) {
    text += "%w" + result + " = " + sum + " -> " + type + "\n%" + result + " = arith.addf %" + begin + ", %w" + result +
            " {rondo.chain} : " + type + "\n";
  };
  add("rondo.contract %g, %x \"tbo,tbi->oi\" : " + g + ", " + x, "v", "y", matrix);
  add("rondo.reduce sum %x dims = [0, 1] : " + x, "b", "z", vector);
  text += "%zero = arith.subi %t, %t : " + tokens + "\n";
  add("rondo.scatter_add %zero, %x : " + tokens + ", " + x, "c", "d", row);
  add("rondo.contract %x, %x \"tbi,tbi->\" : " + x + ", " + x, "s", "q", number);
  return text + "return %y, %z, %d, %q : " + matrix + ", " + vector + ", " + row + ", " + number + "\n}";
}

} // namespace

// In blocks and without, of few rows and of many.
TEST(SumOrder, SumsThatGoOn) {
  const int64_t sizes[][3] = {{1, 1, 1},    {3, 5, 3},     {2, 17, 100}, {7, 31, 200}, {1, 300, 17},
                              {17, 300, 9}, {25, 2000, 5}, {40, 33, 40}, {520, 11, 33}};
  for (const auto &[rows, positions, features] : sizes)
    for (const char *element : {"f32", "f64"})
      expectCompiledEqualsReference(sumsThatGoOn(rows, positions, features, element), 1, testCPU());
}
