// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The whole order of the passes: one function per phase, named after what it establishes.

#ifndef RONDO_PASSES_PIPELINES_H
#define RONDO_PASSES_PIPELINES_H

#include "passes/vector/NestPlan.h"

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;
}

namespace rondo {

/// How a model is trained. Also the options of rondo-phase-differentiate.
struct TrainingOptions : mlir::PassPipelineOptions<TrainingOptions> {
  ListOption<std::string> functions{*this, "functions",
                                    llvm::cl::desc("the functions to differentiate; without it, all with a loss")};
  Option<int64_t> k1{*this, "k1", llvm::cl::desc("positions of a window with a loss; 0: all"), llvm::cl::init(0)};
  Option<int64_t> k2{*this, "k2", llvm::cl::desc("steps of a window; 0: whatever it has"), llvm::cl::init(0)};
  Option<std::string> optimizer{*this, "optimizer", llvm::cl::desc("sgd or adam"), llvm::cl::init("adam")};
  Option<double> momentum{*this, "momentum", llvm::cl::desc("of sgd"), llvm::cl::init(0)};
  Option<double> beta1{*this, "beta1", llvm::cl::desc("of adam"), llvm::cl::init(0.9)};
  Option<double> beta2{*this, "beta2", llvm::cl::desc("of adam"), llvm::cl::init(0.999)};
  Option<double> epsilon{*this, "epsilon", llvm::cl::desc("of adam"), llvm::cl::init(1e-8)};
  Option<double> weightDecay{*this, "weight-decay", llvm::cl::desc("decay of the parameters"), llvm::cl::init(0)};
  Option<double> clipNorm{*this, "clip-norm", llvm::cl::desc("greatest norm; 0: not clipped"), llvm::cl::init(0)};
};

/// What the lowering depends on besides the program.
struct PipelineOptions {
  VectorTarget target{16, 32, true};
  int64_t unroll = 1; // time steps in one iteration
  int64_t threadedWork = 200000; // scalar operations of a function from which on several threads run it
  int64_t sharedWork = 10000;    // scalar operations of a nest from which on equal ones are calls of one function
};

/// rondo -> rondo: a model over a sequence becomes a function of a window and the state. For models that look back
/// only.
void buildStreamPhase(mlir::OpPassManager &manager);

/// rondo -> rondo: the functions that train, which are the gradient of each loss and the update of the parameters.
void buildDifferentiatePhase(mlir::OpPassManager &manager, const TrainingOptions &options);

/// rondo -> rondo: input products before the loops, weight gradients after them, gates as one product.
void buildSplitPhase(mlir::OpPassManager &manager);

/// rondo -> linalg, scf and tensor: the last form on tensors, which the reference interpreter still runs.
void buildLinalgPhase(mlir::OpPassManager &manager, const PipelineOptions &options);

/// Tensors -> buffers, each with its place in one arena, and the work on them dealt out to threads.
void buildBufferPhase(mlir::OpPassManager &manager, const PipelineOptions &options);

/// linalg on buffers -> loops over vectors.
void buildVectorPhase(mlir::OpPassManager &manager, const PipelineOptions &options);

/// Loops over vectors -> the llvm dialect.
void buildLLVMPhase(mlir::OpPassManager &manager);

/// Registers each phase as a pipeline of rondo-opt: rondo-phase-stream, -differentiate, -split, -linalg, -buffer,
/// -vector, -llvm.
void registerPipelines();

/// Writes their names and what they do to standard output.
void printPipelines();

} // namespace rondo

#endif // RONDO_PASSES_PIPELINES_H
