// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Prints diagnostics with their lines of the source.

#ifndef RONDO_TOOLS_COMPILER_DIAGNOSTICPRINTER_H
#define RONDO_TOOLS_COMPILER_DIAGNOSTICPRINTER_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/SourceMgr.h"

namespace rondo {

/// While it lives: prints each diagnostic of the context with its notes as "FILE:LINE:COLUMN: KIND: TEXT", the line and
/// a caret under the place. MLIR's own handler has no caret on a line with a character beyond ASCII.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(llvm::SourceMgr &sources, mlir::MLIRContext &context, llvm::raw_ostream &os);

private:
  void print(mlir::Location location, mlir::DiagnosticSeverity severity, const std::string &text);
  /// The line of the source with a caret under the place.
  void printLine(mlir::Location location);

  llvm::SourceMgr &sources;
  llvm::raw_ostream &os;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_DIAGNOSTICPRINTER_H
