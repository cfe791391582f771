// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// For unit tests: IR from a string, run in the reference interpreter, with the diagnostics caught.

#ifndef RONDO_TEST_SUPPORT_PROGRAM_H
#define RONDO_TEST_SUPPORT_PROGRAM_H

#include "test/support/Compare.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

namespace rondo::test {

/// A module from text, whose first function is run. Shorthands for tensors: f32({2}, {1, 2}), i32(...), ...
class Program {
public:
  explicit Program(const std::string &text)
      : context(makeContext()), handler(context.get(), [this](mlir::Diagnostic &diagnostic) {
          llvm::raw_string_ostream(diagnostics) << diagnostic << "\n";
        }) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(context.get()));
    EXPECT_TRUE(module) << diagnostics;
  }

  mlir::ModuleOp getModule() { return *module; }
  mlir::func::FuncOp getFunction() { return *module->getOps<mlir::func::FuncOp>().begin(); }

  /// The results; a failure of the test, and none, if there is an error.
  std::vector<Tensor> run(llvm::ArrayRef<Tensor> arguments = {}, InterpretOptions options = {}) {
    mlir::FailureOr<std::vector<Tensor>> results = interpret(getFunction(), arguments, options);
    EXPECT_TRUE(succeeded(results)) << diagnostics;
    return succeeded(results) ? *results : std::vector<Tensor>();
  }

  /// The only result; an empty tensor if there is an error.
  Tensor runOne(llvm::ArrayRef<Tensor> arguments = {}) {
    std::vector<Tensor> results = run(arguments);
    EXPECT_EQ(results.size(), 1u);
    return results.size() == 1 ? results.front() : Tensor();
  }

  /// The diagnostics of a run that fails.
  std::string errorOf(llvm::ArrayRef<Tensor> arguments = {}, InterpretOptions options = {}) {
    EXPECT_TRUE(failed(interpret(getFunction(), arguments, options)));
    return diagnostics;
  }

private:
  std::unique_ptr<mlir::MLIRContext> context;
  std::string diagnostics;
  mlir::ScopedDiagnosticHandler handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

inline Tensor f32(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values) {
  return Tensor::of(Tensor::Kind::F32, shape, values);
}
inline Tensor f64(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values) {
  return Tensor::of(Tensor::Kind::F64, shape, values);
}
inline Tensor i32(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values) {
  return Tensor::of(Tensor::Kind::I32, shape, values);
}
inline Tensor i64(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values) {
  return Tensor::of(Tensor::Kind::I64, shape, values);
}
inline Tensor i1(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values) {
  return Tensor::of(Tensor::Kind::I1, shape, values);
}

/// Random numbers of the kind, within -1 .. 1.
inline Tensor random(Tensor::Kind kind, llvm::ArrayRef<int64_t> shape, uint64_t seed) {
  Tensor result = Tensor::zeros(kind, shape);
  for (int64_t n = 0; n < result.numElements(); ++n)
    result.set(n, 2 * counterRandom(seed, 0, 0, n) - 1);
  return result;
}

/// Expects equal types and, in floats, equal numbers (bit for bit but for the sign of zero) or NaN in both.
inline void expectSame(const Tensor &found, const Tensor &expected) {
  ASSERT_EQ(found.typeString(), expected.typeString());
  EXPECT_EQ(found.i, expected.i);
  for (int64_t n = 0; n < expected.numElements(); ++n)
    EXPECT_TRUE(found.at(n) == expected.at(n) || (std::isnan(found.at(n)) && std::isnan(expected.at(n))))
        << "element " << n << ": found " << found.at(n) << ", expected " << expected.at(n);
}

/// Expects equal types and numbers within `tolerance` of the largest (by default the usual one of the type).
inline void expectClose(const Tensor &found, const Tensor &expected, double tolerance = -1) {
  std::optional<std::string> text = difference(expected, found, tolerance);
  EXPECT_FALSE(text) << *text;
}

} // namespace rondo::test

#endif // RONDO_TEST_SUPPORT_PROGRAM_H
