// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The whole order of the passes.

#include "passes/Pipelines.h"

#include "passes/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void rondo::buildStreamPhase(OpPassManager &manager) { manager.addPass(createStream()); }

void rondo::buildDifferentiatePhase(OpPassManager &manager, const TrainingOptions &options) {
  SmallVector<std::string> functions(options.functions.begin(), options.functions.end());
  if (functions.empty())
    functions.push_back(""); // to the passes: every function with a loss
  for (const std::string &function : functions) {
    // Before differentiation: which loss there is, and how far back it reaches, is part of what is differentiated.
    if (options.k1 != options.k2) {
      TruncateBpttOptions truncate;
      truncate.function = function;
      truncate.k1 = options.k1;
      truncate.k2 = options.k2;
      manager.addPass(createTruncateBptt(truncate));
    }
    DifferentiateOptions differentiate;
    differentiate.function = function;
    manager.addPass(createDifferentiate(differentiate));
  }
  // The parameters of all gradients are the same ones, so the first function's gradient stands for them.
  MakeUpdateOptions update;
  if (!functions.front().empty())
    update.function = functions.front() + "_grad";
  update.optimizer = options.optimizer;
  update.momentum = options.momentum;
  update.beta1 = options.beta1;
  update.beta2 = options.beta2;
  update.epsilon = options.epsilon;
  update.weightDecay = options.weightDecay;
  update.clipNorm = options.clipNorm;
  manager.addPass(createMakeUpdate(update));
}

void rondo::buildSplitPhase(OpPassManager &manager) {
  // Equal values must be one value before dependences are counted: a gate's input is then seen to be shared.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createSplitScan());
  // A product that left its loop may equal another one, and what it read there may be unused now.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Last: products share operands once they stand where they belong.
  manager.addPass(createFuseGates());
}

void rondo::buildLinalgPhase(OpPassManager &manager, const PipelineOptions &options) {
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createLowerToLinalg({options.target.width, options.target.registers}));
  // After the products have become linalg: what is left on tensors is pointwise.
  functions.addPass(createFusePointwise());
  functions.addPass(createFusePhases());
  functions.addPass(createFillConstants());
  if (options.unroll > 1)
    functions.addPass(createUnroll({options.unroll}));
  // Dead inits and constants. No CSE from here to the buffers: two empty tensors are two buffers.
  manager.addPass(createCanonicalizerPass());
}

void rondo::buildBufferPhase(OpPassManager &manager, const PipelineOptions &options) {
  // On tensors, where it is plain what a value depends on.
  manager.addPass(createPrepareParameters());
  manager.addPass(createBufferize());
  // Folds loops' buffers into their initial ones, so that a copy of a buffer to itself is seen as that.
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createElideCopies());
  functions.addPass(createJoinLoops());
  functions.addPass(createPlanMemory());
  // Last: it must know which buffers share memory.
  functions.addPass(createDistribute({options.threadedWork}));
}

void rondo::buildVectorPhase(OpPassManager &manager, const PipelineOptions &options) {
  // Only now: a nest's share of the threads' work is part of its loops.
  manager.addPass(createShareKernels({options.sharedWork}));
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createVectorize({options.target.width, options.target.registers, options.target.fma}));
  functions.addPass(createApproximateMath({options.target.fma}));
  // The polynomials' constants and the addresses of each tile repeat.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
}

void rondo::buildLLVMPhase(OpPassManager &manager) {
  auto &functions = manager.nest<func::FuncOp>();
  // Views of views become one base, offset and strides, so that an address is plain arithmetic.
  functions.addPass(memref::createExpandStridedMetadataPass());
  functions.addPass(createLowerAffinePass());
  functions.addPass(createSCFToControlFlowPass());
  manager.addPass(createLowerToLLVM());
}

static SmallVector<StringRef> &phaseNames() {
  static SmallVector<StringRef> names;
  return names;
}

template <typename Options = EmptyPipelineOptions, typename Build>
static void registerPhase(StringLiteral name, StringLiteral description, Build build) {
  PassPipelineRegistration<Options>(name, description, build);
  phaseNames().push_back(name);
}

void rondo::registerPipelines() {
  registerPhase("rondo-phase-stream", "a window with the state carried in and out", buildStreamPhase);
  registerPhase<TrainingOptions>("rondo-phase-differentiate", "gradients and the update of the parameters",
                                            buildDifferentiatePhase);
  registerPhase("rondo-phase-split", "input products, weight gradients and gates as whole products",
                             buildSplitPhase);
  registerPhase("rondo-phase-linalg", "rondo to linalg on tensors",
                             [](OpPassManager &manager) { buildLinalgPhase(manager, PipelineOptions()); });
  registerPhase("rondo-phase-buffer", "tensors to buffers in one arena, the work dealt out to threads",
                             [](OpPassManager &manager) { buildBufferPhase(manager, PipelineOptions()); });
  registerPhase("rondo-phase-vector", "linalg on buffers to loops over vectors of 16 floats",
                             [](OpPassManager &manager) { buildVectorPhase(manager, PipelineOptions()); });
  registerPhase("rondo-phase-llvm", "loops over vectors to the llvm dialect", buildLLVMPhase);
}

void rondo::printPipelines() {
  llvm::outs() << "Phases of the pipeline:\n";
  for (StringRef name : phaseNames())
    PassPipelineInfo::lookup(name)->printHelpStr(/*indent=*/4, /*descIndent=*/48);
}
