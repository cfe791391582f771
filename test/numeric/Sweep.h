// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Passes against the reference interpreter: a function means the same before and after, over odd sizes, a batch of one,
// a length of one, in float and double.

#ifndef RONDO_TEST_NUMERIC_SWEEP_H
#define RONDO_TEST_NUMERIC_SWEEP_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace rondo::test {

/// Expects that the function called `function` gives the same results in both modules on random arguments, within
/// `tolerance` of each result's largest magnitude (negative: 1e-5 in f32, 1e-12 in f64; 0: bit for bit). Tokens are
/// below `tokens`, floats within -`scale` .. `scale`.
void expectSameResults(mlir::ModuleOp before, mlir::ModuleOp after, llvm::StringRef function, double tolerance = -1,
                       int64_t tokens = 3, double scale = 1.0, uint64_t seeds = 2);

/// The numbers that a program's text leaves open: $T steps, $B sequences, $I inputs, $H units, $2H twice as many, and
/// $E, the element type.
struct Sizes {
  int64_t steps, batch, inputs, units;

  /// `text` with these numbers in it.
  std::string in(std::string text, llvm::StringRef element) const;
};

/// Sizes that find what is special about multiples of the vector length: ones, odd numbers, a little more and a little
/// less than 16.
llvm::ArrayRef<Sizes> sweptSizes();

/// For each of sweptSizes(), in f32 and f64: runs the textual pass pipeline `prepare` on the program and `pipeline` on
/// a copy of the outcome, and expects that all functions which both have give the same results.
void expectPassesKeepResults(const std::string &program, llvm::StringRef pipeline, llvm::StringRef prepare = "",
                             double tolerance = -1);

} // namespace rondo::test

#endif // RONDO_TEST_NUMERIC_SWEEP_H
