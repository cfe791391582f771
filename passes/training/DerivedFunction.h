// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the passes share that make a function of derivatives beside a model's function.

#ifndef RONDO_PASSES_TRAINING_DERIVEDFUNCTION_H
#define RONDO_PASSES_TRAINING_DERIVEDFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/training/ForwardMode.h"

namespace rondo {

/// What the names of functions end with that take directions: of slopes, and of products of second derivatives.
constexpr llvm::StringLiteral tangentSuffix = "_tangent", hessianSuffix = "_hessian",
                              gaussNewtonSuffix = "_gauss_newton";

/// Puts a copy of `func` behind it, which is called `name` and which `make` turns into what it shall be; where `func`
/// is an entry, that is one of the kind `kind`. An error, with the copy erased, where the name exists or `make` fails.
mlir::LogicalResult deriveFunction(mlir::func::FuncOp func, llvm::StringRef name, EntryKind kind,
                                   llvm::function_ref<mlir::LogicalResult(mlir::func::FuncOp)> make);

/// The parameters that are trained. An error, located at the function, where one is not of floating-point numbers.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> trainedValues(mlir::func::FuncOp func);

/// Adds an argument for each of `parameters`: the direction in which it goes, which is its tangent.
void addDirections(mlir::func::FuncOp func, llvm::ArrayRef<mlir::Value> parameters, ForwardMode &forward);

/// `attribute` with the path of `parameter`, an argument.
mlir::DictionaryAttr attributesFor(llvm::StringRef attribute, mlir::Value parameter);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_DERIVEDFUNCTION_H
