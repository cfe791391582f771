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
  functions.addPass(createLowerToLinalg());
  // After the products have become linalg: what is left on tensors is pointwise.
  functions.addPass(createFusePointwise());
  functions.addPass(createFillConstants());
  if (options.unroll > 1)
    functions.addPass(createUnroll({options.unroll}));
  // Dead inits and constants. No CSE from here to the buffers: two empty tensors are two buffers.
  manager.addPass(createCanonicalizerPass());
}

void rondo::buildBufferPhase(OpPassManager &manager) {
  manager.addPass(createBufferize());
  // Folds loops' buffers into their initial ones, so that a copy of a buffer to itself is seen as that.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createCanonicalizerPass());
  manager.nest<func::FuncOp>().addPass(createPlanMemory());
}

void rondo::buildVectorPhase(OpPassManager &manager, const PipelineOptions &options) {
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createVectorize({options.target.width, options.target.registers, options.target.fma}));
  functions.addPass(createApproximateMath({options.target.fma}));
  // The polynomials' constants and the addresses of each tile repeat.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createLoopInvariantCodeMotionPass());
}

void rondo::buildLLVMPhase(OpPassManager &manager) {
  auto &functions = manager.nest<func::FuncOp>();
  // Views of views become one base, offset and strides, so that an address is plain arithmetic.
  functions.addPass(memref::createExpandStridedMetadataPass());
  functions.addPass(createLowerAffinePass());
  functions.addPass(createSCFToControlFlowPass());
  manager.addPass(createLowerToLLVM());
}

void rondo::registerPipelines() {
  PassPipelineRegistration<>("rondo-phase-split", "input products, weight gradients and gates as whole products",
                             buildSplitPhase);
  PassPipelineRegistration<>("rondo-phase-linalg", "rondo to linalg on tensors",
                             [](OpPassManager &manager) { buildLinalgPhase(manager, PipelineOptions()); });
  PassPipelineRegistration<>("rondo-phase-buffer", "tensors to buffers in one arena", buildBufferPhase);
  PassPipelineRegistration<>("rondo-phase-vector", "linalg on buffers to loops over vectors of 16 floats",
                             [](OpPassManager &manager) { buildVectorPhase(manager, PipelineOptions()); });
  PassPipelineRegistration<>("rondo-phase-llvm", "loops over vectors to the llvm dialect", buildLLVMPhase);
}
