// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The front end as the driver sees it: text to a checked program, a program to what is known about its model and
// to the model's functions in the rondo dialect. All errors are diagnostics of the context at a place in the
// source; no input makes these functions crash.

#ifndef RONDO_FRONTEND_FRONTEND_H
#define RONDO_FRONTEND_FRONTEND_H

#include "frontend/Graph.h"
#include "frontend/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/SourceMgr.h"

namespace rondo {

/// Parses the main file of `sources` and the standard library (which it adds to `sources`) and resolves names.
/// Null after an error.
std::unique_ptr<Program> parseProgram(llvm::SourceMgr &sources, mlir::MLIRContext &context);

/// Prints the syntax tree of the file, without the library.
void dumpAST(const Program &program, llvm::raw_ostream &os);

/// Prints the equations of the file, without the library, as LaTeX: an `aligned` for each cell and model.
void printEquations(const Program &program, llvm::raw_ostream &os);

/// Chooses the model, computes its sizes and settings and checks it: once for each choice of options, however many
/// functions are made of the result. Null after an error.
std::unique_ptr<Graph> elaborate(const Program &program, const FrontendOptions &options);

/// Adds the function `entry.name` to the end of `module`. Arguments: parameters, inputs, targets (with the
/// loss, or where an output reads one), the seed (if something random is computed). Results: the loss, the outputs.
void emitEntry(const Graph &graph, const EntryOptions &entry, mlir::ModuleOp module);

} // namespace rondo

#endif // RONDO_FRONTEND_FRONTEND_H
