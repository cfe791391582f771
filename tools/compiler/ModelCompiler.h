// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From a parsed program to the functions of its binary, through every phase.

#ifndef RONDO_TOOLS_COMPILER_MODELCOMPILER_H
#define RONDO_TOOLS_COMPILER_MODELCOMPILER_H

#include "frontend/Frontend.h"
#include "passes/Pipelines.h"
#include "tools/compiler/CoverEntries.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/Timing.h"
#include <optional>

namespace rondo {

/// A function that no binary has: a whole sequence or window, without targets, at its own size.
/// What the names of functions begin with that are trained on batches of fewer positions than a window.
constexpr llvm::StringLiteral shorterTrainName = "train_short";

struct RunShape {
  int64_t rows = 1, length = 1; // the length is that of the window's axis, if the model has one
};

/// How a window of training is cut into segments: `count` of them behind `rest` positions. Of `group` of them at a time
/// everything is stored, and computed again from the states before the first one; of all at once if it is 0.
struct Segments {
  int64_t count, length, rest, group;
};

struct CompileOptions {
  FrontendOptions frontend;
  LoweringOptions lowering;
  bool f64 = false;  // the model's element type
  bool check = true; // with the entries in double precision that gradcheck needs
  // Whether a binary can be trained, and whether it is a library, which has no functions that score data.
  bool training = true, library = false;
  // With the functions that multiply a direction by second derivatives of the loss; a segmented window has none.
  bool secondOrder = false;
  bool layer = false; // with the entries by which the model is a layer of another program's model
  // The functions of a binary that are wanted, by the name that they are imported under: train (which makes train_grad
  // and update), score. Empty: all, with those that cover any batch.
  std::vector<std::string> functions;
  int64_t memory = 0; // bytes that training may take; 0: any number
  std::optional<Segments> segments;
  std::optional<RunShape> run; // with the function `run`: states and inputs to states and outputs
};

/// A model's module at the wanted stage, and what the runtime must know about it.
struct CompiledModel {
  ModelInfo info;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::StringMap<CoverCost> costs;    // of the functions that cover a batch (CoverEntries.h)
  llvm::StringMap<std::string> begins; // by a function's name, which one makes what it reads as held
  std::optional<Segments> segments;    // of what is trained
  std::string equations;               // a hash of the function that is trained, as imported; empty if there is none
};

/// Compiles the program's model up to `stage`: imports its functions and runs the phases of passes/Pipelines.h. From
/// Stage::Differentiated on there are those that the entries are made of. All errors are diagnostics of the program's
/// context.
mlir::FailureOr<CompiledModel> compileModel(Program &program, const CompileOptions &options, Stage stage,
                                            mlir::TimingScope &timing);

/// The last phase: a module at Stage::Vector to the llvm dialect, which no longer knows its interface.
mlir::LogicalResult lowerToLLVMDialect(CompiledModel &model, mlir::TimingScope &timing);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_MODELCOMPILER_H
