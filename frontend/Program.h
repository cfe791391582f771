// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A program as a whole: its own file and the standard library.

#ifndef RONDO_FRONTEND_PROGRAM_H
#define RONDO_FRONTEND_PROGRAM_H

#include "frontend/AST.h"

#include "mlir/IR/MLIRContext.h"

#include <utility>

namespace rondo {

/// A file and the standard library, parsed, with every name resolved. It refers to the SourceMgr's text and to
/// the context: both outlive it.
class Program {
public:
  Program(mlir::MLIRContext &context, mlir::Location start) : context(context), start(start) {}

  /// The cell of this name that a use in the library, or in the file, means: the library's own; or the file's, else
  /// the library's. Null if there is none.
  CellDecl *findCell(llvm::StringRef name, bool inLibrary) const;

  mlir::MLIRContext &context;
  mlir::Location start; // the file's first character
  SourceFile file;
  std::vector<SourceFile> library;
};

/// Which of a program's models is meant, with which sizes and settings.
struct FrontendOptions {
  std::vector<std::pair<std::string, std::string>> defines; // -D NAME=VALUE, in their order
  std::string model;                                        // empty: the file's only one
};

} // namespace rondo

#endif // RONDO_FRONTEND_PROGRAM_H
