// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LLVM IR -> LLVM IR: the order of LLVM's passes.

#include "tools/codegen/OptimizeLLVM.h"

#include "tools/codegen/LoopAddresses.h"
#include "tools/codegen/LoopWeights.h"

#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/DCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

using namespace llvm;
using namespace rondo;

/// What code of planned loops needs: addresses as values, no repeated arithmetic, invariants out of the loops. A fifth
/// of the time of LLVM's pipeline for C++, and the same code in the loops that matter.
static FunctionPassManager buildLoopCodePipeline() {
  FunctionPassManager manager;
  manager.addPass(SROAPass(SROAOptions::ModifyCFG));
  manager.addPass(EarlyCSEPass(/*UseMemorySSA=*/true));
  manager.addPass(InstCombinePass());
  manager.addPass(SimplifyCFGPass());
  LoopPassManager loops;
  loops.addPass(LICMPass(LICMOptions()));
  manager.addPass(createFunctionToLoopPassAdaptor(std::move(loops), /*UseMemorySSA=*/true));
  manager.addPass(LoopWeightsPass());
  manager.addPass(LoopAddressesPass());
  manager.addPass(EarlyCSEPass(/*UseMemorySSA=*/true));
  manager.addPass(DCEPass());
  return manager;
}

void rondo::optimizeModule(Module &module, TargetMachine &machine, unsigned level) {
  PipelineTuningOptions tuning;
  // The loops are vectorised and tiled as they should be.
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  PassBuilder builder(&machine, tuning);
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  ModulePassManager manager;
  if (level == 0)
    manager = builder.buildO0DefaultPipeline(OptimizationLevel::O0);
  else if (level == 3)
    manager = builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3);
  else
    manager.addPass(createModuleToFunctionPassAdaptor(buildLoopCodePipeline()));
  manager.run(module, modules);
}
