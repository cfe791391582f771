// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A model's function through its interface: which arguments and results are what.

#ifndef RONDO_PASSES_SUPPORT_MODELFUNCTION_H
#define RONDO_PASSES_SUPPORT_MODELFUNCTION_H

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace rondo {

/// The indices of the arguments, or results, that have the role, in order.
llvm::SmallVector<unsigned> argumentsWith(mlir::func::FuncOp func, Role role);
llvm::SmallVector<unsigned> resultsWith(mlir::func::FuncOp func, Role role);
/// The same by the name of an attribute.
llvm::SmallVector<unsigned> argumentsWith(mlir::func::FuncOp func, llvm::StringRef attribute);
llvm::SmallVector<unsigned> resultsWith(mlir::func::FuncOp func, llvm::StringRef attribute);

/// Whether the function is an entry that computes outputs, as others may for other numbers of rows and positions: a
/// sequence's bits do not depend on which of them a call takes.
bool computesOutputs(mlir::func::FuncOp func);

/// If `from` is an entry of the binary, makes `func`, which was made of it, the entry that computes `kind`. An update
/// takes no sequences.
void setEntryKind(mlir::func::FuncOp from, mlir::func::FuncOp func, EntryKind kind);

/// The one return of a function whose body is one block.
mlir::func::ReturnOp getReturn(mlir::func::FuncOp func);

/// Whether the function is a definition of one block that ends with a return.
bool isStraightLine(mlir::func::FuncOp func);

/// Replaces the results and their attributes.
void setResults(mlir::func::FuncOp func, mlir::ValueRange values, llvm::ArrayRef<mlir::DictionaryAttr> attributes);

/// The function named `name`, or if that is empty every function that has a result with this role. Each is of one
/// block. An error, located at the module or function, where a named one is missing or without such a result.
mlir::FailureOr<llvm::SmallVector<mlir::func::FuncOp>> chooseFunctions(mlir::ModuleOp module, llvm::StringRef name,
                                                                       Role role);

/// The number of the one result with the attribute, a floating-point scalar. An error, located at the function, where
/// there is none or several, or where it has another type.
mlir::FailureOr<unsigned> findScalarResult(mlir::func::FuncOp func, llvm::StringRef attribute);

/// Erases the ops of `block` whose results nobody uses and that have no effect, last to first.
void eraseDead(mlir::Block &block);
/// The same in the whole function, of one block, and in its scans' bodies.
void eraseDead(mlir::func::FuncOp func);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_MODELFUNCTION_H
