// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The whole order of the passes: one function per phase, named after what it establishes.

#ifndef RONDO_PASSES_PIPELINES_H
#define RONDO_PASSES_PIPELINES_H

#include "passes/support/Processor.h"

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;
}

namespace rondo {

/// The forms of a model on its way to LLVM: as imported, then what each phase makes of it.
enum class Stage { Rondo, Streamed, Differentiated, Split, Linalg, Buffer, Vector, LLVM };

/// How a model is trained. The options of rondo-phase-differentiate.
struct TrainingOptions : mlir::PassPipelineOptions<TrainingOptions> {
  ListOption<std::string> functions{*this, "functions",
                                    llvm::cl::desc("the functions to differentiate; without it, all with a loss")};
  ListOption<std::string> replaced{*this, "replaced",
                                   llvm::cl::desc("those of them whose loss without gradients nobody asks for")};
  ListOption<std::string> second{*this, "second",
                                 llvm::cl::desc("other functions, which products of second derivatives replace")};
  Option<int64_t> k1{*this, "k1", llvm::cl::desc("positions of a window with a loss; 0: all"), llvm::cl::init(0)};
  Option<int64_t> k2{*this, "k2", llvm::cl::desc("steps of a window; 0: whatever it has"), llvm::cl::init(0)};
  Option<int64_t> segmentGroup{*this, "segment-group",
                               llvm::cl::desc("segments of a window that are computed again at a time; 0: none"),
                               llvm::cl::init(0)};
  Option<std::string> optimizer{*this, "optimizer", llvm::cl::desc("as of rondo-make-update"), llvm::cl::init("adam")};
  ListOption<std::string> numbers{*this, "numbers", llvm::cl::desc("NAME=NUMBER: of the optimizer")};
  Option<double> weightDecay{*this, "weight-decay", llvm::cl::desc("decay of the parameters"), llvm::cl::init(0)};
  ListOption<std::string> decays{*this, "decays", llvm::cl::desc("PATTERN=NUMBER: decays of some parameters")};
  ListOption<std::string> rateFactors{*this, "rate-factors", llvm::cl::desc("as of rondo-make-update")};
  ListOption<std::string> clips{*this, "clips", llvm::cl::desc("as of rondo-make-update")};
  Option<double> average{*this, "average", llvm::cl::desc("as of rondo-make-update"), llvm::cl::init(0)};
  ListOption<std::string> gaussNewton{
      *this, "gauss-newton", llvm::cl::desc("others with a loss, of which Gauss-Newton products alone are made")};
  Option<double> clipValue{*this, "clip-value", llvm::cl::desc("greatest element; 0: not clipped"), llvm::cl::init(0)};
  Option<double> clipNorm{*this, "clip-norm", llvm::cl::desc("greatest norm; 0: not clipped"), llvm::cl::init(0)};
};

/// What the code depends on besides the program. The options of rondo-phase-linalg, -buffer and -vector, each of which
/// looks at some of them: a program is lowered with the same ones in all three.
struct LoweringOptions : mlir::PassPipelineOptions<LoweringOptions> {
  Option<std::string, ProcessorParser> cpu{*this, "mcpu", llvm::cl::desc("the CPU that the code is for, as rondoc's"),
                                           llvm::cl::init("x86-64-v4")};
  Option<int64_t> unroll{*this, "unroll", llvm::cl::desc("steps in one iteration of a loop over time"),
                         llvm::cl::init(1)};
  Option<int64_t> threadedWork{*this, "threaded-work",
                               llvm::cl::desc("operations of a function from which on several threads run it; "
                                              "-1: as the CPU asks for"),
                               llvm::cl::init(-1)};
  Option<int64_t> sharedWork{*this, "shared-work",
                             llvm::cl::desc("operations of a nest from which on equal ones are calls of one function; "
                                            "-1: as the CPU asks for"),
                             llvm::cl::init(-1)};
  Option<bool> profile{*this, "profile", llvm::cl::desc("with marks for a clock at each nest, and for one thread"),
                       llvm::cl::init(false)};
};

/// What of the CPU that code is made for the passes decide by.
Machine machineOf(const LoweringOptions &options);

/// The options of the whole order.
struct PipelineOptions {
  bool trains = true;              // the model has functions to differentiate
  std::vector<std::string> layers; // the functions of which vector-Jacobian products are made
  TrainingOptions training;
  LoweringOptions lowering;
};

/// rondo -> rondo: a model over a sequence becomes a function of a window and the state.
void buildStreamPhase(mlir::OpPassManager &manager);

/// rondo -> rondo: the functions that train, which are the gradient of each loss and the update of the parameters.
void buildDifferentiatePhase(mlir::OpPassManager &manager, const TrainingOptions &options);

/// rondo -> rondo: input products before the loops, weight gradients after them, gates as one product.
void buildSplitPhase(mlir::OpPassManager &manager);

/// rondo -> linalg, scf and tensor: the last form on tensors, which the reference interpreter still runs.
void buildLinalgPhase(mlir::OpPassManager &manager, const LoweringOptions &options);

/// Tensors -> buffers, each with its place in one arena, and the work on them dealt out to threads.
void buildBufferPhase(mlir::OpPassManager &manager, const LoweringOptions &options);

/// linalg on buffers -> loops over vectors.
void buildVectorPhase(mlir::OpPassManager &manager, const LoweringOptions &options);

/// Loops over vectors -> the llvm dialect.
void buildLLVMPhase(mlir::OpPassManager &manager);

/// One step of the whole order, from the stage before `end` to `end`.
struct Phase {
  Stage end;
  llvm::StringLiteral name; // of the pipeline rondo-phase-NAME, and in rondoc --time
  llvm::StringLiteral description;
  void (*build)(mlir::OpPassManager &manager, const PipelineOptions &options);
};

/// The whole order.
llvm::ArrayRef<Phase> phases();

/// Registers each phase as a pipeline of rondo-opt: rondo-phase-stream, -differentiate, -split, -linalg, -buffer,
/// -vector, -llvm.
void registerPipelines();

/// Writes their names and what they do to standard output.
void printPipelines();

} // namespace rondo

#endif // RONDO_PASSES_PIPELINES_H
