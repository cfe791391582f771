// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The whole order of the passes: what rondoc runs between the import of a program and the llvm dialect, and nothing
// besides. The llvm dialect is translated to LLVM IR, whose passes tools/codegen/OptimizeLLVM.cpp has in their order:
// at the default level addresses become values, repeated arithmetic goes, invariants leave the loops and the addresses
// in the loops of products become constants beside few pointers. Then LLVM's code generator follows, without its loop
// strength reduction (tools/codegen/TargetCPU.cpp).
//
// A clean-up (canonicalisation, CSE) stands only where the next pass needs it, which its comment says.

#include "passes/Pipelines.h"

#include "passes/Passes.h"
#include "passes/training/DerivedFunction.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace rondo;

void rondo::buildStreamPhase(OpPassManager &manager) {
  manager.addPass(createStream());
  // Of all functions alike, and before the derivatives, which follow what is computed.
  manager.nest<func::FuncOp>().addPass(createScaleVectors());
}

void rondo::buildDifferentiatePhase(OpPassManager &manager, const TrainingOptions &options) {
  SmallVector<std::string> functions(options.functions.begin(), options.functions.end());
  if (functions.empty())
    functions.push_back(""); // to the passes: every function with a loss
  // Before differentiation, which asks what is stored.
  manager.addPass(createCheckpoint({options.segmentGroup}));
  // Before differentiation: which loss there is, and how far back it reaches, is part of what is differentiated.
  auto truncate = [&](const std::string &function) {
    if (options.k1 == options.k2)
      return;
    TruncateBpttOptions window;
    window.function = function;
    window.k1 = options.k1;
    window.k2 = options.k2;
    manager.addPass(createTruncateBptt(window));
  };
  for (const std::string &function : options.second) {
    truncate(function);
    TangentOptions tangent;
    tangent.function = function;
    manager.addPass(createTangent(tangent));
    DifferentiateOptions hessian;
    hessian.function = function + tangentSuffix.str();
    manager.addPass(createDifferentiate(hessian));
    GaussNewtonOptions gaussNewton;
    gaussNewton.function = function;
    gaussNewton.replace = true;
    manager.addPass(createGaussNewton(gaussNewton));
  }
  for (const std::string &function : functions) {
    truncate(function);
    DifferentiateOptions differentiate;
    differentiate.function = function;
    differentiate.replace = llvm::is_contained(options.replaced, function);
    manager.addPass(createDifferentiate(differentiate));
  }
  for (const std::string &function : options.gaussNewton) {
    GaussNewtonOptions gaussNewton;
    gaussNewton.function = function;
    manager.addPass(createGaussNewton(gaussNewton));
  }
  // The parameters of all gradients are the same ones, so the first function's gradient stands for them.
  MakeUpdateOptions update;
  if (!functions.front().empty())
    update.function = functions.front() + "_grad";
  update.optimizer = options.optimizer;
  update.numbers.assign(options.numbers.begin(), options.numbers.end());
  update.weightDecay = options.weightDecay;
  update.decays.assign(options.decays.begin(), options.decays.end());
  update.rateFactors.assign(options.rateFactors.begin(), options.rateFactors.end());
  update.clips.assign(options.clips.begin(), options.clips.end());
  update.average = options.average;
  update.clipNorm = options.clipNorm;
  update.clipValue = options.clipValue;
  manager.addPass(createMakeUpdate(update));
}

/// Canonicalisation. Blocks stay as they are: what is dead the patterns erase, and there are no others to merge with.
static std::unique_ptr<Pass> createFolding() {
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  return createCanonicalizerPass(config);
}

void rondo::buildSplitPhase(OpPassManager &manager) {
  auto &before = manager.nest<func::FuncOp>();
  // There are the derivatives now.
  before.addPass(createDropStops());
  // Equal values must be one value before dependences are counted: a gate's input is then seen to be shared.
  before.addPass(createFolding());
  before.addPass(createCSEPass());
  // Before what moves the products that it looks for.
  before.addPass(createFoldOverlapAdd());
  // Before what moves ops, for which a transposition is one more.
  before.addPass(createOrderDimensions());
  // Once products of matrices have these last, and what is left of sums of products is a product. Of all functions
  // together: what one of them cannot do, none does.
  manager.addPass(createRaiseAttention());
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createSplitScan());
  // On what is left in the loops: recurrences, without sums over time.
  functions.addPass(createSplitComponents());
  // A product that left its loop may equal another one, and what it read there may be unused now.
  functions.addPass(createFolding());
  functions.addPass(createCSEPass());
  // Products of which slices are read are gates as well, if the step still computes them.
  functions.addPass(createSliceProducts());
  // Last: products share operands once they stand where they belong.
  functions.addPass(createFuseGates());
  // After what knows sums of slices, negated ones too, as linear. Of all functions together: they round alike.
  manager.addPass(createReduceStrength());
}

Machine rondo::machineOf(const LoweringOptions &options) {
  std::string error;
  std::optional<Processor> processor = Processor::find(options.cpu, error);
  assert(processor && "the option's parser knows the name");
  return processor->machine();
}

/// A pass's options with those of the machine.
template <typename OptionsT> static OptionsT optionsFor(const Machine &machine) {
  OptionsT result;
  result.width = machine.width;
  result.registers = machine.registers;
  result.fma = machine.fma;
  result.l1 = machine.l1;
  result.l2 = machine.l2;
  result.l3 = machine.l3;
  result.barrier = machine.barrier;
  return result;
}

void rondo::buildLinalgPhase(OpPassManager &manager, const LoweringOptions &options) {
  auto &functions = manager.nest<func::FuncOp>();
  // The widths of packed weights and the tiles are the target's from here on.
  Machine machine = machineOf(options);
  // While products and losses are ops; its loops are of steps that read parts of weights, which become phases as well.
  functions.addPass(createBlockLoss(optionsFor<BlockLossOptions>(machine)));
  functions.addPass(createLowerToLinalg(optionsFor<LowerToLinalgOptions>(machine)));
  // After the products have become linalg: what is left on tensors is pointwise.
  functions.addPass(createFusePointwise());
  functions.addPass(createFusePhases(optionsFor<FusePhasesOptions>(machine)));
  functions.addPass(createFillConstants());
  // Once a step is what it will be, and before buffers are given, so that each step of an iteration may have its own.
  if (options.unroll != 1)
    functions.addPass(createUnroll({options.unroll}));
  // Dead inits and constants. No CSE from here to the buffers: two empty tensors are two buffers.
  functions.addPass(createFolding());
}

void rondo::buildBufferPhase(OpPassManager &manager, const LoweringOptions &options) {
  // On tensors, where it is plain what a value depends on.
  manager.addPass(createPrepareParameters());
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createBufferize());
  // Folds loops' buffers into their initial ones, so that a copy of a buffer to itself is seen as that; then equal
  // views are one value, by which the passes below know that two nests touch the same place.
  functions.addPass(createFolding());
  functions.addPass(createCSEPass());
  functions.addPass(createElideCopies());
  functions.addPass(createJoinLoops());
  // While each buffer is a value of its own, of which it is plain what it holds; after rows are one loop.
  functions.addPass(createLimitLoops());
  functions.addPass(createPlanMemory());
  // Last: it must know which buffers share memory. A profile's clock is one thread's.
  Machine machine = machineOf(options);
  auto distribute = optionsFor<DistributeOptions>(machine);
  distribute.work = options.profile            ? std::numeric_limits<int64_t>::max()
                    : options.threadedWork < 0 ? machine.worthThreads()
                                               : options.threadedWork.getValue();
  functions.addPass(createDistribute(distribute));
}

void rondo::buildVectorPhase(OpPassManager &manager, const LoweringOptions &options) {
  Machine machine = machineOf(options);
  // While a step's nests are ops, with the shares of the threads; before any of them becomes a call.
  manager.nest<func::FuncOp>().addPass(createSweep(optionsFor<SweepOptions>(machine)));
  // While a nest is one op, and before equal ones are one function.
  if (options.profile)
    manager.addPass(createProfile());
  // So that a profile has a clock between its nests; before any of them becomes a call.
  manager.nest<func::FuncOp>().addPass(createFuseMatrices(optionsFor<FuseMatricesOptions>(machine)));
  // Only now: a nest's share of the threads' work is part of its loops.
  manager.addPass(createShareKernels({options.sharedWork < 0 ? machine.worthCall() : options.sharedWork.getValue()}));
  // Then, so that layers are calls of the same kernels.
  manager.addPass(createShareLayers());
  auto &functions = manager.nest<func::FuncOp>();
  functions.addPass(createVectorize(optionsFor<VectorizeOptions>(machine)));
  functions.addPass(createApproximateMath({machine.fma}));
  // The polynomials' constants and the addresses of each tile repeat: equal ones become one, which leaves the loops.
  functions.addPass(createFolding());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
}

void rondo::buildLLVMPhase(OpPassManager &manager) {
  auto &functions = manager.nest<func::FuncOp>();
  // Views of views become one base, offset and strides, so that an address is plain arithmetic.
  functions.addPass(memref::createExpandStridedMetadataPass());
  functions.addPass(createLowerAffinePass());
  manager.addPass(createLowerToLLVM());
}

static constexpr Phase order[] = {
    {Stage::Streamed, "stream", "a window with the state carried in and out",
     [](OpPassManager &manager, const PipelineOptions &) { buildStreamPhase(manager); }},
    {Stage::Differentiated, "differentiate", "gradients and the update of the parameters",
     [](OpPassManager &manager, const PipelineOptions &options) {
       if (options.trains)
         buildDifferentiatePhase(manager, options.training);
       // Of functions that nothing else is made of: the stream phase has given them the states whose cotangents they
       // take.
       for (const std::string &function : options.layers)
         manager.addPass(createVjp({function}));
     }},
    {Stage::Split, "split", "input products, weight gradients and gates as whole products",
     [](OpPassManager &manager, const PipelineOptions &) { buildSplitPhase(manager); }},
    {Stage::Linalg, "linalg", "rondo to linalg on tensors",
     [](OpPassManager &manager, const PipelineOptions &options) { buildLinalgPhase(manager, options.lowering); }},
    {Stage::Buffer, "buffer", "tensors to buffers in one arena, the work dealt out to threads",
     [](OpPassManager &manager, const PipelineOptions &options) { buildBufferPhase(manager, options.lowering); }},
    {Stage::Vector, "vector", "linalg on buffers to loops over vectors of the CPU's width",
     [](OpPassManager &manager, const PipelineOptions &options) { buildVectorPhase(manager, options.lowering); }},
    {Stage::LLVM, "llvm", "loops over vectors to the llvm dialect",
     [](OpPassManager &manager, const PipelineOptions &) { buildLLVMPhase(manager); }},
};

ArrayRef<Phase> rondo::phases() { return order; }

static std::string pipelineName(const Phase &phase) { return ("rondo-phase-" + phase.name).str(); }

/// Registers the phase that ends at `end`.
template <typename Options, typename Build> static void registerPhase(Stage end, Build build) {
  const Phase &phase = *llvm::find_if(order, [&](const Phase &p) { return p.end == end; });
  PassPipelineRegistration<Options>(pipelineName(phase), phase.description, build);
}

void rondo::registerPipelines() {
  registerPhase<EmptyPipelineOptions>(Stage::Streamed, buildStreamPhase);
  registerPhase<TrainingOptions>(Stage::Differentiated, buildDifferentiatePhase);
  registerPhase<EmptyPipelineOptions>(Stage::Split, buildSplitPhase);
  registerPhase<LoweringOptions>(Stage::Linalg, buildLinalgPhase);
  registerPhase<LoweringOptions>(Stage::Buffer, buildBufferPhase);
  registerPhase<LoweringOptions>(Stage::Vector, buildVectorPhase);
  registerPhase<EmptyPipelineOptions>(Stage::LLVM, buildLLVMPhase);
}

void rondo::printPipelines() {
  llvm::outs() << "Phases of the pipeline:\n";
  for (const Phase &phase : order)
    PassPipelineInfo::lookup(pipelineName(phase))->printHelpStr(/*indent=*/4, /*descIndent=*/48);
}
