// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Text to numbers, for tests: a module that passes transform and the reference interpreter runs, and the comparison of
// its gradients with finite differences.

#ifndef RONDO_TEST_PASSES_PROGRAM_H
#define RONDO_TEST_PASSES_PROGRAM_H

#include "dialect/Reference.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OwningOpRef.h"
#include <memory>
#include <string>
#include <vector>

namespace rondo::test {

/// A module with its context. What goes wrong is reported as a failure of the current test.
class Program {
public:
  /// Parses `source`, after replacing each "$X" in it by the value that `replacements` has for X. `prepare` may add
  /// to the registry before the project does.
  explicit Program(std::string source, std::vector<std::pair<std::string, std::string>> replacements = {},
                   llvm::function_ref<void(mlir::DialectRegistry &)> prepare = {});

  /// Runs a textual pipeline of passes on the module; true if it succeeded.
  bool run(llvm::StringRef pipeline);

  mlir::func::FuncOp function(llvm::StringRef name);

  /// Calls @name with its arguments in order.
  std::vector<Tensor> call(llvm::StringRef name, llvm::ArrayRef<Tensor> arguments);

  /// Arguments for @name: numbers in [offset - 1, offset + 1), tokens in [0, tokens).
  std::vector<Tensor> randomArguments(llvm::StringRef name, double offset = 0, int64_t tokens = 3);

private:
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Compares the gradients of @f_grad with central differences of @f's loss in double precision: the largest over the
/// parameters of max|analytic - numeric| / max|numeric|. A parameter whose gradients are both zero throughout counts
/// as 0.
double gradientError(Program &program, llvm::ArrayRef<Tensor> arguments);

/// The slope of @f_tangent less the gradients of @f_grad times the directions, which `arguments` of the former end
/// with: relative to the sum of the products' absolute values.
double tangentError(Program &program, llvm::ArrayRef<Tensor> arguments);

/// Compares the products of @`products`, of which `arguments` are the arguments, with central differences of the
/// gradients of @f_grad along the directions, as gradientError does.
double productError(Program &program, llvm::StringRef products, llvm::ArrayRef<Tensor> arguments);

/// Whether two tensors have one type and the same bits in all elements.
bool identical(const Tensor &a, const Tensor &b);

/// The largest |a - b| over the largest |b|.
double relativeError(const Tensor &a, const Tensor &b);

} // namespace rondo::test

#endif // RONDO_TEST_PASSES_PROGRAM_H
