// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What tests of numbers share: reading IR, random arguments for a function, comparing results.

#ifndef RONDO_TEST_SUPPORT_COMPARE_H
#define RONDO_TEST_SUPPORT_COMPARE_H

#include "dialect/Reference.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <optional>
#include <string>

namespace rondo::test {

/// A context that reads what rondo-opt reads, and prints diagnostics to stderr.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// Argument values for `function`: random, an argument of its own numbers, the same for the same seed. Tokens (i32) are
/// below `tokens`; floats within `scale`; a window is full. Failure, with a diagnostic, for a type that is no static
/// tensor or scalar.
mlir::FailureOr<std::vector<Tensor>> randomArguments(mlir::func::FuncOp function, uint64_t seed, int64_t tokens = 4,
                                                     double scale = 1.0);

/// What differs between two tensors, in words; nothing if they agree. Integers agree if equal. Floats agree if, element
/// by element, |a - b| <= tolerance * (the largest magnitude in either), or both are the same infinity; a NaN agrees
/// with nothing. A negative tolerance stands for the usual one of the type, 1e-5 in f32 and 1e-12 in f64.
std::optional<std::string> difference(const Tensor &a, const Tensor &b, double tolerance = -1);

/// Runs the function called `name` of both modules on the same random arguments and returns what differs, if anything.
/// An error in running is a difference too. With `nameAfter` the second module's function has another name.
std::optional<std::string> differenceOfModules(mlir::ModuleOp before, mlir::ModuleOp after, llvm::StringRef name,
                                               uint64_t seed, int64_t tokens = 4, double tolerance = -1,
                                               double scale = 1.0, llvm::StringRef nameAfter = {});

} // namespace rondo::test

#endif // RONDO_TEST_SUPPORT_COMPARE_H
