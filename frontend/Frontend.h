// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The front end as the driver sees it: text to a checked program, a program to what is known about its model and
// to the model's functions in the rondo dialect. All errors are diagnostics of the context at a place in the
// source; no input makes these functions crash.

#ifndef RONDO_FRONTEND_FRONTEND_H
#define RONDO_FRONTEND_FRONTEND_H

#include "frontend/AST.h"
#include "frontend/ModelInfo.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/SourceMgr.h"

#include <utility>

namespace rondo {

/// A file and the standard library, parsed, with every name resolved. It refers to the SourceMgr's text and to
/// the context: both outlive it.
class Program {
public:
  Program(mlir::MLIRContext &context, mlir::Location start) : context(context), start(start) {}

  /// The cell of this name: the file's own, else the library's, else null.
  const CellDecl *findCell(llvm::StringRef name) const;

  mlir::MLIRContext &context;
  mlir::Location start; // the file's first character
  SourceFile file;
  std::vector<SourceFile> library;
};

struct FrontendOptions {
  std::vector<std::pair<std::string, std::string>> defines; // -D NAME=VALUE, in their order
  std::string model;                                        // empty: the file's only one
};

/// One function to be made of a model.
struct EntryOptions {
  std::string name = "train";
  int64_t batch = 1, length = 1;
  bool f64 = false;     // the elements are f64, else f32
  bool training = true; // dropout is active
  bool withLoss = true; // with targets and the loss, if the model has one
  bool withOutputs = true;
};

/// Parses the main file of `sources` and the standard library (which it adds to `sources`) and resolves names.
/// Null after an error.
std::unique_ptr<Program> parseProgram(llvm::SourceMgr &sources, mlir::MLIRContext &context);

/// Prints the syntax tree of the file, without the library.
void dumpAST(const Program &program, llvm::raw_ostream &os);

/// Chooses the model, resolves its sizes and settings and checks it. After success `emitEntry` with the same
/// options succeeds too.
mlir::FailureOr<ModelInfo> analyzeModel(Program &program, const FrontendOptions &options);

/// Adds the function `entry.name` to the end of `module`. Arguments: parameters, inputs, targets (with the
/// loss), the seed (if something random is computed). Results: the loss, the outputs.
mlir::LogicalResult emitEntry(Program &program, const FrontendOptions &options, const EntryOptions &entry,
                              mlir::ModuleOp module);

} // namespace rondo

#endif // RONDO_FRONTEND_FRONTEND_H
